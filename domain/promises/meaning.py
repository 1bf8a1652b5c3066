"""What a type of fact means for the clocks of a kind of case under one rulebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.kernel.facts import Fact, Mark
from domain.promises.notes import NOTES, Note
from domain.promises.rules import ClockRule, Starter

if TYPE_CHECKING:
    from domain.promises.directory import Book


class Meaning(NamedTuple):
    """What the fold looks up once for a fact, because it does so for every fact of a replay.

    ``note`` is what a fact of the clocks says of its run; ``starters`` are the rules the fact may
    start; ``turns`` are those for which it may begin or end a pause of the case.
    """

    word: str
    note: Note | None
    starters: tuple[Starter, ...]
    turns: tuple[ClockRule, ...]


def meaning(fact: type[Fact], kind: str, book: Book) -> Meaning:
    """The meaning of a type of fact for a kind of case under a rulebook."""
    word, begins = fact.word, fact.mark is Mark.BEGINS_CYCLE
    pausable = book.pausable.get(kind, ())
    return Meaning(
        word=word,
        note=NOTES.get(fact),
        starters=book.starters.get(kind, {}).get(word, ()),
        turns=tuple(rule for rule in pausable if begins or word in rule.heard),
    )
