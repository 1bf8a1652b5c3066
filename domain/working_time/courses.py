"""Moves the due instant of a promise by one pause after the other, in each form of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import mark
from domain.working_time.counting import Counting
from domain.working_time.deadline import ELAPSING, is_provisional, needed, pace_of
from domain.working_time.given import Given, given_instant
from domain.working_time.pace import Hours, Pace
from domain.working_time.pauses import Part
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


class Course(Protocol):
    """When a promise is due, in UTC, and how further pauses move that."""

    at: datetime

    @property
    def provisional(self) -> bool:
        """Whether the instant depends on a year without a published calendar."""
        ...

    def pause(self, parts: Iterable[Part]) -> None:
        """Add what was not paused before; the first part begins before ``at``."""
        ...


def course_of(
    within: Within,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None,
    given: Given,
) -> Course:
    """The course of a promise from its start in UTC. Raises as `due` does."""
    match within:
        case Elapsed(target=target) | Working(target=target):
            return _Running(begin, target, pace_of(within, zone, calendar))
        case Days(days=count) | Months(months=count):
            length = mark(within, count, begin.astimezone(zone), zone) - begin
            return _Running(begin, length, ELAPSING)
        case BusinessDays() | WorkingDays():
            return _Counted(Counting(within, begin, zone, needed(within, calendar)))
        case Before() | At():
            return _Dated(given_instant(within, given, zone))
        case _:
            assert_never(within)


class _Running:
    """A length of time that runs but for pauses.

    Every pause begins before the due instant, so it lies wholly before the next one: what it
    takes away is run after what was due so far.
    """

    __slots__ = ("at", "begin", "pace")

    def __init__(self, begin: datetime, length: timedelta, pace: Pace) -> None:
        self.begin = begin
        self.pace = pace
        self.at = begin
        self._move(length)

    @property
    def provisional(self) -> bool:
        pace = self.pace
        return isinstance(pace, Hours) and is_provisional(
            pace.calendar, self.begin, self.at, pace.zone
        )

    def pause(self, parts: Iterable[Part]) -> None:
        for begin, end in parts:
            if self.begin < end:
                self._move(self.pace.between(max(begin, self.begin), end))

    def _move(self, length: timedelta) -> None:
        if length:  # nothing at all would lead to where time next runs
            at, _ = self.pace.forward(self.at, length)
            assert at is not None  # without an end the length is always reached
            self.at = at


class _Counted:
    """Working days, some of which are lost to pauses."""

    __slots__ = ("at", "counting", "last", "lost", "provisional")

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.lost: list[int] = []
        self.last = counting.last()
        self.at, self.provisional = counting.due(self.last)

    def pause(self, parts: Iterable[Part]) -> None:
        for part in parts:
            for day in self.counting.lost(part):
                index = bisect_left(self.lost, day)
                # A day that is complete at the very instant where two pauses meet is lost once.
                if self.lost[index : index + 1] != [day]:
                    self.lost.insert(index, day)
        self.last = self.counting.last(self.lost, self.last)
        self.at, self.provisional = self.counting.due(self.last)


class _Dated:
    """A date that the case names, which pauses do not move."""

    __slots__ = ("at", "provisional")

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.provisional = False

    def pause(self, parts: Iterable[Part]) -> None:
        pass
