"""What is still to be recorded of a clock: its warnings, its lapse, the rungs of its ladder."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain.promises.clock import Clock
from domain.promises.directory import Directory
from domain.promises.moments import WHOLE, Moments
from domain.promises.rules import Rung
from domain.working_time import Elapsed


class Pending(NamedTuple):
    """Something to be recorded of the clock at an instant: a warning, the lapse, or a rung.

    ``due`` is when the clock was due as things stood at that instant.
    """

    at: datetime
    what: str
    number: int
    due: datetime
    cause: str = "time"


def pending(clock: Clock, directory: Directory) -> list[Pending]:
    """What is to be recorded of the clock and was not yet, in order of the instants.

    Nothing is recorded for instants at or after the clock's stop or cancellation, or in the pause
    that lasts. A waiver ends the ladder, never the lapse.
    """
    if not clock.rule.early and not clock.running and not clock.breached:
        return []
    if clock.lapsed is not None and _all_said(clock):
        return []
    when = Moments(clock, directory)
    end = clock.end
    if clock.paused and clock.lapsed is None:
        end = clock.pauses[-1].since
    found = [*_warnings(clock, when), *_rungs(clock, when)]
    if clock.waived_at is not None:
        found = [p for p in found if p.at < clock.waived_at]
    if clock.lapsed is None:
        found.insert(0, Pending(when.due, "lapse", 0, when.due))
    found = [p for p in found if end is None or p.at < end]
    return sorted(found, key=lambda p: p.at)


def _all_said(clock: Clock) -> bool:
    """Whether every warning and every rung was recorded."""
    warned, raised, rule = clock.warned, clock.raised, clock.rule
    if len(warned) < len(rule.warnings) or len(raised) < len(rule.ladder):
        return False
    numbers = {fact.rung for fact in raised}
    return all(rung.number in numbers for rung in rule.ladder) and all(
        number in warned for number in range(1, len(rule.warnings) + 1)
    )


def next_instant(clock: Clock, directory: Directory) -> datetime | None:
    """The first instant at which something is to be recorded of the clock, None if nothing is.

    This is the first of `pending`, found without working out the others where that can be done,
    and kept with the run: every command to a case asks it of all its clocks.
    """
    if clock.foreseen is not None:
        return clock.foreseen[0]
    found = _next(clock, directory)
    if not clock.rule.excuses:  # else facts that leave the run alone count too
        clock.foreseen = (found,)
    return found


def _next(clock: Clock, directory: Directory) -> datetime | None:
    if clock.lapsed is None and clock.waived_at is None and clock.pausing is None:
        first = _first(clock)
        if first is not None:
            end = clock.end
            return first if end is None or first < end else None
    waiting = pending(clock, directory)
    return waiting[0].at if waiting else None


def first_instant(clocks: Iterable[Clock], directory: Directory) -> datetime | None:
    """The first instant at which something is to be recorded of any of the clocks."""
    first: datetime | None = None
    for clock in clocks:
        at = next_instant(clock, directory)
        if at is not None and (first is None or at < first):
            first = at
    return first


def _first(clock: Clock) -> datetime | None:
    """The first instant of a clock that was never paused; None if that takes reckoning."""
    due, rule = clock.due, clock.rule
    assert due is not None, "only a pause takes the due instant away"
    if not rule.early or (len(clock.warned) == len(rule.warnings) and rule.climbs_late):
        return due  # all that comes before was said
    if clock.warned or clock.raised or rule.excuses or rule.counted_moments:
        return None
    if type(clock.within) is not Elapsed:
        return None
    share = clock.within.target * rule.first_percent // WHOLE
    return max(clock.started, min(clock.started + share, due + rule.first_offset))


def _warnings(clock: Clock, when: Moments) -> list[Pending]:
    found = []
    for number, moment in enumerate(clock.rule.warnings, start=1):
        if number not in clock.warned:
            at, due = when(moment)
            found.append(Pending(at, "warning", number, due))
    return found


def _rungs(clock: Clock, when: Moments) -> list[Pending]:
    """The rungs still to be raised: silence after one that wants an answer brings the next forward.

    Silence is counted from when the rung was raised in fact: before, nobody could have answered.
    """
    found: list[Pending] = []
    raised = {fact.rung: fact for fact in clock.raised}
    patience: datetime | None = None
    for rung in clock.rule.ladder:
        fact = raised.get(rung.number)
        if fact is not None:
            patience = _patience(clock, rung, fact.detected)
            continue
        (at, due), cause = when(rung.at), "time"
        if patience is not None and patience < at:
            at, due, cause = patience, when.due, "unacknowledged"
        patience = None
        if not _excused(clock, rung, at):
            found.append(Pending(at, "rung", rung.number, due, cause))
    return found


def _patience(clock: Clock, rung: Rung, raised: datetime) -> datetime | None:
    """Until when a raised rung waits to be acknowledged; None if it does not, or was in time."""
    if rung.acknowledge is None:
        return None
    limit = raised + rung.acknowledge
    answered = any(number == rung.number and at <= limit for number, at in clock.acknowledgements)
    return None if answered else limit


def _excused(clock: Clock, rung: Rung, at: datetime) -> bool:
    """Whether a fact that excuses the rung came from the clock's start to the rung's instant."""
    for word in rung.unless:
        came = clock.came.get(word, ())
        first = bisect_left(came, clock.started)
        if first < len(came) and came[first] <= at:
            return True
    return False
