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
_DAYS: dict[tuple[str, int], int] = {}


def optional_micros(at: datetime | None) -> int | None:
    """An instant as whole microseconds since 1970, UTC, where there is one."""
    return None if at is None else micros(at)


def local_day(value: int | None, zone: ZoneInfo) -> int | None:
    """The site's local day of an instant in microseconds, as the number 20260131.

    Every zone's offset is a multiple of a quarter of an hour, so one answer serves a whole quarter.
    """
    if value is None:
        return None
    key = (zone.key, value // _QUARTER_HOUR)
    day = _DAYS.get(key)
    if day is None:
        if len(_DAYS) > _MOST_REMEMBERED:
            _DAYS.clear()
        local = instant(value).astimezone(zone)
        day = _DAYS[key] = local.year * 10_000 + local.month * 100 + local.day
    return day
