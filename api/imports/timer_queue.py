"""Keeps every instant at which a clock of the imported cases falls due, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.promises import Clock, Fold, next_instant, pending
from domain.promises.directory import Directory
from domain.promises.facts import CLOCK_FACTS
from domain.promises.rules import ClockRule
from scheduler.timer_queue import TimerQueue

Ahead = tuple[datetime, ClockRule]

_CLOCK_WORDS = frozenset(fact.word for fact in CLOCK_FACTS)


class CaseTimers:
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
        self._queue = TimerQueue()
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
        return self._queue.first()

    def refold(
        self,
        case: str,
        fold: Fold,
        *,
        after: datetime | None = None,
    ) -> None:
        """Read the folded case and keep its instants, those later than `after` if it is given."""
        clocks = fold.clocks
        self.started += len(clocks) - self._runs.get(case, 0)
        self._runs[case] = len(clocks)
        ahead = [
            (instant, clock.rule)
            for clock in clocks
            for instant in _instants(clock, fold.directory)
            if after is None or instant > after
        ]
        self._keep(case, sorted(ahead, key=_instant))

    def take(self, case: str, fold: Fold, new: int) -> None:
        """Take the newest facts of a case, recorded after everything that was due before them."""
        self._read(fold.directory)
        words = {recorded.fact.word for recorded in fold.facts[-new:]}
        if not words.isdisjoint(self._moves):
            self.refold(case, fold)
        elif not words.isdisjoint(self._ends) and case in self._ahead:
            left = [entry for entry in self._ahead[case] if words.isdisjoint(entry[1].heard)]
            self._keep(case, left)

    def fired(self, case: str, fold: Fold, now: datetime) -> None:
        """Everything due in the case up to and including now has just been recorded."""
        self._read(fold.directory)
        ahead = self._ahead.get(case, [])
        if self._chained:
            self.refold(case, fold)
        elif any(rule.ladder for _, rule in ahead):
            self.refold(case, fold, after=now)
        else:
            self._keep(case, [entry for entry in ahead if entry[0] > now])

    def _keep(self, case: str, ahead: list[Ahead]) -> None:
        self._queue.set(case, ahead[0][0] if ahead else None)
        if ahead:
            self._ahead[case] = ahead
        else:
            self._ahead.pop(case, None)

    def _read(self, registers: Directory) -> None:
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


def _instants(clock: Clock, registers: Directory) -> Iterator[datetime]:
    if clock.rule.ladder or clock.rule.warnings:
        yield from (due.at for due in pending(clock, registers))
    elif (only := next_instant(clock, registers)) is not None:
        yield only


def _instant(ahead: Ahead) -> datetime:
    return ahead[0]
