"""How much of a promise is used, and how its deadline came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.promises.clock import Clock
from domain.promises.directory import Directory
from domain.promises.terms import over, terms_of
from domain.working_time import (
    Amount,
    BusinessDays,
    Days,
    Elapsed,
    Explanation,
    Months,
    Within,
    WorkingDays,
    consumed,
    ended_days,
    explain,
)

SECOND: Final = timedelta(seconds=1)


class Spent(NamedTuple):
    """How much of a promise was used, and how much of that was late, both in `unit_of` it."""

    used: float
    late: float


def spent(clock: Clock, directory: Directory) -> Spent | None:
    """How much of an ended promise was used, and how much of that was late; None while it is open.

    Pauses are left out, and time is counted as the target is.
    """
    end, within = clock.end, clock.within
    if end is None:
        return None
    if clock.pausing is None:
        if type(within) is Elapsed:
            used, target = end - clock.started, within.target
            late = (used - target) / SECOND if used > target else 0.0
            return Spent(max(used / SECOND, 0.0), late)
        if type(within) is WorkingDays and within.plain:
            return _days_spent(within, clock, end, directory)
    spent_in = over(clock.pauses)
    amounts = consumed(within, **terms_of(clock, directory), until=end, pauses=spent_in)
    return Spent(_number(amounts.used), _number(amounts.late))


def _days_spent(within: WorkingDays, clock: Clock, end: datetime, directory: Directory) -> Spent:
    calendar = directory.rules.calendar(within.calendar, clock.rules)
    assert calendar is not None, "no rulebook takes effect before its calendars"
    part, whole = ended_days(clock.started, end, directory.zone(clock.site), calendar)
    return Spent(part / whole, max(part - within.days * whole, 0) / whole)


def _number(amount: Amount) -> float:
    return amount / SECOND if isinstance(amount, timedelta) else float(amount)


def explanation(clock: Clock, directory: Directory, now: datetime | None = None) -> Explanation:
    """The stretches counted and skipped from the clock's start to its due instant, or beyond it.

    It goes on to the stop or, for a clock that runs, to ``now``. What a pause that lasts will take
    away is not known yet: it goes on to the beginning of that pause.
    """
    until = clock.end or now
    if clock.paused:
        until = clock.pauses[-1].since
    spent_in = over(clock.pauses)
    return explain(clock.within, **terms_of(clock, directory), pauses=spent_in, until=until)


def unit_of(within: Within) -> str:
    """What amounts of a promise are counted in: seconds, days or months."""
    return _UNITS.get(type(within), "seconds")


_UNITS: Final[Mapping[type[Within], str]] = {
    BusinessDays: "days", WorkingDays: "days", Days: "days", Months: "months",
}  # fmt: skip
