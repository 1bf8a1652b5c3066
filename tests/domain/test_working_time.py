"""When promises on calendars fall due, form by form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from domain.working_time import (
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingCalendar,
    WorkingDays,
    due,
)
from tests.support.working_time import (
    NEW_YORK,
    RUNNING_FORMS,
    SHANGHAI,
    STARTS,
    ZONES,
    at,
    calendars,
    falls_due,
    hours,
    office,
)

NATIONAL_DAY = {date(2026, 10, day): (False, "国庆节") for day in (1, 2, 5, 6, 7)} | {
    date(2026, 10, 10): (True, "国庆节调休上班")
}
HOURS_8 = Working(target=timedelta(hours=8), calendar="office")


def test_elapsed_time_runs_at_night_and_on_holidays():
    """24 hours from the eve of a holiday end at the same clock time on the holiday."""
    within = Elapsed(target=timedelta(hours=24))
    assert falls_due(within, "2026-09-30 16:00") == at("2026-10-01 16:00")


def test_elapsed_time_is_real_time_across_summer_time():
    """24 hours across the loss of an hour end an hour later by the clock, in any zone given."""
    within = Elapsed(target=timedelta(hours=24))
    start = datetime(2026, 3, 7, 12, tzinfo=NEW_YORK)
    end = due(within, start=start, zone=NEW_YORK).at
    assert end == at("2026-03-08 13:00", NEW_YORK)
    assert end.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-09-21 08:30", "2026-09-22 09:30"),
        ("2026-09-21 07:00", "2026-09-22 09:30"),
        ("2026-09-21 12:30", "2026-09-22 15:00"),
        ("2026-09-25 17:30", "2026-09-29 09:30"),
        ("2026-09-26 11:00", "2026-09-29 09:30"),
    ],
)
def test_working_time_runs_in_office_hours_only(start, end):
    """Eight hours skip lunch, night and weekend."""
    assert falls_due(HOURS_8, start, calendar=office()) == at(end)


def test_working_time_ends_where_a_window_closes_rather_than_where_the_next_opens():
    """Exactly one day's seven hours end at 17:30 of that day."""
    within = Working(target=timedelta(hours=7), calendar="office")
    assert falls_due(within, "2026-09-21 08:00", calendar=office()) == at("2026-09-21 17:30")


def test_working_time_skips_holidays_and_runs_on_make_up_workdays():
    """From the eve of 国庆节: 8 hours last to the 8th, 16 to the worked Saturday."""
    calendar = office(NATIONAL_DAY)
    start = "2026-09-30 16:00"
    assert falls_due(HOURS_8, start, calendar=calendar) == at("2026-10-08 17:00")
    within = Working(target=timedelta(hours=16), calendar="office")
    assert falls_due(within, start, calendar=calendar) == at("2026-10-10 09:00")
    assert falls_due(within, start, calendar=office()) == at("2026-10-05 09:00")


def test_working_time_runs_to_midnight_and_on_in_the_next_day():
    """Hours to 24:00 and from 00:00 join up."""
    within = Working(target=timedelta(hours=6), calendar="office")
    calendar = office(day="00:00-02:00 20:00-24:00", weekdays=range(1, 8))
    assert falls_due(within, "2026-09-21 20:00", calendar=calendar) == at("2026-09-22 02:00")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-08 00:00", "2026-03-08 05:00"),
        ("2026-11-01 00:00", "2026-11-01 03:00"),
        ("2026-06-01 00:00", "2026-06-01 04:00"),
    ],
)
def test_working_time_counts_real_hours_on_the_days_when_clocks_change(start, end):
    """Four hours of night duty end at 05:00 when an hour is lost and at 03:00 when one is won."""
    within = Working(target=timedelta(hours=4), calendar="office")
    calendar = office(day="00:00-06:00", weekdays=range(1, 8))
    assert falls_due(within, start, zone=NEW_YORK, calendar=calendar) == at(end, NEW_YORK)


def test_hours_around_a_lost_hour_are_not_counted_twice():
    """01:00-02:45 and 03:00-04:00 hold two real hours on the night of the change."""
    calendar = office(day="01:00-02:45 03:00-04:00", weekdays=range(1, 8))
    within = Working(target=timedelta(hours=2), calendar="office")
    end = falls_due(within, "2026-03-08 00:00", zone=NEW_YORK, calendar=calendar)
    assert end == at("2026-03-08 04:00", NEW_YORK)


