"""What may be asked of a repair 报修."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.cases import AFTERCARE, CloseCase
from commands.messages import CaseMessage, Opens
from commands.routes import KindRoutes
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds.repair import decisions
from domain.kinds.repair.facts import PauseReason, RepairOpening


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRepair(RepairOpening, Opens):
    """Take a report of something broken. Without ``case`` it gets a new number."""

    zh = "登记报修，不指定编号时自动编号。"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRepair(CaseMessage):
    """Take the order on."""

    zh = "接单。"
    technician: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRepair(CaseMessage):
    """Send the order to a technician or a team; ``again`` sends it even where it is theirs."""

    zh = "派单给维修工或班组；again 表示即使已是对方的工单也再次派单。"
    technician: StaffId | None = None
    team: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReprioritiseRepair(CaseMessage):
    """Correct the priority."""

    zh = "调整优先级。"
    priority: int
    by: StaffId
    reason: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordArrival(CaseMessage):
    """Record a technician on site; without a name, the one who has the order."""

    zh = "登记到场，不填维修工时为接单人。"
    technician: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRepair(CaseMessage):
    """Wait for parts, the resident or others."""

    zh = "暂停工单，等待配件、业主或其他方。"
    reason: PauseReason
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRepair(CaseMessage):
    """Go on."""

    zh = "恢复工单。"
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteRepair(CaseMessage):
    """Declare the work done."""

    zh = "登记完工。"
    by: StaffId | None = None
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenRepair(CaseMessage):
    """Begin again because the fault came back."""

    zh = "故障重现，重新打开工单。"
    reason: Personal | None = None


ROUTES: Final = KindRoutes(
    kind="repair",
    opens={ReportRepair: decisions.report},
    decides={
        AcceptRepair: decisions.accept,
        DispatchRepair: decisions.dispatch,
        ReprioritiseRepair: decisions.reprioritise,
        RecordArrival: decisions.arrive,
        PauseRepair: decisions.pause,
        ResumeRepair: decisions.resume,
        CompleteRepair: decisions.complete,
        ReopenRepair: decisions.reopen,
        **AFTERCARE,
        CloseCase: decisions.close,
    },
)
