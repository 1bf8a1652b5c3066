"""Says which days and hours are worked: the week, its holidays and make-up workdays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from domain.working_time.civil import MIDNIGHT, day_begins, instant_of
from domain.working_time.ranks import Ranks

SATURDAY: Final = 6
FIRST_ORDINAL, LAST_ORDINAL = date.min.toordinal(), date.max.toordinal()
AHEAD: Final = 731  # days ranked beyond those asked for, so that few questions rank anew


class CalendarYearMissing(Exception):
    """The calendar {calendar} does not speak for {year}: publish that year's days first."""

    def __init__(self, *, calendar: str, year: int) -> None:
        super().__init__((type(self).__doc__ or "").format(calendar=calendar, year=year))
        self.calendar = calendar
        self.year = year


class CalendarWithoutWorkingDays(Exception):
    """The calendar {calendar} has no working weekday: give at least one weekday its hours."""

    def __init__(self, *, calendar: str) -> None:
        super().__init__((type(self).__doc__ or "").format(calendar=calendar))
        self.calendar = calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Working hours from ``opens`` up to ``closes``, local; ``closes`` 00:00 is the day's end."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("Hours are local clock times: give times without a time zone.")
        if MIDNIGHT < self.closes <= self.opens or (self.opens.fold or self.closes.fold):
            raise ValueError(
                f"The hours {self.text()} end before they begin: split them at midnight."
            )

    def text(self) -> str:
        """The hours as documents write them: `08:30-12:00`, `20:00-24:00`."""
        return f"{_clock(self.opens)}-{_clock(self.closes) if self.closes != MIDNIGHT else '24:00'}"


def _clock(at: time) -> str:
    return at.isoformat("minutes" if not (at.second or at.microsecond) else "auto")


def first_overlap(windows: tuple[Window, ...]) -> int | None:
    """The index of the first window that begins before the one before it has ended, if any."""
    for index, (before, after) in enumerate(pairwise(windows), start=1):
        if before.closes == MIDNIGHT or after.opens < before.closes:
            return index
    return None


