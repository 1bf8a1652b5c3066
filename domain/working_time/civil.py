"""Moves between instants, which are UTC, and the dates and clock times of a site's zone."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from domain.working_time.within import Days, Months

MIDNIGHT: Final = time(0)
NOTHING: Final = timedelta(0)
MICROSECOND: Final = timedelta(microseconds=1)


def to_utc(instant: datetime, what: str) -> datetime:
    """The same instant in UTC; ``what`` names it in the sentence of the ValueError.

    Everything is computed in UTC because Python adds to and compares datetimes of one zone by
    their clock times, which is an hour off across a change of summer time.
    """
    if instant.utcoffset() is None:
        raise ValueError(f"The {what} {instant} has no time zone: give an aware datetime.")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in the zone show ``clock`` on ``day``.

    A clock time skipped by summer time moves forward by the gap, a repeated one is the first of
    the two: with fold 0, the offset before the change applies, which gives exactly that.
    """
    return datetime.combine(day, clock.replace(fold=0) if clock.fold else clock, zone).astimezone(
        UTC
    )


@lru_cache(maxsize=1 << 16)
def day_begins(ordinal: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the day with this proleptic ordinal begins in the zone."""
    return datetime.combine(date.fromordinal(ordinal), MIDNIGHT, zone).astimezone(UTC)


def day_ends(ordinal: int, zone: ZoneInfo) -> datetime:
    """The last microsecond of the day in the zone.

    Deadlines are kept by `at <= due`, and 00:00 is already the next day: the last instant that
    still belongs to a day is one microsecond before, and it prints as that day's date.
    """
    return day_begins(ordinal + 1, zone) - MICROSECOND


def mark(within: Days | Months, count: int, local: datetime, zone: ZoneInfo) -> datetime:
    """The instant that completes the ``count``-th civil day or month after a local start.

    A negative count goes backward.
    """
    day = local.date()
    if isinstance(within, Days):
        return instant_of(day + timedelta(days=count), local.time(), zone)
    return instant_of(add_months(day, count), local.time(), zone)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later; 31 January + 1 month = 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
