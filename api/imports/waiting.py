"""For what the cases of a history still have to say: every instant, worked out once a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.promises import Clock, Fold, next_instant, pending
from domain.promises.directory import Directory
from domain.promises.facts import CLOCK_FACTS
from domain.promises.rules import ClockRule
from scheduler.timer_queue import TimerQueue

Ahead = tuple[datetime, ClockRule]


class Waiting:
    """The agenda of a history, with all instants of a case and not only its first.

    Folding a case again for each of its facts is most of what an import costs, so it is done only
    where the fact can bring new instants: not for facts no clock listens to, not for facts that
    only end clocks, and not for what a clock without a ladder says by itself.
    """

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._agenda = TimerQueue()
        self._ahead: dict[str, list[Ahead]] = {}
        self._version = -1
        self._ends: frozenset[str] = frozenset()
        self._moves: frozenset[str] = frozenset()

    def first(self) -> tuple[datetime, str] | None:
        """The earliest instant and its case."""
        return self._agenda.first()

    def learn(
        self,
        case: str,
        fold: Fold,
        *,
        after: datetime | None = None,
    ) -> None:
        """Fold the case and remember at which instants, if later than `after`, it has to speak."""
        ahead = [
            (instant, clock.rule)
            for clock in fold.clocks
            for instant in _instants(clock, fold.directory)
            if after is None or instant > after
        ]
        self._remember(case, sorted(ahead, key=_instant))

    def hear(self, case: str, fold: Fold, new: int) -> None:
        """The newest facts of a case happened now, and what was due before has been said."""
        self._read(fold.directory)
        words = {recorded.fact.word for recorded in fold.facts[-new:]}
        if not words.isdisjoint(self._moves):
            self.learn(case, fold)
        elif not words.isdisjoint(self._ends) and case in self._ahead:
            left = [entry for entry in self._ahead[case] if words.isdisjoint(entry[1].heard)]
            self._remember(case, left)

    def said(self, case: str, fold: Fold, now: datetime) -> None:
        """The case has just said everything up to and including now."""
        ahead = self._ahead.get(case, [])
        if any(rule.ladder for _, rule in ahead):
            self.learn(case, fold, after=now)
        else:
            self._remember(case, [entry for entry in ahead if entry[0] > now])

    def _remember(self, case: str, ahead: list[Ahead]) -> None:
        self._agenda.set(case, ahead[0][0] if ahead else None)
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


def _moving(rule: ClockRule) -> Iterator[str]:
    """Words after which a clock may have something new to say."""
    yield from (fact.word for fact in CLOCK_FACTS)
    yield from (trigger.word for trigger in (*rule.starts, *rule.pauses, *rule.resumes))
    yield from (t.word for t in (*rule.stops, *rule.cancels) if t.where.wanted)
    for rung in rule.ladder:
        yield from rung.unless


def _instants(clock: Clock, registers: Directory) -> Iterator[datetime]:
    if clock.rule.ladder or clock.rule.warnings:
        yield from (said.at for said in pending(clock, registers))
    elif (only := next_instant(clock, registers)) is not None:
        yield only


def _instant(ahead: Ahead) -> datetime:
    return ahead[0]
