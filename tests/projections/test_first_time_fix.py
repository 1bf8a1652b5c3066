"""What counts as put right the first time is said by a definition, over the same rows."""

from datetime import timedelta

import pytest

from commands.cases import CloseCase, RateService
from commands.complaint import AcceptHandover, OfferHandover, ResolveComplaint
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    PauseRepair,
    RecordArrival,
    ReopenRepair,
    ResumeRepair,
)
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import Rating
from domain.kinds.repair.facts import PauseReason
from domain.rulebook.reader import FAILED_FIRST_TIME
from projections.first_time_fix import behind, failed, figures
from tests.support.neighbourhood import Neighbourhood

MONTH = timedelta(days=30)


def test_a_case_counts_when_it_is_closed(place: Neighbourhood):
    place.repaired()
    assert figures(place.db, without=()) == []
    place.fixed()
    (figure,) = figures(place.db, without=("reopened",))
    assert (figure.closed, figure.fixed, figure.share) == (1, 1, 1)


def test_a_definition_without_conditions_calls_every_closed_case_fixed(place: Neighbourhood):
    case = place.fixed()
    place.done(ReopenRepair(case=case))
    place.done(CloseCase(case=case, reason=Personal("nothing was found")))
    assert figures(place.db, without=())[0].fixed == 1


def test_reopened_is_not_fixed_the_first_time(place: Neighbourhood):
    place.fixed()
    case = place.fixed()
    place.done(ReopenRepair(case=case))
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case))
    (figure,) = figures(place.db, without=("reopened",))
    assert (figure.closed, figure.fixed, figure.reopened, figure.share) == (2, 1, 1, 1 / 2)
    assert behind(place.db, without=("reopened",)) == [case]
    assert behind(place.db, without=("second_service",)) == []


def test_reopened_and_still_open_is_not_counted_at_all(place: Neighbourhood):
    case = place.fixed()
    place.done(ReopenRepair(case=case))
    assert figures(place.db, without=("reopened",)) == []


def test_a_second_service_is_not_fixed_the_first_time(place: Neighbourhood):
    case = place.fixed()
    place.done(RateService(case=case, rating=Rating.DISSATISFIED))
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case, reason=Personal("the resident agreed")))
    assert behind(place.db, without=("second_service",)) == [case]
    assert behind(place.db, without=("reopened",)) == []


def test_the_first_dispatch_is_no_reassignment_the_second_is(place: Neighbourhood):
    once, twice = place.repair(), place.repair()
    for case, technicians in ((once, ("wu",)), (twice, ("wu", "hu"))):
        for technician in technicians:
            place.done(DispatchRepair(case=case, technician=StaffId(technician)))
        place.done(CompleteRepair(case=case))
        place.done(CloseCase(case=case))
    assert behind(place.db, without=("reassigned",)) == [twice]


def test_a_complaint_handed_over_is_reassigned(place: Neighbourhood):
    case = place.complaint()
    place.done(OfferHandover(case=case, to=StaffId("ma"), by=StaffId("li")))
    place.done(AcceptHandover(case=case, by=StaffId("ma")))
    place.done(ResolveComplaint(case=case, by=StaffId("ma")))
    place.done(CloseCase(case=case))
    assert behind(place.db, without=("reassigned",)) == [case]


def test_a_second_visit_of_one_service_counts_a_first_visit_of_the_next_does_not(
    place: Neighbourhood,
):
    twice, again = place.repair(), place.fixed()
    place.done(AcceptRepair(case=twice, technician=StaffId("wu")))
    place.done(RecordArrival(case=twice))
    place.done(RecordArrival(case=twice))
    place.done(ReopenRepair(case=again))
    place.done(RecordArrival(case=again))
    for case in (twice, again):
        place.done(CompleteRepair(case=case))
        place.done(CloseCase(case=case))
    assert behind(place.db, without=("second_visit",)) == [twice]


@pytest.mark.parametrize(
    ("later", "same"),
    [("30d", True), ("30d1s", False), ("0s", True)],
    ids=["at the window's end", "after it", "at once"],
)
def test_reported_again_counts_within_the_window_after_closing(
    place: Neighbourhood, later: str, same: bool
):
    case = place.fixed()
    place.wait(later)
    place.repair()
    again = behind(place.db, without=("reported_again",), again_within=MONTH)
    assert again == ([case] if same else [])


@pytest.mark.parametrize(
    "differs", [{"household": HouseholdId("h-2")}, {"category": "power"}], ids=str
)
def test_another_household_or_category_is_not_reported_again(
    place: Neighbourhood, differs: dict[str, str]
):
    place.fixed()
    place.wait("1d")
    place.repair(**differs)
    assert behind(place.db, without=("reported_again",), again_within=MONTH) == []


def test_a_report_before_the_closing_is_another_matter(place: Neighbourhood):
    case = place.repaired()
    place.wait("1h")
    place.repair()
    place.wait("1h")
    place.done(CloseCase(case=case))
    assert behind(place.db, without=("reported_again",), again_within=MONTH) == []


def test_the_same_cases_give_other_figures_by_another_definition(place: Neighbourhood):
    visited = place.repair()
    place.done(RecordArrival(case=visited, technician=StaffId("wu")))
    place.done(RecordArrival(case=visited, technician=StaffId("wu")))
    place.done(CompleteRepair(case=visited))
    place.done(CloseCase(case=visited))
    place.fixed(household=HouseholdId("h-2"))
    strict = figures(place.db, without=FAILED_FIRST_TIME, again_within=MONTH)[0]
    mild = figures(place.db, without=("reopened", "second_service"))[0]
    assert (strict.fixed, mild.fixed, strict.closed, mild.closed) == (1, 2, 2, 2)


def test_every_word_of_a_definition_is_known():
    assert "1 = 0" not in failed(FAILED_FIRST_TIME, MONTH)
    with pytest.raises(KeyError):
        failed(("unheard_of",), None)


def test_the_month_is_that_of_the_closing_at_the_site(place: Neighbourhood):
    case = place.repaired()
    place.wait("25d15h")  # midnight after 31 May in Shanghai
    place.done(CloseCase(case=case))
    (figure,) = figures(place.db, without=(), by="month")
    assert figure.group == "2026-06"
    assert figures(place.db, without=(), months=("2026-05", "2026-05")) == []


def test_how_long_cases_took_is_told_with_and_without_their_pauses(place: Neighbourhood):
    case = place.repair()
    place.wait("1h")
    place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
    place.wait("5h")
    place.done(ResumeRepair(case=case))
    place.wait("1h")
    place.done(CompleteRepair(case=case))
    place.wait("3h")
    place.done(CloseCase(case=case))
    (figure,) = figures(place.db, without=())
    assert (figure.to_served.mean, figure.to_closed.mean, figure.to_closed_net.mean) == (7, 10, 5)


def test_a_pause_that_work_ended_is_over(place: Neighbourhood):
    case = place.repair()
    place.done(PauseRepair(case=case, reason=PauseReason.RESIDENT))
    place.wait("2h")
    place.done(CompleteRepair(case=case))
    place.wait("2h")
    place.done(CloseCase(case=case))
    assert figures(place.db, without=())[0].to_closed_net.mean == 2


def test_figures_split_by_a_dimension_and_are_chosen_by_another(place: Neighbourhood):
    place.fixed("wu", building="b-1")
    place.fixed("hu", building="b-1")
    place.fixed("hu", building="b-2")
    by = figures(place.db, without=(), by="technician", chosen={"building": "b-1"})
    assert [(figure.group, figure.closed) for figure in by] == [("hu", 1), ("wu", 1)]
