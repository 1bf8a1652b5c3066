"""How the facts of a case make its clocks start, pause, stop and be judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.kernel.personal import Personal
from domain.kinds.aftercare import Rating, ResidentContacted, SecondServiceOpened, ServiceRated
from domain.kinds.case import CaseClosed
from domain.kinds.complaint.facts import (
    ComplaintLodged,
    ComplaintReclassified,
    ComplaintReplied,
    ComplaintResolved,
    Nature,
    SolutionProposed,
)
from domain.kinds.repair.facts import (
    PauseReason,
    RepairAccepted,
    RepairCompleted,
    RepairDispatched,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)
from domain.promises import Verdict, explanation, next_instant, pending
from domain.promises.facts import BreachWaived, DeadlineLapsed
from tests.support.scenario import START, Case, after, book, registers

REPLIED = ComplaintReplied(by="li")
CLOSED = CaseClosed(by="li")
REPORTED = RepairReported(household="h", category="plumbing")
PAUSED = RepairPaused(reason=PauseReason.PARTS)
VISIT = {
    "case": "repair", "starts": "reported", "stops": ["arrived", "completed"],
    "pauses": "paused", "resumes": "resumed", "within": "10h",
}  # fmt: skip
CONTACT = {
    "starts": {"fact": "rated", "where": {"rating": "dissatisfied"}},
    "stops": "contacted",
    "within": "2h",
}


def lodged(**words):
    usual = {
        "channel": "phone", "household": "h", "category": "noise", "level": 1,
        "nature": Nature.GENERAL, "receiver": "li",
    }  # fmt: skip
    return ComplaintLodged(**{**usual, **words})


def lapse(due: str, clock: str = "reply", cycle: int = 1) -> DeadlineLapsed:
    return DeadlineLapsed(clock=clock, cycle=cycle, due=after(due), detected=after(due))


def rated(level: Rating, cycle: int = 1) -> ServiceRated:
    return ServiceRated(rating=level, cycle=cycle)


def complaint(*, fact=None, at="0s", **clock) -> Case:
    return Case(registers(book(clock))).happens(fact or lodged(), at)


def order(**clock) -> Case:
    known = registers(book(visit={**VISIT, **clock}))
    return Case(known, "repair-1").happens(REPORTED)


def test_a_clock_runs_from_its_fact_to_its_due_instant():
    clock = complaint().clock
    assert (clock.verdict, clock.started, clock.due) == (Verdict.RUNNING, START, after("24h"))
    assert (clock.name, clock.cycle, clock.service, clock.rules) == ("reply", 1, 1, 1)


@pytest.mark.parametrize(
    ("stop", "verdict"),
    [
        ("1h", Verdict.MET),
        ("24h", Verdict.MET),  # exactly at the due instant
        ("24h1s", Verdict.LATE),
    ],
)
def test_a_stop_is_met_up_to_the_due_instant_and_late_after_it(stop, verdict):
    clock = complaint().happens(REPLIED, stop).clock
    assert (clock.verdict, clock.stopped) == (verdict, after(stop))
    assert clock.breached == (verdict is Verdict.LATE)


def test_a_late_stop_between_two_ticks_is_late_and_its_lapse_is_still_to_be_said():
    case = complaint().happens(REPLIED, "25h")
    assert case.clock.verdict is Verdict.LATE
    assert [(p.what, p.at) for p in pending(case.clock, case.known)] == [("lapse", after("24h"))]
    assert next_instant(case.clock, case.known) == after("24h")


def test_a_lapse_without_a_stop_is_lapsed():
    assert complaint().happens(lapse("24h"), "24h").clock.verdict is Verdict.LAPSED


def test_a_cancelled_clock_is_cancelled_unless_it_was_due_before():
    early = complaint(cancels="closed").happens(CLOSED, "3h")
    assert early.clock.verdict is Verdict.CANCELLED
    assert pending(early.clock, early.known) == []
    late = complaint(cancels="closed").happens(CLOSED, "30h")
    assert late.clock.verdict is Verdict.LAPSED
    assert next_instant(late.clock, late.known) == after("24h")
    late.happens(lapse("24h"), "24h")
    assert late.clock.verdict is Verdict.LAPSED


def test_a_waived_breach_is_waived_and_still_a_breach():
    waived = BreachWaived(clock="reply", cycle=1, by="ma", reason=Personal("停电"))
    clock = complaint().happens(lapse("24h"), "24h").happens(waived, "25h").clock
    assert (clock.verdict, clock.waived, clock.breached) == (Verdict.WAIVED, True, True)


def test_a_pause_holds_the_clock_and_a_resumption_moves_its_due_instant():
    case = order().happens(PAUSED, "4h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.PAUSED, None)
    assert next_instant(case.clock, case.known) is None
    case.happens(RepairResumed(), "7h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.RUNNING, after("13h"))
    case.happens(RepairCompleted(visit=1), "13h")
    assert case.clock.verdict is Verdict.MET


def test_a_stop_ends_the_pause():
    case = order().happens(PAUSED, "4h").happens(TechnicianArrived(technician="z", visit=1), "20h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.MET, after("26h"))


def test_a_pause_after_the_due_instant_holds_nothing():
    """Nobody hides a missed promise by pausing; it is said during the pause as well."""
    case = order().happens(PAUSED, "11h")
    assert (case.clock.paused, case.clock.due) == (False, after("10h"))
    assert next_instant(case.clock, case.known) == after("10h")


def test_a_pause_entered_after_the_lapse_was_recorded_moves_nothing():
    case = order().happens(lapse("10h", "visit"), "10h").happens(PAUSED, "4h")
    case.happens(RepairResumed(), "12h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.LAPSED, after("10h"))
    assert explanation(case.clock, case.known).due == after("10h")


def test_a_resumption_entered_before_its_pause_makes_an_empty_pause():
    case = order().happens(PAUSED, "4h").happens(RepairResumed(), "3h")
    assert case.clock.due == after("10h")


def test_a_clock_that_starts_in_a_pause_starts_paused():
    case = order(starts="dispatched").happens(PAUSED, "1h")
    case.happens(RepairDispatched(technician="z"), "2h")
    assert case.clock.verdict is Verdict.PAUSED
    case.happens(RepairResumed(), "5h")
    assert case.clock.due == after("15h")


def test_only_a_pause_that_meets_the_condition_holds_a_clock_that_starts_in_it():
    parts = {"fact": "paused", "where": {"reason": "parts"}}
    for reason, verdict in ((PauseReason.PARTS, "paused"), (PauseReason.RESIDENT, "running")):
        case = order(starts="dispatched", pauses=parts).happens(RepairPaused(reason=reason), "1h")
        case.happens(RepairDispatched(technician="z"), "2h")
        assert case.clock.verdict == verdict


def test_a_stop_can_be_meant_for_one_service_cycle_only():
    later = {"fact": "completed", "where": {"cycle": 2}}
    case = order(stops=later).happens(RepairCompleted(visit=1), "1h")
    assert case.clock.verdict is Verdict.RUNNING
    case.happens(RepairReopened(cycle=2), "2h").happens(RepairCompleted(visit=1), "3h")
    assert case.clock.verdict is Verdict.MET


def test_a_pause_that_is_over_or_of_an_earlier_service_does_not_hold_a_new_clock():
    over = order(starts="dispatched").happens(PAUSED, "1h").happens(RepairResumed(), "2h")
    assert over.happens(RepairDispatched(team="w"), "3h").clock.due == after("13h")
    earlier = order(starts="reopened").happens(PAUSED, "1h").happens(RepairReopened(cycle=2), "3h")
    assert earlier.clock.due == after("13h")


def test_a_promise_for_a_date_is_not_held_by_a_pause():
    case = Case(registers(book(visit={**VISIT, "within": {"at": "promised"}})), "repair-1")
    case.happens(RepairReported(household="h", category="x", promised=after("5h")))
    case.happens(PAUSED, "1h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.RUNNING, after("5h"))


def test_each_service_has_clocks_of_its_own():
    """The second 不满意 opens a second contact clock although the first was never answered."""
    case = Case(registers(book(contact=CONTACT))).happens(lodged())
    case.happens(rated(Rating.DISSATISFIED), "1h").happens(SecondServiceOpened(cycle=2), "1h")
    case.happens(rated(Rating.DISSATISFIED, 2), "9h").happens(SecondServiceOpened(cycle=3), "9h")
    assert [(c.cycle, c.service, c.due) for c in case.clocks] == [
        (1, 1, after("3h")),
        (2, 2, after("11h")),
    ]
    case.happens(ResidentContacted(by="sun"), "10h")
    assert [c.verdict for c in case.clocks] == [Verdict.LATE, Verdict.MET]


def test_a_clock_that_runs_is_not_started_again_by_another_starting_fact():
    case = complaint(starts=["lodged", "reclassified"])
    again = ComplaintReclassified(
        category="noise", level=2, nature=Nature.COMPLEX, by="li", reason=Personal("x")
    )
    case.happens(again, "5h")
    assert case.clock.due == after("24h")


def test_a_stopped_clock_starts_anew_as_the_next_cycle():
    case = complaint(starts=["lodged", "second_service"], stops="resolved")
    case.happens(ComplaintResolved(by="li"), "2h").happens(SecondServiceOpened(cycle=2), "30h")
    first, second = case.clocks
    assert (first.verdict, first.cycle, first.service) == (Verdict.MET, 1, 1)
    assert (second.verdict, second.cycle, second.service) == (Verdict.RUNNING, 2, 2)
    assert second.due == after("54h")


def test_one_fact_can_stop_a_clock_and_start_its_next_cycle():
    case = complaint(starts=["lodged", "replied"]).happens(REPLIED, "3h")
    assert [(c.verdict, c.started) for c in case.clocks] == [
        (Verdict.MET, START),
        (Verdict.RUNNING, after("3h")),
    ]


def test_the_first_target_that_fits_is_taken():
    within = [
        {"elapsed": "1h", "where": {"level": 3}},
        {"elapsed": "48h", "where": {"nature": "complex", "level": [1, 2]}},
        {"elapsed": "24h"},
    ]
    assert complaint(within=within).clock.due == after("24h")
    complex_one = lodged(nature=Nature.COMPLEX)
    assert complaint(fact=complex_one, within=within).clock.due == after("48h")
    crisis = lodged(level=3, nature=Nature.COMPLEX)
    assert complaint(fact=crisis, within=within).clock.due == after("1h")


def test_without_a_target_that_fits_there_is_no_clock():
    within = [{"elapsed": "1h", "where": {"level": 3}}]
    assert complaint(within=within).clocks == []


def test_the_condition_of_the_clock_and_that_of_its_starting_fact_both_count():
    assert complaint(where={"level": 2}).clocks == []
    assert complaint(starts={"fact": "lodged", "where": {"channel": "app"}}).clocks == []
    assert len(complaint(where={"level": 1}, starts="lodged").clocks) == 1


def test_conditions_look_at_the_field_of_the_fact_itself():
    case = Case(registers(book(contact=CONTACT))).happens(lodged())
    assert case.happens(rated(Rating.NEUTRAL), "1h").clocks == []
    assert len(case.happens(rated(Rating.DISSATISFIED, 2), "2h").clocks) == 1


def test_conditions_see_the_case_as_it_was_last_described():
    solve = {"starts": "replied", "stops": "resolved", "where": {"level": 2}}
    case = Case(registers(book(solve=solve))).happens(lodged())
    assert case.happens(REPLIED, "1h").clocks == []
    raised = ComplaintReclassified(
        category="noise", level=2, nature=Nature.GENERAL, by="li", reason=Personal("x")
    )
    assert len(case.happens(raised, "2h").happens(REPLIED, "3h").clocks) == 1


def test_a_stop_can_have_a_condition():
    stops = {"fact": "contacted", "where": {"by": "sun"}}
    case = complaint(stops=stops).happens(ResidentContacted(by="li"), "1h")
    assert case.clock.verdict is Verdict.RUNNING
    assert case.happens(ResidentContacted(by="sun"), "2h").clock.verdict is Verdict.MET


@pytest.mark.parametrize(
    ("where", "starts"),
    [
        ({"grid": "7"}, True),
        ({"grid": "8"}, False),
        ({"site": "north"}, True),
        ({"site": "south"}, False),
        ({"cycle": 1}, True),
        ({"cycle": 2}, False),
        ({"no_such_thing": "x"}, False),
        ({"word": "lodged"}, False),  # what a fact is called is no attribute of the case
    ],
)
def test_conditions_know_labels_the_site_and_the_service_cycle(where, starts):
    case = complaint(fact=lodged(labels={"grid": "7", "category": "no"}), where=where)
    assert bool(case.clocks) is starts


def test_a_label_does_not_hide_a_field():
    case = complaint(fact=lodged(labels={"category": "water"}), where={"category": "noise"})
    assert len(case.clocks) == 1


def test_a_promised_instant_is_the_deadline_and_without_one_nothing_was_promised():
    within = {"at": "promised"}
    assert complaint(fact=lodged(promised=after("5h")), within=within).clock.due == after("5h")
    assert complaint(within=within).clocks == []


@pytest.mark.parametrize(
    ("label", "due"),
    [
        ("2026-05-08", datetime(2026, 5, 8, 15, 59, 59, 999999, tzinfo=UTC)),
        ("2026-05-08T18:00", datetime(2026, 5, 8, 10, tzinfo=UTC)),
        ("2026-05-08T18:00+00:00", datetime(2026, 5, 8, 18, tzinfo=UTC)),
    ],
)
def test_a_promise_in_a_label_is_read_as_people_mean_it(label, due):
    """A date lasts to its end, and a time without a zone is the site's."""
    case = complaint(fact=lodged(labels={"until": label}), within={"at": "until"})
    assert case.clock.due == due


