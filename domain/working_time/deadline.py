"""For the instant at which a promise falls due, and the instants at which shares of it are used."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import MICROSECOND, add_months, day_ends, instant_of, to_utc
from domain.working_time.pauses import Pause, Pauses, covering, in_order, run
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

Given = Mapping[str, datetime | date | str | None]
NOTHING_GIVEN: Final[Given] = MappingProxyType({})


class FactNotGiven(Exception):
    """The deadline depends on {field}, which the case does not have: record it first."""

    def __init__(self, *, field: str) -> None:
        super().__init__((type(self).__doc__ or "").format(field=field))
        self.field = field


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
    quiet = in_order(pauses) if pauses else ()
    match within:
        case Elapsed(target=target):
            return Due(running(begin, target, quiet), provisional=False)
        case Working(target=target):
            calendar = needed(within, calendar)
            at = _working(target, begin, zone, calendar, quiet)
            last = (at - MICROSECOND).astimezone(zone)  # 24:00 is no part of the next day
            return Due(at, not calendar.vouches_for(begin.astimezone(zone), last))
        case BusinessDays():
            return _business_days(within, begin, zone, needed(within, calendar), quiet)
        case WorkingDays():
            return _working_days(within, begin, zone, needed(within, calendar), quiet)
        case Days(days=count) | Months(months=count):
            at = mark(within, count, begin.astimezone(zone), zone)
            return Due(running(begin, at - begin, quiet) if quiet else at, provisional=False)
        case Before() | At():
            return Due(_given_instant(within, given, zone), provisional=False)
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
    if percent < 1:
        raise ValueError(f"A share of {percent} percent is below 1.")
    if isinstance(within, Elapsed | Working):
        part = _part(within.target, percent)
        begin, quiet = to_utc(start, "start"), in_order(pauses)
        if isinstance(within, Elapsed):
            return running(begin, part, quiet)
        return _working(part, begin, zone, needed(within, calendar), quiet)
    at = due(within, start=start, zone=zone, calendar=calendar, pauses=pauses, given=given).at
    begin = to_utc(start, "start")
    return at if at <= begin else begin + _part(at - begin, percent)


def needed(
    within: Working | BusinessDays | WorkingDays, calendar: WorkingCalendar | None
) -> WorkingCalendar:
    """The calendar, which must be there."""
    if calendar is None:
        raise ValueError(f"The deadline needs the calendar {within.calendar}: give it.")
    return calendar


def running(begin: datetime, target: timedelta, pauses: Sequence[Pause]) -> datetime:
    """The instant at which a clock that stands still in pauses has run for ``target``."""
    at, _ = run(begin, None, target, pauses)
    assert at is not None  # without an end the clock always gets there
    return at


def mark(within: Days | Months, count: int, local: datetime, zone: ZoneInfo) -> datetime:
    """The instant that completes the ``count``-th civil day or month after a local start."""
    day = local.date()
    if isinstance(within, Days):
        return instant_of(day + timedelta(days=count), local.time(), zone)
    return instant_of(add_months(day, count), local.time(), zone)


def rolled(
    within: BusinessDays, local: datetime, calendar: WorkingCalendar
) -> tuple[int, time, bool]:
    """The ordinal and clock time from which business days count, and whether the cut-off passed."""
    clock = local.time()
    ordinal = calendar.working_day_after(local.toordinal() - 1)
    if within.cutoff is None or clock < within.cutoff:
        return ordinal, clock.replace(fold=0) if clock.fold else clock, False
    ordinal = calendar.working_day_after(ordinal)
    opens = within.opens or calendar.windows(date.fromordinal(ordinal))[0].opens
    return ordinal, opens, True


def last_counted_day(  # noqa: PLR0917  called three times, always in this order
    within: BusinessDays | WorkingDays,
    ordinal: int,
    clock: time | None,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> int:
    """The ordinal of the n-th working day after a day, not counting those that are paused.

    A day is paused if its ``clock`` time is, or its end where that is None.
    """
    last = calendar.working_day_after(ordinal, within.days)
    if not pauses:
        return last
    paused = sorted(
        day
        for day in set().union(*(pause.days(zone) for pause in pauses))
        if day > ordinal
        and calendar.works(date.fromordinal(day))
        and covering(pauses, counting_instant(day, clock, zone))
    )
    while True:  # each round makes up for the paused days that the last one ran over
        further = calendar.working_day_after(ordinal, within.days + bisect_right(paused, last))
        if further == last:
            return last
        last = further


def counting_instant(ordinal: int, clock: time | None, zone: ZoneInfo) -> datetime:
    """The instant that decides whether a working day counts or is paused."""
    if clock is None:
        return day_ends(ordinal, zone)
    return instant_of(date.fromordinal(ordinal), clock, zone)


def _working(
    target: timedelta,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> datetime:
    left = target
    ordinal = begin.astimezone(zone).toordinal() - 1
    while True:
        ordinal = calendar.working_day_after(ordinal)
        for opens, closes in calendar.edges(ordinal, zone):
            if closes <= begin:
                continue
            at, left = run(max(opens, begin), closes, left, pauses)
            if at is not None:
                return at


def _business_days(
    within: BusinessDays,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> Due:
    local = begin.astimezone(zone)
    ordinal, clock, _ = rolled(within, local, calendar)
    last = last_counted_day(within, ordinal, clock, zone, calendar, pauses)
    day = date.fromordinal(last)
    at = datetime.combine(day, clock, zone).astimezone(UTC)
    return Due(at, not calendar.vouches_for(local, day))


def _working_days(
    within: WorkingDays,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> Due:
    first = begin.astimezone(zone)
    last = last_counted_day(within, first.toordinal(), None, zone, calendar, pauses)
    if not within.through_rest_days:
        at = day_ends(last, zone)
        return Due(at, not calendar.vouches_for(first, date.fromordinal(last)))
    after = calendar.working_day_after(last)
    return Due(day_ends(after - 1, zone), not calendar.vouches_for(first, date.fromordinal(after)))


def _given_instant(within: Before | At, given: Given, zone: ZoneInfo) -> datetime:
    value = given.get(within.field)
    if value is None:
        raise FactNotGiven(field=within.field)
    if isinstance(value, str):
        value = _parsed(value, within.field)
    if isinstance(value, datetime):
        at = to_utc(value, within.field)
        if isinstance(within, At) or not within.days:
            return at
        local = at.astimezone(zone)
        return instant_of(local.date() - timedelta(days=within.days), local.time(), zone)
    if isinstance(within, At):
        raise ValueError(f"{within.field} is a date: use `before` with 0 days for its end.")  # noqa: TRY004  bad data
    return day_ends(value.toordinal() - within.days, zone)


def _parsed(text: str, field: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass  # not a date alone
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{field} is {text!r}: give an ISO 8601 date or instant.") from error


def _part(whole: timedelta, percent: int) -> timedelta:
    """That percentage, rounded down to a microsecond; 100 percent is exactly the whole."""
    return whole * percent // 100
