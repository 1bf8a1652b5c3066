"""How explanations go on to the stop: what was used by then, and what of it was late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from domain.working_time import (
    At,
    BusinessDays,
    Days,
    Elapsed,
    Working,
    WorkingDays,
    consumed,
    due,
    explain,
)
from tests.support.working_time import NEW_YORK, SHANGHAI, at, cases, office

HOUR = timedelta(hours=1)
AFTERWARDS = st.timedeltas(timedelta(days=-2), timedelta(days=60))


def told(within, start, until, *, zone=SHANGHAI, **more):
    """The explanation, and its stretches as (local start, local end, reason, amount, beyond)."""
    arguments = {"start": at(start, zone), "zone": zone, "calendar": office(), **more}
    explanation = explain(within, until=at(until, zone), **arguments)
    return explanation, [
        (local(s.start, zone), local(s.end, zone), s.reason, s.amount, s.beyond)
        for s in explanation.stretches
    ]


def local(instant, zone):
    return f"{instant.astimezone(zone):%m-%d %H:%M}"


def test_a_late_stop_is_told_with_the_hours_it_was_late():
    """Due on Friday at 16:30 and stopped on Monday at ten: two and a half office hours late."""
    within = Working(target=2 * HOUR, calendar="office")
    explanation, stretches = told(within, "2026-09-18 14:30", "2026-09-21 10:00")
    assert stretches == [
        ("09-18 14:30", "09-18 16:30", "working", 2 * HOUR, False),
        ("09-18 16:30", "09-18 17:30", "working", HOUR, True),
        ("09-18 17:30", "09-19 00:00", "closed", 0 * HOUR, True),
        ("09-19 00:00", "09-21 00:00", "weekend", 0 * HOUR, True),
        ("09-21 00:00", "09-21 08:30", "before_opening", 0 * HOUR, True),
        ("09-21 08:30", "09-21 10:00", "working", 1.5 * HOUR, True),
    ]
    assert explanation.target == 2 * HOUR
    assert explanation.consumed == 4.5 * HOUR
    assert explanation.late == 2.5 * HOUR
    assert explanation.until == at("2026-09-21 10:00")


def test_a_stop_in_time_cuts_what_was_used_from_what_was_left():
    """The stretches still sum to the target; those up to the stop sum to what was used."""
    explanation, stretches = told(Elapsed(target=4 * HOUR), "2026-09-21 10:00", "2026-09-21 11:00")
    assert stretches == [
        ("09-21 10:00", "09-21 11:00", "elapsed", HOUR, False),
        ("09-21 11:00", "09-21 14:00", "elapsed", 3 * HOUR, False),
    ]
    assert (explanation.consumed, explanation.late) == (HOUR, 0 * HOUR)
    assert explanation.due == at("2026-09-21 14:00")


def test_without_a_stop_an_explanation_ends_at_the_deadline():
    """All of the target is used by then and nothing is late."""
    asked = {"start": at("2026-09-21 10:00"), "zone": SHANGHAI}
    explanation = explain(Days(days=3), **asked)
    assert explanation.until == explanation.due == at("2026-09-24 10:00")
    assert (explanation.consumed, explanation.late, explanation.target) == (3, 0, 3)
    assert explanation == explain(Days(days=3), **asked, until=explanation.due)


def test_a_stop_before_the_start_has_used_nothing():
    explanation, stretches = told(Days(days=1), "2026-09-21 10:00", "2026-09-21 09:00")
    assert stretches == [("09-21 10:00", "09-22 10:00", "elapsed", 1, False)]
    assert (explanation.consumed, explanation.late) == (0, 0)


def test_late_business_days_go_on_from_the_clock_time():
    """Due on Friday at ten, stopped on Monday at noon: from ten to midnight, and half of Monday."""
    within = BusinessDays(days=1, calendar="office")
    explanation, stretches = told(within, "2026-09-17 10:00", "2026-09-21 12:00")
    assert stretches == [
        ("09-17 10:00", "09-18 10:00", "working", 1, False),
        ("09-18 10:00", "09-19 00:00", "working", Fraction(14, 24), True),
        ("09-19 00:00", "09-21 00:00", "weekend", 0, True),
        ("09-21 00:00", "09-21 12:00", "working", Fraction(12, 24), True),
    ]
    assert explanation.late == Fraction(26, 24)


@pytest.mark.parametrize("through", [False, True])
def test_late_working_days_go_on_after_midnight(through):
    """The microsecond between the end of a day and midnight is told with what follows."""
    within = WorkingDays(days=1, calendar="office", through_rest_days=through)
    explanation, stretches = told(within, "2026-09-17 10:00", "2026-09-21 12:00")
    assert [row[:3] + row[4:] for row in stretches] == [
        ("09-17 10:00", "09-18 00:00", "start_day", False),
        *(
            [
                ("09-18 00:00", "09-19 00:00", "working", False),
                ("09-19 00:00", "09-20 23:59", "weekend", False),
            ]
            if through
            else [
                ("09-18 00:00", "09-18 23:59", "working", False),
                ("09-18 23:59", "09-21 00:00", "weekend", True),
            ]
        ),
        ("09-20 23:59" if through else "09-21 00:00", "09-21 12:00", "working", True),
    ]
    assert explanation.late == stretches[-1][3]
    assert round(explanation.late, 9) == Fraction(1, 2)


def test_the_microsecond_after_a_deadline_is_late_by_nothing():
    """Midnight is a microsecond after the end of a working day, and nothing else is to be told."""
    within = WorkingDays(days=1, calendar="office")
    explanation, stretches = told(within, "2026-09-17 10:00", "2026-09-19 00:00")
    assert stretches[-1] == ("09-18 23:59", "09-19 00:00", "working", 0, True)
    assert explanation.late == 0


def test_a_closing_hour_is_followed_by_closed_hours():
    """Between closing and midnight nothing is used."""
    within = WorkingDays(days=1, calendar="office", until="close")
    explanation, stretches = told(within, "2026-09-21 10:00", "2026-09-23 07:00")
    assert stretches[1:] == [
        ("09-22 00:00", "09-22 17:30", "working", 1, False),
        ("09-22 17:30", "09-23 00:00", "closed", 0, True),
        ("09-23 00:00", "09-23 07:00", "working", Fraction(2, 5), True),
    ]
    assert (explanation.consumed, explanation.late) == (Fraction(7, 5), Fraction(2, 5))


def test_a_date_is_late_by_what_passed_since():
    """Also where it was past when the case began."""
    visit = {"given": {"visit": at("2026-09-21 15:00")}}
    explanation, stretches = told(
        At(field="visit"), "2026-09-21 10:00", "2026-09-21 16:30", **visit
    )
    assert stretches == [
        ("09-21 10:00", "09-21 15:00", "until", 5 * HOUR, False),
        ("09-21 15:00", "09-21 16:30", "until", 1.5 * HOUR, True),
    ]
    assert (explanation.consumed, explanation.late) == (6.5 * HOUR, 1.5 * HOUR)
    explanation, stretches = told(
        At(field="visit"), "2026-09-21 16:00", "2026-09-21 16:30", **visit
    )
    assert stretches == [
        ("09-21 15:00", "09-21 15:00", "already_due", 0 * HOUR, False),
        ("09-21 15:00", "09-21 16:30", "until", 1.5 * HOUR, True),
    ]
    assert (explanation.target, explanation.late) == (0 * HOUR, 1.5 * HOUR)


def test_late_days_are_local_days():
    """Friday 23:00 in New York is Saturday in UTC, and is late by an hour of Friday."""
    within = BusinessDays(days=1, calendar="office")
    explanation, stretches = told(within, "2026-09-17 22:00", "2026-09-18 23:00", zone=NEW_YORK)
    assert stretches[-1] == ("09-18 22:00", "09-18 23:00", "working", Fraction(1, 24), True)
    assert explanation.late == Fraction(1, 24)


def test_a_stop_in_time_cuts_a_day_in_two_parts():
    """A quarter of a business day and the three quarters that were left."""
    within = BusinessDays(days=1, calendar="office")
    explanation, stretches = told(within, "2026-09-21 10:00", "2026-09-21 16:00")
    assert stretches == [
        ("09-21 10:00", "09-21 16:00", "working", Fraction(1, 4), False),
        ("09-21 16:00", "09-22 10:00", "working", Fraction(3, 4), False),
    ]
    assert explanation.consumed == Fraction(1, 4)


def test_a_day_used_at_one_instant_is_told_apart_from_the_day_after_it():
    """All of Friday is paused: the first day is used on Monday, 00:00, the second on Monday."""
    pauses = [(at("2026-09-18 00:00"), at("2026-09-19 12:00"))]
    within = BusinessDays(days=2, calendar="office")
    _, stretches = told(within, "2026-09-18 00:00", "2026-09-22 00:00", pauses=pauses)
    assert stretches[2:] == [
        ("09-21 00:00", "09-21 00:00", "working", 1, False),
        ("09-21 00:00", "09-22 00:00", "working", 1, False),
    ]


def test_a_day_that_a_zone_skipped_is_used_at_one_instant():
    """Samoa had no 30 December 2011: the second civil day is complete with the third."""
    apia = ZoneInfo("Pacific/Apia")
    explanation, stretches = told(Days(days=3), "2011-12-28 10:00", "2012-01-01 10:00", zone=apia)
    assert stretches == [
        ("12-28 10:00", "12-31 10:00", "elapsed", 2, False),
        ("12-31 10:00", "12-31 10:00", "elapsed", 1, False),
        ("12-31 10:00", "01-01 10:00", "elapsed", 1, True),
    ]
    assert (explanation.target, explanation.late) == (3, 1)


def test_working_time_is_told_on_local_days():
    """From a Friday evening in New York, which is Saturday in UTC, over to Monday."""
    within = Working(target=3 * HOUR, calendar="office")
    _, stretches = told(
        within,
        "2026-09-18 21:00",
        "2026-09-21 20:00",
        zone=NEW_YORK,
        calendar=office(day="20:00-22:00"),
    )
    assert [row[:4] for row in stretches] == [
        ("09-18 21:00", "09-18 22:00", "working", HOUR),
        ("09-18 22:00", "09-19 00:00", "closed", 0 * HOUR),
        ("09-19 00:00", "09-21 00:00", "weekend", 0 * HOUR),
        ("09-21 00:00", "09-21 20:00", "before_opening", 0 * HOUR),
        ("09-21 20:00", "09-21 22:00", "working", 2 * HOUR),
    ]


def test_a_deadline_at_the_very_start_is_due_already():
    """One empty stretch, and nothing was promised."""
    visit = {"given": {"visit": at("2026-09-21 10:00")}}
    explanation, stretches = told(
        At(field="visit"), "2026-09-21 10:00", "2026-09-21 10:00", **visit
    )
    assert stretches == [("09-21 10:00", "09-21 10:00", "already_due", 0 * HOUR, False)]
    assert explanation.target == 0 * HOUR


def test_the_stop_must_have_a_time_zone():
    with pytest.raises(ValueError, match=r"instant .* has no time zone"):
        explain(
            Days(days=1),
            start=at("2026-09-21 10:00"),
            until=datetime(2026, 9, 22),  # noqa: DTZ001
            zone=SHANGHAI,
        )


def test_a_lateness_over_a_holiday_names_it():
    """The days off between due and stop are told by the holiday's name."""
    calendar = office({date(2026, 9, day): (False, "停工") for day in (22, 23)})
    within = WorkingDays(days=1, calendar="office", until="close")
    explanation, _ = told(within, "2026-09-18 10:00", "2026-09-24 00:00", calendar=calendar)
    beyond = [(s.reason, s.note) for s in explanation.stretches if s.beyond]
    assert beyond == [("closed", ""), ("holiday", "停工")]
    assert explanation.late == 0


