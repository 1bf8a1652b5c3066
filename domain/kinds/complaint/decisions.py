"""What may be decided about a complaint, from lodging to closing."""

from __future__ import annotations

from typing import Any, Final

from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import (
    LevelOutOfRange,
    NoCrisisTeam,
    NoHandoverOffered,
    NotACrisis,
    Phrase,
    ReasonRequired,
)
from domain.kinds.case import being_worked_on, open_once, still_open
from domain.kinds.complaint.facts import (
    ComplaintFact,
    ComplaintHandedOver,
    ComplaintLodged,
    ComplaintOpening,
    ComplaintReclassified,
    ComplaintReplied,
    ComplaintResolved,
    CrisisTeamConvened,
    HandoverOffered,
    Nature,
    SolutionProposed,
    StatementApproved,
)
from domain.kinds.complaint.state import Complaint

CRISIS_LEVEL: Final = 3
"""From this level on a complaint is a crisis (plan, 131); a rulebook may know more levels."""
RECLASSIFYING = Phrase("Reclassifying", "重新分级")


def _level(level: int) -> int:
    if level < 1:
        raise LevelOutOfRange(level=level)
    return level


def lodge(complaint: Complaint | None, *, opening: ComplaintOpening) -> list[Any]:
    """Take a complaint; whoever takes it is accountable until a handover is accepted (plan, 19).

    Raises:
        CaseExists: the number is taken.
        LevelOutOfRange: the level is below 1.
    """
    lodged = open_once(complaint, ComplaintLodged, opening)
    _level(opening.level)
    return lodged


def reply(
    complaint: Complaint | None, *, by: StaffId, text: Personal | None = None
) -> list[ComplaintFact]:
    """Answer the household. Every answer is a fact of its own.

    Raises:
        AlreadyClosed: the complaint is closed.
    """
    still_open(complaint)
    return [ComplaintReplied(by=by, text=text)]


def propose_solution(
    complaint: Complaint | None, *, by: StaffId, text: Personal | None = None
) -> list[ComplaintFact]:
    """Propose to the household how the matter will be solved.

    Raises:
        AlreadyResolved: it is solved already.
    """
    being_worked_on(complaint)
    return [SolutionProposed(by=by, text=text)]


def offer_handover(complaint: Complaint | None, *, to: StaffId, by: StaffId) -> list[ComplaintFact]:
    """Ask another to take the complaint over; quiet where that is offered or done already."""
    complaint = still_open(complaint)
    if to in (complaint.offered_to, complaint.accountable):
        return []
    return [HandoverOffered(to=to, by=by)]


def accept_handover(complaint: Complaint | None, *, by: StaffId) -> list[ComplaintFact]:
    """Take an offered complaint over; quiet where `by` is accountable already.

    Raises:
        NoHandoverOffered: nobody offered it to `by`.
    """
    complaint = still_open(complaint)
    if complaint.accountable == by:
        return []
    if complaint.offered_to != by:
        raise NoHandoverOffered(by=by)
    return [ComplaintHandedOver(to=by)]


def reclassify(
    complaint: Complaint | None,
    *,
    by: StaffId,
    reason: Personal,
    category: str | None = None,
    level: int | None = None,
    nature: Nature | None = None,
) -> list[ComplaintFact]:
    """Correct category, level or nature; what is left out stays. Running clocks keep their target.

    Raises:
        ReasonRequired: no reason is given.
        LevelOutOfRange: the level is below 1.
    """
    complaint = still_open(complaint)
    if reason.blank:
        raise ReasonRequired(what=RECLASSIFYING)
    after = ComplaintReclassified(
        category=category or complaint.category,
        level=_level(level if level is not None else complaint.level),
        nature=nature or complaint.nature,
        by=by,
        reason=reason,
    )
    before = (complaint.category, complaint.level, complaint.nature)
    return [] if (after.category, after.level, after.nature) == before else [after]


def convene_crisis_team(
    complaint: Complaint | None, *, leader: StaffId, members: tuple[StaffId, ...] = ()
) -> list[ComplaintFact]:
    """Convene the crisis team of a crisis (plan, 131); quiet under the same leader.

    Raises:
        NotACrisis: the complaint is below the crisis level.
    """
    complaint = still_open(complaint)
    if complaint.level < CRISIS_LEVEL:
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
    if still_open(complaint).crisis_leader is None:
        raise NoCrisisTeam
    return [StatementApproved(by=by, text=text)]


def resolve(
    complaint: Complaint | None, *, by: StaffId, outcome: Personal | None = None
) -> list[ComplaintFact]:
    """Declare the work on the current service done; quiet where it is."""
    if still_open(complaint).care.served:
        return []
    return [ComplaintResolved(by=by, outcome=outcome)]
