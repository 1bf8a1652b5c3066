"""Civil periods in a site's local days: their days, their names, and the period before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

YEARS: Final = range(1900, 3000)
"""The years that can be asked for."""
_DAY: Final = timedelta(days=1)
_YEAR_OF_WEEKS: Final = 52
_MONTHS: Final[Mapping[str, int]] = MappingProxyType(
    {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
)


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from the first to the last, both included; ``unit`` is what it is made of."""

    first: date
    last: date
    unit: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Its first and last day as the tables keep days: 20260131."""
        return number(self.first), number(self.last)

    @property
    def name(self) -> str:
        """Its name, such as ``2026-Q1`` or ``2026-01..2026-03``."""
        first, last = name_of(self.first, self.unit), name_of(self.last, self.unit)
        return first if first == last else f"{first}..{last}"

    @property
    def single(self) -> bool:
        """Whether it is one period of its unit."""
        return name_of(self.first, self.unit) == name_of(self.last, self.unit)

    def through(self, other: Period) -> Period:
        """From this one's beginning to the other's end, in units if both have the same."""
        unit = self.unit if self.unit == other.unit else "day"
        return Period(self.first, other.last, unit)

    def earlier(self, change: str) -> Period:
        """The same period of last year, or the one that came right before."""
        following = self.last + _DAY
        if change == "last_year":
            if self.unit == "week":
                return self._moved(_YEAR_OF_WEEKS * 7 * _DAY)
            if self.unit == "day":
                return Period(_back(self.first, 12), _back(self.last, 12), self.unit)
            return Period(_back(self.first, 12), _back(following, 12) - _DAY, self.unit)
        if self.unit not in _MONTHS:
            return self._moved(following - self.first)
        months = (following.year - self.first.year) * 12 + following.month - self.first.month
        return Period(_back(self.first, months), self.first - _DAY, self.unit)

    def _moved(self, back: timedelta) -> Period:
        return Period(self.first - back, self.last - back, self.unit)


def _back(day: date, months: int) -> date:
    """The day so many months earlier, the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + (day.day - 1) * _DAY, following - _DAY)


def number(day: date) -> int:
    """A day as the tables keep it: 20260131."""
    return day.year * 10_000 + day.month * 100 + day.day


@cache
def day_of(value: int) -> date:
    """The day that the tables keep as a number."""
    return date(value // 10_000, value // 100 % 100, value % 100)


class _Form(NamedTuple):
    """How the periods of a unit are written, and what days they have."""

    pattern: re.Pattern[str]
    name: Callable[[date], str]
    first: Callable[[list[int]], date]


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


_FORMS: Final[Mapping[str, _Form]] = MappingProxyType(
    {
        "day": _Form(
            re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII), date.isoformat, lambda n: date(*n)
        ),
        "week": _Form(
            re.compile(r"(\d{4})-W(\d\d)", re.ASCII),
            _week,
            lambda n: date.fromisocalendar(n[0], n[1], 1),
        ),
        "month": _Form(
            re.compile(r"(\d{4})-(\d\d)", re.ASCII),
            lambda day: f"{day.year:04d}-{day.month:02d}",
            lambda n: date(n[0], n[1], 1),
        ),
        "quarter": _Form(
            re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
            lambda day: f"{day.year:04d}-Q{(day.month + 2) // 3}",
            lambda n: date(n[0], n[1] * 3 - 2, 1),
        ),
        "half_year": _Form(
            re.compile(r"(\d{4})-H([12])", re.ASCII),
            lambda day: f"{day.year:04d}-H{(day.month + 5) // 6}",
            lambda n: date(n[0], n[1] * 6 - 5, 1),
        ),
        "year": _Form(
            re.compile(r"(\d{4})", re.ASCII),
            lambda day: f"{day.year:04d}",
            lambda n: date(n[0], 1, 1),
        ),
    }
)


def name_of(day: date, unit: str) -> str:
    """The name of the period of a unit that a day is in."""
    return _FORMS[unit].name(day)


def named(name: str) -> Period | None:
    """The period of a name such as ``2026-01``, ``2026-Q1`` or ``2026``, None if it is none."""
    for unit, form in _FORMS.items():
        if found := form.pattern.fullmatch(name):
            try:
                first = form.first([int(part) for part in found.groups()])
            except ValueError:
                return None
            return Period(first, _last(first, unit), unit) if first.year in YEARS else None
    return None


def _last(first: date, unit: str) -> date:
    if unit in _MONTHS:
        return _back(first, -_MONTHS[unit]) - _DAY
    return first + (7 if unit == "week" else 1) * _DAY - _DAY
