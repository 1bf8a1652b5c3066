"""What may be decided about a repair: it does, it refuses, it stays quiet."""

from __future__ import annotations

from functools import reduce

import pytest

from commands.repair import ReportRepair
from domain.kernel.personal import Personal
from domain.kernel.refusals import (
    AlreadyClosed,
    AlreadyPaused,
    AlreadyRated,
    AlreadyResolved,
    CaseExists,
    NobodyAssigned,
    NotClosed,
    NotPaused,
    NotResolved,
    ReasonRequired,
    UnknownCase,
)
from domain.kinds import case
from domain.kinds.aftercare import (
    FollowedUp,
    NonAnswer,
    Rating,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.kinds.case import CaseClosed
from domain.kinds.repair import decisions
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
from domain.kinds.repair.state import evolve
from tests.support.scenario import START, story

given = story(evolve)


def report(state, **words):
    """Open it by a message that brings these words."""
    return decisions.report(state, opening=ReportRepair(site="north", **words))


REPORTED = RepairReported(household="1-502", category="plumbing")
ACCEPTED = RepairAccepted(technician="zhou")
ARRIVED = TechnicianArrived(technician="zhou", visit=1)
PAUSED = RepairPaused(reason=PauseReason.PARTS, by="zhou")
RESUMED = RepairResumed(by="zhou")
COMPLETED = RepairCompleted(visit=1)
CLOSED = CaseClosed()
BAD = ServiceRated(rating=Rating.DISSATISFIED, cycle=1)
AGAIN = SecondServiceOpened(cycle=2)


def test_reporting_records_where_what_and_when_the_resident_wants_the_visit():
    words = {
        "household": "1-502", "category": "plumbing", "simple": True, "priority": 2,
        "channel": "app", "building": "1", "steward": "li", "appointment": START,
        "external_id": "A-7", "labels": {"grid": "3"},
    }  # fmt: skip
    given().when(report, **words, place=Personal("厨房")).then(
        RepairReported(**words, place=Personal("厨房"))
    )


def test_reporting_under_a_number_that_is_taken_is_refused():
    given(REPORTED).when(report, household="1-502", category="x").refuses(CaseExists)


def test_an_order_is_accepted_once_by_each():
    given(REPORTED).when(decisions.accept, technician="zhou").then(ACCEPTED)
    given(REPORTED, ACCEPTED).when(decisions.accept, technician="zhou").stays_quiet()
    given(REPORTED, ACCEPTED).when(decisions.accept, technician="qian").then(
        RepairAccepted(technician="qian")
    )


def test_who_was_sent_the_order_still_has_to_accept_it():
    sent = RepairDispatched(technician="zhou")
    given(REPORTED, sent).when(decisions.accept, technician="zhou").then(ACCEPTED)


def test_work_on_what_is_done_or_closed_is_refused():
    given(REPORTED, COMPLETED).when(decisions.accept, technician="zhou").refuses(AlreadyResolved)
    given(REPORTED, CLOSED).when(decisions.accept, technician="zhou").refuses(AlreadyClosed)


def test_an_order_is_sent_to_a_technician_or_a_team():
    sent = RepairDispatched(technician="zhou", team="water")
    given(REPORTED).when(decisions.dispatch, technician="zhou", team="water").then(sent)
    given(REPORTED, sent).when(decisions.dispatch, technician="zhou", team="water").stays_quiet()
    given(REPORTED, sent).when(
        decisions.dispatch, technician="zhou", team="water", again=True
    ).then(sent)
    given(REPORTED, COMPLETED).when(decisions.dispatch, technician="zhou", team="water").then(sent)
    given(REPORTED).when(decisions.dispatch).refuses(NobodyAssigned)


def test_each_arrival_is_one_more_visit_of_the_service():
    given(REPORTED, ACCEPTED).when(decisions.arrive).then(ARRIVED)
    given(REPORTED, ACCEPTED, ARRIVED).when(decisions.arrive, technician="qian").then(
        TechnicianArrived(technician="qian", visit=2)
    )


def test_visits_are_counted_anew_in_the_next_service():
    given(REPORTED, ACCEPTED, ARRIVED, COMPLETED, BAD, AGAIN).when(decisions.arrive).then(ARRIVED)


def test_an_arrival_of_nobody_is_refused():
    given(REPORTED).when(decisions.arrive).refuses(NobodyAssigned)


def test_a_repair_waits_for_one_thing_at_a_time():
    given(REPORTED).when(decisions.pause, reason=PauseReason.PARTS, by="zhou").then(PAUSED)
    told = given(REPORTED, PAUSED)
    told.when(decisions.pause, reason=PauseReason.PARTS).stays_quiet()
    told.when(decisions.pause, reason=PauseReason.RESIDENT).refuses(
        AlreadyPaused, reason=PauseReason.PARTS
    )


def test_only_what_is_paused_resumes():
    given(REPORTED, PAUSED).when(decisions.resume, by="zhou").then(RESUMED)
    given(REPORTED).when(decisions.resume).refuses(NotPaused)
    given(REPORTED, PAUSED, RESUMED).when(decisions.resume).refuses(NotPaused)


def test_completing_names_the_visit():
    two = TechnicianArrived(technician="zhou", visit=2)
    given(REPORTED, ACCEPTED, ARRIVED, two).when(
        decisions.complete, by="zhou", note=Personal("换阀")
    ).then(RepairCompleted(visit=2, by="zhou", note=Personal("换阀")))


def test_completing_without_a_recorded_visit_counts_as_the_first():
    given(REPORTED).when(decisions.complete).then(COMPLETED)


def test_completing_or_closing_ends_the_pause_first():
    """Otherwise a clock would stand still past the end of the work, and for ever."""
    told = given(REPORTED, PAUSED)
    told.when(decisions.complete, by="zhou").then(RESUMED, RepairCompleted(visit=1, by="zhou"))
    told.when(decisions.close, by="zhou", reason=Personal("重复")).then(
        RESUMED, CaseClosed(by="zhou", reason=Personal("重复"))
    )


def test_completing_twice_stays_quiet_and_after_closing_is_refused():
    given(REPORTED, COMPLETED).when(decisions.complete).stays_quiet()
    given(REPORTED, COMPLETED, CLOSED).when(decisions.complete).refuses(AlreadyClosed)


def test_a_follow_up_needs_a_result():
    given(REPORTED, COMPLETED).when(case.follow_up, by="li").then(FollowedUp(by="li"))
    given(REPORTED).when(case.follow_up, by="li").refuses(NotResolved)


def test_a_dissatisfied_rating_opens_a_second_service_also_on_a_closed_order():
    history = [REPORTED, COMPLETED, CLOSED]
    given(*history).when(case.rate, rating=Rating.DISSATISFIED).then(BAD, AGAIN)
    assert not reduce(evolve, [*history, BAD, AGAIN], None).closed


def test_another_rating_for_the_same_service_is_refused_and_the_same_stays_quiet():
    told = given(REPORTED, COMPLETED, BAD, AGAIN)
    told.when(case.rate, rating=Rating.NEUTRAL).refuses(AlreadyRated, cycle=1)
    told.when(case.rate, rating=Rating.DISSATISFIED).stays_quiet()


def test_no_answer_is_recorded_as_no_answer():
    unanswered = RatingUnanswered(reason=NonAnswer.UNREACHABLE, cycle=1)
    words = {"reason": NonAnswer.UNREACHABLE}
    given(REPORTED, COMPLETED).when(case.leave_unanswered, **words).then(unanswered)
    given(REPORTED).when(case.leave_unanswered, **words).refuses(NotResolved)
    given(REPORTED, COMPLETED, unanswered).when(case.leave_unanswered, **words).stays_quiet()


def test_every_contact_is_a_fact_of_its_own():
    contacted = ResidentContacted(by="sun")
    given(REPORTED, contacted).when(case.contact, by="sun").then(contacted)


def test_a_second_service_can_be_opened_without_a_bad_rating():
    given(REPORTED, COMPLETED).when(case.open_second_service).then(AGAIN)
    given(REPORTED).when(case.open_second_service).refuses(NotResolved)
    given(REPORTED, COMPLETED, AGAIN).when(case.open_second_service).stays_quiet()


def test_reopening_begins_the_next_cycle():
    reopened = RepairReopened(cycle=2, reason=Personal("又漏"))
    for history in [(REPORTED, COMPLETED), (REPORTED, CLOSED), (REPORTED, COMPLETED, CLOSED)]:
        given(*history).when(decisions.reopen, reason=Personal("又漏")).then(reopened)
    given(REPORTED).when(decisions.reopen).refuses(NotClosed)
    given(REPORTED, CLOSED).when(decisions.reopen, reason=Personal(" ")).refuses(ReasonRequired)


def test_what_was_reopened_is_worked_on_and_not_yet_rated():
    told = given(REPORTED, ACCEPTED, ARRIVED, COMPLETED, CLOSED, RepairReopened(cycle=2))
    told.when(decisions.arrive).then(ARRIVED)
    told.when(case.rate, rating=Rating.SATISFIED).refuses(NotResolved)


def test_a_completed_order_is_closed_once_without_a_reason():
    given(REPORTED, COMPLETED).when(decisions.close).then(CLOSED)
    given(REPORTED, COMPLETED, CLOSED).when(decisions.close).stays_quiet()


def test_closing_needs_a_reason_while_undone_or_unsatisfied():
    for history in [(REPORTED,), (REPORTED, COMPLETED, BAD, AGAIN, COMPLETED)]:
        given(*history).when(decisions.close).refuses(ReasonRequired)
        given(*history).when(decisions.close, reason=Personal("业主撤单")).then(
            CaseClosed(reason=Personal("业主撤单"))
        )


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (decisions.accept, {"technician": "zhou"}),
        (decisions.dispatch, {"team": "water"}),
        (decisions.arrive, {"technician": "zhou"}),
        (decisions.pause, {"reason": PauseReason.PARTS}),
        (decisions.resume, {}),
        (decisions.complete, {}),
        (case.follow_up, {"by": "li"}),
        (case.rate, {"rating": Rating.NEUTRAL}),
        (case.leave_unanswered, {"reason": NonAnswer.DECLINED}),
        (case.contact, {"by": "li"}),
        (case.open_second_service, {}),
        (decisions.reopen, {}),
        (decisions.close, {}),
    ],
)
def test_nothing_can_be_decided_about_a_repair_that_was_never_reported(decision, words):
    given().when(decision, **words).refuses(UnknownCase)
