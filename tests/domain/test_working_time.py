"""When promises fall due, form by form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    FactNotGiven,
    Months,
    Working,
    WorkingDays,
    due,
    share,
)
from tests.support.working_time import (
    NEW_YORK,
    RUNNING_FORMS,
    SHANGHAI,
    STARTS,
    ZONES,
    at,
    calendars,
    office,
)

NATIONAL_DAY = {date(2026, 10, day): (False, "国庆节") for day in (1, 2, 5, 6, 7)} | {
    date(2026, 10, 10): (True, "国庆节调休上班")
}
HOURS_8 = Working(target=timedelta(hours=8), calendar="office")


def falls_due(within, start, *, zone=SHANGHAI, calendar=None, pauses=(), given=None):
    start = at(start, zone)
    return due(
        within, start=start, zone=zone, calendar=calendar, pauses=pauses, given=given or {}
    ).at


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


def test_hours_within_the_lost_hour_are_not_counted_twice():
    """01:00-02:45 and 02:45-04:00 hold two real hours on the night of the change."""
    calendar = office(day="01:00-02:45 02:45-04:00", weekdays=range(1, 8))
    within = Working(target=timedelta(hours=2), calendar="office")
    end = falls_due(within, "2026-03-08 00:00", zone=NEW_YORK, calendar=calendar)
    assert end == at("2026-03-08 04:00", NEW_YORK)


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
    """The second 01:30 of a Sunday that is worked is due at 01:30, not an hour beside it."""
    calendar = office(weekdays=range(1, 8))
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    within = BusinessDays(days=1, calendar="office")
    for form in (within, Days(days=1)):
        end = due(form, start=second, zone=NEW_YORK, calendar=calendar).at
        assert end == at("2026-11-02 01:30", NEW_YORK)


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
    ("within", "start", "end"),
    [
        (Days(days=60), "2026-02-01 09:00", "2026-04-02 09:00"),
        (Days(days=1), "2026-03-07 02:30", "2026-03-08 03:30"),
        (Days(days=1), "2026-10-31 01:30", "2026-11-01 01:30"),
        (Months(months=1), "2026-01-31 09:00", "2026-02-28 09:00"),
        (Months(months=1), "2028-01-31 09:00", "2028-02-29 09:00"),
        (Months(months=1), "2026-12-31 09:00", "2027-01-31 09:00"),
        (Months(months=3), "2026-11-30 09:00", "2027-02-28 09:00"),
        (Months(months=12), "2026-07-15 09:00", "2027-07-15 09:00"),
        (Months(months=1), "2026-02-08 02:30", "2026-03-08 03:30"),
    ],
)
def test_civil_days_and_months_keep_the_clock_time(within, start, end):
    """Months clamp; a skipped clock time moves on, a repeated one comes first."""
    assert falls_due(within, start, zone=NEW_YORK) == at(end, NEW_YORK)


@pytest.mark.parametrize(
    ("given_day", "end"),
    [
        (date(2026, 10, 20), "2026-10-13 23:59:59.999999"),
        ("2026-10-20", "2026-10-13 23:59:59.999999"),
        (datetime(2026, 10, 20, 2, tzinfo=UTC), "2026-10-13 10:00"),
        ("2026-10-20T10:00:00+08:00", "2026-10-13 10:00"),
    ],
)
def test_before_a_date_is_the_end_of_the_day_so_many_days_before(given_day, end):
    """A date gives the end of that local day, an instant the same clock time."""
    within = Before(field="due_date", days=7)
    assert falls_due(within, "2026-10-01 09:00", given={"due_date": given_day}) == at(end)


def test_before_with_no_days_is_the_date_itself():
    """The end of the day named, or the instant named."""
    within = Before(field="promised", days=0)
    end = falls_due(within, "2026-10-01 09:00", given={"promised": date(2026, 10, 20)})
    assert end == at("2026-10-20 23:59:59.999999")
    instant = at("2026-10-20 08:00")
    assert falls_due(within, "2026-10-01 09:00", given={"promised": instant}) == instant


def test_at_is_the_instant_that_the_case_names():
    """An aware datetime or its ISO 8601 text."""
    for value in (at("2026-10-20 10:00"), "2026-10-20T10:00:00+08:00", "2026-10-20T02:00Z"):
        end = falls_due(At(field="appointment"), "2026-10-01 09:00", given={"appointment": value})
        assert end == at("2026-10-20 10:00")


@pytest.mark.parametrize("within", [At(field="day"), Before(field="day", days=1)])
@pytest.mark.parametrize("facts", [{}, {"day": None}])
def test_a_field_that_is_not_there_is_named(within, facts):
    """The sentence says which field to record."""
    with pytest.raises(FactNotGiven, match="depends on day, which") as refused:
        falls_due(within, "2026-10-01 09:00", given=facts)
    assert refused.value.field == "day"


@pytest.mark.parametrize(
    ("within", "value", "sentence"),
    [
        (At(field="day"), date(2026, 10, 1), "is a date: use `before`"),
        (At(field="day"), "2026-10-01T10:00:00", "day .* has no time zone"),
        (Before(field="day", days=1), datetime(2026, 10, 1), "day .* has no time zone"),  # noqa: DTZ001
        (Before(field="day", days=1), "next week", "give an ISO 8601 date"),
    ],
)
def test_a_field_that_names_no_instant_is_refused(within, value, sentence):
    """The sentence says what is wrong with it."""
    with pytest.raises(ValueError, match=sentence):
        falls_due(within, "2026-10-01 09:00", given={"day": value})


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


def test_shares_of_working_time_are_taken_in_working_time():
    """Half of eight hours from the eve of a weekend is reached on Monday."""
    arguments = {"start": at("2026-09-25 15:30"), "zone": SHANGHAI, "calendar": office()}
    assert share(HOURS_8, percent=25, **arguments) == at("2026-09-25 17:30")
    assert share(HOURS_8, percent=50, **arguments) == at("2026-09-28 10:30")
    assert share(HOURS_8, percent=150, **arguments) == at("2026-09-29 11:30")


def test_shares_of_elapsed_time_skip_pauses():
    """Half of four hours with an hour's pause in the first two."""
    pauses = [(at("2026-09-25 11:00"), at("2026-09-25 12:00"))]
    within = Elapsed(target=timedelta(hours=4))
    arguments = {"start": at("2026-09-25 10:00"), "zone": SHANGHAI, "pauses": pauses}
    assert share(within, percent=50, **arguments) == at("2026-09-25 13:00")
    assert share(within, percent=25, **arguments) == at("2026-09-25 11:00")


def test_shares_of_days_are_taken_in_elapsed_time():
    """Half of ten days is five days, and 120 percent is two days late."""
    arguments = {"start": at("2026-09-01 09:00"), "zone": SHANGHAI}
    assert share(Days(days=10), percent=50, **arguments) == at("2026-09-06 09:00")
    assert share(Days(days=10), percent=120, **arguments) == at("2026-09-13 09:00")


def test_every_share_of_a_deadline_already_past_is_the_deadline():
    """There is no time left to share."""
    facts = {"appointment": at("2026-09-01 09:00")}
    for percent in (1, 100, 300):
        found = share(
            At(field="appointment"),
            percent=percent,
            start=at("2026-09-02 09:00"),
            zone=SHANGHAI,
            given=facts,
        )
        assert found == facts["appointment"]


def test_a_share_below_one_percent_is_refused():
    """ValueError names the figure."""
    with pytest.raises(ValueError, match="0 percent is below 1"):
        share(Days(days=1), percent=0, start=at("2026-09-02 09:00"), zone=SHANGHAI)
