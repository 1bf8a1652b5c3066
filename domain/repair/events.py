"""For what happens to a repair 报修: every fact its stream can hold besides its clocks'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.facts import Fact, HouseholdId, StaffId
from domain.personal import Personal
from domain.rating import AftercareFact


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
class RepairReported(Fact):
    """Something is broken: where, what, simple or not, and when the resident wants the visit."""

    word: ClassVar[str] = "reported"
    describes: ClassVar[tuple[str, ...]] = (
        "channel", "household", "category", "simple", "priority", "building", "steward",
        "appointment", "promised",
    )  # fmt: skip
    household: HouseholdId
    category: str
    simple: bool = False
    priority: int | None = None
    channel: str = "other"
    building: str | None = None
    steward: StaffId | None = None
    place: Personal | None = None
    description: Personal | None = None
    contact: Personal | None = None
    appointment: datetime | None = None
    promised: datetime | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairAccepted(Fact):
    """A technician took the order on (接单)."""

    word: ClassVar[str] = "accepted"
    describes: ClassVar[tuple[str, ...]] = ("technician",)
    technician: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairDispatched(Fact):
    """The order was sent to a technician, a team, or both (派单)."""

    word: ClassVar[str] = "dispatched"
    describes: ClassVar[tuple[str, ...]] = ("technician", "team")
    technician: StaffId | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicianArrived(Fact):
    """A technician is on site (上门): visit `visit` of the service cycle begins."""

    word: ClassVar[str] = "arrived"
    technician: StaffId
    visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPaused(Fact):
    """The work cannot go on for a reason outside the team's hands."""

    word: ClassVar[str] = "paused"
    reason: PauseReason
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairResumed(Fact):
    """The work goes on."""

    word: ClassVar[str] = "resumed"
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairCompleted(Fact):
    """The work of this service cycle is done, at its `visit`-th visit."""

    word: ClassVar[str] = "completed"
    visit: int
    by: StaffId | None = None
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReopened(Fact):
    """The fault came back or was never gone: service cycle `cycle` begins."""

    word: ClassVar[str] = "reopened"
    cycle: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairClosed(Fact):
    """The order is over; a reason is given where it ends undone or on an unsatisfied resident."""

    word: ClassVar[str] = "closed"
    by: StaffId | None = None
    reason: str | None = None


RepairFact = (
    RepairReported
    | RepairAccepted
    | RepairDispatched
    | TechnicianArrived
    | RepairPaused
    | RepairResumed
    | RepairCompleted
    | RepairReopened
    | RepairClosed
    | AftercareFact
)
REPAIR_FACTS: tuple[type[Fact], ...] = (
    RepairReported,
    RepairAccepted,
    RepairDispatched,
    TechnicianArrived,
    RepairPaused,
    RepairResumed,
    RepairCompleted,
    RepairReopened,
    RepairClosed,
)
