"""Instants so long before or after another, as warnings and rungs are placed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.working_time import (
    At,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
    consumed,
    due,
    shift,
    why_not_backward,
)
from tests.support.working_time import (
    CIVIL_FORMS,
    COUNTING_FORMS,
    NEW_YORK,
    RUNNING_FORMS,
    SHANGHAI,
    STARTS,
    ZONES,
    at,
    calendars,
    cases,
    office,
)

MICROSECOND = timedelta(microseconds=1)
HOURS_4 = Working(target=timedelta(hours=4), calendar="office")
DAY = BusinessDays(days=1, calendar="office")
WORKDAY = WorkingDays(days=1, calendar="office")
CLOSING = WorkingDays(days=1, calendar="office", until="close")
NATIONAL_DAY = {date(2026, 10, day): (False, "国庆节") for day in (1, 2, 5, 6, 7)} | {
    date(2026, 9, 27): (True, "国庆节调休上班")
}


def earlier(by, instant, *, zone=SHANGHAI, calendar=None, pauses=()):
    """The instant so long before a local one."""
    calendar = calendar or office()
    return shift(at(instant, zone), by=by, sign=-1, zone=zone, calendar=calendar, pauses=pauses)


@pytest.mark.parametrize(
    ("instant", "before"),
    [
        ("2026-09-22 17:30", "2026-09-22 11:30"),
        ("2026-09-22 20:00", "2026-09-22 11:30"),
        ("2026-09-22 13:00", "2026-09-21 17:00"),
        ("2026-09-22 10:00", "2026-09-21 15:00"),
        ("2026-09-21 08:30", "2026-09-18 11:30"),
        ("2026-09-21 09:00", "2026-09-18 14:00"),
    ],
)
def test_working_time_before_an_instant_skips_lunch_night_and_weekend(instant, before):
    """Four hours of office time before it, to the last instant from which they run."""
    assert earlier(HOURS_4, instant) == at(before)


def test_working_time_before_begins_where_hours_open_rather_than_where_they_closed_before():
    """Three and a half hours before 17:30 is 14:00, not noon; the mirror of `due`."""
    afternoon = Working(target=timedelta(hours=3.5), calendar="office")
    assert earlier(afternoon, "2026-09-22 17:30") == at("2026-09-22 14:00")
    day = Working(target=timedelta(hours=7), calendar="office")
    assert earlier(day, "2026-09-22 17:30") == at("2026-09-22 08:30")


def test_working_time_before_skips_pauses():
    """An hour paused in the afternoon moves the moment an hour earlier, wherever it was told."""
    pause = (at("2026-09-22 15:00"), at("2026-09-22 16:00"))
    lunch = (at("2026-09-22 12:00"), at("2026-09-22 14:00"))
    later = (at("2026-09-22 17:30"), at("2026-09-23 09:00"))
    for pauses in ([pause], [later, pause, pause], [pause, lunch]):
        assert earlier(HOURS_4, "2026-09-22 17:30", pauses=pauses) == at("2026-09-22 10:30")
    inside = [(at("2026-09-22 15:00"), at("2026-09-22 18:00"))]
    assert earlier(HOURS_4, "2026-09-22 17:30", pauses=inside) == at("2026-09-22 09:00")


def test_working_time_before_ends_with_a_pause_that_the_length_reaches_exactly():
    """An hour before 17:30 with a pause until 16:30 is 16:30, when time went on."""
    hour = Working(target=timedelta(hours=1), calendar="office")
    pauses = [(at("2026-09-22 15:00"), at("2026-09-22 16:30"))]
    assert earlier(hour, "2026-09-22 17:30", pauses=pauses) == at("2026-09-22 16:30")


def test_elapsed_time_before_ends_with_a_pause_that_the_length_reaches_exactly():
    """So does elapsed time; and within a pause it counts back from where the pause began."""
    hour = Elapsed(target=timedelta(hours=1))
    pauses = [(at("2026-09-22 15:00"), at("2026-09-22 16:30"))]
    assert earlier(hour, "2026-09-22 17:30", pauses=pauses) == at("2026-09-22 16:30")
    assert earlier(hour, "2026-09-22 16:00", pauses=pauses) == at("2026-09-22 14:00")
    assert earlier(hour, "2026-09-22 17:00", pauses=pauses) == at("2026-09-22 14:30")


def test_elapsed_time_before_is_real_time_without_pauses():
    """Six hours back over the hour that summer time took, and over two paused hours."""
    by = Elapsed(target=timedelta(hours=6))
    assert earlier(by, "2026-03-08 05:00", zone=NEW_YORK) == at("2026-03-07 22:00", NEW_YORK)
    pauses = [(at("2026-03-08 03:30", NEW_YORK), at("2026-03-08 05:30", NEW_YORK))]
    found = earlier(by, "2026-03-08 06:00", zone=NEW_YORK, pauses=pauses)
    assert found == at("2026-03-07 21:00", NEW_YORK)


@pytest.mark.parametrize(
    ("days", "instant", "before"),
    [
        (1, "2026-09-22 10:00", "2026-09-21 10:00"),
        (2, "2026-09-22 10:00", "2026-09-18 10:00"),
        (1, "2026-09-21 23:00", "2026-09-18 23:00"),
        (1, "2026-09-20 10:00", "2026-09-17 10:00"),  # a Sunday counts from Friday
        (1, "2026-10-08 10:00", "2026-09-30 10:00"),
        (4, "2026-10-08 10:00", "2026-09-27 10:00"),  # the worked Sunday
    ],
)
def test_business_days_before_keep_the_clock_time_on_working_days(days, instant, before):
    by = BusinessDays(days=days, calendar="office")
    assert earlier(by, instant, calendar=office(NATIONAL_DAY)) == at(before)


def test_business_days_before_are_counted_on_local_days():
    """Monday 23:00 in New York is Tuesday in UTC; a day before it is Friday 23:00."""
    found = earlier(DAY, "2026-09-21 23:00", zone=NEW_YORK)
    assert found == at("2026-09-18 23:00", NEW_YORK)


def test_business_days_before_a_repeated_hour_keep_its_clock_time():
    """A day before the second 01:30 is 01:30."""
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    calendar = office(weekdays=range(1, 8))
    found = shift(second, by=DAY, sign=-1, zone=NEW_YORK, calendar=calendar)
    assert found == at("2026-10-31 01:30", NEW_YORK)
    a_day_on = datetime(2026, 11, 2, 1, 30, tzinfo=NEW_YORK)
    found = shift(a_day_on, by=DAY, sign=-1, zone=NEW_YORK, calendar=calendar)
    assert found == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_business_days_before_a_repeated_hour_lead_to_the_first_of_another():
    """From the second 01:30 of one autumn to the first 01:30 of the one before."""
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    by, calendar = BusinessDays(days=364, calendar="office"), office(weekdays=range(1, 8))
    found = shift(second, by=by, sign=-1, zone=NEW_YORK, calendar=calendar)
    assert found == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("by", "instant", "before"),
    [
        (WORKDAY, "2026-09-22 10:00", "2026-09-21 23:59:59.999999"),
        (WORKDAY, "2026-09-22 23:59:59.999999", "2026-09-21 23:59:59.999999"),
        (WORKDAY, "2026-09-23 00:00", "2026-09-21 23:59:59.999999"),
        (WORKDAY, "2026-09-21 10:00", "2026-09-18 23:59:59.999999"),
        (WORKDAY, "2026-09-20 10:00", "2026-09-18 23:59:59.999999"),
        (CLOSING, "2026-09-22 10:00", "2026-09-21 17:30"),
        (CLOSING, "2026-09-21 23:00", "2026-09-18 17:30"),
        (WorkingDays(days=3, calendar="office", until="close"), "2026-10-08 17:30",
         "2026-09-28 17:30"),
    ],
)  # fmt: skip
def test_working_days_before_end_or_close_on_the_nth_before_the_instants_own(by, instant, before):
    """The day of the instant does not count; midnight is the end of its day."""
    assert earlier(by, instant, calendar=office(NATIONAL_DAY)) == at(before)


def test_working_days_before_are_local_days():
    """Tuesday 02:00 in UTC is Monday 22:00 in New York: the day before ends on Friday."""
    found = earlier(CLOSING, "2026-09-21 22:00", zone=NEW_YORK)
    assert found == at("2026-09-18 17:30", NEW_YORK)


@pytest.mark.parametrize(
    ("by", "pause", "before"),
    [
        (DAY, ("2026-09-21 09:00", "2026-09-21 10:00"), "2026-09-18 10:00"),
        (DAY, ("2026-09-21 10:01", "2026-09-21 11:00"), "2026-09-21 10:00"),
        (WORKDAY, ("2026-09-21 20:00", "2026-09-22 01:00"), "2026-09-18 23:59:59.999999"),
        (CLOSING, ("2026-09-21 17:00", "2026-09-21 18:00"), "2026-09-18 17:30"),
        (CLOSING, ("2026-09-21 18:00", "2026-09-21 19:00"), "2026-09-21 17:30"),
    ],
)
def test_days_before_do_not_count_where_they_are_paused(by, pause, before):
    """The same instants decide as forward: the clock time, the end or the closing."""
    pauses = [tuple(map(at, pause))]
    assert earlier(by, "2026-09-22 10:00", pauses=pauses) == at(before)


@pytest.mark.parametrize(
    ("by", "instant", "before"),
    [
        (Days(days=3), "2026-03-10 02:30", "2026-03-07 02:30"),
        (Days(days=2), "2026-03-10 02:30", "2026-03-08 03:30"),
        (Months(months=1), "2026-03-31 09:00", "2026-02-28 09:00"),
        (Months(months=14), "2026-03-31 09:00", "2025-01-31 09:00"),
    ],
)
def test_civil_days_and_months_before_keep_the_clock_time(by, instant, before):
    assert earlier(by, instant, zone=NEW_YORK) == at(before, NEW_YORK)


def test_civil_days_before_skip_pauses():
    """Half a day paused makes it half a day earlier."""
    pauses = [(at("2026-09-21 12:00"), at("2026-09-22 00:00"))]
    found = earlier(Days(days=2), "2026-09-22 10:00", pauses=pauses)
    assert found == at("2026-09-19 22:00")


@pytest.mark.parametrize(
    "by",
    [
        BusinessDays(days=1, calendar="office", cutoff=time(17)),
        WorkingDays(days=1, calendar="office", through_rest_days=True),
    ],
)
def test_what_belongs_to_a_start_cannot_be_counted_backward(by):
    """A cut-off and prolonging rest days: a sentence for the rulebook, and ValueError."""
    sentence = why_not_backward(by)
    assert sentence.endswith("leave it out.")
    with pytest.raises(ValueError, match=sentence):
        earlier(by, "2026-09-22 10:00")
    assert shift(at("2026-09-22 10:00"), by=by, sign=1, zone=SHANGHAI, calendar=office())


def test_every_other_length_can_be_counted_backward():
    for by in (HOURS_4, DAY, WORKDAY, CLOSING, Days(days=1), Elapsed(target=timedelta(hours=1))):
        assert why_not_backward(by) is None


def test_what_is_no_length_or_no_direction_is_refused():
    """A date is no length, signs are 1 and -1, instants are aware, calendars are given."""
    arguments = {"zone": SHANGHAI, "calendar": office()}
    for sign in (1, -1):
        with pytest.raises(ValueError, match="At is no length of time"):
            shift(at("2026-09-22 10:00"), by=At(field="visit"), sign=sign, **arguments)
    with pytest.raises(ValueError, match="sign is 1 or -1, not 0"):
        shift(at("2026-09-22 10:00"), by=DAY, sign=0, **arguments)
    with pytest.raises(ValueError, match=r"instant .* has no time zone"):
        shift(datetime(2026, 9, 22), by=DAY, sign=-1, **arguments)  # noqa: DTZ001
    for by in (HOURS_4, DAY, WORKDAY):
        with pytest.raises(ValueError, match="needs the calendar office"):
            shift(at("2026-09-22 10:00"), by=by, sign=-1, zone=SHANGHAI)


def test_counting_back_past_the_year_1_ends_in_an_error():
    """Nothing loops for ever."""
    first = datetime(1, 1, 9, tzinfo=UTC)
    by = BusinessDays(days=30, calendar="office")
    with pytest.raises(OverflowError, match="begins with the year 1"):
        shift(first, by=by, sign=-1, zone=SHANGHAI, calendar=office())


@given(cases(RUNNING_FORMS | COUNTING_FORMS | CIVIL_FORMS))
def test_forward_is_where_a_promise_begun_there_is_due(case):
    asked = {key: case[key] for key in ("zone", "calendar", "pauses")}
    found = shift(case["start"], by=case["within"], sign=1, **asked)
    assert found == due(case["within"], start=case["start"], **asked).at


@given(cases(RUNNING_FORMS))
def test_backward_is_the_last_instant_from_which_the_length_runs(case):
    """From there exactly the length runs until the instant, a microsecond later less does."""
    by, instant = case["within"], case["start"]
    asked = {key: case[key] for key in ("zone", "calendar", "pauses")}
    found = shift(instant, by=by, sign=-1, **asked)
    assert consumed(by, start=found, until=instant, **asked).used == by.target
    later = consumed(by, start=found + MICROSECOND, until=instant, **asked)
    assert later.used == by.target - MICROSECOND


@given(STARTS, st.integers(1, 300), calendars())
def test_working_time_backward_agrees_with_counting_minutes(instant, minutes, calendar):
    """Where clocks do not change, ticking off worked minutes backward ends at the same one."""
    instant = instant.replace(second=0, microsecond=0)
    by = Working(target=timedelta(minutes=minutes), calendar="any")
    found = shift(instant, by=by, sign=-1, zone=SHANGHAI, calendar=calendar)
    local, left = instant.astimezone(SHANGHAI), minutes
    while left:
        local -= timedelta(minutes=1)
        clock = local.time()
        left -= any(
            window.opens <= clock and (clock < window.closes or window.closes == time(0))
            for window in calendar.windows(local.date())
        )
    assert found == local


@given(STARTS, st.integers(1, 40), calendars(), st.sampled_from(ZONES), st.booleans())
def test_days_backward_agree_with_counting_days(instant, days, calendar, zone, keep_clock):
    """Counting worked dates one by one backward ends on the same date."""
    by = (BusinessDays if keep_clock else WorkingDays)(days=days, calendar="any")
    found = shift(instant, by=by, sign=-1, zone=zone, calendar=calendar)
    local = instant.astimezone(zone) if keep_clock else (instant - MICROSECOND).astimezone(zone)
    day, left = local.date(), days
    while keep_clock and not calendar.works(day):
        day -= timedelta(days=1)
    while left:
        day -= timedelta(days=1)
        left -= calendar.works(day)
    assert found.astimezone(zone).date() == day
    if not keep_clock:
        assert (found + MICROSECOND).astimezone(zone).date() == day + timedelta(days=1)


@given(cases(COUNTING_FORMS), st.integers(0, 30))
def test_days_backward_lie_before_and_pauses_only_move_them_earlier(case, offset):
    by = case["within"]
    if why_not_backward(by) is None:
        instant = case["start"] + timedelta(days=offset)
        asked = {"zone": case["zone"], "calendar": case["calendar"]}
        plain = shift(instant, by=by, sign=-1, **asked)
        paused = shift(instant, by=by, sign=-1, pauses=case["pauses"], **asked)
        assert paused <= plain < instant


def test_hours_that_open_twice_a_day_are_walked_backward_in_order():
    """With three windows a day each is used from its end."""
    calendar = office(day="08:00-09:00 10:00-11:00 12:00-13:00")
    for minutes, before in ((30, "12:30"), (60, "12:00"), (90, "10:30"), (150, "08:30")):
        by = Working(target=timedelta(minutes=minutes), calendar="office")
        assert earlier(by, "2026-09-22 20:00", calendar=calendar) == at(f"2026-09-22 {before}")
