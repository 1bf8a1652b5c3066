"""For judging promises in time: calendars, due instants, shares of a target, explanations."""

from domain.working_time.calendar import (
    CalendarWithoutWorkingDays,
    CalendarYearMissing,
    Window,
    WorkingCalendar,
)
from domain.working_time.deadline import NOTHING_GIVEN, Due, FactNotGiven, Given, due, share
from domain.working_time.explanation import Explanation, Stretch, explain
from domain.working_time.pauses import Pause, Pauses
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
    "At",
    "Before",
    "BusinessDays",
    "CalendarWithoutWorkingDays",
    "CalendarYearMissing",
    "Days",
    "Due",
    "Elapsed",
    "Explanation",
    "FactNotGiven",
    "Given",
    "Months",
    "Pause",
    "Pauses",
    "Stretch",
    "Window",
    "Within",
    "Working",
    "WorkingCalendar",
    "WorkingDays",
    "due",
    "explain",
    "share",
]