@pytest.mark.parametrize("label", ["soon", "", "0001-01-01T00:00+09:00", "9999-12-31"])
def test_a_promise_that_cannot_be_read_is_none(label):
    for within in [{"at": "until"}, {"before": "until", "days": 1}]:
        assert complaint(fact=lodged(labels={"until": label}), within=within).clocks == []


def test_facts_of_other_kinds_and_unknown_versions_start_nothing():
    known = registers(book({}))
    assert Case(known, "repair-1").happens(REPORTED).clocks == []
    assert Case(known).happens(lodged(), rules=0).clocks == []
    assert Case(known).clocks == []


def test_a_clock_is_judged_by_the_version_in_force_at_its_start():
    known = registers(book({}), book({"within": "1h"}))
    case = Case(known).happens(lodged(), rules=1).happens(SolutionProposed(by="li"), "2h", rules=2)
    assert (case.clock.due, case.clock.rules) == (after("24h"), 1)
    assert Case(known).happens(lodged(), rules=2).clock.due == after("1h")


def test_moments_already_reached_are_not_moved_by_a_later_pause():
    """A warning at half the target or two hours before the end is the same whenever asked."""
    case = order(warnings=["50%", "-2h"])
    case.happens(PAUSED, "9h")
    said = [(p.what, p.at) for p in pending(case.clock, case.known)]
    assert said == [("warning", after("5h")), ("warning", after("8h"))]
    case.happens(RepairResumed(), "20h")
    said = [(p.what, p.at) for p in pending(case.clock, case.known)]
    assert said == [
        ("warning", after("5h")),
        ("warning", after("8h")),
        ("lapse", after("21h")),
    ]


