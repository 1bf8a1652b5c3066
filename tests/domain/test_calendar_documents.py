"""Calendars as documents, and what a calendar knows about its days."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, date, time, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.kernel.documents import DocumentInvalid
from domain.working_time import (
    CalendarWithoutWorkingDays,
    CalendarYearMissing,
    Window,
    WorkingCalendar,
)
from domain.working_time.documents import (
    CalendarDay,
    calendar_from_document,
    calendar_to_document,
    chinese_calendar_document,
)
from tests.support.working_time import calendars, hours, office

DOCUMENT = {
    "name": "cn",
    "version": 3,
    "hours": {"mon-thu": ["08:30-12:00", "14:00-17:30"], "fri": ["08:30-12:00"], "7": []},
    "make_up": ["09:00-16:00"],
    "years": [2026],
    "days": {"2026-10-01": "国庆节"},
    "make_up_days": {"2026-10-10": "调休上班"},
}


def test_a_document_says_hours_exceptions_and_years():
    """Weekdays, ranges and numbers; days off and make-up workdays with their names."""
    calendar = calendar_from_document(DOCUMENT)
    assert (calendar.name, calendar.version, calendar.years) == ("cn", 3, frozenset({2026}))
    assert calendar.windows(date(2026, 9, 24)) == hours("08:30-12:00 14:00-17:30")
    assert calendar.windows(date(2026, 9, 25)) == hours("08:30-12:00")
    assert calendar.windows(date(2026, 10, 1)) == ()
    assert calendar.windows(date(2026, 10, 10)) == hours("09:00-16:00")
    assert calendar.windows(date(2026, 10, 11)) == ()
    assert calendar.why(date(2026, 10, 1)) == ("holiday", "国庆节")
    assert calendar.why(date(2026, 10, 10)) == ("make_up", "调休上班")
    assert calendar.why(date(2026, 10, 11)) == ("weekend", "")
    assert calendar.why(date(2026, 10, 12)) == ("working", "")


def test_a_short_document_speaks_for_every_year():
    """Name and hours are enough; make-up workdays have the commonest hours of Monday to Friday."""
    calendar = calendar_from_document(
        {
            "name": "desk",
            "hours": {
                "mon-wed": ["09:00-18:00"],
                "thu-fri": ["09:00-17:00"],
                "sat": ["10:00-12:00"],
            },
            "make_up_days": {"2031-05-04": "加班"},
        }
    )
    assert (calendar.version, calendar.years) == (1, None)
    assert calendar.windows(date(2031, 5, 4)) == hours("09:00-18:00")
    assert calendar.is_working_day(date(2093, 3, 3))


@given(calendars())
def test_a_calendar_survives_being_written_and_read(calendar):
    """Through JSON and back it is equal, where its exceptions lie in its years."""
    document = json.loads(json.dumps(calendar_to_document(calendar)))
    assert calendar_from_document(document) == calendar
    assert calendar_to_document(calendar_from_document(document)) == document


def test_a_week_is_written_in_ranges():
    """Neighbouring weekdays of the same hours are one line."""
    document = calendar_to_document(office())
    assert document["hours"] == {"mon-fri": ["08:30-12:00", "14:00-17:30"]}
    assert "years" not in document


def test_hours_to_midnight_and_to_the_second_survive():
    """24:00 is written as such, seconds only where there are any."""
    document = {"name": "night", "hours": {"mon": ["00:00-06:30:15", "20:00-24:00"]}}
    written = calendar_to_document(calendar_from_document(document))
    assert written["hours"] == document["hours"]


@pytest.mark.parametrize(
    ("change", "path", "sentence"),
    [
        ({"zone": "Asia/Shanghai"}, ("zone",), "no such key"),
        ({"name": ""}, ("name",), "name"),
        ({"version": 0}, ("version",), "from 1"),
        ({"version": True}, ("version",), "from 1"),
        ({"hours": None}, ("hours",), "hours of the week"),
        ({"hours": {"mon": []}}, ("hours",), "at least one"),
        ({"hours": {"holiday": []}}, ("hours", "holiday"), "no weekday"),
        ({"hours": {"mon-": ["09:00-10:00"], "mon": []}}, ("hours", "mon"), "twice"),
        ({"hours": {"fri-mon": []}}, ("hours", "fri-mon"), "backwards"),
        ({"hours": {"mon": "09:00-10:00"}}, ("hours", "mon"), "List the hours"),
        ({"hours": {"mon": ["9-10"]}}, ("hours", "mon", 0), "no span"),
        ({"hours": {"mon": [9]}}, ("hours", "mon", 0), "no span"),
        ({"hours": {"mon": ["25:00-26:00"]}}, ("hours", "mon", 0), "clock"),
        ({"hours": {"mon": ["10:00-10:00"]}}, ("hours", "mon", 0), "before it begins"),
        ({"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, ("hours", "mon", 1), "begins before"),
        ({"make_up": ["20:00-24:00", "21:00-22:00"]}, ("make_up", 1), "begins before"),
        ({"years": 2026}, ("years",), "List the years"),
        ({"years": [2026, "x"]}, ("years", 1), "no year"),
        ({"days": ["2026-10-01"]}, ("days",), "Map each date"),
        ({"days": {"1 October": "x"}}, ("days", "1 October"), "no date"),
        ({"days": {"2026-10-01": None}}, ("days", "2026-10-01"), "in words"),
        ({"days": {"2027-01-01": "元旦"}}, ("days", "2027-01-01"), "speak for 2027"),
        ({"make_up_days": {"2026-10-01": "x"}}, ("make_up_days", "2026-10-01"), "day off"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(change, path, sentence):
    """DocumentInvalid carries the path to the value and a sentence."""
    with pytest.raises(DocumentInvalid, match=sentence) as refused:
        calendar_from_document(DOCUMENT | change)
    assert refused.value.path == path
    assert sentence in refused.value.sentence


def announced(year: int, *, without: date | None = None) -> list[CalendarDay]:
    """A year of Mondays to Fridays with one holiday week, one of its weekends worked."""
    off = {date(year, 10, day) for day in (1, 2, 3, 4, 5, 6, 7)}
    worked = {date(2026, 10, 10)}
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    return [
        CalendarDay(
            day=day,
            is_workday=day in worked or (day not in off and day.isoweekday() < 6),
            name="国庆节" if day in off | worked else "",
            is_announced_off_day=day in off,
            is_make_up_workday=day in worked,
        )
        for day in days
        if day != without
    ]


def test_the_chinese_calendar_keeps_what_differs_from_the_week_or_is_announced():
    """Announced days off are kept at weekends as well, other weekends are not."""
    document = chinese_calendar_document(announced(2026) + announced(2027), [2026])
    assert document["years"] == [2026]
    assert document["days"] == {f"2026-10-0{day}": "国庆节" for day in range(1, 8)}
    assert document["make_up_days"] == {"2026-10-10": "国庆节调休上班"}
    calendar = calendar_from_document(document)
    assert calendar_to_document(calendar) == document


def test_the_chinese_calendar_speaks_for_whole_years_only():
    """A year with a day missing is refused: it would be guessed."""
    rows = announced(2026, without=date(2026, 5, 5))
    with pytest.raises(DocumentInvalid, match="2026 has 364 of 365 days") as refused:
        chinese_calendar_document([*rows, rows[0]], [2026])
    assert refused.value.path == ("years", 0)


def test_a_missing_year_is_an_error_when_asked_for_a_day():
    """`is_working_day` refuses to guess; `works` and deadlines use the week."""
    calendar = office({date(2027, 1, 1): (False, "元旦")}, years=frozenset({2026}))
    assert calendar.speaks_for(date(2026, 12, 31))
    assert not calendar.speaks_for(date(2027, 1, 1))
    with pytest.raises(CalendarYearMissing, match="office does not speak for 2027"):
        calendar.is_working_day(date(2027, 1, 4))
    assert calendar.works(date(2027, 1, 4))
    assert not calendar.works(date(2027, 1, 1))


def test_a_calendar_without_a_working_weekday_is_refused():
    """Otherwise a deadline on it would never come."""
    with pytest.raises(CalendarWithoutWorkingDays, match="office has no working weekday"):
        office(weekdays=range(1, 1))


@pytest.mark.parametrize(
    ("opens", "closes"),
    [(time(9), time(9)), (time(18), time(6)), (time(9, fold=1), time(10))],
)
def test_hours_that_end_before_they_begin_are_refused(opens, closes):
    """A night shift is split at midnight."""
    with pytest.raises(ValueError, match="split them at midnight"):
        Window(opens=opens, closes=closes)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"week": {0: hours("09:00-10:00")}},
        {"week": {1: hours("09:00-24:00") + hours("10:00-11:00")}},
        {"make_up": hours("10:00-11:00") + hours("09:00-10:00")},
    ],
)
def test_an_impossible_calendar_is_refused(change):
    """ValueError names the calendar."""
    sound = {
        "name": "odd",
        "version": 1,
        "week": {1: hours("09:00-10:00")},
        "days": {},
        "years": None,
        "make_up": (),
    }
    with pytest.raises(ValueError, match="odd"):
        WorkingCalendar(**sound | change)


def test_a_calendar_can_be_copied_compared_and_looked_up_by():
    """What it remembers is no part of it: copies made before and after use are equal."""
    calendar = office({date(2026, 10, 1): (False, "国庆节")})
    before = copy.deepcopy(calendar)
    first = calendar.working_day_after(date(2026, 9, 30).toordinal())
    after = pickle.loads(pickle.dumps(calendar))
    assert before == calendar == after
    assert {before: 1}[after] == 1
    assert after.working_day_after(date(2026, 9, 30).toordinal()) == first
    assert date.fromordinal(first) == date(2026, 10, 2)


def test_hours_with_a_time_zone_are_refused():
    """The site's zone applies to them."""
    with pytest.raises(ValueError, match="without a time zone"):
        Window(opens=time(9, tzinfo=UTC), closes=time(10))


def test_no_working_day_follows_the_last_day_there_is():
    """OverflowError, from that day and from the last working day before it."""
    calendar = office()
    for day in (date.max, date(9999, 12, 31) - timedelta(days=1)):
        with pytest.raises(OverflowError, match="year 9999"):
            calendar.working_day_after(day.toordinal(), 2)
    assert date.fromordinal(calendar.working_day_after(date(9999, 12, 29).toordinal())) == date(
        9999, 12, 30
    )


def test_changing_the_callers_mapping_does_not_change_the_calendar():
    """A calendar is a value: it keeps copies."""
    days = {date(2026, 10, 1): (False, "国庆节")}
    calendar = office(days)
    days.clear()
    assert not calendar.works(date(2026, 10, 1))


@given(
    calendars(),
    st.lists(
        st.tuples(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(1, 400)),
        min_size=1,
        max_size=4,
    ),
)
def test_the_nth_working_day_is_the_same_in_whatever_order_it_is_asked(calendar, asked):
    """Ranks grow in both directions and agree with walking day by day."""
    for day, count in asked:
        walked, left = day, count
        while left:
            walked += timedelta(days=1)
            left -= calendar.works(walked)
        assert calendar.working_day_after(day.toordinal(), count) == walked.toordinal()
