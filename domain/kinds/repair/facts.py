"""What happens to a repair 报修: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.kernel.facts import Fact, Mark, StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase
from domain.kinds.aftercare import AFTERCARE_FACTS, AftercareFact
from domain.kinds.case import CaseClosed, Opening


class PauseReason(StrEnum):
    """What a paused repair waits for."""

    PARTS = "parts"
    RESIDENT = "resident"
    VENDOR = "vendor"
    WEATHER = "weather"
    OTHER = "other"

    @property
    def zh(self) -> str:
        """The reason as technicians read it."""
        return _REASONS[self]


_REASONS = {
    PauseReason.PARTS: "等待配件",
    PauseReason.RESIDENT: "等待业主",
    PauseReason.VENDOR: "等待供应商",
    PauseReason.WEATHER: "天气",
    PauseReason.OTHER: "其他原因",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOpening(Opening):
    """What a repair brings when it is reported."""

    channel: str = "other"
    simple: bool = False
    priority: int | None = None
    steward: StaffId | None = None
    place: Personal | None = None
    appointment: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReported(RepairOpening, Fact):
    """Something is broken: where, what, simple or not, and when the resident wants the visit."""

    word: ClassVar[str] = "reported"
    zh: ClassVar[str] = "报修登记"
    sentence: ClassVar[Phrase] = Phrase(
        "Repair reported: {category}[simple?, simple]"
        "[, priority {priority}]; household {household}[, building {building}]"
        "[, {place}]; by {channel}[; steward {steward}][; visit wanted {appointment}]"
        "[; promised by {promised}][; number elsewhere {external_id}]"
        "[; contact {contact}][; {labels}][: {description}]",
        "登记报修：{category}[simple?，简单维修][，优先级 {priority}]；{household} 户"
        "[，楼栋 {building}][，{place}]；渠道 {channel}[；管家 {steward}]"
        "[；预约 {appointment} 上门][；承诺 {promised} 前完成][；外部编号 {external_id}]"
        "[；联系方式 {contact}][；{labels}][：{description}]",
    )
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "simple", "priority", "building", "steward",
        "appointment", "promised",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairAccepted(Fact):
    """A technician took the order on (接单)."""

    word: ClassVar[str] = "accepted"
    zh: ClassVar[str] = "接单"
    sentence: ClassVar[Phrase] = Phrase(
        "Accepted by {technician}",
        "{technician} 接单",
    )
    describes: ClassVar[tuple[str, ...]] = ("technician",)
    technician: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDispatched(Fact):
    """The order was sent to a technician, a team, or both (派单)."""

    word: ClassVar[str] = "dispatched"
    zh: ClassVar[str] = "派单"
    sentence: ClassVar[Phrase] = Phrase(
        "Dispatched[ to {technician}][, team {team}]",
        "派单[，维修工 {technician}][，班组 {team}]",
    )
    describes: ClassVar[tuple[str, ...]] = ("technician", "team")
    technician: StaffId | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReprioritised(Fact):
    """The order turned out to be of another priority."""

    word: ClassVar[str] = "reprioritised"
    zh: ClassVar[str] = "调整优先级"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} set the priority to {priority}; reason: {reason}",
        "{by} 将优先级调整为 {priority}；原因：{reason}",
    )
    describes: ClassVar[tuple[str, ...]] = ("priority",)
    priority: int
    by: StaffId
    reason: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianArrived(Fact):
    """A technician is on site (上门): visit `visit` of the service cycle begins."""

    word: ClassVar[str] = "arrived"
    zh: ClassVar[str] = "到场"
    sentence: ClassVar[Phrase] = Phrase(
        "{technician} arrived, visit {visit}",
        "{technician} 到场，第 {visit} 次上门",
    )
    technician: StaffId
    visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPaused(Fact):
    """The work cannot go on for a reason outside the team's hands."""

    word: ClassVar[str] = "paused"
    zh: ClassVar[str] = "暂停"
    sentence: ClassVar[Phrase] = Phrase(
        "Paused[ by {by}]: {reason}",
        "[{by} ]暂停：{reason}",
    )
    mark: ClassVar[Mark | None] = Mark.PAUSES
    reason: PauseReason
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairResumed(Fact):
    """The work goes on."""

    word: ClassVar[str] = "resumed"
    zh: ClassVar[str] = "恢复"
    sentence: ClassVar[Phrase] = Phrase(
        "Resumed[ by {by}]",
        "[{by} ]恢复处理",
    )
    mark: ClassVar[Mark | None] = Mark.RESUMES
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairCompleted(Fact):
    """The work of this service cycle is done, at its `visit`-th visit."""

    word: ClassVar[str] = "completed"
    zh: ClassVar[str] = "完工"
    sentence: ClassVar[Phrase] = Phrase(
        "Work completed[ by {by}], visit {visit}[: {note}]",
        "[{by} ]完工，第 {visit} 次上门[：{note}]",
    )
    mark: ClassVar[Mark | None] = Mark.SERVES
    visit: int
    by: StaffId | None = None
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReopened(Fact):
    """The fault came back or was never gone: service cycle `cycle` begins."""

    word: ClassVar[str] = "reopened"
    zh: ClassVar[str] = "重新打开"
    sentence: ClassVar[Phrase] = Phrase(
        "Reopened, service {cycle} begins[; reason: {reason}]",
        "重新打开，开始第 {cycle} 次服务[；原因：{reason}]",
    )
    mark: ClassVar[Mark | None] = Mark.BEGINS_CYCLE
    cycle: int
    reason: Personal | None = None


RepairFact = (
    RepairReported
    | RepairAccepted
    | RepairDispatched
    | RepairReprioritised
    | TechnicianArrived
    | RepairPaused
    | RepairResumed
    | RepairCompleted
    | RepairReopened
    | CaseClosed
    | AftercareFact
)
REPAIR_FACTS: tuple[type[Fact], ...] = (
    RepairReported,
    RepairAccepted,
    RepairDispatched,
    RepairReprioritised,
    TechnicianArrived,
    RepairPaused,
    RepairResumed,
    RepairCompleted,
    RepairReopened,
    CaseClosed,
    *AFTERCARE_FACTS,
)
