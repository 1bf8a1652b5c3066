"""Promises paused and resumed one pause after the other, against reckoning them from scratch."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from domain.working_time import (
    At,
    BusinessDays,
    Countdown,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
    consumed,
    due,
    explain,
    share,
    shift,
)
from tests.support.working_time import SHANGHAI, at, cases, office

HOUR = timedelta(hours=1)
LENGTHS = st.sampled_from(
    [
        Elapsed(target=7 * HOUR),
        Elapsed(target=timedelta(days=70)),
        Working(target=5 * HOUR, calendar="any"),
        Working(target=90 * HOUR, calendar="any"),
        BusinessDays(days=2, calendar="any"),
        WorkingDays(days=2, calendar="any"),
        WorkingDays(days=2, calendar="any", until="close"),
        Days(days=3),
        Months(months=1),
    ]
)
# Where between a day before the start and the due instant a pause begins, and how long it is.
DRAWN = st.lists(
    st.tuples(st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=6))), max_size=6
)


def run_of(within, start="2026-09-21 10:00", **more):
    return Countdown(within, start=at(start), zone=SHANGHAI, calendar=office(), **more)


def test_a_promise_is_due_after_each_pause_and_never_within_one():
    """Held at noon for an hour, and again for a night."""
    countdown = run_of(Elapsed(target=4 * HOUR))
    assert countdown.due == at("2026-09-21 14:00")
    countdown.hold(at("2026-09-21 12:00"))
    assert countdown.due is None
    countdown.release(at("2026-09-21 13:00"))
    assert countdown.due == at("2026-09-21 15:00")
    countdown.hold(at("2026-09-21 14:30"))
    countdown.release(at("2026-09-22 14:30"))
    assert countdown.due == at("2026-09-22 15:00")


def test_working_time_is_given_back_only_as_it_was_worked():
    """A pause over lunch gives back what it took of the office hours, one at night nothing."""
    countdown = run_of(Working(target=8 * HOUR, calendar="office"))
    assert countdown.due == at("2026-09-22 11:00")
    for begin, end, moved in (
        ("2026-09-21 11:00", "2026-09-21 14:30", "2026-09-22 14:30"),
        ("2026-09-21 18:00", "2026-09-22 08:00", "2026-09-22 14:30"),
        ("2026-09-22 14:00", "2026-09-24 09:00", "2026-09-24 09:30"),
    ):
        countdown.hold(at(begin))
        countdown.release(at(end))
        assert countdown.due == at(moved)


def test_a_day_complete_where_two_pauses_meet_is_lost_once():
    """Both touch ten o'clock on Tuesday."""
    countdown = run_of(BusinessDays(days=1, calendar="office"))
    for begin, end in (("09:00", "10:00"), ("10:00", "11:00")):
        countdown.hold(at(f"2026-09-22 {begin}"))
        countdown.release(at(f"2026-09-22 {end}"))
        assert countdown.due == at("2026-09-23 10:00")


def test_a_pause_outside_office_hours_moves_nothing():
    """Due as the office closes: a pause over lunch does not move it to the next opening."""
    countdown = run_of(Working(target=7 * HOUR, calendar="office"), "2026-09-21 08:30")
    for begin, end in (("12:00", "13:00"), ("13:00", "14:00")):
        countdown.hold(at(f"2026-09-21 {begin}"))
        countdown.release(at(f"2026-09-21 {end}"))
        assert countdown.due == at("2026-09-21 17:30")


def test_a_day_lost_already_is_not_lost_again_by_a_pause_told_late():
    """Tuesday and Wednesday are lost; two more pauses about Tuesday at ten change nothing."""
    countdown = run_of(BusinessDays(days=1, calendar="office"))
    for begin, end in (
        ("2026-09-22 09:00", "2026-09-22 10:00"),
        ("2026-09-23 09:00", "2026-09-23 11:00"),
        ("2026-09-22 10:00", "2026-09-22 11:00"),
        ("2026-09-22 08:00", "2026-09-22 12:00"),
    ):
        countdown.hold(at(begin))
        countdown.release(at(end))
    assert countdown.due == at("2026-09-24 10:00")


