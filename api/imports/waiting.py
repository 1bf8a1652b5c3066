"""For what the cases of a history still have to say: every instant, worked out once a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.clocks import Clock, clocks_of, next_instant, pending
from domain.escalation import CLOCK_FACTS
from domain.facts import Recorded
from domain.registers import Registers
from scheduler.agenda import Agenda


class Waiting:
    """The agenda of a history, with all instants of a case and not only its first.

    Without a ladder, what a clock says by itself never moves what it has to say later: then the
    case is folded again only when something else happens to it.
    """

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._agenda = Agenda()
        self._later: dict[str, list[datetime]] = {}
        self._version = -1
        self._heard: frozenset[str] = frozenset()

    def first(self) -> tuple[datetime, str] | None:
        """The earliest instant and its case."""
        return self._agenda.first()

    def concerned(self, facts: Sequence[Recorded], registers: Registers) -> bool:
        """Whether any clock of any rulebook may care about one of the facts."""
        if registers.rules.version != self._version:
            self._version = registers.rules.version
            self._heard = frozenset(_heard(registers))
        return any(recorded.fact.word in self._heard for recorded in facts)

    def learn(self, case: str, facts: Sequence[Recorded], registers: Registers) -> None:
        """Fold the case and remember every instant at which it has something to say."""
        clocks = clocks_of(facts, registers)
        instants = sorted(instant for c in clocks for instant in _instants(c, registers))
        self._agenda.learn(case, instants[0] if instants else None)
        if instants and not any(clock.rule.ladder for clock in clocks):
            self._later[case] = instants
        else:
            self._later.pop(case, None)

    def forget(self, case: str) -> None:
        """The case has nothing to say after all."""
        self._agenda.learn(case, None)
        self._later.pop(case, None)

    def said(
        self, case: str, now: datetime, facts: Sequence[Recorded], registers: Registers
    ) -> None:
        """The case has just said everything up to and including now."""
        later = self._later.get(case)
        if later is None:
            self.learn(case, facts, registers)
            return
        self._later[case] = later = [instant for instant in later if instant > now]
        self._agenda.learn(case, later[0] if later else None)
        if not later:
            del self._later[case]


def _instants(clock: Clock, registers: Registers) -> Iterator[datetime]:
    if clock.rule.ladder or clock.rule.warnings:
        yield from (said.at for said in pending(clock, registers))
    elif (only := next_instant(clock, registers)) is not None:
        yield only


def _heard(registers: Registers) -> Iterator[str]:
    for fact in CLOCK_FACTS:
        yield fact.word
    for version in range(1, registers.rules.version + 1):
        for rule in registers.rules.rulebook(version).clocks.values():
            yield from rule.heard
            yield from (trigger.word for trigger in rule.starts)
            for rung in rule.ladder:
                yield from rung.unless
