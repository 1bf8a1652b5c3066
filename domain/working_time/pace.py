"""Measures and lays off lengths of time: as they elapse, or within the hours of a calendar."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import NOTHING
from domain.working_time.pauses import Quiet

UNREACHABLE: Final = timedelta.max


class Pace(Protocol):
    """How time runs. All instants are UTC, no length is negative, and ``begin <= end``."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much time runs from one instant to the other."""
        ...

    def forward(
        self, begin: datetime, length: timedelta, end: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        """The first instant by which the length has run from ``begin``, and nothing.

        Where that lies after ``end``: None, and what is left of the length then.
        Of no length at all it is the first instant at which time runs.
        """
        ...

    def backward(
        self, end: datetime, length: timedelta, begin: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        """The last instant from which the length runs until ``end``: `forward` in a mirror."""
        ...


class Elapsing:
    """Time that always runs."""

    __slots__ = ()

    def between(self, begin: datetime, end: datetime) -> timedelta:
        return end - begin

    def forward(
        self, begin: datetime, length: timedelta, end: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        if end is None or length <= end - begin:
            return begin + length, NOTHING
        return None, length - (end - begin)

    def backward(
        self, end: datetime, length: timedelta, begin: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        if begin is None or length <= end - begin:
            return end - length, NOTHING
        return None, length - (end - begin)


class Hours:
    """Time that runs within the hours of a calendar, as clocks in a zone show them."""

    __slots__ = ("calendar", "zone")

    def __init__(self, calendar: WorkingCalendar, zone: ZoneInfo) -> None:
        self.calendar = calendar
        self.zone = zone

    def between(self, begin: datetime, end: datetime) -> timedelta:
        return UNREACHABLE - self.forward(begin, UNREACHABLE, end)[1]

    def forward(
        self, begin: datetime, length: timedelta, end: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        calendar, zone = self.calendar, self.zone
        ordinal = begin.astimezone(zone).toordinal() - 1
        while True:
            ordinal = calendar.working_day_after(ordinal)
            for opens, closes in calendar.edges(ordinal, zone):
                if closes <= begin:
                    continue
                since = max(opens, begin)
                if end is not None and closes >= end:
                    if since < end and length <= end - since:
                        return since + length, NOTHING
                    return None, length - max(end - since, NOTHING)
                if length <= closes - since:
                    return since + length, NOTHING
                length -= closes - since

    def backward(
        self, end: datetime, length: timedelta, begin: datetime | None = None
    ) -> tuple[datetime | None, timedelta]:
        calendar, zone = self.calendar, self.zone
        ordinal = end.astimezone(zone).toordinal() + 1
        while True:
            ordinal = calendar.working_day_before(ordinal)
            for opens, closes in reversed(calendar.edges(ordinal, zone)):
                if opens >= end:
                    continue
                until = min(closes, end)
                if begin is not None and opens <= begin:
                    if until > begin and length <= until - begin:
                        return until - length, NOTHING
                    return None, length - max(until - begin, NOTHING)
                if length <= until - opens:
                    return until - length, NOTHING
                length -= until - opens


def after(pace: Pace, begin: datetime, length: timedelta, quiet: Quiet) -> datetime:
    """The first instant by which the length has run from ``begin``, standing still in pauses."""
    cursor = begin
    for index in range(bisect_right(quiet.ends, begin), len(quiet.ends)):
        pause = quiet.begins[index]
        if cursor < pause:
            at, length = pace.forward(cursor, length, pause)
            if at is not None:
                return at
        cursor = quiet.ends[index]
    at, _ = pace.forward(cursor, length)
    assert at is not None  # without an end the length is always reached
    return at


def before(pace: Pace, end: datetime, length: timedelta, quiet: Quiet) -> datetime:
    """The last instant from which the length runs until ``end``, standing still in pauses."""
    cursor = end
    for index in range(bisect_left(quiet.begins, end) - 1, -1, -1):
        pause = quiet.ends[index]
        if pause < cursor:
            at, length = pace.backward(cursor, length, pause)
            if at is not None:
                return at
        cursor = quiet.begins[index]
    at, _ = pace.backward(cursor, length)
    assert at is not None  # as in `after`
    return at


def used(pace: Pace, begin: datetime, end: datetime, quiet: Quiet) -> timedelta:
    """How much time runs from one instant to the other outside pauses."""
    paused = (pace.between(*part) for part in quiet.within(begin, end))
    return pace.between(begin, end) - sum(paused, NOTHING)
