"""Figures over services and runs of clocks: four levels, non-answers, waivers, labels."""

from datetime import timedelta
from fractions import Fraction

from commands.cases import CloseCase, LeaveUnanswered
from commands.clocks import WaiveBreach
from commands.complaint import ReplyToComplaint
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
)
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.aftercare import NonAnswer, Rating
from domain.rulebook.standard import standard_kpis
from projections.board import worst_first
from projections.clock_runs import find
from tests.support.figures import behind, figure, kpi, rate
from tests.support.neighbourhood import Neighbourhood
from tests.support.scenario import START, book

STANDARD = standard_kpis(KINDS)


def test_each_level_and_every_reason_for_none_is_counted_for_itself(place: Neighbourhood):
    for rating in (*Rating, Rating.SATISFIED):
        rate(place, place.repaired(), rating)
    for reason in NonAnswer:
        place.done(LeaveUnanswered(case=place.repaired(), reason=reason))
    place.repaired()
    place.repair()
    total = figure(place, STANDARD["satisfaction"]).total
    assert total.breakdown == {
        "very_satisfied": 1, "satisfied": 2, "neutral": 1, "dissatisfied": 1,
        "expired": 1, "unreachable": 1, "declined": 1, "waiting": 1,
    }  # fmt: skip
    assert (total.population, total.counted, total.value) == (5, 3, Fraction(3, 5))
    assert figure(place, STANDARD["satisfaction.answered"]).total.value == Fraction(5, 9)


def test_where_nobody_answered_satisfaction_is_not_measured_and_the_answers_are_nought(
    place: Neighbourhood,
):
    place.done(LeaveUnanswered(case=place.repaired(building="b-9"), reason=NonAnswer.DECLINED))
    (row,) = figure(place, STANDARD["satisfaction"], by="building").rows
    assert (row.group, row.value, row.breakdown["declined"]) == ("b-9", None, 1)
    assert figure(place, STANDARD["satisfaction.answered"]).total.value == 0


def test_a_late_answer_takes_the_place_of_none(place: Neighbourhood):
    case = place.repaired()
    place.done(LeaveUnanswered(case=case, reason=NonAnswer.UNREACHABLE))
    rate(place, case, Rating.SATISFIED)
    total = figure(place, STANDARD["satisfaction"]).total
    assert (total.value, total.breakdown["unreachable"]) == (1, 0)


def test_dissatisfaction_stays_when_the_second_service_pleases(place: Neighbourhood):
    case = place.repaired()
    rate(place, case, Rating.DISSATISFIED)
    again = kpi(of="services", where={"answer": "dissatisfied"}, share={"served_again": True})
    assert figure(place, again).total.value == 0
    place.done(CompleteRepair(case=case))
    rate(place, case, Rating.VERY_SATISFIED)
    rows = figure(place, STANDARD["satisfaction"], by="cycle").rows
    assert [(row.group, row.value) for row in rows] == [(1, 0), (2, 1)]
    assert figure(place, again).total.value == 1


def test_a_rating_belongs_to_who_did_that_service_and_to_who_is_accountable_now(
    place: Neighbourhood,
):
    case = place.repaired("wu", steward=StaffId("li"))
    rate(place, case, Rating.DISSATISFIED)
    place.done(DispatchRepair(case=case, technician=StaffId("hu")))
    place.done(CompleteRepair(case=case))
    rate(place, case, Rating.SATISFIED)
    by = figure(place, STANDARD["satisfaction"], by="technician").rows
    assert [(row.group, row.value) for row in by] == [("hu", 1), ("wu", 0)]
    (row,) = figure(place, STANDARD["satisfaction"], by="steward").rows
    assert (row.group, row.population) == ("li", 2)


def test_a_waived_breach_counts_gross_and_not_net(place: Neighbourhood):
    kept, late, excused = (place.repair() for _ in range(3))
    place.done(AcceptRepair(case=kept, technician=StaffId("wu")))
    place.wait("40m")
    place.tick()
    for case in (late, excused):
        place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    place.done(
        WaiveBreach(case=excused, clock="accept", by=StaffId("ma"), reason=Personal("storm"))
    )
    total = figure(
        place, kpi(of="clocks", where={"clock": "accept"}, share={"verdict": "met"})
    ).total
    assert (total.value, total.net) == (Fraction(1, 3), Fraction(1, 2))
    assert {name: n for name, n in total.breakdown.items() if n} == {
        "met": 1, "late": 1, "waived": 1,
    }  # fmt: skip
    missed = behind(place, STANDARD["on_time"], counted=False).entries
    assert sorted((entry.key, entry.outcome) for entry in missed) == [
        ((late, "accept", 1), "late"), ((excused, "accept", 1), "waived"),
    ]  # fmt: skip


