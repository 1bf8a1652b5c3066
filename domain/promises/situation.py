"""A case as of one of its facts: what the conditions of a rulebook ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from domain.kernel.facts import Fact, Mark, Recorded
from domain.kernel.kinds import Kind
from domain.promises.rules import Condition, Trigger

_BEGINS: Final = Mark.BEGINS_CYCLE
_NO_LABELS: Mapping[str, str] = {}


class Situation:
    """The folded state of a case, the newest fact, and the service cycle that is under way."""

    __slots__ = ("_state", "_unfolded", "kind", "recorded", "service")

    recorded: Recorded

    def __init__(self, kind: Kind) -> None:
        """Begin before the first fact."""
        self.kind = kind
        self.service = 1
        self._state: Any = None
        self._unfolded: list[Fact] = []

    def read(self, recorded: Recorded) -> None:
        """Take one more fact into the state; facts of clocks change nothing in it."""
        self.recorded = recorded
        fact = recorded.fact
        if type(fact) in self.kind.own:
            self._unfolded.append(fact)
            if fact.mark is _BEGINS:
                self.service = getattr(fact, "cycle", self.service + 1)

    @property
    def state(self) -> Any:  # noqa: ANN401 - each kind's own
        """The folded state; it is folded when asked for, as most clocks never ask."""
        if self._unfolded:
            state, evolve = self._state, self.kind.evolve
            for fact in self._unfolded:
                state = evolve(state, fact)
            self._state, self._unfolded = state, []
        return self._state

    def value(self, key: str) -> Any:  # noqa: ANN401 - whatever the field holds
        """Site, kind, cycle, else a field of the fact, an attribute of the case, or a label."""
        if key == "site":
            return self.recorded.site
        if key == "cycle":
            return self.service
        fact = self.recorded.fact
        if key in fields_of(type(fact)):
            return getattr(fact, key)
        attribute = self.kind.attribute.get(key)
        if attribute is not None:
            return attribute.read(self.state)
        if key == "kind":
            return self.kind.name
        return getattr(self.state, "labels", _NO_LABELS).get(key)

    def meets(self, condition: Condition) -> bool:
        """Whether the case is what the condition asks for."""
        for key, values in condition.wanted:
            value = self.value(key)
            if not isinstance(value, str | int | bool):
                value = None
            if value not in values:
                return False
        return True

    def sets_off(self, triggers: Sequence[Trigger]) -> bool:
        """Whether the newest fact is one of the triggers."""
        word = self.recorded.fact.word
        for trigger in triggers:
            if trigger.word == word and (not trigger.where.wanted or self.meets(trigger.where)):
                return True
        return False


_FIELDS: dict[type[Fact], frozenset[str]] = {}


def fields_of(fact: type[Fact]) -> frozenset[str]:
    """The names of the fields of a type of fact."""
    known = _FIELDS.get(fact)
    if known is None:
        known = _FIELDS[fact] = frozenset(f.name for f in fields(fact))  # type: ignore[arg-type]
    return known
