"""Finds the instant at which a promise falls due, and those at which shares of it are used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import MICROSECOND, mark, to_utc
from domain.working_time.counting import Counting
from domain.working_time.given import NOTHING_GIVEN, Given, given_instant
from domain.working_time.pace import Elapsing, Hours, Pace, after
from domain.working_time.pauses import Pauses, Quiet
from domain.working_time.within import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Within,
    Working,
    WorkingDays,
)

ELAPSING: Final = Elapsing()
NEVER: Final = Quiet()


class Due(NamedTuple):
    """When a promise falls due, in UTC; it is kept by whatever happens at or before ``at``.

    ``provisional`` where a year it depends on has no published calendar.
    """

    at: datetime
    provisional: bool


def due(
    within: Within,
    *,
    start: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
) -> Due:
    """The instant at which the promise falls due.

    ``start`` and ``pauses`` are aware, ``zone`` is the site's, ``calendar`` the one named by
    ``within`` and ``given`` the fields of the case that `before` and `at` refer to.

    Raises ValueError for a naive instant or a missing calendar, FactNotGiven for a missing field,
    OverflowError past the year 9999.
    """
    begin = to_utc(start, "start")
    if type(within) is Elapsed and not pauses:  # the commonest form, replayed a million times
        return Due(begin + within.target, False)  # noqa: FBT003  a tuple has no keywords to spare
    return falls_due(within, begin, zone, calendar, Quiet(pauses) if pauses else NEVER, given)


def falls_due(  # noqa: PLR0917  `due` and `shift` hand everything on in this order
    within: Within,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None,
    quiet: Quiet,
    given: Given = NOTHING_GIVEN,
) -> Due:
    """What `due` gives, from a start in UTC and pauses put together already."""
    match within:
        case Elapsed(target=target):
            return Due(after(ELAPSING, begin, target, quiet), provisional=False)
        case Working(target=target):
            calendar = needed(within, calendar)
            at = after(Hours(calendar, zone), begin, target, quiet)
            return Due(at, is_provisional(calendar, begin, at, zone))
        case BusinessDays() | WorkingDays():
            counting = Counting(within, begin, zone, needed(within, calendar))
            lost = counting.lost_to(quiet) if quiet.ends else ()
            return Due(*counting.due(counting.last(lost)))
        case Days(days=count) | Months(months=count):
            at = mark(within, count, begin.astimezone(zone), zone)
            if quiet.ends:
                at = after(ELAPSING, begin, at - begin, quiet)
            return Due(at, False)  # noqa: FBT003  as above
        case Before() | At():
            return Due(given_instant(within, given, zone), provisional=False)
        case _:
            assert_never(within)


def share(
    within: Within,
    *,
    percent: int,
    start: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
) -> datetime:
    """The UTC instant at which that percentage of the target is used, from 1 and beyond 100.

    Elapsed and working time are shared in their own time, so pauses and closed hours are skipped.
    Days and dates are shared by elapsed time between the start and the deadline; a deadline that
    was already past at the start is the same for every percentage. Raises as `due` does.
    """
    begin = to_utc(start, "start")
    if isinstance(within, Elapsed | Working):
        length = portion(within.target, percent)
        return after(pace_of(within, zone, calendar), begin, length, Quiet(pauses))
    at = due(within, start=start, zone=zone, calendar=calendar, pauses=pauses, given=given).at
    return elapsed_share(begin, at, percent)


def elapsed_share(begin: datetime, at: datetime, percent: int) -> datetime:
    """The share of the time between a start and a deadline, which may have been past already."""
    return begin + portion(at - begin, percent) if begin < at else at


def portion(whole: timedelta, percent: int) -> timedelta:
    """That percentage, rounded down to a microsecond; 100 percent is exactly the whole.

    Raises ValueError below 1 percent.
    """
    if percent < 1:
        raise ValueError(f"A share of {percent} percent is below 1.")
    return whole * percent // 100


def needed(
    within: Working | BusinessDays | WorkingDays, calendar: WorkingCalendar | None
) -> WorkingCalendar:
    """The calendar, which must be there."""
    if calendar is None:
        raise ValueError(f"The deadline needs the calendar {within.calendar}: give it.")
    return calendar


def pace_of(
    within: Elapsed | Working | Days | Months, zone: ZoneInfo, calendar: WorkingCalendar | None
) -> Pace:
    """How the time of a promise runs."""
    return Hours(needed(within, calendar), zone) if isinstance(within, Working) else ELAPSING


def is_provisional(
    calendar: WorkingCalendar, begin: datetime, at: datetime, zone: ZoneInfo
) -> bool:
    """Whether working time touches a year without a published calendar."""
    last = (at - MICROSECOND).astimezone(zone)  # 24:00 is no part of the next day
    return not calendar.vouches_for(begin.astimezone(zone), last)