def test_a_day_that_a_zone_skipped_holds_no_working_time():
    """Samoa had no 30 December 2011: 1 hour on the 29th, 9 on the 31st, 2 on 1 January."""
    apia = ZoneInfo("Pacific/Apia")
    within = Working(target=timedelta(hours=12), calendar="office")
    calendar = office(day="08:00-17:00", weekdays=range(1, 8))
    end = falls_due(within, "2011-12-29 16:00", zone=apia, calendar=calendar)
    assert end == at("2012-01-01 10:00", apia)


def test_a_make_up_workday_has_its_hours_even_where_the_week_has_shorter_ones():
    """A Saturday of two hours, worked by exception, has the seven of a weekday."""
    saturday = date(2026, 9, 26)
    short = WorkingCalendar(
        name="office",
        version=1,
        week={**office().week, 6: hours("09:00-11:00")},
        days={saturday: (True, "调休上班")},
        years=None,
        make_up=(),
    )
    within = Working(target=timedelta(hours=7), calendar="office")
    assert falls_due(within, "2026-09-26 00:00", calendar=short) == at("2026-09-26 17:30")
    assert falls_due(within, "2026-09-19 00:00", calendar=short) == at("2026-09-21 15:30")


KEEPING = BusinessDays(days=3, calendar="office", cutoff=time(17), opens=time(8, 30))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-09-21 10:15", "2026-09-24 10:15"),
        ("2026-09-21 05:00", "2026-09-24 05:00"),
        ("2026-09-21 16:59:59", "2026-09-24 16:59:59"),
        ("2026-09-21 17:00", "2026-09-25 08:30"),
        ("2026-09-25 10:00", "2026-09-30 10:00"),
        ("2026-09-25 18:00", "2026-10-01 08:30"),
        ("2026-09-26 10:00", "2026-10-01 10:00"),
        ("2026-09-27 10:00", "2026-10-01 10:00"),
        ("2026-09-26 18:00", "2026-10-02 08:30"),
    ],
)
def test_business_days_keep_the_clock_time_and_roll_forward(start, end):
    """A weekend rolls to Monday; the cut-off then rolls to the next day's opening, as in Boston."""
    assert falls_due(KEEPING, start, calendar=office()) == at(end)


def test_business_days_without_a_cutoff_keep_any_clock_time():
    """23:00 stays 23:00."""
    within = BusinessDays(days=1, calendar="office")
    assert falls_due(within, "2026-09-21 23:00", calendar=office()) == at("2026-09-22 23:00")


def test_a_cutoff_without_an_opening_uses_the_hours_of_the_day_rolled_to():
    """The make-up Saturday opens when its hours do."""
    within = BusinessDays(days=1, calendar="office", cutoff=time(17))
    calendar = office({date(2026, 9, 26): (True, "调休上班")})
    assert falls_due(within, "2026-09-25 17:30", calendar=calendar) == at("2026-09-28 08:30")


def test_business_days_skip_holidays_and_count_make_up_workdays():
    """Three days from 30 September: the 8th, the 9th and the worked Saturday."""
    end = falls_due(KEEPING, "2026-09-30 10:00", calendar=office(NATIONAL_DAY))
    assert end == at("2026-10-10 10:00")


def test_business_days_keep_the_clock_time_across_summer_time():
    """Friday 10:00 to Monday 10:00 although the weekend was an hour short."""
    within = BusinessDays(days=1, calendar="office")
    end = falls_due(within, "2026-03-06 10:00", zone=NEW_YORK, calendar=office())
    assert end == at("2026-03-09 10:00", NEW_YORK)


def test_a_start_in_the_repeated_hour_keeps_its_clock_time_afterwards():
    """The second 01:30 of one autumn is due at the first 01:30 of the next."""
    calendar = office(weekdays=range(1, 8))
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    for form in (BusinessDays(days=371, calendar="office"), Days(days=371)):
        end = due(form, start=second, zone=NEW_YORK, calendar=calendar).at
        assert end == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "start", "last_day"),
    [
        (1, "2026-09-21 00:00", "2026-09-22"),
        (1, "2026-09-21 23:59:59", "2026-09-22"),
        (1, "2026-09-25 09:00", "2026-09-28"),
        (1, "2026-09-26 09:00", "2026-09-28"),
        (1, "2026-09-30 09:00", "2026-10-08"),
        (3, "2026-09-30 09:00", "2026-10-10"),
        (4, "2026-09-30 09:00", "2026-10-12"),
    ],
)
def test_working_days_end_with_the_last_instant_of_the_nth(days, start, last_day):
    """The day of the start never counts; the due instant still belongs to the n-th working day."""
    within = WorkingDays(days=days, calendar="office")
    end = falls_due(within, start, calendar=office(NATIONAL_DAY))
    assert end == at(f"{last_day} 23:59:59.999999")


