"""What may be decided about a repair: it does, it refuses, it stays quiet."""

from __future__ import annotations

from functools import reduce

import pytest

from domain import repair
from domain.personal import Personal
from domain.rating import (
    FollowedUp,
    NonAnswer,
    Rating,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.refusals import (
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
from domain.repair import (
    PauseReason,
    RepairAccepted,
    RepairClosed,
    RepairCompleted,
    RepairDispatched,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)
from tests.support.scenario import START, story

given = story(repair.evolve)

REPORTED = RepairReported(household="1-502", category="plumbing")
ACCEPTED = RepairAccepted(technician="zhou")
ARRIVED = TechnicianArrived(technician="zhou", visit=1)
PAUSED = RepairPaused(reason=PauseReason.PARTS, by="zhou")
RESUMED = RepairResumed(by="zhou")
COMPLETED = RepairCompleted(visit=1)
CLOSED = RepairClosed()
BAD = ServiceRated(rating=Rating.DISSATISFIED, cycle=1)
AGAIN = SecondServiceOpened(cycle=2)


def test_reporting_records_where_what_and_when_the_resident_wants_the_visit():
    words = {
        "household": "1-502", "category": "plumbing", "simple": True, "priority": 2,
        "channel": "app", "building": "1", "steward": "li", "appointment": START,
        "external_id": "A-7", "labels": {"grid": "3"},
    }  # fmt: skip
    given().when(repair.report, **words, place=Personal("厨房")).then(
        RepairReported(**words, place=Personal("厨房", of="1-502"))
    )


def test_reporting_under_a_number_that_is_taken_is_refused():
    given(REPORTED).when(repair.report, household="1-502", category="x").refuses(CaseExists)


def test_an_order_is_accepted_once_by_each():
    given(REPORTED).when(repair.accept, technician="zhou").then(ACCEPTED)
    given(REPORTED, ACCEPTED).when(repair.accept, technician="zhou").stays_quiet()
    given(REPORTED, ACCEPTED).when(repair.accept, technician="qian").then(
        RepairAccepted(technician="qian")
    )


def test_who_was_sent_the_order_still_has_to_accept_it():
    sent = RepairDispatched(technician="zhou")
    given(REPORTED, sent).when(repair.accept, technician="zhou").then(ACCEPTED)


def test_work_on_what_is_done_or_closed_is_refused():
    given(REPORTED, COMPLETED).when(repair.accept, technician="zhou").refuses(AlreadyResolved)
    given(REPORTED, CLOSED).when(repair.accept, technician="zhou").refuses(AlreadyClosed)


def test_an_order_is_sent_to_a_technician_or_a_team():
    sent = RepairDispatched(technician="zhou", team="water")
    given(REPORTED).when(repair.dispatch, technician="zhou", team="water").then(sent)
    given(REPORTED, sent).when(repair.dispatch, technician="zhou", team="water").stays_quiet()
    given(REPORTED, sent).when(repair.dispatch, technician="zhou", team="water", again=True).then(
        sent
    )
    given(REPORTED, COMPLETED).when(repair.dispatch, technician="zhou", team="water").then(sent)
    given(REPORTED).when(repair.dispatch).refuses(NobodyAssigned)


def test_each_arrival_is_one_more_visit_of_the_service():
    given(REPORTED, ACCEPTED).when(repair.arrive).then(ARRIVED)
    given(REPORTED, ACCEPTED, ARRIVED).when(repair.arrive, technician="qian").then(
        TechnicianArrived(technician="qian", visit=2)
    )


def test_visits_are_counted_anew_in_the_next_service():
    given(REPORTED, ACCEPTED, ARRIVED, COMPLETED, BAD, AGAIN).when(repair.arrive).then(ARRIVED)


def test_an_arrival_of_nobody_is_refused():
    given(REPORTED).when(repair.arrive).refuses(NobodyAssigned)


def test_a_repair_waits_for_one_thing_at_a_time():
    given(REPORTED).when(repair.pause, reason=PauseReason.PARTS, by="zhou").then(PAUSED)
    told = given(REPORTED, PAUSED)
    told.when(repair.pause, reason=PauseReason.PARTS).stays_quiet()
    told.when(repair.pause, reason=PauseReason.RESIDENT).refuses(
        AlreadyPaused, reason=PauseReason.PARTS
    )


def test_only_what_is_paused_resumes():
    given(REPORTED, PAUSED).when(repair.resume, by="zhou").then(RESUMED)
    given(REPORTED).when(repair.resume).refuses(NotPaused)
    given(REPORTED, PAUSED, RESUMED).when(repair.resume).refuses(NotPaused)


def test_completing_names_the_visit():
    two = TechnicianArrived(technician="zhou", visit=2)
    given(REPORTED, ACCEPTED, ARRIVED, two).when(
        repair.complete, by="zhou", note=Personal("换阀")
    ).then(RepairCompleted(visit=2, by="zhou", note=Personal("换阀", of="1-502")))


def test_completing_without_a_recorded_visit_counts_as_the_first():
    given(REPORTED).when(repair.complete).then(COMPLETED)


def test_completing_or_closing_ends_the_pause_first():
    """Otherwise a clock would stand still past the end of the work, and for ever."""
    told = given(REPORTED, PAUSED)
    told.when(repair.complete, by="zhou").then(RESUMED, RepairCompleted(visit=1, by="zhou"))
    told.when(repair.close, by="zhou", reason="重复").then(
        RESUMED, RepairClosed(by="zhou", reason="重复")
    )


def test_completing_twice_stays_quiet_and_after_closing_is_refused():
    given(REPORTED, COMPLETED).when(repair.complete).stays_quiet()
    given(REPORTED, COMPLETED, CLOSED).when(repair.complete).refuses(AlreadyClosed)


def test_a_follow_up_needs_a_result():
    given(REPORTED, COMPLETED).when(repair.follow_up, by="li").then(FollowedUp(by="li"))
    given(REPORTED).when(repair.follow_up, by="li").refuses(NotResolved)


def test_a_dissatisfied_rating_opens_a_second_service_also_on_a_closed_order():
    history = [REPORTED, COMPLETED, CLOSED]
    given(*history).when(repair.rate, rating=Rating.DISSATISFIED).then(BAD, AGAIN)
    assert not reduce(repair.evolve, [*history, BAD, AGAIN], None).closed


def test_another_rating_for_the_same_service_is_refused_and_the_same_stays_quiet():
    told = given(REPORTED, COMPLETED, BAD, AGAIN)
    told.when(repair.rate, rating=Rating.NEUTRAL).refuses(AlreadyRated, cycle=1)
    told.when(repair.rate, rating=Rating.DISSATISFIED).stays_quiet()


def test_no_answer_is_recorded_as_no_answer():
    unanswered = RatingUnanswered(reason=NonAnswer.UNREACHABLE, cycle=1)
    words = {"reason": NonAnswer.UNREACHABLE}
    given(REPORTED, COMPLETED).when(repair.leave_unanswered, **words).then(unanswered)
    given(REPORTED).when(repair.leave_unanswered, **words).refuses(NotResolved)
    given(REPORTED, COMPLETED, unanswered).when(repair.leave_unanswered, **words).stays_quiet()


def test_every_contact_is_a_fact_of_its_own():
    contacted = ResidentContacted(by="sun")
    given(REPORTED, contacted).when(repair.contact, by="sun").then(contacted)


def test_a_second_service_can_be_opened_without_a_bad_rating():
    given(REPORTED, COMPLETED).when(repair.open_second_service).then(AGAIN)
    given(REPORTED).when(repair.open_second_service).refuses(NotResolved)
    given(REPORTED, COMPLETED, AGAIN).when(repair.open_second_service).stays_quiet()


def test_reopening_begins_the_next_cycle():
    reopened = RepairReopened(cycle=2, reason="又漏")
    for history in [(REPORTED, COMPLETED), (REPORTED, CLOSED), (REPORTED, COMPLETED, CLOSED)]:
        given(*history).when(repair.reopen, reason="又漏").then(reopened)
    given(REPORTED).when(repair.reopen).refuses(NotClosed)
    given(REPORTED, CLOSED).when(repair.reopen, reason=" ").refuses(ReasonRequired)


def test_what_was_reopened_is_worked_on_and_not_yet_rated():
    told = given(REPORTED, ACCEPTED, ARRIVED, COMPLETED, CLOSED, RepairReopened(cycle=2))
    told.when(repair.arrive).then(ARRIVED)
    told.when(repair.rate, rating=Rating.SATISFIED).refuses(NotResolved)


def test_a_completed_order_is_closed_once_without_a_reason():
    given(REPORTED, COMPLETED).when(repair.close).then(CLOSED)
    given(REPORTED, COMPLETED, CLOSED).when(repair.close).stays_quiet()


def test_closing_needs_a_reason_while_undone_or_unsatisfied():
    for history in [(REPORTED,), (REPORTED, COMPLETED, BAD, AGAIN, COMPLETED)]:
        given(*history).when(repair.close).refuses(ReasonRequired)
        given(*history).when(repair.close, reason="业主撤单").then(RepairClosed(reason="业主撤单"))


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (repair.accept, {"technician": "zhou"}),
        (repair.dispatch, {"team": "water"}),
        (repair.arrive, {"technician": "zhou"}),
        (repair.pause, {"reason": PauseReason.PARTS}),
        (repair.resume, {}),
        (repair.complete, {}),
        (repair.follow_up, {"by": "li"}),
        (repair.rate, {"rating": Rating.NEUTRAL}),
        (repair.leave_unanswered, {"reason": NonAnswer.DECLINED}),
        (repair.contact, {"by": "li"}),
        (repair.open_second_service, {}),
        (repair.reopen, {}),
        (repair.close, {}),
    ],
)
def test_nothing_can_be_decided_about_a_repair_that_was_never_reported(decision, words):
    given().when(decision, **words).refuses(UnknownCase)
