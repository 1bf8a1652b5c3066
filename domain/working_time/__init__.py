"""Judges promises in time: calendars, due instants, what is used of a promise, explanations."""

from domain.working_time.calendar import (
    CalendarWithoutWorkingDays,
    CalendarYearMissing,
    Window,
    WorkingCalendar,
)
from domain.working_time.consumption import Amount, Consumed, consumed, ended_days
from domain.working_time.countdown import Countdown
from domain.working_time.deadline import Due, due, share
from domain.working_time.explanation import Explanation, explain
from domain.working_time.given import NOTHING_GIVEN, FactNotGiven, Given
from domain.working_time.pauses import Pause, Pauses
from domain.working_time.shift import Length, shift, why_not_backward
from domain.working_time.stretches import Stretch
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

__all__ = [
    "NOTHING_GIVEN",
    "Amount",
    "At",
    "Before",
    "BusinessDays",
    "CalendarWithoutWorkingDays",
    "CalendarYearMissing",
    "Consumed",
    "Countdown",
    "Days",
    "Due",
    "Elapsed",
    "Explanation",
    "FactNotGiven",
    "Given",
    "Length",
    "Months",
    "Pause",
    "Pauses",
    "Stretch",
    "Window",
    "Within",
    "Working",
    "WorkingCalendar",
    "WorkingDays",
    "consumed",
    "due",
    "ended_days",
    "explain",
    "share",
    "shift",
    "why_not_backward",
]
