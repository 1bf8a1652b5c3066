"""What happens to a repair 报修: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.kernel.facts import Fact, Mark, StaffId
from domain.kernel.personal import Personal
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
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "simple", "priority", "building", "steward",
        "appointment", "promised",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairAccepted(Fact):
    """A technician took the order on (接单)."""

    word: ClassVar[str] = "accepted"
    zh: ClassVar[str] = "接单"
    describes: ClassVar[tuple[str, ...]] = ("technician",)
    technician: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDispatched(Fact):
    """The order was sent to a technician, a team, or both (派单)."""

    word: ClassVar[str] = "dispatched"
    zh: ClassVar[str] = "派单"
    describes: ClassVar[tuple[str, ...]] = ("technician", "team")
    technician: StaffId | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReprioritised(Fact):
    """The order turned out to be of another priority."""

    word: ClassVar[str] = "reprioritised"
    zh: ClassVar[str] = "调整优先级"
    describes: ClassVar[tuple[str, ...]] = ("priority",)
    priority: int
    by: StaffId
    reason: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianArrived(Fact):
    """A technician is on site (上门): visit `visit` of the service cycle begins."""

    word: ClassVar[str] = "arrived"
    zh: ClassVar[str] = "到场"
    technician: StaffId
    visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPaused(Fact):
    """The work cannot go on for a reason outside the team's hands."""

    word: ClassVar[str] = "paused"
    zh: ClassVar[str] = "暂停"
    mark: ClassVar[Mark | None] = Mark.PAUSES
    reason: PauseReason
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairResumed(Fact):
    """The work goes on."""

    word: ClassVar[str] = "resumed"
    zh: ClassVar[str] = "恢复"
    mark: ClassVar[Mark | None] = Mark.RESUMES
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairCompleted(Fact):
    """The work of this service cycle is done, at its `visit`-th visit."""

    word: ClassVar[str] = "completed"
    zh: ClassVar[str] = "完工"
    mark: ClassVar[Mark | None] = Mark.SERVES
    visit: int
    by: StaffId | None = None
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReopened(Fact):
    """The fault came back or was never gone: service cycle `cycle` begins."""

    word: ClassVar[str] = "reopened"
    zh: ClassVar[str] = "重新打开"
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
