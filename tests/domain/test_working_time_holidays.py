"""What rest days inside a holiday are called, and working days counted from either side."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.working_time import Working, WorkingCalendar, explain
from tests.support.working_time import FIRST, LAST, SHANGHAI, at, calendars, hours, office

# Thursday and Friday, and from Monday to Wednesday, as a notice lists what differs from the week.
WEEK_OFF = {date(2026, 10, day): (False, "国庆节") for day in (1, 2, 5, 6, 7)}


def called(days, day, **more):
    """What the calendar with these exceptions calls a day of 2026-10."""
    return office(days, **more).why(date(2026, 10, day))


def test_a_weekend_inside_a_holiday_is_called_by_its_name():
    """Saturday and Sunday between days off of the same name."""
    assert called(WEEK_OFF, 3) == ("holiday", "国庆节")
    assert called(WEEK_OFF, 4) == ("holiday", "国庆节")


def test_a_weekend_beside_a_holiday_is_a_weekend():
    """Neither the one before a Monday off nor the one after a Friday off belongs to it."""
    monday, friday = ({date(2026, 10, day): (False, "停工")} for day in (12, 16))
    for days, weekend in ((monday, (10, 11)), (friday, (17, 18)), (WEEK_OFF, (10, 11))):
        for day in weekend:
            assert called(days, day) == ("weekend", "")


def test_a_weekend_that_is_announced_itself_is_part_of_the_holiday():
    """A notice that counts it makes it one, at the edge as well."""
    days = {date(2026, 10, day): (False, "停工") for day in (10, 12)}
    assert called(days, 10) == ("holiday", "停工")
    assert called(days, 11) == ("holiday", "停工")


def test_a_weekend_between_two_holidays_belongs_to_neither():
    days = {date(2026, 10, 9): (False, "厂庆"), date(2026, 10, 12): (False, "重阳节")}
    assert called(days, 10) == called(days, 11) == ("weekend", "")
    nameless = {date(2026, 10, 9): (False, ""), date(2026, 10, 12): (False, "")}
    assert called(nameless, 10) == ("weekend", "")


def test_a_worked_day_ends_a_holiday():
    """A make-up Saturday in between, named like the holiday or not, or a plain working day."""
    days = WEEK_OFF | {date(2026, 10, 3): (True, "国庆节")}
    assert called(days, 3) == ("make_up", "国庆节")
    assert called(days, 4) == ("weekend", "")
    apart = {date(2026, 10, 1): (False, "国庆节"), date(2026, 10, 5): (False, "国庆节")}
    assert called(apart, 2) == ("working", "")
    assert called(apart, 3) == ("weekend", "")


def test_a_day_of_rest_in_the_middle_of_the_week_is_named_alike():
    """Where Wednesday is not worked, it belongs to a holiday from Tuesday to Thursday."""
    week = {day: hours("09:00-17:00") for day in (1, 2, 4, 5)}
    off = {date(2026, 10, day): (False, "店休") for day in (13, 15)}
    calendar = WorkingCalendar(name="shop", version=1, week=week, days=off, years=None, make_up=())
    assert calendar.why(date(2026, 10, 14)) == ("holiday", "店休")
    assert calendar.why(date(2026, 10, 21)) == ("weekend", "")


def test_the_first_and_the_last_day_there_is_are_named_too():
    """Nothing lies beyond them."""
    week = {3: hours("09:00-17:00")}
    calendar = WorkingCalendar(
        name="wednesdays", version=1, week=week, days={}, years=None, make_up=()
    )
    assert calendar.why(date.min) == calendar.why(date.max) == ("weekend", "")


def test_an_explanation_tells_a_holiday_in_one_stretch():
    """From Wednesday evening to Thursday of the next week: not holiday, weekend, holiday."""
    within = Working(target=timedelta(hours=2), calendar="office")
    told = explain(within, start=at("2026-09-30 16:30"), zone=SHANGHAI, calendar=office(WEEK_OFF))
    assert [(s.reason, s.note) for s in told.stretches] == [
        ("working", ""),
        ("closed", ""),
        ("holiday", "国庆节"),
        ("before_opening", ""),
        ("working", ""),
    ]


DAYS = st.dates(FIRST.date(), LAST.date())


@given(calendars(), DAYS)
def test_what_a_day_is_called_says_whether_it_is_worked(calendar, day):
    """A rest day is a weekend or a holiday, and a name never makes one worked."""
    reason, _ = calendar.why(day)
    assert calendar.works(day) == (reason in {"working", "make_up"})


@given(calendars(), st.lists(st.tuples(DAYS, st.integers(1, 60)), min_size=1, max_size=4))
def test_working_days_are_counted_alike_in_both_directions(calendar, asked):
    """One by one from each day, whatever was asked of the calendar before."""
    for day, count in asked:
        for step, found in ((1, calendar.working_day_after), (-1, calendar.working_day_before)):
            there, left = day, count
            while left:
                there += timedelta(days=step)
                left -= calendar.works(there)
            assert found(day.toordinal(), count) == there.toordinal()


@given(calendars(), st.lists(st.tuples(DAYS, st.integers(0, 900)), min_size=1, max_size=4))
def test_working_days_between_two_days_are_those_after_the_first(calendar, asked):
    """The first is not among them, the last is."""
    for first, length in asked:
        days = (first + timedelta(days=n) for n in range(1, length + 1))
        last = first.toordinal() + length
        assert calendar.working_days_in(first.toordinal(), last) == sum(map(calendar.works, days))


@pytest.mark.parametrize("direction", ["after", "before"])
def test_working_days_beyond_the_years_there_are_end_in_an_error(direction):
    edge = date.max if direction == "after" else date.min
    asked = getattr(office(), f"working_day_{direction}")
    with pytest.raises(OverflowError, match="office begins with the year 1"):
        asked(edge.toordinal(), 1)
