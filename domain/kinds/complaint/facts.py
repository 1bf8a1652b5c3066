"""What happens to a complaint 投诉: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.kernel.facts import Fact, Mark, StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import AFTERCARE_FACTS, AftercareFact
from domain.kinds.case import CaseClosed, Opening


class Nature(StrEnum):
    """Whether a complaint is general (一般) or complex (复杂)."""

    GENERAL = "general"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintOpening(Opening):
    """What a complaint brings when it is lodged."""

    channel: str
    receiver: StaffId
    level: int = 1
    nature: Nature = Nature.GENERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintLodged(ComplaintOpening, Fact):
    """A household complained; whoever took it is the first receiver (首问负责)."""

    word: ClassVar[str] = "lodged"
    zh: ClassVar[str] = "登记投诉"
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "level", "nature", "building", "promised",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReplied(Fact):
    """The household got an answer."""

    word: ClassVar[str] = "replied"
    zh: ClassVar[str] = "答复"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionProposed(Fact):
    """The household got a proposal how the matter will be solved."""

    word: ClassVar[str] = "solution_proposed"
    zh: ClassVar[str] = "提出方案"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered(Fact):
    """The accountable person asked another to take over; nothing has moved yet."""

    word: ClassVar[str] = "handover_offered"
    zh: ClassVar[str] = "发起移交"
    to: StaffId
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintHandedOver(Fact):
    """The next person accepted and is accountable from now on."""

    word: ClassVar[str] = "handed_over"
    zh: ClassVar[str] = "完成移交"
    to: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReclassified(Fact):
    """The complaint turned out to be of another category, level or nature."""

    word: ClassVar[str] = "reclassified"
    zh: ClassVar[str] = "重新分级"
    describes: ClassVar[tuple[str, ...]] = ("category", "level", "nature")
    category: str
    level: int
    nature: Nature
    by: StaffId
    reason: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisTeamConvened(Fact):
    """A complaint of the highest level got its crisis team."""

    word: ClassVar[str] = "crisis_team_convened"
    zh: ClassVar[str] = "成立危机小组"
    leader: StaffId
    members: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementApproved(Fact):
    """The one wording for the public (统一口径) was approved."""

    word: ClassVar[str] = "statement_approved"
    zh: ClassVar[str] = "审定口径"
    by: StaffId
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintResolved(Fact):
    """The work on the complaint is done; the household is still to be asked."""

    word: ClassVar[str] = "resolved"
    zh: ClassVar[str] = "解决"
    mark: ClassVar[Mark | None] = Mark.SERVES
    by: StaffId
    outcome: Personal | None = None


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
    | CaseClosed
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
    CaseClosed,
    *AFTERCARE_FACTS,
)