def test_an_empty_pause_loses_no_day():
    """Held and released at the very instant at which the day is complete."""
    countdown = run_of(BusinessDays(days=2, calendar="office"))
    countdown.hold(at("2026-09-22 10:00"))
    countdown.release(at("2026-09-22 10:00"))
    assert countdown.due == at("2026-09-23 10:00")
    assert countdown.shift(BusinessDays(days=1, calendar="office"), sign=-1, calendar=office()) == (
        at("2026-09-22 10:00")
    )


def told_of(countdown, *pauses):
    for begin, end in pauses:
        countdown.hold(at(f"2026-09-21 {begin}"))
        countdown.release(at(f"2026-09-21 {end}"))
    return countdown


def test_shares_are_found_between_the_pauses():
    """Of four hours from ten, with half an hour paused at 10:30 and an hour at noon."""
    countdown = told_of(run_of(Elapsed(target=4 * HOUR)), ("10:30", "11:00"), ("12:00", "13:00"))
    for percent, reached in (
        (10, "10:24"),
        (12, "10:28:48"),
        (13, "11:01:12"),
        (37, "11:58:48"),
        (38, "13:01:12"),
        (100, "15:30"),
        (125, "16:30"),
    ):
        assert countdown.share(percent) == at(f"2026-09-21 {reached}")
    # Exactly where a pause begins, the share is reached before it.
    hour = told_of(run_of(Elapsed(target=HOUR)), ("10:30", "11:00"))
    assert hour.share(50) == at("2026-09-21 10:30")


def test_shares_change_with_a_pause_told_late():
    """A pause that touches or lies before those known already moves all that follows it."""
    countdown = told_of(run_of(Elapsed(target=4 * HOUR)), ("10:30", "11:00"), ("12:00", "13:00"))
    assert countdown.share(50) == at("2026-09-21 13:30")
    told_of(countdown, ("11:00", "11:30"))
    assert countdown.share(50) == at("2026-09-21 14:00")
    told_of(countdown, ("09:00", "10:15"))
    assert countdown.share(50) == at("2026-09-21 14:15")
    assert countdown.share(1) == at("2026-09-21 10:17:24")


def test_shares_of_working_time_are_found_in_office_hours():
    """Half of seven hours with an hour paused in the morning and lunch."""
    seven = Working(target=7 * HOUR, calendar="office")
    countdown = told_of(run_of(seven, "2026-09-21 08:30"), ("09:00", "10:00"), ("11:00", "14:30"))
    for percent, reached in ((7, "08:59:24"), (8, "10:03:36"), (50, "16:30"), (60, "17:12")):
        assert countdown.share(percent) == at(f"2026-09-21 {reached}")


def test_a_share_of_less_than_a_microsecond_is_where_time_first_runs():
    """After the pause that covers the start."""
    countdown = run_of(Elapsed(target=timedelta(microseconds=50)))
    assert countdown.share(1) == at("2026-09-21 10:00")
    told_of(countdown, ("09:00", "11:00"))
    assert countdown.share(1) == at("2026-09-21 11:00")


def test_shares_of_days_are_taken_in_elapsed_time_up_to_the_deadline():
    """Two days and the twelve hours paused: half of it is thirty hours."""
    countdown = told_of(run_of(Days(days=2)), ("11:00", "23:00"))
    assert countdown.share(50) == at("2026-09-22 16:00")
    days = told_of(run_of(BusinessDays(days=2, calendar="office")), ("11:00", "23:00"))
    assert days.share(50) == at("2026-09-22 10:00")


@pytest.mark.parametrize(
    ("minutes", "before"),
    [
        (1, "15:29"),
        (150, "13:00"),
        (151, "11:59"),
        (210, "11:00"),
        (211, "10:29"),
        (240, "10:00"),
        (241, "09:59"),
        (360, "07:00"),
    ],
)
def test_moments_before_due_are_found_between_the_pauses(minutes, before):
    """Backward from 15:30, over an hour at noon and half an hour at 10:30, and past the start.

    What was paused before the start, from eight to nine, is left out as well.
    """
    countdown = run_of(Elapsed(target=4 * HOUR))
    told_of(countdown, ("08:00", "09:00"), ("10:30", "11:00"), ("12:00", "13:00"))
    by = Elapsed(target=timedelta(minutes=minutes))
    assert countdown.shift(by, sign=-1) == at(f"2026-09-21 {before}")


