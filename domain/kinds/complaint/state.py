"""A complaint folded from its facts."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import assert_never

from domain.kernel.facts import StaffId
from domain.kernel.kinds import Attribute
from domain.kinds.aftercare import (
    FollowedUp,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.kinds.case import ATTRIBUTES, Case, CaseClosed, described, opened
from domain.kinds.complaint.facts import (
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


@dataclass(slots=True, kw_only=True)
class Complaint(Case):
    """A complaint and who is accountable for it."""

    accountable: StaffId
    offered_to: StaffId | None = None
    crisis_leader: StaffId | None = None

    @property
    def category(self) -> str:
        """The category, as last classified."""
        return str(self.described["category"])

    @property
    def level(self) -> int:
        """The level, as last classified."""
        return int(self.described["level"])

    @property
    def nature(self) -> Nature:
        """General or complex, as last classified."""
        return Nature(self.described["nature"])


def evolve(complaint: Complaint | None, fact: ComplaintFact) -> Complaint:
    """The complaint after one more fact; it is changed in place."""
    if isinstance(fact, ComplaintLodged):
        return opened(Complaint, fact, accountable=fact.receiver)
    assert complaint is not None, "a complaint begins with ComplaintLodged"
    match fact:
        case ComplaintReplied() | SolutionProposed() | StatementApproved():
            pass
        case HandoverOffered():
            complaint.offered_to = fact.to
        case ComplaintHandedOver():
            complaint.accountable, complaint.offered_to = fact.to, None
            complaint.reassigned += 1
        case ComplaintReclassified():
            complaint.describe(fact)
        case CrisisTeamConvened():
            complaint.crisis_leader = fact.leader
        case ComplaintResolved():
            complaint.serve()
        case CaseClosed():
            complaint.end()
        case (
            FollowedUp()
            | ServiceRated()
            | RatingUnanswered()
            | ResidentContacted()
            | SecondServiceOpened()
        ):
            complaint.take_aftercare(fact)
        case _:
            assert_never(fact)
    return complaint


COMPLAINT_ATTRIBUTES: tuple[Attribute, ...] = (
    *ATTRIBUTES,
    described("level", "INTEGER"),
    Attribute("nature", attrgetter("nature"), values=tuple(Nature)),
    Attribute("steward", attrgetter("accountable")),
)
