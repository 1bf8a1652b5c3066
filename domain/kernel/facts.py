"""What every fact has in common: its word, what it marks, its schema version and its envelope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from typing import ClassVar, Final, NamedTuple, NewType

from domain.kernel.refusals import Phrase

StaffId = NewType("StaffId", str)
HouseholdId = NewType("HouseholdId", str)


SCHEDULER: Final = "scheduler"
"""The actor of what the engine records because its time has come."""
REACTION: Final = "reaction"
"""How the actors begin that stand for a reaction of the rulebook."""


class Mark(Enum):
    """What a fact means to the course of a case, whatever its kind."""

    BEGINS_CYCLE = auto()  # a service cycle begins: the work is done again
    SERVES = auto()  # the work of the service cycle is done
    PAUSES = auto()
    RESUMES = auto()
    ENDS = auto()


class Fact:
    """Something that happened. Subclasses are frozen, slotted, keyword-only dataclasses.

    ``word`` is what rulebooks call the fact and ``zh`` what people call it in Chinese; ``schema``
    counts the shapes its data has had; ``describes`` names the fields that describe the case from
    then on; ``mark`` is what it means to the course of a case.

    ``sentence`` says the fact to people in both languages: ``{field}`` stands for a value, a part
    in brackets is left out where a field in it is empty, ``[field?text]`` stands where it is not.
    ``unsaid`` are the fields left out on purpose, ``values`` words for values that are no enum.
    """

    __slots__ = ()
    word: ClassVar[str] = ""
    zh: ClassVar[str] = ""
    schema: ClassVar[int] = 1
    describes: ClassVar[tuple[str, ...]] = ()
    mark: ClassVar[Mark | None] = None
    sentence: ClassVar[Phrase] = Phrase("", "")
    unsaid: ClassVar[tuple[str, ...]] = ()
    values: ClassVar[Mapping[str, Mapping[str, Phrase]]] = {}

    @property
    def happened(self) -> datetime | None:
        """When it happened, for facts that know it themselves; None: when the command says."""
        return None


class Recorded(NamedTuple):
    """A fact in its envelope, as the log holds it.

    ``occurred_at`` is when it happened, ``recorded_at`` when the log took it, both in UTC;
    ``known_at`` is when the source of an import knew it, where the log took it later.
    ``rules`` is the version of the rules stream (rulebooks and calendars) in force at recording,
    0 before anything was published. ``known_at`` is when the source of an import knew it, where the
    log took it at another time.
    """

    stream: str
    version: int
    position: int
    fact: Fact
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    command: str
    site: str
    rules: int
    correlation: str | None
    causation: str | None
    known_at: datetime | None = None

    @property
    def type(self) -> str:
        """The stored name of the fact's type."""
        return type(self.fact).__name__

    @property
    def schema(self) -> int:
        """The schema version of the fact's data."""
        return type(self.fact).schema


def kind_of(stream: str) -> str:
    """The kind of thing a stream is about: the part of its name before the first hyphen."""
    return stream.partition("-")[0]
