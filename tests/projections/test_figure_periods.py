"""Civil periods: their days, their names, and the one they are compared with."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.rulebook.kpis import CHANGES, PERIODS
from projections.figures.periods import Period, name_of, named, number

DAYS = st.dates(date(1901, 1, 1), date(2998, 12, 31))
UNITS = st.sampled_from(PERIODS)


def at(name: str) -> Period:
    found = named(name)
    assert found is not None
    return found


@given(DAYS, UNITS)
def test_a_day_is_in_the_period_of_its_name_and_in_no_other(day: date, unit: str):
    name = name_of(day, unit)
    period = at(name)
    assert period.first <= day <= period.last
    assert (period.unit, period.name, period.single) == (unit, name, True)
    for outside in (period.first - timedelta(days=1), period.last + timedelta(days=1)):
        assert name_of(outside, unit) != name


@given(DAYS, UNITS)
def test_periods_of_a_unit_follow_each_other_without_a_gap(day: date, unit: str):
    period = at(name_of(day, unit))
    before = period.earlier("last_period")
    assert before.last + timedelta(days=1) == period.first
    assert before == at(before.name)
    assert before.unit == unit


@given(DAYS, st.sampled_from(["month", "quarter", "half_year", "year"]))
def test_a_year_earlier_is_the_period_of_the_same_name(day: date, unit: str):
    period = at(name_of(day, unit))
    assert period.earlier("last_year").name == f"{day.year - 1:04d}{period.name[4:]}"


@given(DAYS)
def test_a_year_earlier_a_week_is_a_week(day: date):
    week = at(name_of(day, "week")).earlier("last_year")
    assert week == at(week.name)
    assert week.first == at(name_of(day, "week")).first - timedelta(weeks=52)


@given(DAYS, DAYS, st.sampled_from(CHANGES))
def test_a_span_of_days_is_compared_with_one_before_it(one: date, other: date, change: str):
    first, last = sorted((one, other))
    earlier = Period(first, last, "day").earlier(change)
    assert earlier.first <= earlier.last
    assert earlier.last < first or change == "last_year"
    if change == "last_period":
        assert earlier.last - earlier.first == last - first


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("2024-02-29", "last_year", "2023-02-28"),
        ("2025-02-28", "last_year", "2024-02-28"),
        ("2024-02", "last_year", "2023-02"),
        ("2025-02", "last_year", "2024-02"),
        ("2026-01", "last_period", "2025-12"),
        ("2026-Q1", "last_period", "2025-Q4"),
        ("2026-H1", "last_period", "2025-H2"),
        ("2026-W01", "last_period", "2025-W52"),
    ],
)
def test_what_a_period_is_compared_with(name: str, change: str, expected: str):
    assert at(name).earlier(change) == at(expected)


def test_several_months_are_compared_with_as_many():
    spring = at("2026-03").through(at("2026-05"))
    assert spring.earlier("last_period").name == "2025-12..2026-02"
    assert spring.earlier("last_year").name == "2025-03..2025-05"
    assert not spring.single


def test_days_are_numbers_as_the_tables_keep_them():
    assert number(date(2026, 1, 31)) == 20260131
    assert at("2026-02").numbers == (20260201, 20260228)
