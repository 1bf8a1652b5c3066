"""How tables keep instants and days: whole microseconds since 1970, and local days as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
_QUARTER_HOUR: Final = 900_000_000
_MOST_REMEMBERED: Final = 200_000
_DAYS: dict[tuple[str, int], int] = {}


def micros(instant: datetime) -> int:
    """An instant as whole microseconds since 1970, UTC."""
    return (instant - EPOCH) // MICROSECOND


def optional_micros(instant: datetime | None) -> int | None:
    """The same for an instant that may be missing."""
    return None if instant is None else (instant - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    """The instant that a table keeps as microseconds."""
    return EPOCH + value * MICROSECOND


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
