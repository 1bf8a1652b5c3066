"""For what decisions need to know of a complaint, folded from its facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

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
from domain.facts import StaffId
from domain.rating import (
    Aftercare,
    FollowedUp,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What later decisions need to know of a complaint."""

    care: Aftercare
    category: str
    level: int
    nature: Nature
    accountable: StaffId
    offered_to: StaffId | None = None
    crisis_leader: StaffId | None = None
    closed: bool = False


def evolve(complaint: Complaint | None, fact: ComplaintFact) -> Complaint:
    """The complaint after one more fact."""
    if isinstance(fact, ComplaintLodged):
        return Complaint(
            care=Aftercare(subject=fact.household),
            category=fact.category,
            level=fact.level,
            nature=fact.nature,
            accountable=fact.receiver,
        )
    assert complaint is not None, "a complaint begins with ComplaintLodged"
    match fact:
        case ComplaintReplied() | SolutionProposed() | StatementApproved():
            return complaint
        case HandoverOffered():
            return replace(complaint, offered_to=fact.to)
        case ComplaintHandedOver():
            return replace(complaint, accountable=fact.to, offered_to=None)
        case ComplaintReclassified():
            return replace(complaint, category=fact.category, level=fact.level, nature=fact.nature)
        case CrisisTeamConvened():
            return replace(complaint, crisis_leader=fact.leader)
        case ComplaintResolved():
            return replace(complaint, care=replace(complaint.care, served=True))
        case ComplaintClosed():
            return replace(complaint, closed=True)
        case (
            FollowedUp()
            | ServiceRated()
            | RatingUnanswered()
            | ResidentContacted()
            | SecondServiceOpened()
        ):
            closed = complaint.closed and not isinstance(fact, SecondServiceOpened)
            return replace(complaint, care=aftercare.evolve(complaint.care, fact), closed=closed)
        case _:
            assert_never(fact)