def test_working_days_may_last_until_the_next_working_day_begins():
    """With `through_rest_days` a Friday's deadline lasts through Sunday, a Tuesday's does not."""
    friday = WorkingDays(days=1, calendar="office", through_rest_days=True)
    calendar = office()
    assert falls_due(friday, "2026-09-24 09:00", calendar=calendar) == at(
        "2026-09-27 23:59:59.999999"
    )
    assert falls_due(friday, "2026-09-21 09:00", calendar=calendar) == at(
        "2026-09-22 23:59:59.999999"
    )


@pytest.mark.parametrize(
    ("begin", "end", "last_day"),
    [
        ("2026-09-21 08:00", "2026-09-21 10:00", 22),
        ("2026-09-22 08:00", "2026-09-22 09:59", 22),
        ("2026-09-22 08:00", "2026-09-22 10:00", 23),
        ("2026-09-22 10:00", "2026-09-22 11:00", 23),
        ("2026-09-22 10:01", "2026-09-22 11:00", 22),
        ("2026-09-21 08:00", "2026-09-23 10:00", 24),
    ],
)
def test_a_business_day_does_not_count_if_its_clock_time_is_paused(begin, end, last_day):
    """Both ends of a pause belong to it; the day of the start is not counted anyway."""
    pauses = [(at(begin), at(end))]
    within = BusinessDays(days=1, calendar="office")
    found = falls_due(within, "2026-09-21 10:00", calendar=office(), pauses=pauses)
    assert found == at(f"2026-09-{last_day} 10:00")


@pytest.mark.parametrize(
    ("begin", "end", "last_day"),
    [
        ("2026-09-21 08:00", "2026-09-22 00:00", 22),
        ("2026-09-22 08:00", "2026-09-22 23:00", 22),
        ("2026-09-22 08:00", "2026-09-23 00:00", 23),
        ("2026-09-23 00:00", "2026-09-23 08:00", 22),
        ("2026-09-22 20:00", "2026-09-25 08:00", 25),
    ],
)
def test_a_working_day_does_not_count_if_its_end_is_paused(begin, end, last_day):
    """Pausing over the end of the start's day, or within a day, moves nothing."""
    pauses = [(at(begin), at(end))]
    within = WorkingDays(days=1, calendar="office")
    found = falls_due(within, "2026-09-21 10:00", calendar=office(), pauses=pauses)
    assert found == at(f"2026-09-{last_day} 23:59:59.999999")


def test_naive_instants_are_refused_by_name():
    """A start or a pause without a time zone raises ValueError."""
    naive, aware = datetime(2026, 10, 1), at("2026-10-01 09:00")  # noqa: DTZ001
    within = Elapsed(target=timedelta(hours=1))
    with pytest.raises(ValueError, match=r"start .* has no time zone"):
        due(within, start=naive, zone=SHANGHAI)
    with pytest.raises(ValueError, match=r"pause's end .* has no time zone"):
        due(within, start=aware, zone=SHANGHAI, pauses=[(aware, naive)])
    with pytest.raises(ValueError, match=r"pause's beginning .* has no time zone"):
        due(within, start=aware, zone=SHANGHAI, pauses=[(naive, aware)])


@pytest.mark.parametrize("within", [HOURS_8, KEEPING, WorkingDays(days=1, calendar="office")])
def test_a_form_that_needs_a_calendar_says_which(within):
    """ValueError names the calendar."""
    with pytest.raises(ValueError, match="needs the calendar office"):
        falls_due(within, "2026-10-01 09:00")


@pytest.mark.parametrize("within", [HOURS_8, KEEPING, WorkingDays(days=2, calendar="office")])
def test_a_deadline_in_a_year_without_a_published_calendar_is_provisional(within):
    """One that reaches from 2026 into 2027 uses the week and says so; one within 2026 does not."""
    calendar = office(years=frozenset({2026}))

    def asked(start):
        return due(within, start=at(start), zone=SHANGHAI, calendar=calendar)

    assert not asked("2026-12-21 10:00").provisional
    assert asked("2026-12-31 10:00").provisional
    assert asked("2027-01-11 10:00").provisional
    assert (
        asked("2026-12-31 10:00").at
        == due(within, start=at("2026-12-31 10:00"), zone=SHANGHAI, calendar=office()).at
    )