def test_what_still_runs_is_shown_beside_and_judged_by_nothing(place: Neighbourhood):
    place.repair()
    rows = {row.group: row for row in figure(place, STANDARD["on_time"], by="clock").rows}
    assert (rows["accept"].value, rows["accept"].net) == (None, None)
    assert rows["accept"].breakdown["running"] == 1
    running = kpi(of="clocks", where={"verdict": "running"}, count="rows")
    assert figure(place, running).total.value is None  # no run has come to an end yet


def test_runs_are_grouped_by_labels_of_their_cases(place: Neighbourhood):
    for number, labels in enumerate(({"部门": "水"}, {"部门": "水"}, {})):
        case = place.repair(labels=labels)
        if number:
            place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    definition = kpi(of="clocks", where={"clock": "accept"}, share={"verdict": "met"})
    rows = figure(place, definition, by="label.部门").rows
    assert [(row.group, row.value, row.breakdown["running"]) for row in rows] == [
        ("水", 1, 1), (None, 1, 0),
    ]  # fmt: skip


def test_what_was_entered_late_is_kept_only_where_a_definition_says_so(place: Neighbourhood):
    """It is shown beside in any case, and a waiver takes it out of the net figure."""
    late, other, met = place.complaint(), place.complaint(), place.complaint()
    place.done(ReplyToComplaint(case=met, by=StaffId("li")))
    place.wait("26h")
    for case in (late, other):
        at = place.now - timedelta(hours=3)
        place.done(ReplyToComplaint(case=case, by=StaffId("li")), occurred_at=at)
    reply = {"of": "clocks", "where": {"clock": "reply"}}
    total = figure(place, kpi(**reply, share={"verdict": "met"})).total
    assert (total.value, total.population) == (Fraction(1, 3), 3)
    assert (total.breakdown["met"], total.breakdown["entered_late"]) == (1, 2)
    kept = figure(place, kpi(**reply, share={"verdict": ["met", "entered_late"]})).total
    assert kept.value == 1
    place.done(WaiveBreach(case=late, clock="reply", by=StaffId("ma"), reason=Personal("停电")))
    total = figure(place, kpi(**reply, share={"verdict": "met"})).total
    assert (total.value, total.net) == (Fraction(1, 3), Fraction(1, 2))


def test_what_was_entered_late_is_marked_on_the_board_and_counts_in_figures(place: Neighbourhood):
    """The case on the board, the run that it stopped, and both in figures."""
    late, other = place.complaint(), place.complaint()
    place.wait("3d")
    for case, days in ((late, 2), (other, 1)):
        at = place.now - timedelta(days=days)
        place.done(ReplyToComplaint(case=case, by=StaffId("li")), occurred_at=at)
    marks = {row.case_id: row.late_entries for row in worst_first(place.db)}
    assert marks == {late: 1, other: 0}
    assert {run.case_id: run.late_entries for run in find(place.db)} == marks
    timely = kpi(of="clocks", share={"late_entries": 0})
    assert figure(place, timely).total.value == Fraction(1, 2)
    for case in (late, other):
        place.done(CloseCase(case=case, reason=Personal("x")))
    assert figure(place, kpi(of="cases", sum="late_entries")).total.value == 1


def test_what_was_used_of_promises_and_how_late_they_were_is_measured(place: Neighbourhood):
    """On the calendar of each: half a working day late is not the night in between."""
    repair = place.repair()
    for hours in ("12h", "30h"):
        case = place.complaint()
        place.wait(hours)
        place.done(ReplyToComplaint(case=case, by=StaffId("li")))
    reply = {"of": "clocks", "where": {"clock": "reply"}}
    hour = 3_600_000_000
    assert figure(place, kpi(**reply, mean="consumed")).total.value == 21 * hour
    assert figure(place, kpi(**reply, sum="lateness")).total.value == 6 * hour
    assert figure(place, kpi(**reply, share={"lateness": "> 5h"})).total.value == Fraction(1, 2)
    place.now = START + timedelta(days=2, hours=9)  # Friday at six in the evening
    place.done(CompleteRepair(case=repair))
    done = {"of": "clocks", "where": {"clock": "complete"}}
    assert figure(place, kpi(**done, sum="lateness")).total.value == Fraction(13, 2) * hour
    assert figure(place, kpi(**done, sum="consumed")).total.value == Fraction(41, 2) * hour


def test_days_used_are_days_of_24_hours_and_months_are_not_measured():
    rule = {"case": "complaint", "starts": "lodged", "stops": "replied"}
    rules = book(
        days={**rule, "within": {"days": 2}}, months={**rule, "within": {"months": 1}}
    )  # fmt: skip
    place = Neighbourhood(None, None, rules)
    case = place.complaint()
    place.now = START.replace(hour=16) + timedelta(days=3)  # midnight at the site
    place.done(ReplyToComplaint(case=case, by=StaffId("li")))
    measured = {
        name: figure(place, kpi(of="clocks", where={"clock": name}, sum="consumed")).total.value
        for name in ("days", "months")
    }
    assert measured == {"days": (3 * 24 + 15) * 3_600_000_000, "months": None}
    place.close()