class _Remembered:
    """What a calendar has already worked out: slots beside the fields, absent until first used.

    They are no fields so that comparing, printing, copying and storing a calendar ignore them.
    """

    __slots__ = ("_edges", "_ranks")
    _ranks: Ranks
    _edges: dict[tuple[int, ZoneInfo], tuple[tuple[datetime, datetime], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar(_Remembered):
    """The working hours of a week and the days that differ from it.

    ``version`` numbers the publications of this name from 1. ``week`` maps ISO weekdays 1..7 to
    windows in order; an empty or absent weekday is not worked. ``days`` maps a date to (worked?,
    reason). ``years`` are those the calendar speaks for, None means every year: outside them the
    week (and any day that is named) is used and deadlines are provisional. ``make_up`` are the
    hours of days that are worked by exception; empty means the commonest of Monday to Friday.

    Raises ValueError for impossible hours and CalendarWithoutWorkingDays for an empty week.
    """

    name: str
    version: int
    week: Mapping[int, tuple[Window, ...]] = field(hash=False)
    days: Mapping[date, tuple[bool, str]] = field(hash=False)
    years: frozenset[int] | None
    make_up: tuple[Window, ...]

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"The version {self.version} of {self.name} is below 1.")
        if not set(self.week) <= set(range(1, 8)):
            raise ValueError(f"The week of {self.name} has keys beyond the ISO weekdays 1 to 7.")
        for windows in (*self.week.values(), self.make_up):
            if first_overlap(windows) is not None:
                raise ValueError(f"The hours of {self.name} overlap or are out of order.")
        if not any(self.week.values()):
            raise CalendarWithoutWorkingDays(calendar=self.name)
        # Copies, because what is remembered would be wrong if the caller's mappings changed.
        object.__setattr__(self, "week", dict(self.week))
        object.__setattr__(self, "days", dict(self.days))
        object.__setattr__(self, "make_up", self.make_up or self._usual_hours())

    def speaks_for(self, day: date) -> bool:
        """Whether the day lies in a year for which the calendar was published."""
        return self.years is None or day.year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked; raises CalendarYearMissing where nobody has said so."""
        if not self.speaks_for(day):
            raise CalendarYearMissing(calendar=self.name, year=day.year)
        return self.works(day)

    def works(self, day: date) -> bool:
        """Whether the day is worked, by the week where its year is missing."""
        named = self.days.get(day)
        return bool(self.week.get(day.isoweekday())) if named is None else named[0]

    def windows(self, day: date) -> tuple[Window, ...]:
        """The hours of the day, empty when it is not worked."""
        named = self.days.get(day)
        if named is None:
            return self.week.get(day.isoweekday(), ())
        return self.make_up if named[0] else ()

    def why(self, day: date) -> tuple[str, str]:
        """The stable key and the note that say why the day is worked or not.

        A rest day of the week is part of a holiday where days off of one name, announced before
        and after it, are joined to it by rest days only. At the edge of a holiday it is a weekend,
        unless it is announced itself.
        """
        named = self.days.get(day)
        if named is not None:
            return ("make_up" if named[0] else "holiday"), named[1]
        if self.week.get(day.isoweekday()):
            return "working", ""
        holiday = self._announced(day, -1)
        if holiday and holiday == self._announced(day, 1):
            return "holiday", holiday
        return "weekend", ""

    def vouches_for(self, first: date, last: date) -> bool:
        """Whether the calendar speaks for every day from the first to the last."""
        if self.years is None:
            return True
        begins, ends = first.year, last.year
        if begins == ends:
            return begins in self.years
        return self.years.issuperset(range(begins, ends + 1))

    def working_day_after(self, ordinal: int, count: int = 1) -> int:
        """The ordinal of the ``count``-th working day after a day; OverflowError past year 9999."""
        while True:
            try:
                ranks = self._ranks
                index = ordinal + 1 - ranks.base
                if index >= 0:
                    return ranks.working[ranks.rank[index] + count - 1]
            except (AttributeError, IndexError):
                pass  # not yet worked out that far
            known = getattr(self, "_ranks", None)
            end = ordinal if known is None else max(ordinal, known.last)
            self._rank(ordinal - 366, end + 2 * count + AHEAD)

    def working_day_before(self, ordinal: int, count: int = 1) -> int:
        """The ordinal of the ``count``-th working day before a day; OverflowError before year 1."""
        while True:
            ranks = self._ranked(ordinal, ordinal)
            found = ranks.rank[ordinal - ranks.base] - count
            if found >= 0:
                return ranks.working[found]
            self._rank(ranks.base - 2 * count - AHEAD, ordinal)

    def working_days_in(self, first: int, last: int) -> int:
        """How many working days lie after the first and up to the last day."""
        ranks = self._ranked(first + 1, last)
        return ranks.rank[last + 1 - ranks.base] - ranks.rank[first + 1 - ranks.base]

    def edges(self, ordinal: int, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
        """The hours of a day as UTC instants in order, without what a change of clocks removed."""
        try:
            known = self._edges
        except AttributeError:
            known = {}
            object.__setattr__(self, "_edges", known)
        found = known.get((ordinal, zone))
        if found is None:
            found = known[ordinal, zone] = self._edges_of(ordinal, zone)
        return found

    def _edges_of(self, ordinal: int, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
        day = date.fromordinal(ordinal)
        edges = []
        midnight = day_begins(ordinal + 1, zone)
        free = day_begins(ordinal, zone)
        for window in self.windows(day):
            begin = max(instant_of(day, window.opens, zone), free)
            end = midnight
            if window.closes != MIDNIGHT:
                end = min(instant_of(day, window.closes, zone), midnight)
            if begin < end:
                edges.append((begin, end))
                free = end
        return tuple(edges)

    def _announced(self, day: date, step: int) -> str:
        """The name of the nearest day off announced before or after a day.

        It is empty where a working day, or no day at all, comes first.
        """
        ordinal = day.toordinal() + step
        while FIRST_ORDINAL <= ordinal <= LAST_ORDINAL:
            day = date.fromordinal(ordinal)
            if self.works(day):
                return ""
            if day in self.days:
                return self.days[day][1]
            ordinal += step
        return ""

    def _ranked(self, first: int, last: int) -> Ranks:
        """The ranks of a stretch that holds both days."""
        ranks: Ranks | None = getattr(self, "_ranks", None)
        if ranks is not None and ranks.base <= first and last <= ranks.last:
            return ranks
        return self._rank(first - 366, last + AHEAD)

    def _rank(self, first: int, last: int) -> Ranks:
        """Rank a wider stretch: these days and those ranked already."""
        first, last = max(first, FIRST_ORDINAL), min(last, LAST_ORDINAL)
        known = getattr(self, "_ranks", None)
        if known is not None:
            first, last = min(first, known.base), max(last, known.last)
            if (first, last) == (known.base, known.last):
                raise OverflowError(
                    f"The calendar {self.name} begins with the year 1 and ends with the year 9999."
                )
        ranks = Ranks(self.works, first, last)
        object.__setattr__(self, "_ranks", ranks)
        return ranks

    def _usual_hours(self) -> tuple[Window, ...]:
        weekdays = [self.week[day] for day in range(1, SATURDAY) if self.week.get(day)]
        worked = weekdays or [windows for windows in self.week.values() if windows]
        return Counter(worked).most_common(1)[0][0]
