"""Keeps every instant at which a clock of the imported cases falls due, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.clock_rules import ClockRule
from domain.clocks import Clock, clocks_of, next_instant, pending
from domain.escalation import CLOCK_FACTS
from domain.facts import Recorded
from domain.registers import Registers
from scheduler.agenda import Agenda

Ahead = tuple[datetime, ClockRule]

_CLOCK_WORDS = frozenset(fact.word for fact in CLOCK_FACTS)


class TimerQueue:
    """The instants of all cases of an import, and not only the first of each.

    Folding a case again for each of its facts is most of what an import costs, so it is done only
    where a fact can bring new instants: not for facts that no clock refers to, not for facts that
    only end clocks, and not for what a clock without a ladder records by itself, unless another
    clock refers to such records. ``started`` counts the runs of clocks that began since the queue
    was made, or since `begin`.
    """

    def __init__(self) -> None:
        """Begin with nothing due."""
        self.started = 0
        self._runs: dict[str, int] = {}
        self._agenda = Agenda()
        self._ahead: dict[str, list[Ahead]] = {}
        self._version = -1
        self._ends: frozenset[str] = frozenset()
        self._moves: frozenset[str] = frozenset()
        self._chained = False

    def begin(self) -> None:
        """Count the runs that are started from now on."""
        self.started = 0

    def first(self) -> tuple[datetime, str] | None:
        """The earliest instant and its case."""
        return self._agenda.first()

    def refold(
        self,
        case: str,
        facts: Sequence[Recorded],
        registers: Registers,
        *,
        after: datetime | None = None,
    ) -> None:
        """Fold the case and keep its instants, those later than `after` if it is given."""
        clocks = clocks_of(facts, registers)
        self.started += len(clocks) - self._runs.get(case, 0)
        self._runs[case] = len(clocks)
        ahead = [
            (instant, clock.rule)
            for clock in clocks
            for instant in _instants(clock, registers)
            if after is None or instant > after
        ]
        self._keep(case, sorted(ahead, key=_instant))

    def take(self, case: str, facts: Sequence[Recorded], new: int, registers: Registers) -> None:
        """Take the newest facts of a case, recorded after everything that was due before them."""
        self._read(registers)
        words = {recorded.fact.word for recorded in facts[-new:]}
        if not words.isdisjoint(self._moves):
            self.refold(case, facts, registers)
        elif not words.isdisjoint(self._ends) and case in self._ahead:
            left = [entry for entry in self._ahead[case] if words.isdisjoint(entry[1].heard)]
            self._keep(case, left)

    def fired(
        self, case: str, facts: Sequence[Recorded], now: datetime, registers: Registers
    ) -> None:
        """Everything due in the case up to and including now has just been recorded."""
        self._read(registers)
        ahead = self._ahead.get(case, [])
        if self._chained:
            self.refold(case, facts, registers)
        elif any(rule.ladder for _, rule in ahead):
            self.refold(case, facts, registers, after=now)
        else:
            self._keep(case, [entry for entry in ahead if entry[0] > now])

    def _keep(self, case: str, ahead: list[Ahead]) -> None:
        self._agenda.learn(case, ahead[0][0] if ahead else None)
        if ahead:
            self._ahead[case] = ahead
        else:
            self._ahead.pop(case, None)

    def _read(self, registers: Registers) -> None:
        """Sort the words of all rulebooks ever published: those that only end clocks, others."""
        if registers.rules.version == self._version:
            return
        self._version = registers.rules.version
        rules = [
            rule
            for version in range(1, self._version + 1)
            for rule in registers.rules.rulebook(version).clocks.values()
        ]
        self._moves = frozenset(word for rule in rules for word in _moving(rule))
        ends = (trigger.word for rule in rules for trigger in (*rule.stops, *rule.cancels))
        self._ends = frozenset(ends) - self._moves
        self._chained = any(not _CLOCK_WORDS.isdisjoint(rule.heard) for rule in rules) or any(
            trigger.word in _CLOCK_WORDS for rule in rules for trigger in rule.starts
        )


def _moving(rule: ClockRule) -> Iterator[str]:
    """Words after which a clock may have new instants."""
    yield from _CLOCK_WORDS
    yield from (trigger.word for trigger in (*rule.starts, *rule.pauses, *rule.resumes))
    yield from (t.word for t in (*rule.stops, *rule.cancels) if t.where.wanted)
    for rung in rule.ladder:
        yield from rung.unless


def _instants(clock: Clock, registers: Registers) -> Iterator[datetime]:
    if clock.rule.ladder or clock.rule.warnings:
        yield from (due.at for due in pending(clock, registers))
    elif (only := next_instant(clock, registers)) is not None:
        yield only


def _instant(ahead: Ahead) -> datetime:
    return ahead[0]
