"""What may be decided about a complaint: it does, it refuses, it stays quiet."""

from __future__ import annotations

from functools import reduce

import pytest

from commands.complaint import LodgeComplaint
from domain.kernel.personal import Personal
from domain.kernel.refusals import (
    AlreadyClosed,
    AlreadyRated,
    AlreadyResolved,
    CaseExists,
    LevelOutOfRange,
    NoCrisisTeam,
    NoHandoverOffered,
    NotACrisis,
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
from domain.kinds.complaint import decisions
from domain.kinds.complaint.facts import (
    ComplaintHandedOver,
    ComplaintLodged,
    ComplaintReclassified,
    ComplaintReplied,
    ComplaintResolved,
    CrisisTeamConvened,
    HandoverOffered,
    Nature,
    SolutionProposed,
    StatementApproved,
)
from domain.kinds.complaint.state import evolve
from tests.support.scenario import START, story

given = story(evolve)


def lodge(state, **words):
    """Open it by a message that brings these words."""
    return decisions.lodge(state, opening=LodgeComplaint(site="north", **words))


WORDS = {"channel": "phone", "household": "1-502", "category": "noise", "receiver": "li"}
LODGED = ComplaintLodged(**WORDS, level=1, nature=Nature.GENERAL)
CRISIS = ComplaintLodged(**WORDS, level=3, nature=Nature.COMPLEX)
RESOLVED = ComplaintResolved(by="li")
CLOSED = CaseClosed(by="li")
BAD = ServiceRated(rating=Rating.DISSATISFIED, cycle=1)
AGAIN = SecondServiceOpened(cycle=2)


def test_lodging_records_the_first_receiver_and_puts_texts_under_the_households_key():
    given().when(
        lodge, **WORDS, level=2, nature=Nature.COMPLEX, promised=START,
        description=Personal("漏水"), contact=Personal("138", of="tenant"), labels={"grid": "3"},
    ).then(
        ComplaintLodged(
            **WORDS, level=2, nature=Nature.COMPLEX, promised=START, labels={"grid": "3"},
            description=Personal("漏水"), contact=Personal("138", of="tenant"),
        )
    )  # fmt: skip


def test_lodging_refuses_a_number_that_is_taken():
    given(LODGED).when(lodge, **WORDS).refuses(CaseExists)


@pytest.mark.parametrize("level", [0, -1])
def test_lodging_refuses_a_level_that_does_not_exist(level: int):
    given().when(lodge, **WORDS, level=level).refuses(LevelOutOfRange, level=level)


def test_every_reply_is_a_fact_of_its_own_also_after_the_resolution():
    replied = ComplaintReplied(by="li", text=Personal("明日上门"))
    given(LODGED, replied, RESOLVED).when(decisions.reply, by="li", text=Personal("明日上门")).then(
        replied
    )


def test_replying_to_a_closed_complaint_is_refused():
    given(LODGED, RESOLVED, CLOSED).when(decisions.reply, by="li").refuses(AlreadyClosed)


def test_a_solution_is_proposed():
    given(LODGED).when(decisions.propose_solution, by="li").then(SolutionProposed(by="li"))


def test_a_solution_for_what_is_resolved_is_refused():
    given(LODGED, RESOLVED).when(decisions.propose_solution, by="li").refuses(AlreadyResolved)


def test_a_handover_is_offered_and_moves_nothing():
    offered = HandoverOffered(to="wang", by="li")
    given(LODGED).when(decisions.offer_handover, to="wang", by="li").then(offered)
    assert reduce(evolve, [LODGED, offered], None).accountable == "li"


def test_offering_a_handover_of_a_closed_complaint_is_refused():
    given(LODGED, CLOSED).when(decisions.offer_handover, to="wang", by="li").refuses(AlreadyClosed)


def test_offering_the_same_handover_twice_or_to_who_has_it_stays_quiet():
    offered = HandoverOffered(to="wang", by="li")
    given(LODGED, offered).when(decisions.offer_handover, to="wang", by="li").stays_quiet()
    given(LODGED).when(decisions.offer_handover, to="li", by="li").stays_quiet()


def test_accepting_a_handover_makes_the_next_person_accountable():
    offered, handed = HandoverOffered(to="wang", by="li"), ComplaintHandedOver(to="wang")
    given(LODGED, offered).when(decisions.accept_handover, by="wang").then(handed)
    assert reduce(evolve, [LODGED, offered, handed], None).accountable == "wang"


def test_accepting_what_was_offered_to_somebody_else_is_refused():
    offered = HandoverOffered(to="wang", by="li")
    asked = given(LODGED, offered).when(decisions.accept_handover, by="zhao")
    asked.refuses(NoHandoverOffered, by="zhao")


def test_accepting_what_one_has_stays_quiet():
    given(LODGED).when(decisions.accept_handover, by="li").stays_quiet()


def test_reclassifying_keeps_what_is_left_out():
    given(LODGED).when(decisions.reclassify, by="li", reason=Personal("群体性"), level=2).then(
        ComplaintReclassified(
            category="noise", level=2, nature=Nature.GENERAL, by="li", reason=Personal("群体性")
        )
    )


def test_reclassifying_needs_a_reason_and_a_level_that_exists():
    given(LODGED).when(decisions.reclassify, by="li", reason=Personal(" "), level=2).refuses(
        ReasonRequired
    )
    asked = given(LODGED).when(decisions.reclassify, by="li", reason=Personal("x"), level=0)
    asked.refuses(LevelOutOfRange, level=0)


def test_reclassifying_to_what_it_is_stays_quiet():
    given(LODGED).when(decisions.reclassify, by="li", reason=Personal("x"), level=1).stays_quiet()


def test_a_crisis_team_is_convened_at_level_3_only():
    convened = CrisisTeamConvened(leader="ma", members=("sun", "hu"))
    words = {"leader": "ma", "members": ("sun", "hu")}
    given(CRISIS).when(decisions.convene_crisis_team, **words).then(convened)
    given(LODGED).when(decisions.convene_crisis_team, **words).refuses(NotACrisis, level=1)
    given(CRISIS, convened).when(decisions.convene_crisis_team, **words).stays_quiet()


def test_another_leader_convenes_the_team_anew():
    convened = CrisisTeamConvened(leader="ma")
    given(CRISIS, convened).when(decisions.convene_crisis_team, leader="hu").then(
        CrisisTeamConvened(leader="hu")
    )


def test_a_statement_is_approved_once_a_team_stands_behind_it():
    text = Personal("统一口径")
    given(CRISIS, CrisisTeamConvened(leader="ma")).when(
        decisions.approve_statement, by="ma", text=text
    ).then(StatementApproved(by="ma", text=Personal("统一口径")))
    given(CRISIS).when(decisions.approve_statement, by="ma", text=text).refuses(NoCrisisTeam)


def test_resolving_is_recorded_once_for_each_service():
    given(LODGED).when(decisions.resolve, by="li").then(RESOLVED)
    given(LODGED, RESOLVED).when(decisions.resolve, by="li").stays_quiet()
    given(LODGED, RESOLVED, BAD, AGAIN).when(decisions.resolve, by="li").then(RESOLVED)


def test_resolving_a_closed_complaint_is_refused():
    given(LODGED, RESOLVED, CLOSED).when(decisions.resolve, by="li").refuses(AlreadyClosed)


def test_a_follow_up_needs_a_result():
    given(LODGED, RESOLVED).when(case.follow_up, by="li").then(FollowedUp(by="li"))
    given(LODGED).when(case.follow_up, by="li").refuses(NotResolved)


def test_a_dissatisfied_rating_opens_a_second_service():
    given(LODGED, RESOLVED).when(case.rate, rating=Rating.DISSATISFIED).then(BAD, AGAIN)


def test_a_dissatisfied_rating_opens_a_closed_complaint_again():
    history = [LODGED, RESOLVED, CLOSED]
    given(*history).when(case.rate, rating=Rating.DISSATISFIED).then(BAD, AGAIN)
    assert not reduce(evolve, [*history, BAD, AGAIN], None).closed


def test_another_rating_for_the_same_service_is_refused_and_the_same_stays_quiet():
    told = given(LODGED, RESOLVED, BAD, AGAIN)
    told.when(case.rate, rating=Rating.SATISFIED).refuses(AlreadyRated, cycle=1)
    told.when(case.rate, rating=Rating.DISSATISFIED).stays_quiet()


def test_no_answer_is_recorded_as_no_answer():
    unanswered = RatingUnanswered(reason=NonAnswer.EXPIRED, cycle=1)
    told = given(LODGED, RESOLVED)
    told.when(case.leave_unanswered, reason=NonAnswer.EXPIRED).then(unanswered)
    given(LODGED).when(case.leave_unanswered, reason=NonAnswer.EXPIRED).refuses(NotResolved)
    told = given(LODGED, RESOLVED, unanswered)
    told.when(case.leave_unanswered, reason=NonAnswer.EXPIRED).stays_quiet()


def test_every_contact_is_a_fact_of_its_own():
    contacted = ResidentContacted(by="sun", note=Personal("已致电"))
    given(LODGED, contacted).when(case.contact, by="sun", note=Personal("已致电")).then(contacted)


def test_a_second_service_can_be_opened_without_a_bad_rating():
    given(LODGED, RESOLVED).when(case.open_second_service).then(AGAIN)
    given(LODGED).when(case.open_second_service).refuses(NotResolved)
    given(LODGED, RESOLVED, AGAIN).when(case.open_second_service).stays_quiet()


def test_a_resolved_complaint_is_closed_once_without_a_reason():
    given(LODGED, RESOLVED).when(case.close, by="li").then(CLOSED)
    given(LODGED, RESOLVED).when(case.close).then(CaseClosed())
    given(LODGED, RESOLVED, CLOSED).when(case.close, by="li").stays_quiet()


@pytest.mark.parametrize("reason", [None, Personal(""), Personal("  ")])
def test_closing_needs_a_reason_while_unresolved_or_unsatisfied(reason: Personal | None):
    for history in [(LODGED,), (LODGED, RESOLVED, BAD, AGAIN, RESOLVED)]:
        told = given(*history)
        told.when(case.close, by="li", reason=reason).refuses(ReasonRequired)
        told.when(case.close, by="li", reason=Personal("搬离")).then(
            CaseClosed(by="li", reason=Personal("搬离"))
        )


def test_closing_a_resident_won_back_needs_no_reason():
    good = ServiceRated(rating=Rating.SATISFIED, cycle=2)
    given(LODGED, RESOLVED, BAD, AGAIN, RESOLVED, good).when(case.close, by="li").then(CLOSED)


def test_a_reason_refused_names_the_act_in_the_language_of_the_sentence():
    with pytest.raises(ReasonRequired) as caught:
        case.close(evolve(None, LODGED), by="li")
    assert caught.value.sentence.startswith("Closing unfinished work needs a reason")
    assert caught.value.sentence_zh.startswith("未处理完即关闭工单需要说明原因")


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (decisions.reply, {"by": "li"}),
        (decisions.propose_solution, {"by": "li"}),
        (decisions.offer_handover, {"to": "wang", "by": "li"}),
        (decisions.accept_handover, {"by": "li"}),
        (decisions.reclassify, {"by": "li", "reason": Personal("x")}),
        (decisions.convene_crisis_team, {"leader": "ma"}),
        (decisions.approve_statement, {"by": "ma", "text": Personal("x")}),
        (decisions.resolve, {"by": "li"}),
        (case.follow_up, {"by": "li"}),
        (case.rate, {"rating": Rating.NEUTRAL}),
        (case.leave_unanswered, {"reason": NonAnswer.DECLINED}),
        (case.contact, {"by": "li"}),
        (case.open_second_service, {}),
        (case.close, {"by": "li"}),
    ],
)
def test_nothing_can_be_decided_about_a_complaint_that_was_never_lodged(decision, words):
    given().when(decision, **words).refuses(UnknownCase)
