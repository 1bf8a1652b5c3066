"""For what is decided about clocks: saying what fell due, acknowledging a rung, waiving."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from domain.clocks import Clock, Pending, clocks_of, next_instant, pending
from domain.escalation import (
    BreachWaived,
    ClockFact,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.facts import Recorded, StaffId
from domain.refusals import NotBreached, Phrase, ReasonRequired, UnknownClock, UnknownRung
from domain.registers import Registers

WAIVING = Phrase("Waiving a breach", "豁免超时")


def fall_due(facts: Sequence[Recorded], registers: Registers, *, at: datetime) -> list[ClockFact]:
    """Say all that a case's clocks had to say up to and including `at`, in order of its instants.

    However late this is asked, each fact carries the instant it was due and `at` as the instant
    it was detected, so an engine that was stopped in between records the same facts.
    """
    found = [
        (said.at, _fact(clock, said, registers, at))
        for clock in clocks_of(facts, registers)
        if _has_to_speak(clock, registers, at)
        for said in pending(clock, registers)
        if said.at <= at
    ]
    return [fact for _, fact in sorted(found, key=itemgetter(0))]


def _has_to_speak(clock: Clock, registers: Registers, at: datetime) -> bool:
    """Whether anything fell due by now: most clocks of a case did not, and need no reckoning."""
    first = next_instant(clock, registers)
    return first is not None and first <= at


def _fact(clock: Clock, said: Pending, registers: Registers, at: datetime) -> ClockFact:
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
        addressee=_addressee(clock, rung.to, registers, said.at),
        cause=said.cause,
    )


def _addressee(clock: Clock, role: str, registers: Registers, at: datetime) -> StaffId | None:
    """Who stands behind the role on that day, by the roster in force now, not the promise's."""
    rules = registers.rules
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
    day = at.astimezone(registers.zone(clock.site)).date().isoformat()
    holder = known.holder(clock.site, day)
    return None if holder is None else StaffId(holder)


def _clock(facts: Sequence[Recorded], registers: Registers, name: str, cycle: int) -> Clock:
    for clock in clocks_of(facts, registers):
        if clock.name == name and clock.cycle == cycle:
            return clock
    raise UnknownClock(clock=name, cycle=cycle)


def acknowledge(
    facts: Sequence[Recorded],
    registers: Registers,
    *,
    clock: str,
    rung: int,
    by: StaffId,
    cycle: int = 1,
) -> list[ClockFact]:
    """Say that a rung was seen and is taken care of; quiet where it was acknowledged.

    Raises:
        UnknownClock: the case has no such run of such a clock.
        UnknownRung: the rung was not raised.
    """
    found = _clock(facts, registers, clock, cycle)
    if rung not in {fact.rung for fact in found.raised}:
        raise UnknownRung(clock=clock, rung=rung)
    if rung in {number for number, _ in found.acknowledgements}:
        return []
    return [EscalationAcknowledged(clock=clock, cycle=cycle, rung=rung, by=by)]


def waive(
    facts: Sequence[Recorded],
    registers: Registers,
    *,
    clock: str,
    by: StaffId,
    reason: str,
    cycle: int = 1,
) -> list[ClockFact]:
    """Excuse a breach: it stays recorded, net figures leave it out; quiet where it is excused.

    Raises:
        UnknownClock: the case has no such run of such a clock.
        NotBreached: nothing was missed.
        ReasonRequired: no reason is given.
    """
    found = _clock(facts, registers, clock, cycle)
    if not reason.strip():
        raise ReasonRequired(what=WAIVING)
    if not found.breached:
        raise NotBreached(clock=clock)
    if found.waived:
        return []
    return [BreachWaived(clock=clock, cycle=cycle, by=by, reason=reason)]
