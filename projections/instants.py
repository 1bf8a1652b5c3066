"""How tables keep instants and days: whole microseconds since 1970, and local days as numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.working_time.civil import MICROSECOND
from store.rows import instant, micros

__all__ = ["MICROSECOND", "instant", "local_day", "micros", "optional_micros"]

_QUARTER_HOUR: Final = 900_000_000
_MOST_REMEMBERED: Final = 200_000


def optional_micros(at: datetime | None) -> int | None:
    """An instant as whole microseconds since 1970, UTC, where there is one."""
    return None if at is None else micros(at)


class _Days(dict[int, int]):
    """The local day of each quarter of an hour that was asked for in a zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: int) -> int:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        local = instant(quarter * _QUARTER_HOUR).astimezone(self._zone)
        day = self[quarter] = local.year * 10_000 + local.month * 100 + local.day
        return day


_ZONES: dict[str, _Days] = {}


def local_day(value: int | None, zone: ZoneInfo) -> int | None:
    """The site's local day of an instant in microseconds, as the number 20260131.

    Every zone's offset is a multiple of a quarter of an hour, so one answer serves a whole quarter.
    """
    if value is None:
        return None
    days = _ZONES.get(zone.key)
    if days is None:
        days = _ZONES[zone.key] = _Days(zone)
    return days[value // _QUARTER_HOUR]
