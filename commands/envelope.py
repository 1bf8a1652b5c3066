"""The envelope of a command: who asks, when it happened, and the id that makes repeats harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from commands.ids import new_id
from commands.messages import Message
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import Refusal
from store.append import FINGERPRINT_BYTES, ReceiptKey
from store.rows import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnvelope:
    """A message with who asks, when it happened, and the id that makes asking twice harmless.

    ``expected`` is the version of the case the asker has seen; ``recorded_at`` is the instant at
    which an import lets the log record it, instead of now; ``known_at`` is when the source of an
    import knew it, where the log records it now.
    """

    message: Message
    actor: str = "system"
    id: str = field(default_factory=new_id)
    occurred_at: datetime | None = None
    correlation: str | None = None
    causation: str | None = None
    expected: int | None = None
    recorded_at: datetime | None = None
    known_at: datetime | None = None

    @property
    def key(self) -> ReceiptKey:
        """What its receipt is kept under: nobody can claim the id of somebody else."""
        return self.actor, self.id

    @property
    def words(self) -> Mapping[str, str | None]:
        """The short texts that come beside the message, by their names."""
        return {
            "actor": self.actor, "id": self.id,
            "correlation": self.correlation, "causation": self.causation,
        }  # fmt: skip

    @property
    def content(self) -> bytes:
        """What is asked, as `content_of` says."""
        return content_of(self.message, self.occurred_at)


def content_of(message: Message, occurred_at: datetime | None) -> bytes:
    """A message, and when it is said to have happened, as JSON.

    The order of labels does not count, nor the time where none is said. What JSON cannot say, and
    will be refused, comes as its `repr`, marked by an escape so that nobody takes it for harmless.
    """
    try:
        at = occurred_at.astimezone(UTC) if occurred_at else None
        return _encode((type(message).__name__, message, at))
    except (TypeError, UnicodeEncodeError, RecursionError, OverflowError):
        return f"\\{(message, occurred_at)!r}".encode(errors="backslashreplace")


def fingerprint_of(content: bytes) -> bytes:
    """What is asked, as a few bytes."""
    return sha256(content).digest()[:FINGERPRINT_BYTES]


_encode: Final = msgspec.json.Encoder(order="deterministic").encode

Answer = Receipt | Refusal | DocumentInvalid
"""How a command was answered: its receipt, or why it was refused."""
