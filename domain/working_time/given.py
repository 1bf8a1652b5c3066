"""Reads the date or instant that a case itself names as its deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from domain.working_time.civil import day_ends, instant_of, to_utc
from domain.working_time.within import At, Before

Given = Mapping[str, datetime | date | str | None]
NOTHING_GIVEN: Final[Given] = MappingProxyType({})


class FactNotGiven(Exception):
    """The deadline depends on {field}, which the case does not have: record it first."""

    def __init__(self, *, field: str) -> None:
        super().__init__((type(self).__doc__ or "").format(field=field))
        self.field = field


def given_instant(within: Before | At, given: Given, zone: ZoneInfo) -> datetime:
    """The UTC instant that the field makes; a date alone stands for the end of that day.

    Raises FactNotGiven for a missing field, ValueError for one that names no instant.
    """
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
