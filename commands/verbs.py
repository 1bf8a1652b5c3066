"""For everything that may be asked, as data: one frozen class per verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.complaint import Nature
from domain.facts import HouseholdId, StaffId
from domain.personal import Personal
from domain.rating import NonAnswer, Rating
from domain.repair import PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something somebody asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCommand(Command):
    """Something asked of a case; ``case`` is its number, such as ``repair-01jd…``."""

    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LodgeComplaint(Command):
    """Take a complaint 登记投诉. Without ``case`` it gets a new number."""

    site: str
    channel: str
    household: HouseholdId
    category: str
    receiver: StaffId
    level: int = 1
    nature: Nature = Nature.GENERAL
    building: str | None = None
    description: Personal | None = None
    contact: Personal | None = None
    promised: datetime | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToComplaint(CaseCommand):
    """Answer the household 答复."""

    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeSolution(CaseCommand):
    """Propose how the matter will be solved 提出解决方案."""

    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandover(CaseCommand):
    """Ask another to take the complaint over 发起移交."""

    to: StaffId
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptHandover(CaseCommand):
    """Take an offered complaint over 接受移交."""

    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyComplaint(CaseCommand):
    """Correct category, level or nature 重新分级."""

    by: StaffId
    reason: str
    category: str | None = None
    level: int | None = None
    nature: Nature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConveneCrisisTeam(CaseCommand):
    """Convene the crisis team 成立危机小组."""

    leader: StaffId
    members: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveStatement(CaseCommand):
    """Approve the one wording for the public 审定口径."""

    by: StaffId
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveComplaint(CaseCommand):
    """Declare the work on the complaint done 解决."""

    by: StaffId
    outcome: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRepair(Command):
    """Take a report of something broken 报修. Without ``case`` it gets a new number."""

    site: str
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
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRepair(CaseCommand):
    """Take the order on 接单."""

    technician: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRepair(CaseCommand):
    """Send the order to a technician or a team 派单; ``again`` sends it even where it is theirs."""

    technician: StaffId | None = None
    team: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordArrival(CaseCommand):
    """Record a technician on site 到场; without a name, the one who has the order."""

    technician: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRepair(CaseCommand):
    """Wait for parts, the resident or others 暂停."""

    reason: PauseReason
    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRepair(CaseCommand):
    """Go on 恢复."""

    by: StaffId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteRepair(CaseCommand):
    """Declare the work done 完工."""

    by: StaffId | None = None
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenRepair(CaseCommand):
    """Begin again because the fault came back 重新打开."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(CaseCommand):
    """Call the resident back about the result 回访."""

    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateService(CaseCommand):
    """Record the resident's rating 评价."""

    rating: Rating
    comment: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveUnanswered(CaseCommand):
    """Record that the resident was asked and gave no rating 未评价."""

    reason: NonAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactResident(CaseCommand):
    """Record that a supervisor reached the resident 联系业主."""

    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSecondService(CaseCommand):
    """Serve the resident again 二次服务."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(CaseCommand):
    """End the case 关闭."""

    by: StaffId | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeEscalation(CaseCommand):
    """Say that a rung was seen and is taken care of 确认升级."""

    clock: str
    rung: int
    by: StaffId
    cycle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveBreach(CaseCommand):
    """Excuse a missed deadline 豁免超时."""

    clock: str
    by: StaffId
    reason: str
    cycle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDue(CaseCommand):
    """Record everything a case's clocks have to say by now 记录到期. The scheduler asks this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSite(Command):
    """Serve a site from now on 登记项目."""

    site: str
    name: str
    zone: str = "Asia/Shanghai"
    buildings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRulebook(Command):
    """Let a rulebook take effect 发布规则手册."""

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCalendar(Command):
    """Let a working calendar take effect 发布工作日历."""

    document: Mapping[str, Any]
