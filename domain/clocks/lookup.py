"""For `where` conditions: what a case is, as of one of its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.clock_rules import Condition, Trigger, Value
from domain.facts import Recorded


class Lookup:
    """A case as of its fact number ``index``, in its service cycle ``service``."""

    __slots__ = ("facts", "index", "service")

    def __init__(self, facts: Sequence[Recorded], index: int, service: int) -> None:
        self.facts = facts
        self.index = index
        self.service = service

    @property
    def recorded(self) -> Recorded:
        """The fact in question."""
        return self.facts[self.index]

    def value(self, key: str) -> Any:  # noqa: ANN401 - whatever the field holds
        """`site`, `cycle`, or else the fact's own field, the case's last description, its label."""
        if key == "site":
            return self.recorded.site
        if key == "cycle":
            return self.service
        fact = self.recorded.fact
        own: tuple[str, ...] = type(fact).__slots__
        if key in own:
            return getattr(fact, key)
        for number in range(self.index - 1, -1, -1):
            earlier = self.facts[number].fact
            if key in earlier.describes:
                return getattr(earlier, key)
        labels: Mapping[str, str] = getattr(self.facts[0].fact, "labels", {})
        return labels.get(key)

    def meets(self, condition: Condition) -> bool:
        """Whether the case is what the condition wants."""
        return all(_plain(self.value(key)) in values for key, values in condition.wanted)

    def sets_off(self, triggers: Sequence[Trigger]) -> bool:
        """Whether the fact is one of the triggers."""
        word = self.recorded.fact.word
        for trigger in triggers:
            if trigger.word == word and (not trigger.where.wanted or self.meets(trigger.where)):
                return True
        return False


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | bool) else None