def test_moments_before_change_with_a_pause_told_late():
    """What was found before is not kept."""
    countdown = told_of(run_of(Elapsed(target=4 * HOUR)), ("12:00", "13:00"))
    by = Elapsed(target=3 * HOUR)
    assert countdown.shift(by, sign=-1) == at("2026-09-21 11:00")
    told_of(countdown, ("10:15", "10:30"))
    assert countdown.shift(by, sign=-1) == at("2026-09-21 11:15")
    told_of(countdown, ("13:00", "13:30"))
    assert countdown.due == at("2026-09-21 15:45")
    assert countdown.shift(by, sign=-1) == at("2026-09-21 11:15")


def test_a_moment_before_a_deadline_that_was_past_at_the_start():
    """Such a deadline lies before all that the run has seen."""
    countdown = run_of(At(field="visit"), given={"visit": at("2026-09-21 09:30")})
    assert countdown.shift(Elapsed(target=HOUR), sign=-1) == at("2026-09-21 08:30")


def test_a_resume_dated_before_its_pause_makes_the_pause_empty():
    countdown = run_of(Elapsed(target=4 * HOUR))
    countdown.hold(at("2026-09-21 12:00"))
    countdown.release(at("2026-09-21 11:00"))
    assert countdown.due == at("2026-09-21 14:00")


def test_a_date_does_not_move():
    countdown = run_of(At(field="visit"), given={"visit": at("2026-09-21 15:00")})
    countdown.hold(at("2026-09-21 12:00"))
    assert countdown.due is None
    countdown.release(at("2026-09-22 12:00"))
    assert countdown.due == at("2026-09-21 15:00")
    assert not countdown.provisional


def test_what_is_due_cannot_be_held():
    """A pause that begins at the due instant or later is a mistake of whoever folds the facts."""
    countdown = run_of(Elapsed(target=4 * HOUR))
    for late in ("14:00", "15:00"):
        with pytest.raises(ValueError, match="too late: due was"):
            countdown.hold(at(f"2026-09-21 {late}"))
    countdown.hold(at("2026-09-21 13:59:59"))


def test_a_pause_is_held_once_and_released_once():
    countdown = run_of(Elapsed(target=4 * HOUR))
    with pytest.raises(ValueError, match="hold it first"):
        countdown.release(at("2026-09-21 11:00"))
    countdown.hold(at("2026-09-21 11:00"))
    with pytest.raises(ValueError, match="release it first"):
        countdown.hold(at("2026-09-21 12:00"))
    countdown.release(at("2026-09-21 12:00"))
    with pytest.raises(ValueError, match="hold it first"):
        countdown.release(at("2026-09-21 13:00"))


def test_naive_instants_are_refused_by_name():
    naive = datetime(2026, 9, 21)  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"start .* has no time zone"):
        Countdown(Elapsed(target=HOUR), start=naive, zone=SHANGHAI)
    countdown = run_of(Elapsed(target=HOUR))
    with pytest.raises(ValueError, match=r"pause's beginning .* has no time zone"):
        countdown.hold(naive)
    countdown.hold(at("2026-09-21 10:30"))
    with pytest.raises(ValueError, match=r"pause's end .* has no time zone"):
        countdown.release(naive)


def test_each_calendar_is_asked_for_by_name():
    """A moment in working time needs a calendar even where one in elapsed time was asked before."""
    countdown = run_of(Elapsed(target=30 * HOUR))
    assert countdown.shift(Elapsed(target=HOUR), sign=-1) == at("2026-09-22 15:00")
    with pytest.raises(ValueError, match="needs the calendar office"):
        countdown.shift(Working(target=HOUR, calendar="office"), sign=-1)
    short = office(day="09:00-10:00")
    by = Working(target=HOUR, calendar="office")
    assert countdown.shift(by, sign=-1, calendar=office()) == at("2026-09-22 15:00")
    assert countdown.shift(by, sign=-1, calendar=short) == at("2026-09-22 09:00")
    assert countdown.shift(by, sign=1, calendar=short) == at("2026-09-23 10:00")


