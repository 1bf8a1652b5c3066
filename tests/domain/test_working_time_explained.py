"""How deadlines explain themselves: which stretch counted, which did not, and why."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest

from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Pause,
    Working,
    WorkingDays,
    explain,
)
from tests.support.working_time import NEW_YORK, SHANGHAI, at, office

HOUR = timedelta(hours=1)
EXCEPTIONS = {
    date(2026, 9, 28): (False, "国庆节"),
    date(2026, 9, 26): (True, "国庆节调休上班"),
}


def told(within, start, *, zone=SHANGHAI, **more):
    """The explanation as (local start, local end, reason, note, amount)."""
    explanation = explain(within, start=at(start, zone), zone=zone, **more)
    return [
        (local(s.start, zone), local(s.end, zone), s.reason, s.note, s.amount)
        for s in explanation.stretches
    ]


def local(instant: datetime, zone) -> str:
    return f"{instant.astimezone(zone):%m-%d %H:%M}"


def test_elapsed_time_names_each_pause_and_who_paused():
    """Pauses are pairs or triples, or have names; the third part is the note."""
    pauses = [
        Pause(at("2026-09-21 10:00"), at("2026-09-21 11:00"), "等配件"),
        (at("2026-09-21 11:00"), at("2026-09-21 12:00"), "住户不在"),
        (at("2026-09-21 13:00"), at("2026-09-21 13:30")),
    ]
    found = told(Elapsed(target=4 * HOUR), "2026-09-21 09:00", pauses=pauses)
    assert found == [
        ("09-21 09:00", "09-21 10:00", "elapsed", "", HOUR),
        ("09-21 10:00", "09-21 11:00", "paused", "等配件", 0 * HOUR),
        ("09-21 11:00", "09-21 12:00", "paused", "住户不在", 0 * HOUR),
        ("09-21 12:00", "09-21 13:00", "elapsed", "", HOUR),
        ("09-21 13:00", "09-21 13:30", "paused", "", 0 * HOUR),
        ("09-21 13:30", "09-21 15:30", "elapsed", "", 2 * HOUR),
    ]


def test_of_overlapping_pauses_the_earlier_keeps_its_time():
    """Nothing is paused twice, and a pause inside another is not told."""
    pauses = [
        (at("2026-09-21 10:30"), at("2026-09-21 12:00"), "second"),
        (at("2026-09-21 10:00"), at("2026-09-21 11:00"), "first"),
        (at("2026-09-21 10:15"), at("2026-09-21 10:20"), "inside"),
    ]
    found = told(Elapsed(target=2 * HOUR), "2026-09-21 09:00", pauses=pauses)
    assert [row[:4] for row in found] == [
        ("09-21 09:00", "09-21 10:00", "elapsed", ""),
        ("09-21 10:00", "09-21 11:00", "paused", "first"),
        ("09-21 11:00", "09-21 12:00", "paused", "second"),
        ("09-21 12:00", "09-21 13:00", "elapsed", ""),
    ]


def test_a_pause_that_ends_before_it_begins_is_refused():
    """ValueError: such a pause is a mistake in the facts."""
    pauses = [(at("2026-09-21 12:00"), at("2026-09-21 10:00"))]
    with pytest.raises(ValueError, match="before it begins"):
        told(Elapsed(target=HOUR), "2026-09-21 09:00", pauses=pauses)


def test_working_time_tells_lunch_night_make_up_holiday_and_weekend():
    """From a Friday noon over a worked Saturday and a Monday off to Tuesday."""
    found = told(
        Working(target=9 * HOUR, calendar="office"),
        "2026-09-25 16:30",
        calendar=office(EXCEPTIONS),
    )
    assert found == [
        ("09-25 16:30", "09-25 17:30", "working", "", HOUR),
        ("09-25 17:30", "09-26 00:00", "closed", "", 0 * HOUR),
        ("09-26 00:00", "09-26 08:30", "before_opening", "", 0 * HOUR),
        ("09-26 08:30", "09-26 12:00", "make_up", "国庆节调休上班", 3.5 * HOUR),
        ("09-26 12:00", "09-26 14:00", "lunch", "", 0 * HOUR),
        ("09-26 14:00", "09-26 17:30", "make_up", "国庆节调休上班", 3.5 * HOUR),
        ("09-26 17:30", "09-27 00:00", "closed", "", 0 * HOUR),
        ("09-27 00:00", "09-28 00:00", "weekend", "", 0 * HOUR),
        ("09-28 00:00", "09-29 00:00", "holiday", "国庆节", 0 * HOUR),
        ("09-29 00:00", "09-29 08:30", "before_opening", "", 0 * HOUR),
        ("09-29 08:30", "09-29 09:30", "working", "", HOUR),
    ]


def test_a_pause_is_told_over_closed_hours_as_well():
    """Paused at 16:00 until 09:30 of the next day: one stretch, not three."""
    pauses = [(at("2026-09-21 16:00"), at("2026-09-22 09:30"), "等配件")]
    found = told(
        Working(target=2 * HOUR, calendar="office"),
        "2026-09-21 15:00",
        calendar=office(),
        pauses=pauses,
    )
    assert found == [
        ("09-21 15:00", "09-21 16:00", "working", "", HOUR),
        ("09-21 16:00", "09-22 09:30", "paused", "等配件", 0 * HOUR),
        ("09-22 09:30", "09-22 10:30", "working", "", HOUR),
    ]


def test_hours_within_a_lost_hour_move_on_by_it():
    """02:15-02:30 is 03:15-03:30 on the night of the change."""
    found = told(
        Working(target=HOUR / 4, calendar="office"),
        "2026-03-08 01:00",
        zone=NEW_YORK,
        calendar=office(day="02:15-02:30", weekdays=range(1, 8)),
    )
    assert found == [
        ("03-08 01:00", "03-08 03:15", "before_opening", "", 0 * HOUR),
        ("03-08 03:15", "03-08 03:30", "working", "", HOUR / 4),
    ]


def test_a_working_day_whose_hours_a_lost_hour_swallows_is_closed():
    """02:15-03:05 would open at 03:15, after it has closed: nothing of that day counts."""
    found = told(
        Working(target=HOUR / 4, calendar="office"),
        "2026-03-08 01:00",
        zone=NEW_YORK,
        calendar=office(day="02:15-03:05", weekdays=range(1, 8)),
    )
    assert [row[2:] for row in found] == [
        ("closed", "", 0 * HOUR),
        ("before_opening", "", 0 * HOUR),
        ("working", "", HOUR / 4),
    ]


def test_business_days_tell_the_roll_and_each_day():
    """A Saturday evening rolls over Sunday and Monday's cut-off to Tuesday's opening."""
    within = BusinessDays(days=2, calendar="office", cutoff=time(17), opens=time(8, 30))
    assert told(within, "2026-09-19 18:00", calendar=office()) == [
        ("09-19 18:00", "09-21 00:00", "weekend", "", 0),
        ("09-21 00:00", "09-22 00:00", "rolled", "", 0),
        ("09-22 00:00", "09-22 08:30", "before_opening", "", 0),
        ("09-22 08:30", "09-24 08:30", "working", "", 2),
    ]


def test_business_days_tell_a_roll_without_a_cut_off():
    """A Saturday at 18:00 counts from Monday at 18:00."""
    assert told(BusinessDays(days=1, calendar="office"), "2026-09-19 18:00", calendar=office()) == [
        ("09-19 18:00", "09-21 00:00", "weekend", "", 0),
        ("09-21 00:00", "09-21 18:00", "rolled", "", 0),
        ("09-21 18:00", "09-22 18:00", "working", "", 1),
    ]


def test_a_business_day_is_used_on_the_worked_days_between_two_clock_times():
    """What is left of Friday and Monday up to 18:00 make up a day; the weekend adds nothing."""
    found = told(BusinessDays(days=1, calendar="office"), "2026-09-18 18:00", calendar=office())
    assert found == [
        ("09-18 18:00", "09-19 00:00", "working", "", Fraction(1, 4)),
        ("09-19 00:00", "09-21 00:00", "weekend", "", 0),
        ("09-21 00:00", "09-21 18:00", "working", "", Fraction(3, 4)),
    ]


def test_business_days_tell_holidays_make_up_workdays_and_pauses():
    """A day whose clock time is paused is lost, and names the pause that lost it."""
    pauses = [(at("2026-09-29 09:00"), at("2026-09-29 11:00"), "等配件")]
    found = told(
        BusinessDays(days=2, calendar="office"),
        "2026-09-25 10:00",
        calendar=office(EXCEPTIONS),
        pauses=pauses,
    )
    assert found == [
        ("09-25 10:00", "09-26 00:00", "working", "", Fraction(14, 24)),
        ("09-26 00:00", "09-26 10:00", "make_up", "国庆节调休上班", Fraction(10, 24)),
        ("09-26 10:00", "09-27 00:00", "lost", "等配件", 0),
        ("09-27 00:00", "09-28 00:00", "weekend", "", 0),
        ("09-28 00:00", "09-29 00:00", "holiday", "国庆节", 0),
        ("09-29 00:00", "09-29 09:00", "lost", "等配件", 0),
        ("09-29 09:00", "09-29 11:00", "paused", "等配件", 0),
        ("09-29 11:00", "09-30 10:00", "working", "", 1),
    ]


def test_a_day_with_a_pause_in_it_still_makes_up_one_day():
    """Twelve hours paused about noon leave twelve, which the day is spread over."""
    pauses = [(at("2026-09-22 06:00"), at("2026-09-22 18:00"), "等配件")]
    within = BusinessDays(days=1, calendar="office")
    assert told(within, "2026-09-22 00:00", calendar=office(), pauses=pauses) == [
        ("09-22 00:00", "09-22 06:00", "working", "", Fraction(1, 2)),
        ("09-22 06:00", "09-22 18:00", "paused", "等配件", 0),
        ("09-22 18:00", "09-23 00:00", "working", "", Fraction(1, 2)),
    ]


def test_a_day_paused_but_for_its_last_instant_is_used_at_that_instant():
    """Paused from Friday, 00:00, until Saturday, the day is complete on Monday, 00:00."""
    pauses = [(at("2026-09-18 00:00"), at("2026-09-19 12:00"), "等配件")]
    found = told(
        BusinessDays(days=1, calendar="office"),
        "2026-09-18 00:00",
        calendar=office(),
        pauses=pauses,
    )
    assert found == [
        ("09-18 00:00", "09-19 00:00", "paused", "等配件", 0),
        ("09-19 00:00", "09-21 00:00", "weekend", "", 0),
        ("09-21 00:00", "09-21 00:00", "working", "", 1),
    ]


def test_working_days_tell_the_day_of_the_start_and_what_was_skipped():
    """The rest of the first day does not count; the last stretch ends with the last day."""
    pauses = [(at("2026-09-29 20:00"), at("2026-09-30 02:00"), "等配件")]
    found = told(
        WorkingDays(days=2, calendar="office"),
        "2026-09-25 10:00",
        calendar=office(EXCEPTIONS),
        pauses=pauses,
    )
    assert found == [
        ("09-25 10:00", "09-26 00:00", "start_day", "", 0),
        ("09-26 00:00", "09-27 00:00", "make_up", "国庆节调休上班", 1),
        ("09-27 00:00", "09-28 00:00", "weekend", "", 0),
        ("09-28 00:00", "09-29 00:00", "holiday", "国庆节", 0),
        ("09-29 00:00", "09-29 20:00", "lost", "等配件", 0),
        ("09-29 20:00", "09-30 02:00", "paused", "等配件", 0),
        ("09-30 02:00", "09-30 23:59", "working", "", 1),
    ]


def test_working_days_until_closing_tell_the_hours_after_it():
    """A day is used from midnight to its closing hour; what follows is closed."""
    within = WorkingDays(days=2, calendar="office", until="close")
    assert told(within, "2026-09-21 10:00", calendar=office()) == [
        ("09-21 10:00", "09-22 00:00", "start_day", "", 0),
        ("09-22 00:00", "09-22 17:30", "working", "", 1),
        ("09-22 17:30", "09-23 00:00", "closed", "", 0),
        ("09-23 00:00", "09-23 17:30", "working", "", 1),
    ]


def test_working_days_through_rest_days_tell_the_rest_days():
    """The weekend after the last working day is told and adds nothing."""
    within = WorkingDays(days=1, calendar="office", through_rest_days=True)
    assert told(within, "2026-09-24 10:00", calendar=office()) == [
        ("09-24 10:00", "09-25 00:00", "start_day", "", 0),
        ("09-25 00:00", "09-26 00:00", "working", "", 1),
        ("09-26 00:00", "09-27 23:59", "weekend", "", 0),
    ]


@pytest.mark.parametrize(
    ("within", "amounts"),
    [
        (Days(days=3), [Fraction(3, 2), 0, Fraction(3, 2)]),
        (Months(months=3), [Fraction(3, 2) / 30, 0, 3 - Fraction(3, 2) / 30]),
    ],
)
def test_civil_days_and_months_move_by_the_time_paused(within, amounts):
    """A day or month is used evenly; the deadline moves by the pause."""
    pauses = [(at("2026-09-22 22:00"), at("2026-09-24 10:00"), "住户不在")]
    found = told(within, "2026-09-21 10:00", pauses=pauses)
    assert [(row[2], row[4]) for row in found] == list(
        zip(["elapsed", "paused", "elapsed"], amounts, strict=True)
    )
    without = told(within, "2026-09-21 10:00")
    moved = explain(within, start=at("2026-09-21 10:00"), zone=SHANGHAI, pauses=pauses).due
    assert local(moved - timedelta(hours=36), SHANGHAI) == without[-1][1]


@pytest.mark.parametrize("within", [At(field="visit"), Before(field="visit", days=0)])
def test_a_date_given_by_the_case_is_one_stretch_that_pauses_do_not_move(within):
    """It names the field; the whole of it counts, pauses or not."""
    pauses = [(at("2026-09-21 11:00"), at("2026-09-21 12:00"), "等配件")]
    facts = {"visit": at("2026-09-21 15:00")}
    found = told(within, "2026-09-21 10:00", pauses=pauses, given=facts)
    assert found == [("09-21 10:00", "09-21 15:00", "until", "visit", 5 * HOUR)]


def test_a_deadline_already_past_at_the_start_says_so():
    """One empty stretch at the deadline."""
    facts = {"visit": at("2026-09-21 08:00")}
    found = told(At(field="visit"), "2026-09-21 10:00", given=facts)
    assert found == [("09-21 08:00", "09-21 08:00", "already_due", "visit", 0 * HOUR)]
