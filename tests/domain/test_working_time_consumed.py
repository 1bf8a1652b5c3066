"""How much of a promise is used by an instant, and how late that makes it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
    consumed,
    due,
)
from tests.support.working_time import (
    NEW_YORK,
    SHANGHAI,
    at,
    office,
)

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)
AFTERWARDS = st.timedeltas(timedelta(days=-2), timedelta(days=60))
NATIONAL_DAY = {date(2026, 10, day): (False, "国庆节") for day in (1, 2, 5, 6, 7)}


def used(within, start, until, *, zone=SHANGHAI, calendar=None, **more):
    """What is used between two local instants, and how much of it is late."""
    calendar = calendar or office()
    asked = {"start": at(start, zone), "until": at(until, zone), "zone": zone}
    return tuple(consumed(within, calendar=calendar, **asked, **more))


@pytest.mark.parametrize(
    ("until", "spent", "late"),
    [
        ("2026-09-21 09:00", 0, 0),
        ("2026-09-21 10:00", 0, 0),
        ("2026-09-21 13:30", 2.5, 0),
        ("2026-09-21 14:00", 3, 0),
        ("2026-09-21 15:30", 4.5, 1.5),
    ],
)
def test_elapsed_time_is_used_but_for_pauses(until, spent, late):
    """Three hours from ten with one paused at noon; before the start nothing is used."""
    pauses = [(at("2026-09-21 11:30"), at("2026-09-21 12:30"))]
    within = Elapsed(target=3 * HOUR)
    found = used(within, "2026-09-21 10:00", until, pauses=pauses)
    assert found == (spent * HOUR, late * HOUR)


def test_elapsed_time_without_pauses_is_real_time():
    """Over the night when an hour is lost a day has 23 hours."""
    within = Elapsed(target=20 * HOUR)
    found = used(within, "2026-03-07 12:00", "2026-03-08 12:00", zone=NEW_YORK)
    assert found == (23 * HOUR, 3 * HOUR)


@pytest.mark.parametrize(
    ("until", "spent", "late"),
    [
        ("2026-09-30 16:00", 0, 0),
        ("2026-09-30 20:00", 1.5, 0),
        ("2026-10-04 12:00", 1.5, 0),
        ("2026-10-08 10:00", 3, 0),
        ("2026-10-08 17:00", 8, 0),
        ("2026-10-08 22:00", 8.5, 0.5),
        ("2026-10-09 09:00", 9, 1),
    ],
)
def test_working_time_is_used_in_office_hours_and_so_is_its_lateness(until, spent, late):
    """Due at 17:00 on the 8th: whoever stops at ten in the evening is half an hour late."""
    within = Working(target=8 * HOUR, calendar="office")
    found = used(within, "2026-09-30 16:00", until, calendar=office(NATIONAL_DAY))
    assert found == (spent * HOUR, late * HOUR)


def test_a_pause_takes_from_working_time_only_what_was_worked_in_it():
    """From 16:00 to 09:30 of the next day: two and a half hours of office time."""
    within = Working(target=8 * HOUR, calendar="office")
    pauses = [(at("2026-09-21 16:00"), at("2026-09-22 09:30")), (at("2026-09-22 12:00"),) * 2]
    found = used(within, "2026-09-21 15:00", "2026-09-22 14:30", pauses=pauses)
    assert found == (4 * HOUR, NOTHING)
    # A pause that is still going on counts up to the instant.
    assert used(within, "2026-09-21 15:00", "2026-09-21 17:00", pauses=pauses) == (HOUR, NOTHING)


@pytest.mark.parametrize(
    ("until", "spent", "late"),
    [
        ("2026-09-18 18:00", Fraction(0), 0),
        ("2026-09-19 00:00", Fraction(1, 4), 0),
        ("2026-09-20 18:00", Fraction(1, 4), 0),
        ("2026-09-21 06:00", Fraction(1, 2), 0),
        ("2026-09-21 18:00", Fraction(1), 0),
        ("2026-09-22 18:00", Fraction(2), 0),
        ("2026-09-23 00:00", Fraction(9, 4), Fraction(1, 4)),
    ],
)
def test_business_days_are_used_evenly_on_worked_days(until, spent, late):
    """From a Friday at 18:00: a quarter by midnight, nothing at the weekend."""
    within = BusinessDays(days=2, calendar="office")
    assert used(within, "2026-09-18 18:00", until) == (spent, late)


def test_business_days_are_used_from_the_instant_they_roll_to():
    """A Saturday evening past the cut-off counts from Tuesday 08:30."""
    within = BusinessDays(days=1, calendar="office", cutoff=time(17), opens=time(8, 30))
    for until, spent in (("2026-09-22 08:30", 0), ("2026-09-22 20:30", Fraction(1, 2))):
        assert used(within, "2026-09-19 18:00", until) == (spent, 0)
    plain = BusinessDays(days=1, calendar="office")
    assert used(plain, "2026-09-19 18:00", "2026-09-21 18:00") == (0, 0)
    assert used(plain, "2026-09-19 18:00", "2026-09-22 06:00") == (Fraction(1, 2), 0)


@pytest.mark.parametrize(
    ("until", "spent", "late"),
    [
        ("2026-09-18 23:00", Fraction(0), 0),
        ("2026-09-20 12:00", Fraction(0), 0),
        ("2026-09-21 23:59:59.999999", Fraction(1), 0),
        ("2026-09-22 00:00", Fraction(1), 0),
    ],
)
def test_working_days_are_used_from_midnight_to_their_end(until, spent, late):
    """The day of the start and rest days use nothing."""
    within = WorkingDays(days=1, calendar="office")
    assert used(within, "2026-09-18 10:00", until) == (spent, late)


def test_a_working_day_late_by_an_hour_is_late_by_a_part_of_a_day():
    """Whole days would call it late by nothing."""
    within = WorkingDays(days=1, calendar="office")
    spent, late = used(within, "2026-09-18 10:00", "2026-09-22 01:00")
    assert (spent, late) == (1 + late, late)
    assert round(late * 24, 6) == 1


@pytest.mark.parametrize(
    ("until", "spent"),
    [
        ("2026-09-22 07:00", Fraction(2, 5)),
        ("2026-09-22 17:30", Fraction(1)),
        ("2026-09-22 23:00", Fraction(1)),
        ("2026-09-23 03:30", Fraction(6, 5)),
    ],
)
def test_working_days_until_closing_are_used_from_midnight_to_closing(until, spent):
    """After closing nothing is used before midnight."""
    within = WorkingDays(days=1, calendar="office", until="close")
    assert used(within, "2026-09-21 10:00", until) == (spent, max(spent - 1, 0))


def test_time_paused_within_a_day_is_left_out_of_it():
    """Six of twenty-four hours paused: the other eighteen make up the day."""
    pauses = [(at("2026-09-22 12:00"), at("2026-09-22 18:00"))]
    within = BusinessDays(days=3, calendar="office")
    for until, spent in (
        ("2026-09-22 12:00", Fraction(2, 18)),
        ("2026-09-22 18:00", Fraction(2, 18)),
        ("2026-09-23 01:00", Fraction(9, 18)),
        ("2026-09-23 10:00", 1),
    ):
        assert used(within, "2026-09-22 10:00", until, pauses=pauses) == (spent, 0)


def test_a_day_that_does_not_count_adds_nothing():
    """Paused over ten o'clock on Wednesday, the second day is Thursday's."""
    pauses = [(at("2026-09-23 09:00"), at("2026-09-23 11:00"))]
    within = BusinessDays(days=2, calendar="office")
    for until, spent in (
        ("2026-09-22 22:00", 0),
        ("2026-09-23 10:00", 0),
        ("2026-09-24 10:00", 1),
        ("2026-09-25 10:00", 2),
    ):
        assert used(within, "2026-09-22 10:00", until, pauses=pauses) == (spent, 0)


def test_civil_days_and_months_are_used_evenly():
    """A day of 23 hours is used faster, February faster than March; pauses are left out."""
    asked = {"zone": NEW_YORK}
    assert used(Days(days=3), "2026-03-07 12:00", "2026-03-07 23:30", **asked) == (
        Fraction(1, 2),
        0,
    )
    assert used(Days(days=1), "2026-03-07 12:00", "2026-03-09 00:00", **asked) == (
        Fraction(3, 2),
        Fraction(1, 2),
    )
    assert used(Months(months=2), "2026-02-10 09:00", "2026-02-17 09:00") == (Fraction(1, 4), 0)
    assert used(Months(months=2), "2026-01-31 09:00", "2026-02-28 09:00") == (1, 0)
    assert used(Months(months=2), "2026-01-31 09:00", "2026-03-31 09:00") == (2, 0)
    assert used(Months(months=1), "2025-12-15 09:00", "2027-01-15 09:00") == (13, 12)
    pauses = [(at("2026-09-22 10:00"), at("2026-09-22 22:00"))]
    found = used(Days(days=1), "2026-09-21 10:00", "2026-09-23 10:00", pauses=pauses)
    assert found == (Fraction(3, 2), Fraction(1, 2))


@pytest.mark.parametrize("within", [At(field="visit"), Before(field="visit", days=0)])
def test_dates_are_used_from_the_start_and_their_lateness_from_the_date(within):
    """Pauses move neither; where the date was past at the start, all is late from the date on."""
    pauses = [(at("2026-09-21 11:00"), at("2026-09-21 12:00"))]
    visit = {"given": {"visit": at("2026-09-21 15:00")}, "pauses": pauses}
    assert used(within, "2026-09-21 10:00", "2026-09-21 14:00", **visit) == (4 * HOUR, NOTHING)
    assert used(within, "2026-09-21 10:00", "2026-09-21 16:00", **visit) == (6 * HOUR, HOUR)
    assert used(within, "2026-09-21 16:00", "2026-09-21 18:00", **visit) == (3 * HOUR, 3 * HOUR)
    assert used(within, "2026-09-21 10:00", "2026-09-21 09:00", **visit) == (NOTHING, NOTHING)


def test_a_day_paused_but_for_its_last_instant_is_used_at_that_instant():
    """All of Friday is paused: nothing is used before Monday, 00:00, and then the whole day."""
    pauses = [(at("2026-09-18 00:00"), at("2026-09-19 12:00"))]
    within = BusinessDays(days=1, calendar="office")
    for until, spent in (("2026-09-20 12:00", 0), ("2026-09-21 00:00", 1)):
        assert used(within, "2026-09-18 00:00", until, pauses=pauses) == (spent, 0)


def test_a_start_in_a_repeated_hour_has_used_nothing():
    """The second 01:30 of a night, from which a business day leads to the next 01:30."""
    calendar = office(weekdays=range(1, 8))
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    asked = {"start": second, "zone": NEW_YORK, "calendar": calendar}
    within = BusinessDays(days=1, calendar="office")
    for until, spent in ((second, 0), (at("2026-11-02 01:30", NEW_YORK), 1)):
        assert consumed(within, until=until, **asked).used == spent


@pytest.mark.parametrize(("pause", "last_day"), [("20:30", 23), ("20:59", 23), ("21:01", 22)])
@pytest.mark.parametrize(("zone", "shift"), [(NEW_YORK, 0), (SHANGHAI, 9)])
def test_the_day_that_is_lost_is_the_local_one(zone, shift, pause, last_day):
    """21:00 in New York is the next day in UTC, 06:00 in Shanghai still the day before."""
    hours = timedelta(hours=shift)
    start = at("2026-09-21 21:00", zone) + hours
    begin = at(f"2026-09-22 {pause}", zone) + hours
    asked = {"zone": zone, "calendar": office(weekdays=range(1, 8))}
    pauses = [(begin, begin + timedelta(minutes=40))]
    within = BusinessDays(days=1, calendar="office")
    found = due(within, start=start, pauses=pauses, **asked).at
    assert found == at(f"2026-09-{last_day} 21:00", zone) + hours
    assert consumed(within, start=start, until=found, pauses=pauses, **asked).used == 1


def test_what_is_used_is_counted_on_local_days():
    """Monday 22:00 in New York is Tuesday in UTC: nothing of Tuesday is used yet."""
    within = WorkingDays(days=2, calendar="office")
    found = used(within, "2026-09-18 22:00", "2026-09-21 18:00", zone=NEW_YORK)
    assert round(found[0], 9) == Fraction(3, 4)
    found = used(within, "2026-09-20 22:00", "2026-09-21 22:00", zone=NEW_YORK)
    assert found[0] < 1


def test_a_month_that_begins_before_a_skipped_day_is_used_up_with_the_day_after_it():
    """Samoa went from the 29th to the 31st: the second day is complete with the third."""
    apia = ZoneInfo("Pacific/Apia")
    asked = {"zone": apia, "calendar": office()}
    for until, spent in (
        ("2011-12-31 09:00", 1 + Fraction(23, 24)),
        ("2011-12-31 10:00", 3),
        ("2012-01-01 10:00", 4),
    ):
        assert used(Days(days=9), "2011-12-28 10:00", until, **asked)[0] == spent
    daily = office(weekdays=range(1, 8))
    within = BusinessDays(days=9, calendar="office")
    for until, spent in (("2011-12-31 10:00", 3), ("2012-01-01 10:00", 4)):
        found = used(within, "2011-12-28 10:00", until, zone=apia, calendar=daily)
        assert found[0] == spent


def test_the_instants_must_have_a_time_zone():
    with pytest.raises(ValueError, match=r"start .* has no time zone"):
        consumed(
            Elapsed(target=HOUR),
            start=datetime(2026, 9, 21),  # noqa: DTZ001
            until=at("2026-09-21 10:00"),
            zone=SHANGHAI,
        )
    with pytest.raises(ValueError, match=r"instant .* has no time zone"):
        consumed(
            Elapsed(target=HOUR),
            start=at("2026-09-21 10:00"),
            until=datetime(2026, 9, 21),  # noqa: DTZ001
            zone=SHANGHAI,
        )