def test_a_deadline_at_the_end_of_a_published_year_is_not_provisional():
    """24:00 of 31 December belongs to the old year; the rest days after it do not."""
    calendar = office(years=frozenset({2026}), day="20:00-24:00")
    within = Working(target=timedelta(hours=4), calendar="office")
    start = at("2026-12-31 10:00")
    found = due(within, start=start, zone=SHANGHAI, calendar=calendar)
    assert found == (at("2027-01-01 00:00"), False)
    start = at("2026-12-30 10:00")
    for through, provisional in ((False, False), (True, True)):
        within = WorkingDays(days=1, calendar="office", through_rest_days=through)
        found = due(within, start=start, zone=SHANGHAI, calendar=calendar)
        assert found.provisional is provisional


@pytest.mark.parametrize(
    ("form", "arguments"),
    [
        (Elapsed, {"target": timedelta(0)}),
        (Working, {"target": timedelta(-1), "calendar": "office"}),
        (BusinessDays, {"days": 0, "calendar": "office"}),
        (BusinessDays, {"days": 1, "calendar": "office", "opens": time(9)}),
        (WorkingDays, {"days": 36_526, "calendar": "office"}),
        (Days, {"days": 0}),
        (Months, {"months": -1}),
        (Before, {"field": "day", "days": -1}),
    ],
)
def test_a_promise_of_no_time_or_of_centuries_is_refused(form, arguments):
    """ValueError when the form is built."""
    with pytest.raises(ValueError, match=r"no time|outside|need"):
        form(**arguments)


def test_a_deadline_past_the_year_9999_ends_in_an_error():
    """Nothing loops for ever: the walk stops at the last year there is."""
    start = datetime(9999, 12, 20, tzinfo=UTC)
    within = WorkingDays(days=30, calendar="office")
    with pytest.raises(OverflowError, match="ends with the year 9999"):
        due(within, start=start, zone=SHANGHAI, calendar=office())


@given(STARTS, STARTS, RUNNING_FORMS, calendars(), st.sampled_from(ZONES))
def test_running_deadlines_are_monotone_in_their_start(one, other, within, calendar, zone):
    """Whoever starts earlier is due no later, in elapsed and in working time, in any zone."""
    ends = [
        due(within, start=start, zone=zone, calendar=calendar).at for start in sorted((one, other))
    ]
    assert ends == sorted(ends)


@given(STARTS, STARTS, st.integers(1, 60))
def test_civil_days_are_monotone_in_their_start(one, other, days):
    """Likewise for civil days where clocks do not change."""
    ends = [due(Days(days=days), start=start, zone=SHANGHAI).at for start in sorted((one, other))]
    assert ends == sorted(ends)


@given(STARTS, st.integers(1, 300), calendars())
def test_working_time_agrees_with_counting_minutes(start, minutes, calendar):
    """Where clocks do not change, ticking off worked minutes one by one ends at the same one."""
    start = start.replace(second=0, microsecond=0)
    within = Working(target=timedelta(minutes=minutes), calendar="any")
    end = due(within, start=start, zone=SHANGHAI, calendar=calendar).at
    local, left = start.astimezone(SHANGHAI), minutes
    while left:
        clock = local.time()
        left -= any(
            window.opens <= clock and (clock < window.closes or window.closes == time(0))
            for window in calendar.windows(local.date())
        )
        local += timedelta(minutes=1)
    assert end == local


@given(STARTS, st.integers(1, 40), calendars(), st.sampled_from(ZONES))
def test_working_days_agree_with_counting_days(start, days, calendar, zone):
    """Counting worked dates one by one ends on the same date."""
    within = WorkingDays(days=days, calendar="any")
    end = due(within, start=start, zone=zone, calendar=calendar).at
    day, left = start.astimezone(zone).date(), days
    while left:
        day += timedelta(days=1)
        left -= calendar.works(day)
    assert end.astimezone(zone).date() == day
    assert (end + timedelta(microseconds=1)).astimezone(zone).date() == day + timedelta(days=1)