def test_a_published_year_that_ends_makes_it_provisional():
    """Once pauses have moved it into a year without a calendar."""
    asked = {"start": at("2026-12-30 10:00"), "zone": SHANGHAI}
    calendar = office(years=frozenset({2026}))
    for within in (Working(target=HOUR, calendar="office"), WorkingDays(days=1, calendar="office")):
        countdown = Countdown(within, **asked, calendar=calendar)
        assert not countdown.provisional
        countdown.hold(at("2026-12-30 10:30"))
        countdown.release(at("2027-01-04 10:00"))
        assert countdown.provisional


@given(cases(), DRAWN, st.integers(1, 250), LENGTHS)
def test_every_pause_leads_to_what_is_reckoned_from_scratch(case, drawn, percent, by):
    """Due instants, shares and moments, with pauses that overlap, come late or lie before it."""
    case = {key: value for key, value in case.items() if key != "pauses"}
    elsewhere = {"zone": case["zone"], "calendar": case["calendar"]}
    countdown, told = Countdown(**case), []
    for part, long in drawn:
        due_at, first = countdown.due, case["start"] - timedelta(days=1)
        begin = first + (due_at - first) * part
        if begin >= due_at:
            continue
        countdown.hold(begin)
        countdown.release(begin + long)
        told.append((begin, begin + long))
        assert (countdown.due, countdown.provisional) == due(**case, pauses=told)
        assert countdown.share(percent) == share(**case, pauses=told, percent=percent)
        for sign in (-1, 1):
            moment = shift(countdown.due, by=by, sign=sign, pauses=told, **elsewhere)
            assert countdown.shift(by, sign=sign, calendar=case["calendar"]) == moment


LONG = [
    Elapsed(target=20 * HOUR),
    Working(target=60 * HOUR, calendar="office"),
    BusinessDays(days=20, calendar="office"),
    WorkingDays(days=20, calendar="office", until="close"),
    Days(days=20),
    Months(months=1),
]


def calls_made(work, *arguments, **more) -> int:
    """How many functions are called in doing something: a measure that no other load disturbs."""
    made = 0

    def count(frame, event, argument):
        nonlocal made
        made += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work(*arguments, **more)
    finally:
        sys.setprofile(before)
    return made


def short_pauses(within, number):
    """So many pauses, evenly over the first half of the time that a promise has."""
    start = at("2026-09-21 10:00")
    every = (due(within, start=start, zone=SHANGHAI, calendar=office()).at - start) / 2 / number
    return [(start + every * n, start + every * n + every / 3) for n in range(1, number + 1)]


def paused(within, pauses, *, moments):
    """Tell all pauses, and perhaps ask for two moments after each."""
    countdown = run_of(within)
    for begin, end in pauses:
        countdown.hold(begin)
        countdown.release(end)
        if moments:
            countdown.share(50)
            countdown.shift(Working(target=HOUR, calendar="office"), sign=-1, calendar=office())


@pytest.mark.parametrize("within", LONG, ids=lambda within: type(within).__name__)
@pytest.mark.parametrize(("turned", "moments"), [(1, True), (-1, False)])
def test_a_pause_costs_no_more_for_those_before_it(within, turned, moments):
    """Four times as many make at most five times the work: in order, or the last one first."""
    few, many = (short_pauses(within, number)[::turned] for number in (250, 1000))
    cost = [calls_made(paused, within, told, moments=moments) for told in (few, many)]
    assert cost[1] < 5 * cost[0]


@pytest.mark.parametrize("within", LONG, ids=lambda within: type(within).__name__)
def test_all_questions_cost_as_much_as_there_are_pauses(within):
    """From scratch as well: due instants, shares, moments, what is used, explanations."""
    start = at("2026-09-21 10:00")
    until = start + timedelta(days=40)
    asked = {"start": start, "zone": SHANGHAI, "calendar": office()}

    def ask(pauses):
        due(within, **asked, pauses=pauses)
        share(within, **asked, pauses=pauses, percent=70)
        consumed(within, **asked, pauses=pauses, until=until)
        explain(within, **asked, pauses=pauses, until=until)
        elsewhere = {"zone": SHANGHAI, "calendar": office(), "pauses": pauses}
        shift(until, by=within, sign=-1, **elsewhere)

    few, many = short_pauses(within, 250), short_pauses(within, 1000)
    assert calls_made(ask, many) < 5 * calls_made(ask, few)
