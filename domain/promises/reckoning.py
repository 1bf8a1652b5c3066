"""When a clock that just started is due."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.promises.clock import Clock
from domain.promises.directory import Directory
from domain.promises.terms import Terms, terms_of
from domain.working_time import Due, WorkingCalendar, WorkingDays, due

MOST_DAYS: Final = 10_000


def reckon(clock: Clock, directory: Directory) -> None:
    """Set when a clock that just started is due."""
    within = clock.within
    if type(within) is WorkingDays:
        found = _by_day(within, clock.started, terms_of(clock, directory))
    else:
        found = due(within, **terms_of(clock, directory))
    clock.due, clock.provisional = found


_DUE_BY_DAY: dict[tuple[int, int], tuple[WorkingDays, ZoneInfo, WorkingCalendar | None, Due]] = {}


def _by_day(within: WorkingDays, started: datetime, terms: Terms) -> Due:
    """When working days are due, which is the same for all clocks of one local day.

    Target and calendar are found again by identity: to compare them would take longer.
    """
    zone, calendar = terms["zone"], terms["calendar"]
    key = (id(within), started.astimezone(zone).toordinal())
    known = _DUE_BY_DAY.get(key)
    if known is None or not (known[0] is within and known[1] is zone and known[2] is calendar):
        if len(_DUE_BY_DAY) >= MOST_DAYS:
            _DUE_BY_DAY.clear()
        known = _DUE_BY_DAY[key] = (within, zone, calendar, due(within, **terms))
    return known[3]
