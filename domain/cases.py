"""For the kinds of case there are: the facts each knows and how it folds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain import complaint, repair
from domain.escalation import CLOCK_FACTS
from domain.facts import Fact
from domain.rating import AFTERCARE_FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind:
    """One kind of case: its own facts and its fold. Clock facts change nothing in it."""

    name: str
    facts: tuple[type[Fact], ...]
    evolve: Callable[[Any, Any], Any]

    @property
    def words(self) -> frozenset[str]:
        """The words rulebooks may use for this kind."""
        return frozenset(fact.word for fact in (*self.facts, *AFTERCARE_FACTS, *CLOCK_FACTS))


KINDS: Mapping[str, CaseKind] = {
    "complaint": CaseKind(
        name="complaint", facts=complaint.COMPLAINT_FACTS, evolve=complaint.evolve
    ),
    "repair": CaseKind(name="repair", facts=repair.REPAIR_FACTS, evolve=repair.evolve),
}
WORDS: Mapping[str, frozenset[str]] = {name: kind.words for name, kind in KINDS.items()}
