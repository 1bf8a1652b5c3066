"""The envelope of a command: who asks, when it happened, and the id that makes repeats harmless."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from commands.ids import new_id
from commands.messages import Message
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import Refusal
from store.log import Answered


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


Answer = Answered | Refusal | DocumentInvalid
"""How a command was answered: its receipt, or why it was refused."""
