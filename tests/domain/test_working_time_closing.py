"""When working days end at their closing hour."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.working_time import Working, WorkingCalendar, WorkingDays, due, explain
from tests.support.working_time import NEW_YORK, SHANGHAI, at, falls_due, hours, office

ONE = WorkingDays(days=1, calendar="office", until="close")


def test_a_working_day_may_end_when_its_last_hours_close():
    """From Monday, whatever the hour, the first working day closes on Tuesday at 17:30."""
    for start in ("2026-09-21 00:00", "2026-09-21 09:00", "2026-09-21 23:59"):
        assert falls_due(ONE, start, calendar=office()) == at("2026-09-22 17:30")
    five = WorkingDays(days=5, calendar="office", until="close")
    assert falls_due(five, "2026-09-21 09:00", calendar=office()) == at("2026-09-28 17:30")


def test_each_day_closes_at_its_own_hour():
    """A short Friday at noon, a make-up Saturday with the hours of the week."""
    calendar = WorkingCalendar(
        name="office",
        version=1,
        week={**office().week, 5: hours("08:30-12:00")},
        days={date(2026, 9, 26): (True, "调休上班")},
        years=None,
        make_up=(),
    )
    assert falls_due(ONE, "2026-09-24 09:00", calendar=calendar) == at("2026-09-25 12:00")
    assert falls_due(ONE, "2026-09-25 09:00", calendar=calendar) == at("2026-09-26 17:30")


def test_hours_that_close_at_midnight_close_with_the_end_of_the_day():
    """24:00 is the last microsecond of the day, as it is without a closing hour."""
    calendar = office(day="08:00-12:00 20:00-24:00")
    plain = WorkingDays(days=1, calendar="office")
    assert falls_due(ONE, "2026-09-21 09:00", calendar=calendar) == at("2026-09-22 23:59:59.999999")
    assert falls_due(plain, "2026-09-21 09:00", calendar=calendar) == falls_due(
        ONE, "2026-09-21 09:00", calendar=calendar
    )


def test_the_day_that_closes_is_the_local_one():
    """23:00 in New York is the next day in UTC: the first working day is the local tomorrow."""
    calendar = office(day="09:00-17:00")
    end = falls_due(ONE, "2026-09-21 23:00", zone=NEW_YORK, calendar=calendar)
    assert end == at("2026-09-22 17:00", NEW_YORK)
    tehran = ZoneInfo("Asia/Tehran")
    end = falls_due(ONE, "2026-09-21 01:00", zone=tehran, calendar=calendar)
    assert end == at("2026-09-22 17:00", tehran)


@pytest.mark.parametrize(
    ("start", "closes", "end"),
    [
        ("2026-03-07 09:00", "02:30", "2026-03-08 03:30"),  # skipped: moves on by the hour
        ("2026-10-31 09:00", "01:30", "2026-11-01 01:30"),  # repeated: the first of the two
    ],
)
def test_closing_hours_on_the_days_when_clocks_change(start, closes, end):
    calendar = office(day=f"00:30-{closes}", weekdays=range(1, 8))
    assert falls_due(ONE, start, zone=NEW_YORK, calendar=calendar) == at(end, NEW_YORK)


def test_a_day_that_a_zone_skipped_is_over_before_the_next_one_begins():
    """Samoa had no 30 December 2011: its closing hour is the end of the 29th, and it is told."""
    apia = ZoneInfo("Pacific/Apia")
    calendar = office(day="09:00-17:00", weekdays=range(1, 8))
    asked = {"start": at("2011-12-28 10:00", apia), "zone": apia, "calendar": calendar}
    end = at("2011-12-31 00:00", apia) - timedelta(microseconds=1)
    for days, expected in ((1, at("2011-12-29 17:00", apia)), (2, end)):
        within = WorkingDays(days=days, calendar="office", until="close")
        assert due(within, **asked).at == expected
        told = explain(within, **asked)
        assert sum(stretch.amount for stretch in told.stretches) == days


@pytest.mark.parametrize(
    ("begin", "end", "last_day"),
    [
        ("2026-09-22 08:00", "2026-09-22 17:29", 22),
        ("2026-09-22 08:00", "2026-09-22 17:30", 23),
        ("2026-09-22 17:30", "2026-09-22 18:00", 23),
        ("2026-09-22 17:31", "2026-09-23 08:00", 22),
        ("2026-09-22 17:00", "2026-09-24 18:00", 25),
    ],
)
def test_a_day_does_not_count_if_its_closing_is_paused(begin, end, last_day):
    """Both ends of a pause belong to it; what is paused after closing moves nothing."""
    pauses = [(at(begin), at(end))]
    found = falls_due(ONE, "2026-09-21 10:00", calendar=office(), pauses=pauses)
    assert found == at(f"2026-09-{last_day} 17:30")


def test_a_closing_hour_in_a_year_without_a_published_calendar_is_provisional():
    """The last working day of 2026 is not; the first of 2027 is."""
    calendar = office(years=frozenset({2026}))
    for start, provisional in (("2026-12-30 10:00", False), ("2026-12-31 10:00", True)):
        found = due(ONE, start=at(start), zone=SHANGHAI, calendar=calendar)
        assert found.provisional is provisional


@pytest.mark.parametrize(
    ("zone", "year", "start"),
    [
        (SHANGHAI, 2026, "2026-12-31 10:00"),  # due on 1 January at six, still 2026 in UTC
        (NEW_YORK, 2027, "2026-12-31 21:00"),  # begun on 31 December, 2027 in UTC already
    ],
)
def test_the_year_that_must_be_published_is_the_local_one(zone, year, start):
    calendar = office(years=frozenset({year}), day="05:00-07:00 20:00-22:00", weekdays=range(1, 8))
    for within in (Working(target=timedelta(hours=3), calendar="office"), ONE):
        assert due(within, start=at(start, zone), zone=zone, calendar=calendar).provisional


def test_closing_does_not_go_with_rest_days_nor_with_other_ends():
    """ValueError when the form is built: one end excludes the other."""
    with pytest.raises(ValueError, match="not both"):
        WorkingDays(days=1, calendar="office", through_rest_days=True, until="close")
    with pytest.raises(ValueError, match="not until noon"):
        WorkingDays(days=1, calendar="office", until="noon")
