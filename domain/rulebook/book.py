"""A rulebook as clocks and figures are judged by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final

from domain.kernel.facts import Fact
from domain.promises.meaning import Meaning
from domain.promises.roles import Role
from domain.promises.rules import ClockRule, Starter
from domain.rulebook.kpis import Kpi
from domain.rulebook.vocabulary import Vocabulary
from domain.working_time import BusinessDays, Working, WorkingDays

TOLERANCE: Final = timedelta(hours=24)
"""How long after it happened a fact may be entered, unless the rulebook says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """A rulebook as judged by: its vocabulary, and clocks, roles and KPI definitions by name."""

    name: str
    title: str = ""
    entered_late_after: timedelta = TOLERANCE
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    clocks: Mapping[str, ClockRule] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    kpis: Mapping[str, Kpi] = field(default_factory=dict)

    @cached_property
    def starters(self) -> Mapping[str, Mapping[str, tuple[Starter, ...]]]:
        """For each kind and word: the rules a fact may start."""
        found: dict[str, dict[str, tuple[Starter, ...]]] = {}
        for rule in self.clocks.values():
            for kind in rule.kinds:
                by_word = found.setdefault(kind, {})
                for trigger in rule.starts:
                    by_word[trigger.word] = (
                        *by_word.get(trigger.word, ()),
                        Starter.of(rule, trigger),
                    )
        return found

    @cached_property
    def pausable(self) -> Mapping[str, tuple[ClockRule, ...]]:
        """For each kind: the rules that a pause of the case holds."""
        found: dict[str, tuple[ClockRule, ...]] = {}
        for rule in self.clocks.values():
            for kind in rule.kinds if rule.pauses else ():
                found[kind] = (*found.get(kind, ()), rule)
        return found

    @cached_property
    def meanings(self) -> Mapping[str, dict[type[Fact], Meaning]]:
        """For each kind: what facts were found to mean so far, which the fold keeps here."""
        return defaultdict(dict)

    @cached_property
    def calendars(self) -> frozenset[str]:
        """The names of all calendars the clocks and their moments count on."""
        rules = self.clocks.values()
        targets = (choice.within for rule in rules for choice in rule.within)
        moments = (moment.by for rule in rules for moment in rule.moments)
        return frozenset(
            length.calendar
            for length in (*targets, *moments)
            if isinstance(length, Working | BusinessDays | WorkingDays)
        )


NOTHING = Rulebook(name="nothing")
