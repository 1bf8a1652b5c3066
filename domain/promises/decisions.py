"""What is decided about clocks: recording what fell due, acknowledging a rung, waiving."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter

from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import (
    NotBreached,
    Phrase,
    ReasonRequired,
    UnknownCase,
    UnknownClock,
    UnknownRung,
)
from domain.promises.clock import Clock
from domain.promises.directory import Directory
from domain.promises.facts import (
    BreachWaived,
    ClockFact,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.promises.fold import Fold
from domain.promises.pending import Pending, next_instant, pending

WAIVING = Phrase("Waiving a breach", "豁免超时")


def fall_due(case: Fold, *, at: datetime, detected: datetime | None = None) -> list[ClockFact]:
    """Record all that fell due for a case's clocks up to and including `at`, in order.

    However late this is asked, each fact carries the instant it was due and the instant it was
    detected, `at` unless told otherwise, so an engine that was stopped in between records the same
    facts. Where a fact may start, end or excuse something of another clock, those after it are left
    until it is recorded: ask again until there is nothing.

    Raises:
        UnknownCase: the case has no facts.
    """
    if not case.facts:
        raise UnknownCase
    directory, seen = case.directory, detected or at
    found = [
        (said.at, _fact(clock, said, directory, seen))
        for clock in case.clocks
        if (first := next_instant(clock, directory)) is not None and first <= at
        for said in pending(clock, directory)
        if said.at <= at
    ]
    return _until_heeded(case, [fact for _, fact in sorted(found, key=itemgetter(0))])


def _until_heeded(case: Fold, facts: list[ClockFact]) -> list[ClockFact]:
    """The facts up to the first to which a clock of the case may respond."""
    for number, fact in enumerate(facts, start=1):
        if case.heeds(fact.word):
            return facts[:number]
    return facts


def _fact(clock: Clock, said: Pending, directory: Directory, at: datetime) -> ClockFact:
    if said.what == "lapse":
        return DeadlineLapsed(clock=clock.name, cycle=clock.cycle, due=said.due, detected=at)
    if said.what == "warning":
        return DeadlineWarned(
            clock=clock.name,
            cycle=clock.cycle,
            warning=said.number,
            due=said.due,
            reached=said.at,
            detected=at,
        )
    rung = clock.rule.ladder[said.number - 1]
    return EscalationRaised(
        clock=clock.name,
        cycle=clock.cycle,
        rung=rung.number,
        due=said.due,
        reached=said.at,
        detected=at,
        to=rung.to,
        addressee=_addressee(clock, rung.to, directory, said.at),
        cause=said.cause,
    )


def _addressee(clock: Clock, role: str, directory: Directory, at: datetime) -> StaffId | None:
    """Who stands behind the role on that day, by the roster in force now, not the promise's."""
    rules = directory.rules
    known = next(
        (
            book.roles[role]
            for book in (rules.rulebook(rules.version), rules.rulebook(clock.rules))
            if role in book.roles
        ),
        None,
    )
    if known is None:
        return None
    day = at.astimezone(directory.zone(clock.site)).date().isoformat()
    holder = known.holder(clock.site, day)
    return None if holder is None else StaffId(holder)


def _run(case: Fold, clock: str, cycle: int) -> Clock:
    if not case.facts:
        raise UnknownCase
    found = case.run(clock, cycle)
    if found is None:
        raise UnknownClock(clock=clock, cycle=cycle)
    return found


def acknowledge(
    case: Fold, *, clock: str, rung: int, by: StaffId, cycle: int = 1
) -> list[ClockFact]:
    """Say that a rung was seen and is taken care of; quiet where it was acknowledged.

    Raises:
        UnknownClock: the case has no such run of such a clock.
        UnknownRung: the rung was not raised.
    """
    found = _run(case, clock, cycle)
    if rung not in {fact.rung for fact in found.raised}:
        raise UnknownRung(clock=clock, rung=rung)
    if rung in {number for number, _ in found.acknowledgements}:
        return []
    return [EscalationAcknowledged(clock=clock, cycle=cycle, rung=rung, by=by)]


def waive(
    case: Fold, *, clock: str, by: StaffId, reason: Personal, cycle: int = 1
) -> list[ClockFact]:
    """Excuse a breach: it stays recorded, net figures leave it out; quiet where it is excused.

    Raises:
        UnknownClock: the case has no such run of such a clock.
        NotBreached: nothing was missed.
        ReasonRequired: no reason is given.
    """
    found = _run(case, clock, cycle)
    if reason.blank:
        raise ReasonRequired(what=WAIVING)
    if not found.breached:
        raise NotBreached(clock=clock)
    if found.waived:
        return []
    return [BreachWaived(clock=clock, cycle=cycle, by=by, reason=reason)]
