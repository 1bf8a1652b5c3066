"""What happens to a complaint 投诉: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.kernel.facts import Fact, Mark, StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase
from domain.kinds.aftercare import AFTERCARE_FACTS, AftercareFact
from domain.kinds.case import CaseClosed, Opening


class Nature(StrEnum):
    """Whether a complaint is general (一般) or complex (复杂)."""

    GENERAL = "general"
    COMPLEX = "complex"

    @property
    def zh(self) -> str:
        """The nature as people read it."""
        return "一般" if self is Nature.GENERAL else "复杂"


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
    sentence: ClassVar[Phrase] = Phrase(
        "Complaint lodged: {category}, {nature}, level {level}; household {household}"
        "[, building {building}]; by {channel}, taken by {receiver}"
        "[; promised by {promised}][; number elsewhere {external_id}]"
        "[; contact {contact}][; {labels}][: {description}]",
        "登记投诉：{category}，{nature}，级别 {level}；{household} 户"
        "[，楼栋 {building}]；渠道 {channel}，首问 {receiver}[；承诺 {promised} 前完成]"
        "[；外部编号 {external_id}][；联系方式 {contact}][；{labels}][：{description}]",
    )
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "level", "nature", "building", "promised",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReplied(Fact):
    """The household got an answer."""

    word: ClassVar[str] = "replied"
    zh: ClassVar[str] = "答复"
    sentence: ClassVar[Phrase] = Phrase(
        "Answered by {by}[: {text}]",
        "{by} 答复[：{text}]",
    )
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionProposed(Fact):
    """The household got a proposal how the matter will be solved."""

    word: ClassVar[str] = "solution_proposed"
    zh: ClassVar[str] = "提出方案"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} proposed a solution[: {text}]",
        "{by} 提出解决方案[：{text}]",
    )
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered(Fact):
    """The accountable person asked another to take over; nothing has moved yet."""

    word: ClassVar[str] = "handover_offered"
    zh: ClassVar[str] = "发起移交"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} asked {to} to take over",
        "{by} 请 {to} 接手",
    )
    to: StaffId
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintHandedOver(Fact):
    """The next person accepted and is accountable from now on."""

    word: ClassVar[str] = "handed_over"
    zh: ClassVar[str] = "完成移交"
    sentence: ClassVar[Phrase] = Phrase(
        "{to} took over and is accountable from now on",
        "{to} 接手，此后由其负责",
    )
    to: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReclassified(Fact):
    """The complaint turned out to be of another category, level or nature."""

    word: ClassVar[str] = "reclassified"
    zh: ClassVar[str] = "重新分级"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} reclassified it: {category}, {nature}, level {level}; reason: {reason}",
        "{by} 调整为：{category}，{nature}，级别 {level}；原因：{reason}",
    )
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
    sentence: ClassVar[Phrase] = Phrase(
        "Crisis team convened, led by {leader}[, with {members}]",
        "成立危机小组，组长 {leader}[，成员 {members}]",
    )
    leader: StaffId
    members: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementApproved(Fact):
    """The one wording for the public (统一口径) was approved."""

    word: ClassVar[str] = "statement_approved"
    zh: ClassVar[str] = "审定口径"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} approved the wording: {text}",
        "{by} 审定统一口径：{text}",
    )
    by: StaffId
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintResolved(Fact):
    """The work on the complaint is done; the household is still to be asked."""

    word: ClassVar[str] = "resolved"
    zh: ClassVar[str] = "解决"
    sentence: ClassVar[Phrase] = Phrase(
        "Resolved by {by}[: {outcome}]",
        "{by} 处理完成[：{outcome}]",
    )
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
