"""Moves an instant by a length of time, forward or backward, as warnings and rungs count it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from domain.kernel.refusals import Phrase
from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import MICROSECOND, mark, to_utc
from domain.working_time.counting import complete
from domain.working_time.deadline import ELAPSING, falls_due, needed, pace_of
from domain.working_time.pace import before
from domain.working_time.pauses import Pauses, Quiet
from domain.working_time.within import (
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
)

Length = Elapsed | Working | BusinessDays | WorkingDays | Days | Months


def shift(
    instant: datetime,
    *,
    by: Length,
    sign: Literal[-1, 1],
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
) -> datetime:
    """The UTC instant that lies a length of time after an instant (sign 1), or before it (-1).

    Forward it is when a promise of that length, begun at the instant, is due. Backward:

    - Elapsed and working time: the last instant from which so much of it runs until the instant.
    - Business days: the same clock time so many working days earlier; an instant on a rest day
      counts from the working day before it. There is no cut-off.
    - Working days: the end, or the closing hour, of the n-th working day before the instant's
      own, which does not count. An instant at midnight ends its day.
    - Days and months: the same local clock time so many days or months earlier.

    Pauses do not count, as in `due`. Raises ValueError for a naive instant, a missing calendar or
    a length that `why_not_backward` refuses; OverflowError outside the years 1 to 9999.
    """
    if sign not in {-1, 1}:
        raise ValueError(f"The sign is 1 or -1, not {sign}.")
    if not isinstance(by, Length):
        raise ValueError(f"{type(by).__name__} is no length of time: it depends on the case.")  # noqa: TRY004  bad data
    return shifted(to_utc(instant, "instant"), by, sign, zone, calendar, Quiet(pauses))


def why_not_backward(by: Length) -> Phrase | None:
    """Why no instant can be found by counting this length backward, in a sentence; None if it can.

    A cut-off and rest days that prolong a day belong to the start of a promise, not to its end.
    """
    if isinstance(by, BusinessDays) and by.cutoff is not None:
        return Phrase(
            "Business days counted backward have no `cutoff`: leave it out.",
            "向前推算的营业日没有 `cutoff`，请去掉。",
        )
    if isinstance(by, WorkingDays) and by.through_rest_days:
        return Phrase(
            "Working days counted backward have no `through_rest_days`: leave it out.",
            "向前推算的工作日没有 `through_rest_days`，请去掉。",
        )
    return None


def shifted(  # noqa: PLR0917  handed on in this order
    instant: datetime,
    by: Length,
    sign: Literal[-1, 1],
    zone: ZoneInfo,
    calendar: WorkingCalendar | None,
    quiet: Quiet,
) -> datetime:
    """What `shift` gives, from an instant in UTC and pauses put together already."""
    if sign == 1:
        return falls_due(by, instant, zone, calendar, quiet).at
    refused = why_not_backward(by)
    if refused is not None:
        raise ValueError(refused)
    if isinstance(by, Elapsed | Working):
        return before(pace_of(by, zone, calendar), instant, by.target, quiet)
    if isinstance(by, Days | Months):
        return before(ELAPSING, instant, instant - _marked(by, instant, zone), quiet)
    return _days_earlier(instant, by, zone, needed(by, calendar), quiet)


def _marked(by: Days | Months, instant: datetime, zone: ZoneInfo) -> datetime:
    count = by.days if isinstance(by, Days) else by.months
    return mark(by, -count, instant.astimezone(zone), zone)


def _days_earlier(
    instant: datetime,
    by: BusinessDays | WorkingDays,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    quiet: Quiet,
) -> datetime:
    clock = None
    if isinstance(by, BusinessDays):
        local = instant.astimezone(zone)
        clock = local.time().replace(fold=0)
        ordinal = calendar.working_day_before(local.toordinal() + 1)
    else:
        ordinal = (instant - MICROSECOND).astimezone(zone).toordinal()
    left = by.days
    while True:
        ordinal = calendar.working_day_before(ordinal)
        at = complete(by, clock, ordinal, zone, calendar)
        left -= not quiet.covers(at)
        if not left:
            return at
