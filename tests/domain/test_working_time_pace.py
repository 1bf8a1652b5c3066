"""How lengths of time are laid off and measured, at the edges of hours, pauses and days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.working_time import Working, due
from domain.working_time.pace import Elapsing, Hours
from domain.working_time.pauses import Part, Quiet, apart, covering
from tests.support.working_time import NEW_YORK, SHANGHAI, at, office

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)
OFFICE = Hours(office(), SHANGHAI)


def day(text):
    return at(f"2026-09-22 {text}")


@pytest.mark.parametrize(
    ("begin", "runs"),
    [("08:00", "08:30"), ("08:30", "08:30"), ("12:00", "14:00"), ("13:00", "14:00")],
)
def test_no_length_at_all_leads_forward_to_where_time_runs(begin, runs):
    """Where the office closes for lunch, that is when it opens again."""
    assert OFFICE.forward(day(begin), NOTHING) == (day(runs), NOTHING)
    assert Elapsing().forward(day(begin), NOTHING) == (day(begin), NOTHING)


@pytest.mark.parametrize(
    ("end", "ran"),
    [("18:00", "17:30"), ("17:30", "17:30"), ("14:00", "12:00"), ("13:00", "12:00")],
)
def test_no_length_at_all_leads_backward_to_where_time_ran(end, ran):
    """Where the office opens after lunch, that is when it closed before."""
    assert OFFICE.backward(day(end), NOTHING) == (day(ran), NOTHING)
    assert Elapsing().backward(day(end), NOTHING) == (day(end), NOTHING)


@pytest.mark.parametrize(
    ("length", "end", "found"),
    [
        (1, "11:00", ("10:00", 0)),
        (1, "10:00", ("10:00", 0)),
        (1, "09:30", (None, 0.5)),
        (4, "12:00", (None, 1)),
        (4, "14:00", (None, 1)),
        (4, "14:30", (None, 0.5)),
        (4, "15:00", ("15:00", 0)),
        (4, "17:30", ("15:00", 0)),
        (9, "17:30", (None, 2.5)),
        (9, "23:00", (None, 2.5)),
    ],
)
def test_a_length_that_is_not_reached_leaves_a_rest(length, end, found):
    """From nine o'clock: when so many hours have run, or what is left of them at the end."""
    reached, left = found
    expected = (reached and day(reached), left * HOUR)
    assert OFFICE.forward(day("09:00"), length * HOUR, day(end)) == expected


@pytest.mark.parametrize(
    ("length", "begin", "found"),
    [
        (1, "15:00", ("16:00", 0)),
        (1, "16:00", ("16:00", 0)),
        (1, "16:30", (None, 0.5)),
        (4, "14:00", (None, 1)),
        (4, "12:00", (None, 1)),
        (4, "11:30", (None, 0.5)),
        (4, "11:00", ("11:00", 0)),
        (4, "08:00", ("11:00", 0)),
        (9, "08:30", (None, 2.5)),
        (9, "06:00", (None, 2.5)),
    ],
)
def test_a_length_that_is_not_reached_backward_leaves_a_rest(length, begin, found):
    """The mirror of it, from five in the afternoon."""
    reached, left = found
    expected = (reached and day(reached), left * HOUR)
    assert OFFICE.backward(day("17:00"), length * HOUR, day(begin)) == expected


def test_working_time_between_two_instants_is_that_of_local_days():
    """Evening in New York is the next day in UTC: a Friday evening's duty is not Saturday's."""
    duty = Hours(office(day="18:00-22:00"), NEW_YORK)
    friday, saturday = at("2026-09-25 21:00", NEW_YORK), at("2026-09-26 21:00", NEW_YORK)
    assert duty.between(friday, saturday) == HOUR
    assert duty.between(saturday, saturday + HOUR) == NOTHING
    assert duty.forward(friday, HOUR)[0] == at("2026-09-25 22:00", NEW_YORK)
    monday = at("2026-09-28 21:00", NEW_YORK)
    assert duty.backward(monday, 4 * HOUR)[0] == at("2026-09-25 21:00", NEW_YORK)


def test_what_is_reached_before_a_pause_is_not_moved_by_it():
    """Eleven o'clock, before a pause that begins at half past eleven within the same hours."""
    pauses = [(day("11:30"), day("15:00"))]
    within = Working(target=2 * HOUR, calendar="office")
    asked = {"zone": SHANGHAI, "calendar": office(), "pauses": pauses}
    assert due(within, start=day("09:00"), **asked).at == day("11:00")
    assert due(within, start=day("09:30"), **asked).at == day("11:30")
    assert due(within, start=day("10:00"), **asked).at == day("15:30")


def quiet(*pauses):
    return Quiet([(day(begin), day(end)) for begin, end in pauses])


def test_pauses_that_overlap_or_touch_become_one():
    covered = quiet(("10:00", "11:00"), ("13:00", "14:00"), ("15:00", "16:00"))
    fresh = covered.add(day("11:00"), day("13:30"))
    assert fresh == [Part(day("11:00"), day("13:00"))]
    assert covered.begins == [day("10:00"), day("15:00")]
    assert covered.ends == [day("14:00"), day("16:00")]
    fresh = covered.add(day("09:00"), day("17:00"))
    assert fresh == [
        Part(day("09:00"), day("10:00")),
        Part(day("14:00"), day("15:00")),
        Part(day("16:00"), day("17:00")),
    ]
    assert (covered.begins, covered.ends) == ([day("09:00")], [day("17:00")])
    assert covered.add(day("10:00"), day("12:00")) == []
    assert covered.add(day("07:00"), day("08:00")) == [Part(day("07:00"), day("08:00"))]
    assert covered.begins == [day("07:00"), day("09:00")]


def test_a_pause_covers_both_its_ends():
    covered = quiet(("10:00", "11:00"), ("13:00", "14:00"))
    for inside in ("10:00", "10:30", "11:00", "13:00", "14:00"):
        assert covered.covers(day(inside))
    for outside in ("09:59", "11:01", "12:59", "14:01"):
        assert not covered.covers(day(outside))


def test_what_is_paused_between_two_instants_is_cut_there():
    covered = quiet(("10:00", "11:00"), ("13:00", "14:00"), ("15:00", "16:00"))
    assert list(covered.within(day("10:30"), day("15:30"))) == [
        Part(day("10:30"), day("11:00")),
        Part(day("13:00"), day("14:00")),
        Part(day("15:00"), day("15:30")),
    ]
    assert list(covered.within(day("11:00"), day("13:00"))) == []
    assert list(covered.since(day("11:00"))) == [
        Part(day("10:00"), day("11:00")),
        Part(day("13:00"), day("14:00")),
        Part(day("15:00"), day("16:00")),
    ]


def test_of_pauses_with_notes_the_earlier_keeps_its_time():
    """And covers its last instant; one that lies inside another is not told."""
    told = apart(
        [
            (day("11:00"), day("12:00"), "second"),
            (day("10:00"), day("11:30"), "first"),
            (day("10:30"), day("10:45"), "inside"),
        ]
    )
    assert [(pause.begin, pause.end, pause.note) for pause in told] == [
        (day("10:00"), day("11:30"), "first"),
        (day("11:30"), day("12:00"), "second"),
    ]
    assert covering(told, day("10:00")).note == "first"
    assert covering(told, day("11:30")).note == "first"
    assert covering(told, day("12:00")).note == "second"
    assert covering(told, day("09:59")) is covering(told, day("12:01")) is None
