"""Measures how much of a promise is used by an instant, on the promise's own calendar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import (
    MICROSECOND,
    NOTHING,
    day_begins,
    day_ends,
    mark,
    to_utc,
)
from domain.working_time.counting import Counting
from domain.working_time.deadline import ELAPSING, NEVER, needed, pace_of
from domain.working_time.given import NOTHING_GIVEN, Given, given_instant
from domain.working_time.pace import used
from domain.working_time.pauses import Part, Pauses, Quiet
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

# Elapsed and working time, and time before a date, is a timedelta; days and months are exact
# numbers of them. A float would make parts that do not quite sum to the whole.
Amount = timedelta | Fraction


class Consumed(NamedTuple):
    """How much of a promise is ``used``, and how much of that is ``late``: beyond its target."""

    used: Amount
    late: Amount


def consumed(
    within: Within,
    *,
    start: datetime,
    until: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
) -> Consumed:
    """How much of the promise is used from its start up to an instant, in the target's own unit.

    At the due instant it is exactly the target, so what is beyond it is the lateness; it never
    falls as time goes on, and does not grow in pauses, closed hours and on rest days.

    - Elapsed and working time: a timedelta.
    - Business and working days: a Fraction of days. Whole days would call a promise that was
      broken by an hour late by nothing. A day is used evenly over the worked days that it lies on:
      from its midnight to its end or closing, or from one clock time to the next without the rest
      days between. Hours do not matter, because such a promise may be kept at any hour. Time
      paused within a day is left out, and the rest of the day makes up a whole one; a day that
      does not count because its clock time or end is paused adds nothing.
    - Days and months: a Fraction of them, each used evenly from one due clock time to the next.
    - Dates given by the case: a timedelta from the start, or from the date where that was past.

    Raises as `due` does, and ValueError for a naive ``until``.
    """
    begin, end = to_utc(start, "start"), to_utc(until, "instant")
    quiet = Quiet(pauses) if pauses else NEVER
    match within:
        case Elapsed(target=target) | Working(target=target):
            spent = used(pace_of(within, zone, calendar), begin, max(begin, end), quiet)
            return Consumed(spent, max(spent - target, NOTHING))
        case WorkingDays(days=count) if not pauses and within.plain:
            used_up = Fraction(*ended_days(begin, end, zone, needed(within, calendar)))
            return _beyond(used_up, count)
        case BusinessDays(days=count) | WorkingDays(days=count):
            counting = Counting(within, begin, zone, needed(within, calendar))
            return _beyond(_days(counting, end, quiet), count)
        case Days(days=count) | Months(months=count):
            ran = used(ELAPSING, begin, max(begin, end), quiet)
            return _beyond(_marks(within, begin, ran, zone), count)
        case Before() | At():
            at = given_instant(within, given, zone)
            spent = max(end - min(begin, at), NOTHING)
            return Consumed(spent, max(end - at, NOTHING))
        case _:
            assert_never(within)


def _beyond(spent: Fraction, count: int) -> Consumed:
    return Consumed(spent, max(spent - count, Fraction(0)))


def ended_days(
    begin: datetime, end: datetime, zone: ZoneInfo, calendar: WorkingCalendar
) -> tuple[int, int]:
    """How many plain working days are used between two UTC instants, without pauses, as a ratio.

    It is what `consumed` gives, in a tenth of the time: replays ask it for every such promise.
    """
    first, last = begin.astimezone(zone).toordinal(), end.astimezone(zone).toordinal()
    if last <= first:
        return 0, 1
    whole = calendar.working_days_in(first, last - 1)
    if not calendar.works(date.fromordinal(last)):
        return whole, 1
    midnight = day_begins(last, zone)
    day = (day_ends(last, zone) - midnight) // MICROSECOND
    return whole * day + (end - midnight) // MICROSECOND, day


def _days(counting: Counting, end: datetime, quiet: Quiet) -> Fraction:
    """How many working days are used, the last of them in part."""
    last, following = _reached(counting, end)
    lost = counting.lost_to(quiet)
    del lost[bisect_right(lost, following) :]
    whole = counting.calendar.working_days_in(counting.first, last)
    if lost and lost[-1] == following:
        return Fraction(whole - len(lost) + 1)
    return whole - len(lost) + _part_of_day(counting.worked(last, following), end, quiet)


def _reached(counting: Counting, end: datetime) -> tuple[int, int]:
    """The last day that is complete by an instant, at least the first, and the one after it."""
    calendar = counting.calendar
    # From two days before on, because a zone may have skipped the day between.
    day = end.astimezone(counting.zone).toordinal() - 1
    last = counting.first
    if day > last:
        last = max(last, calendar.working_day_before(day))
    following = calendar.working_day_after(last)
    while counting.complete(following) <= end:
        last, following = following, calendar.working_day_after(following)
    return last, following


def _part_of_day(worked: Iterable[Part], end: datetime, quiet: Quiet) -> Fraction:
    """How much of a day is used, of the time on it that is not paused."""
    spent = whole = NOTHING
    for begin, complete in worked:
        whole += used(ELAPSING, begin, complete, quiet)
        if begin < end:
            spent += used(ELAPSING, begin, min(complete, end), quiet)
    return ratio(spent, whole) if whole else Fraction(0)


def _marks(within: Days | Months, begin: datetime, ran: timedelta, zone: ZoneInfo) -> Fraction:
    """How many civil days or months a running time makes, the last of them in part."""
    local, at = begin.astimezone(zone), begin + ran
    there = at.astimezone(zone)
    days = (there.date() - local.date()).days
    months = (there.year - local.year) * 12 + there.month - local.month
    # From two marks before on, because a zone may have skipped the day between.
    whole = max(0, (days if isinstance(within, Days) else months) - 2)
    since = mark(within, whole, local, zone) if whole else begin
    following = mark(within, whole + 1, local, zone)
    while following <= at:
        whole += 1
        since, following = following, mark(within, whole + 1, local, zone)
    return whole + ratio(at - since, following - since)


def ratio(one: timedelta, other: timedelta) -> Fraction:
    """One length as an exact part of another."""
    return Fraction(one // MICROSECOND, other // MICROSECOND)