def test_moments_not_yet_reached_wait_for_the_end_of_the_pause():
    case = order(warnings=["50%", "-2h"]).happens(PAUSED, "1h").happens(RepairResumed(), "5h")
    said = [p.at for p in pending(case.clock, case.known)]
    assert said == [after("9h"), after("12h"), after("14h")]


@pytest.mark.parametrize("within", [{"days": 4}, {"working_days": 4, "calendar": "office"}])
def test_shares_of_days_are_not_moved_by_a_later_pause(within):
    office = {"name": "office", "hours": {"mon-fri": ["08:00-18:00"]}}
    known = registers(office, book(visit={**VISIT, "within": within, "warnings": ["25%"]}))
    case = Case(known, "repair-1").happens(REPORTED)
    (warning, *_) = pending(case.clock, known)
    assert warning.at < after("2d")
    case.happens(PAUSED, "2d").happens(RepairResumed(), "9d")
    assert pending(case.clock, known)[0] == warning


def test_a_moment_at_which_a_pause_begins_waits_for_its_end():
    case = order(warnings=["-2h"]).happens(PAUSED, "8h").happens(RepairResumed(), "9h")
    assert pending(case.clock, case.known)[0].at == after("9h")


def test_a_moment_before_the_start_is_reached_at_the_start():
    case = complaint(within="1h", warnings=["-3h"], ladder=[{"at": "0%", "to": "manager"}])
    said = [(p.what, p.at) for p in pending(case.clock, case.known)]
    assert said == [("warning", START), ("rung", START), ("lapse", after("1h"))]


def test_the_explanation_names_the_pause_and_ends_at_the_due_instant():
    case = order().happens(PAUSED, "4h").happens(RepairResumed(), "7h")
    told = explanation(case.clock, case.known)
    assert told.due == case.clock.due
    assert [s.amount for s in told.stretches if s.counted] == [
        timedelta(hours=4),
        timedelta(hours=6),
    ]
    assert [s.note for s in told.stretches if not s.counted] == ["parts someone"]


def test_what_does_not_concern_a_clock_leaves_it_alone():
    case = order().happens(RepairAccepted(technician="z"), "1h")
    assert (case.clock.verdict, case.clock.due) == (Verdict.RUNNING, after("10h"))
