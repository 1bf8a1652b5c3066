"""For what happens to a complaint 投诉: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.facts import Fact, HouseholdId, StaffId
from domain.personal import Personal
from domain.rating import AftercareFact


class Nature(StrEnum):
    """Whether a complaint is general (一般) or complex (复杂)."""

    GENERAL = "general"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintLodged(Fact):
    """A household complained; whoever took it is the first receiver (首问负责)."""

    word: ClassVar[str] = "lodged"
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "level", "nature", "building", "promised",
    )  # fmt: skip
    channel: str
    household: HouseholdId
    category: str
    level: int
    nature: Nature
    receiver: StaffId
    building: str | None = None
    description: Personal | None = None
    contact: Personal | None = None
    promised: datetime | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReplied(Fact):
    """The household got an answer."""

    word: ClassVar[str] = "replied"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionProposed(Fact):
    """The household got a proposal how the matter will be solved."""

    word: ClassVar[str] = "solution_proposed"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered(Fact):
    """The accountable person asked another to take over; nothing has moved yet."""

    word: ClassVar[str] = "handover_offered"
    to: StaffId
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintHandedOver(Fact):
    """The next person accepted and is accountable from now on."""

    word: ClassVar[str] = "handed_over"
    to: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReclassified(Fact):
    """The complaint turned out to be of another category, level or nature."""

    word: ClassVar[str] = "reclassified"
    describes: ClassVar[tuple[str, ...]] = ("category", "level", "nature")
    category: str
    level: int
    nature: Nature
    by: StaffId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisTeamConvened(Fact):
    """A level-3 complaint got its crisis team."""

    word: ClassVar[str] = "crisis_team_convened"
    leader: StaffId
    members: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementApproved(Fact):
    """The one wording for the public (统一口径) was approved."""

    word: ClassVar[str] = "statement_approved"
    by: StaffId
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintResolved(Fact):
    """The work on the complaint is done; the household is still to be asked."""

    word: ClassVar[str] = "resolved"
    by: StaffId
    outcome: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintClosed(Fact):
    """The complaint is over; a reason is given where it ends unresolved or unsatisfied."""

    word: ClassVar[str] = "closed"
    by: StaffId | None = None
    reason: str | None = None


ComplaintFact = (
    ComplaintLodged
    | ComplaintReplied
    | SolutionProposed
    | HandoverOffered
    | ComplaintHandedOver
    | ComplaintReclassified
    | CrisisTeamConvened
    | StatementApproved
    | ComplaintResolved
    | ComplaintClosed
    | AftercareFact
)
COMPLAINT_FACTS: tuple[type[Fact], ...] = (
    ComplaintLodged,
    ComplaintReplied,
    SolutionProposed,
    HandoverOffered,
    ComplaintHandedOver,
    ComplaintReclassified,
    CrisisTeamConvened,
    StatementApproved,
    ComplaintResolved,
    ComplaintClosed,
)
