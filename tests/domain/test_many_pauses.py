"""A case with thousands of pauses costs no more for each of them than a case with a few."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from commands.streams import LoadedStream
from domain.kinds import KINDS
from domain.kinds.aftercare import ResidentContacted
from domain.kinds.repair.facts import PauseReason, RepairPaused, RepairReported, RepairResumed
from domain.promises import decisions, next_instant, pending
from domain.working_time import Elapsed, Working, due, share
from tests.support.scenario import START, Case, after, book, registers

OFFICE = {"name": "office", "hours": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}}
REPORTED = RepairReported(household="h", category="plumbing")
PAUSED = RepairPaused(reason=PauseReason.PARTS)
LADDER = [
    {"at": "75%", "to": "supervisor", "acknowledge": "1h"},
    {"at": "100%", "to": "manager", "unless": "contacted"},
    {"at": "+2h", "to": "manager"},
]


def paused_often(within: object, times: int, *, length: str = "1m") -> Case:
    """A repair that was paused for a minute, every three minutes."""
    visit = {
        "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
        "resumes": "resumed", "within": within, "warnings": ["50%", "-2h"], "ladder": LADDER,
    }  # fmt: skip
    case = Case(registers(OFFICE, book(visit=visit)), "repair-1").happens(REPORTED)
    step, pause = timedelta(minutes=3), after(length) - START
    for number in range(1, times + 1):
        case.happens(PAUSED, START + step * number)
        case.happens(RepairResumed(), START + step * number + pause)
    return case


def calls(work) -> int:
    """How many functions of Python a piece of work calls, whatever the load of the machine."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


TARGETS = ["240h", {"working": "200h", "calendar": "office"}, {"days": 60},
           {"working_days": 60, "calendar": "office"}]  # fmt: skip


@pytest.mark.parametrize("within", TARGETS)
def test_a_case_of_many_pauses_folds_in_linear_time(within):
    few, many = paused_often(within, 200), paused_often(within, 1600)
    assert calls(lambda: many.fold) < 9 * calls(lambda: few.fold)


@pytest.mark.parametrize("within", TARGETS)
def test_a_further_fact_costs_as_much_after_thousands_of_pauses_as_after_a_few(within):
    """The fold at hand takes it, and what is due is asked, as for every command."""

    def further(times: int) -> int:
        case = paused_often(within, times)
        loaded = LoadedStream(case.stream, KINDS.of(case.stream))
        for recorded in case.facts:
            loaded.take(recorded)
        loaded.folded(case.known)
        later = timedelta(minutes=3 * times)
        case.happens(PAUSED, after("2m") + later).happens(RepairResumed(), after("4m") + later)
        case.happens(ResidentContacted(by="sun"), after("5m") + later)

        def take() -> None:
            for recorded in case.facts[-3:]:
                loaded.take(recorded)
                fold = loaded.folded(case.known)
                decisions.fall_due(fold, at=recorded.occurred_at)
                next_instant(fold.clocks[0], case.known)

        return calls(take)

    further(4)  # what calendars remember is worked out once
    assert further(4000) < 1.5 * further(40)


TENS = st.integers(0, 70).map(lambda tens: 10 * tens)  # so that pauses meet moments and each other
PAUSES = st.lists(st.tuples(TENS, TENS.map(lambda minutes: minutes // 2)), max_size=6)


@settings(max_examples=300)
@given(PAUSES, st.sampled_from(["10h", {"working": "10h", "calendar": "office"}, {"days": 1}]))
def test_pauses_told_in_any_order_leave_each_moment_where_counting_anew_finds_it(told, within):
    """The oracle adds pauses by their beginning until one begins after the moment."""
    case = paused_often(within, 0)
    for since, length in told:
        case.happens(PAUSED, f"{since}m").happens(RepairResumed(), f"{since + length}m")
    clock = case.clock
    spent = sorted((pause.since, pause.until) for pause in clock.pauses)
    terms = {
        "start": clock.started,
        "zone": case.known.zone(clock.site),
        "calendar": case.known.rules.calendar("office", 1),
    }

    def at(moment: str, pauses: list) -> object:
        last = due(clock.within, **terms, pauses=pauses).at
        if moment == "due":
            return last
        if moment == "-2h":
            return last - timedelta(hours=2)
        if isinstance(clock.within, Elapsed | Working):
            return share(clock.within, percent=int(moment), **terms, pauses=pauses)
        return clock.started + (last - clock.started) * int(moment) // 100

    def settled(moment: str) -> object:
        for count, (since, _) in enumerate(spent):
            if at(moment, spent[:count]) < since:
                return at(moment, spent[:count])
        return at(moment, spent)

    found = {(p.what, p.number): p.at for p in pending(clock, case.known)}
    wanted = {
        ("warning", 1): settled("50"),
        ("warning", 2): settled("-2h"),
        ("rung", 1): settled("75"),
        ("lapse", 0): at("due", spent),
    }
    assert {key: found[key] for key in wanted} == wanted