@given(cases(), AFTERWARDS)
def test_amounts_up_to_due_sum_to_the_target_and_beyond_it_to_the_lateness(case, after):
    """Whatever the stop; and up to the stop they sum to what was used by then."""
    until = case["start"] + after
    explanation, spent = explain(**case, until=until), consumed(**case, until=until)
    nothing = explanation.target * 0
    within = [s.amount for s in explanation.stretches if not s.beyond]
    beyond = [s.amount for s in explanation.stretches if s.beyond]
    by_stop = [s.amount for s in explanation.stretches if s.end <= until]
    assert sum(within, nothing) == explanation.target
    assert sum(beyond, nothing) == explanation.late == spent.late
    assert sum(by_stop, nothing) == explanation.consumed == spent.used
    assert (explanation.due, explanation.until) == (due(**case).at, until)


@given(cases(), AFTERWARDS)
def test_stretches_reach_to_the_stop_without_a_gap_and_what_is_beyond_says_so(case, after):
    """None crosses the deadline or the stop; what does not count uses nothing."""
    until = case["start"] + after
    explanation = explain(**case, until=until)
    stretches = explanation.stretches
    assert stretches[-1].end == max(explanation.due, until)
    assert stretches[0].start == min(case["start"], explanation.due)
    for stretch, following in pairwise(stretches):
        assert stretch.end == following.start
    for stretch in stretches:
        assert stretch.beyond == (stretch.end > explanation.due)
        for edge in (explanation.due, until):
            assert not stretch.start < edge < stretch.end
        assert stretch.counted or stretch.amount == explanation.target * 0


@given(cases(), AFTERWARDS)
def test_every_stretch_used_what_was_used_between_its_ends(case, after):
    """The explanation and the figure agree at each instant that the explanation names."""
    explanation = explain(**case, until=case["start"] + after)
    so_far = explanation.target * 0
    for stretch, following in zip(
        explanation.stretches, (*explanation.stretches[1:], None), strict=True
    ):
        so_far += stretch.amount
        if following is None or following.start < following.end:
            assert consumed(**case, until=stretch.end).used == so_far
