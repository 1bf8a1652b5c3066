"""For what may be decided about a complaint, from lodging to closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain import rating as aftercare
from domain.complaint.events import (
    ComplaintClosed,
    ComplaintFact,
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
from domain.complaint.state import Complaint
from domain.facts import HouseholdId, StaffId
from domain.personal import Personal, belonging
from domain.rating import NonAnswer, Rating
from domain.refusals import (
    AlreadyClosed,
    AlreadyResolved,
    CaseExists,
    LevelOutOfRange,
    NoCrisisTeam,
    NoHandoverOffered,
    NotACrisis,
    Phrase,
    ReasonRequired,
    UnknownCase,
)

CRISIS_LEVEL = 3
RECLASSIFYING = Phrase("Reclassifying", "重新分级")


def _known(complaint: Complaint | None) -> Complaint:
    if complaint is None:
        raise UnknownCase
    return complaint


def _still_open(complaint: Complaint | None) -> Complaint:
    complaint = _known(complaint)
    if complaint.closed:
        raise AlreadyClosed
    return complaint


def _unresolved(complaint: Complaint | None) -> Complaint:
    complaint = _still_open(complaint)
    if complaint.care.served:
        raise AlreadyResolved
    return complaint


def _level_in_range(level: int) -> int:
    if level not in (1, 2, CRISIS_LEVEL):
        raise LevelOutOfRange(level=level)
    return level


def lodge(
    complaint: Complaint | None,
    *,
    channel: str,
    household: HouseholdId,
    category: str,
    receiver: StaffId,
    level: int = 1,
    nature: Nature = Nature.GENERAL,
    building: str | None = None,
    description: Personal | None = None,
    contact: Personal | None = None,
    promised: datetime | None = None,
    external_id: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[ComplaintFact]:
    """Take a complaint; whoever takes it is accountable until a handover is accepted (plan, 19).

    Raises:
        CaseExists: the number is taken.
        LevelOutOfRange: the level is not 1, 2 or 3.
    """
    if complaint is not None:
        raise CaseExists
    return [
        ComplaintLodged(
            channel=channel,
            household=household,
            category=category,
            level=_level_in_range(level),
            nature=nature,
            receiver=receiver,
            building=building,
            description=belonging(description, household),
            contact=belonging(contact, household),
            promised=promised,
            external_id=external_id,
            labels=dict(labels or {}),
        )
    ]


def reply(
    complaint: Complaint | None, *, by: StaffId, text: Personal | None = None
) -> list[ComplaintFact]:
    """Answer the household. Every answer is a fact of its own.

    Raises:
        AlreadyClosed: the complaint is closed.
    """
    complaint = _still_open(complaint)
    return [ComplaintReplied(by=by, text=belonging(text, complaint.care.subject))]


def propose_solution(
    complaint: Complaint | None, *, by: StaffId, text: Personal | None = None
) -> list[ComplaintFact]:
    """Propose to the household how the matter will be solved.

    Raises:
        AlreadyResolved: it is solved already.
    """
    complaint = _unresolved(complaint)
    return [SolutionProposed(by=by, text=belonging(text, complaint.care.subject))]


def offer_handover(complaint: Complaint | None, *, to: StaffId, by: StaffId) -> list[ComplaintFact]:
    """Ask another to take the complaint over; quiet where that is offered or done already."""
    complaint = _still_open(complaint)
    if to in (complaint.offered_to, complaint.accountable):
        return []
    return [HandoverOffered(to=to, by=by)]


def accept_handover(complaint: Complaint | None, *, by: StaffId) -> list[ComplaintFact]:
    """Take an offered complaint over; quiet where `by` is accountable already.

    Raises:
        NoHandoverOffered: nobody offered it to `by`.
    """
    complaint = _still_open(complaint)
    if complaint.accountable == by:
        return []
    if complaint.offered_to != by:
        raise NoHandoverOffered(by=by)
    return [ComplaintHandedOver(to=by)]


def reclassify(
    complaint: Complaint | None,
    *,
    by: StaffId,
    reason: str,
    category: str | None = None,
    level: int | None = None,
    nature: Nature | None = None,
) -> list[ComplaintFact]:
    """Correct category, level or nature; what is left out stays. Running clocks keep their target.

    Raises:
        ReasonRequired: no reason is given.
        LevelOutOfRange: the level is not 1, 2 or 3.
    """
    complaint = _still_open(complaint)
    if not reason.strip():
        raise ReasonRequired(what=RECLASSIFYING)
    after = ComplaintReclassified(
        category=category or complaint.category,
        level=_level_in_range(level if level is not None else complaint.level),
        nature=nature or complaint.nature,
        by=by,
        reason=reason,
    )
    before = (complaint.category, complaint.level, complaint.nature)
    return [] if (after.category, after.level, after.nature) == before else [after]


def convene_crisis_team(
    complaint: Complaint | None, *, leader: StaffId, members: tuple[StaffId, ...] = ()
) -> list[ComplaintFact]:
    """Convene the crisis team of a level-3 complaint (plan, 131); quiet under the same leader.

    Raises:
        NotACrisis: the complaint is not of level 3.
    """
    complaint = _still_open(complaint)
    if complaint.level != CRISIS_LEVEL:
        raise NotACrisis(level=complaint.level)
    if complaint.crisis_leader == leader:
        return []
    return [CrisisTeamConvened(leader=leader, members=tuple(members))]


def approve_statement(
    complaint: Complaint | None, *, by: StaffId, text: Personal
) -> list[ComplaintFact]:
    """Approve the one wording for the public (plan, 131).

    Raises:
        NoCrisisTeam: no crisis team was convened.
    """
    complaint = _still_open(complaint)
    if complaint.crisis_leader is None:
        raise NoCrisisTeam
    return [StatementApproved(by=by, text=text.belonging_to(complaint.care.subject))]


def resolve(
    complaint: Complaint | None, *, by: StaffId, outcome: Personal | None = None
) -> list[ComplaintFact]:
    """Declare the work on the current service done; quiet where it is."""
    complaint = _still_open(complaint)
    if complaint.care.served:
        return []
    return [ComplaintResolved(by=by, outcome=belonging(outcome, complaint.care.subject))]


def follow_up(
    complaint: Complaint | None, *, by: StaffId, note: Personal | None = None
) -> list[ComplaintFact]:
    """Call the household back about the result (plan, 22)."""
    return [*aftercare.follow_up(_known(complaint).care, by=by, note=note)]


def rate(
    complaint: Complaint | None, *, rating: Rating, comment: Personal | None = None
) -> list[ComplaintFact]:
    """Record the household's rating; 不满意 opens a second service, also on a closed complaint."""
    return [*aftercare.rate(_known(complaint).care, rating=rating, comment=comment)]


def leave_unanswered(complaint: Complaint | None, *, reason: NonAnswer) -> list[ComplaintFact]:
    """Record that the household gave no rating."""
    return [*aftercare.leave_unanswered(_known(complaint).care, reason=reason)]


def contact(
    complaint: Complaint | None, *, by: StaffId, note: Personal | None = None
) -> list[ComplaintFact]:
    """Record that a supervisor reached the household (plan, 80)."""
    return [*aftercare.contact(_known(complaint).care, by=by, note=note)]


def open_second_service(complaint: Complaint | None) -> list[ComplaintFact]:
    """Serve the household again; a closed complaint opens again with it."""
    return [*aftercare.open_second_service(_known(complaint).care)]


def close(
    complaint: Complaint | None, *, by: StaffId | None = None, reason: str | None = None
) -> list[ComplaintFact]:
    """End the complaint; quiet where it is closed.

    Raises:
        ReasonRequired: it ends unresolved or on an unsatisfied household without a reason.
    """
    complaint = _known(complaint)
    if complaint.closed:
        return []
    aftercare.require_reason_to_close(complaint.care, reason)
    return [ComplaintClosed(by=by, reason=reason)]
