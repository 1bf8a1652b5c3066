"""What may be asked, as data: the bases of every message, and which fields hold what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args, get_type_hints

from domain.kernel.refusals import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something somebody asks for: the docstring says it in English, ``zh`` in Chinese."""

    zh = ""

    @classmethod
    def about(cls) -> Phrase:
        """What is asked for, in both languages; without a Chinese sentence the English one."""
        english = " ".join((cls.__doc__ or "").partition("\n\n")[0].split()).replace("``", "`")
        return Phrase(english, cls.zh or english)

    @property
    def stream(self) -> str | None:
        """The stream it is asked of; None for one that is still to get its number."""
        raise NotImplementedError

    @property
    def leaves_receipt(self) -> bool:
        """Whether an answer without facts is worth a row of the log."""
        return True


@dataclass(frozen=True, kw_only=True)
class Opens(Message):
    """Opens a case at a site. Without ``case`` it gets a new number.

    It has no slots, so that it can be joined with the fields of an opening, which has.
    """

    site: str
    case: str | None = None

    @property
    def stream(self) -> str | None:
        """The number that was chosen for the case."""
        return self.case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMessage(Message):
    """Something asked of a case; ``case`` is its number, such as ``repair-01jd…``."""

    case: str

    @property
    def stream(self) -> str:
        """The case."""
        return self.case


_FOUND: dict[tuple[type, tuple[type, ...]], tuple[str, ...]] = {}


def fields_holding(kind: type, *types: type) -> tuple[str, ...]:
    """The names of the fields that may hold one of the types; worked out once for each kind."""
    known = _FOUND.get((kind, types))
    if known is None:
        hints = get_type_hints(kind)
        known = tuple(n for n, hint in hints.items() if {hint, *get_args(hint)} & {*types})
        _FOUND[kind, types] = known
    return known
