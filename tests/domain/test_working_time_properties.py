"""What holds for every promise, calendar, zone, start and pause."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import assume, given, strategies as st

from domain.working_time import Elapsed, WorkingCalendar, due, explain, share
from tests.support.working_time import CIVIL_FORMS, COUNTING_FORMS, RUNNING_FORMS, cases

NOTHING = timedelta(0)


@given(cases(), st.integers(1, 250))
def test_pausing_never_brings_a_deadline_nearer(case, percent):
    """Leaving out the last pause gives the same deadline and shares or earlier ones."""
    fewer = case | {"pauses": case["pauses"][:-1]}
    assert due(**fewer).at <= due(**case).at
    assert share(**fewer, percent=percent) <= share(**case, percent=percent)


@given(cases(RUNNING_FORMS | COUNTING_FORMS | CIVIL_FORMS))
def test_the_order_and_overlap_of_pauses_do_not_matter(case):
    """Turned round, given twice or cut in two, the same pauses give the same deadline."""
    pauses = case["pauses"]
    halves = [
        part
        for begin, end, note in pauses
        for part in ((begin, begin + (end - begin) / 2, note), (begin + (end - begin) / 2, end))
    ]
    for others in (pauses[::-1], pauses * 2, halves):
        assert due(**case | {"pauses": others}) == due(**case)


@given(cases(RUNNING_FORMS | COUNTING_FORMS | CIVIL_FORMS))
def test_pauses_outside_the_running_time_change_nothing(case):
    """A pause that is over before the start, or begins after the deadline, has no effect."""
    plain = case | {"pauses": []}
    found = due(**plain)
    before = (case["start"] - timedelta(days=2), case["start"] - timedelta(days=1))
    after = (found.at + timedelta(seconds=1), found.at + timedelta(days=30))
    assert due(**case | {"pauses": [before, after]}) == found


@given(cases())
def test_explanations_reach_from_start_to_deadline_without_a_gap(case):
    """Each stretch begins where the one before ended, and none is empty."""
    told, found = explain(**case), due(**case)
    assert (told.due, told.provisional) == found
    ends = [stretch.end for stretch in told.stretches]
    assert ends[-1] == found.at
    if found.at > case["start"]:
        assert [stretch.start for stretch in told.stretches] == [case["start"], *ends[:-1]]
        assert all(stretch.start < stretch.end for stretch in told.stretches)


@given(cases())
def test_what_an_explanation_counts_sums_exactly_to_the_target(case):
    """Stretches that did not count add nothing, and the others the whole target."""
    told = explain(**case)
    nothing = told.target * 0
    assert sum((s.amount for s in told.stretches if s.counted), nothing) == told.target
    assert all(s.amount == nothing for s in told.stretches if not s.counted)
    if hasattr(case["within"], "target"):
        assert told.target == case["within"].target
        assert all(s.amount == s.end - s.start for s in told.stretches if s.counted)
    elif hasattr(case["within"], "calendar"):
        assert told.target == case["within"].days


@given(cases(RUNNING_FORMS | COUNTING_FORMS | CIVIL_FORMS))
def test_nothing_counts_while_paused(case):
    """The stretches that count in running and civil time overlap no pause."""
    assume(not hasattr(case["within"], "calendar") or hasattr(case["within"], "target"))
    for stretch in explain(**case).stretches:
        for begin, end, _ in case["pauses"]:
            overlap = min(stretch.end, end) - max(stretch.start, begin)
            assert not (stretch.counted and overlap > NOTHING)


@given(cases(RUNNING_FORMS | COUNTING_FORMS), st.integers(0, 20))
def test_a_holiday_never_counts(case, offset):
    """Making a day off moves no deadline nearer, and nothing that counts falls on it."""
    assume(not isinstance(case["within"], Elapsed))
    calendar, zone = case["calendar"], case["zone"]
    holiday = case["start"].astimezone(zone).date() + timedelta(days=offset)
    longer = WorkingCalendar(
        name=calendar.name,
        version=calendar.version + 1,
        week=calendar.week,
        days={**calendar.days, holiday: (False, "停工")},
        years=calendar.years,
        make_up=calendar.make_up,
    )
    # Without pauses: one of them may cover one weekday's opening and not the other's.
    unpaused = case | {"pauses": []}
    assert due(**unpaused | {"calendar": longer}).at >= due(**unpaused).at
    told = explain(**case | {"calendar": longer})
    runs = hasattr(case["within"], "target")
    for stretch in told.stretches:
        assert not (stretch.counted and stretch.reason == "holiday")
        first, last = (
            instant.astimezone(zone).date()
            for instant in (stretch.start, stretch.end - timedelta(microseconds=1))
        )
        assert not (stretch.counted and runs and first <= holiday <= last)
    if not runs and not getattr(case["within"], "through_rest_days", False):
        assert told.due.astimezone(zone).date() != holiday


@given(cases(), st.lists(st.integers(1, 300), min_size=2, max_size=5))
def test_shares_are_monotone_and_the_whole_is_the_deadline(case, percents):
    """A greater percentage is reached no earlier; 100 percent is exactly the deadline."""
    reached = [share(**case, percent=percent) for percent in sorted(percents)]
    assert reached == sorted(reached)
    assert share(**case, percent=100) == due(**case).at


@given(cases())
def test_deadlines_lie_after_their_start_unless_the_case_names_them(case):
    """Every form but `before` and `at` is due after its start."""
    if not hasattr(case["within"], "field"):
        assert due(**case).at > case["start"]


@given(cases())
def test_asking_again_gives_the_same_answer(case):
    """What a calendar remembers changes nothing: a fresh copy of it answers alike."""
    calendar = case["calendar"]
    first = due(**case)
    fresh = WorkingCalendar(
        name=calendar.name,
        version=calendar.version,
        week=calendar.week,
        days=calendar.days,
        years=calendar.years,
        make_up=calendar.make_up,
    )
    assert fresh == calendar
    assert due(**case) == due(**case | {"calendar": fresh}) == first
