"""What may be asked of every kind of case: call-back, rating, second service, closing, clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commands.messages import CaseMessage, Message
from commands.routes import Decision
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds import case
from domain.kinds.aftercare import NonAnswer, Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(CaseMessage):
    """Call the resident back about the result."""

    zh = "回访业主。"
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateService(CaseMessage):
    """Record the resident's rating."""

    zh = "登记业主评价。"
    rating: Rating
    comment: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveUnanswered(CaseMessage):
    """Record that the resident was asked and gave no rating."""

    zh = "登记业主未评价。"
    reason: NonAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactResident(CaseMessage):
    """Record that a supervisor reached the resident."""

    zh = "登记主管已联系业主。"
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSecondService(CaseMessage):
    """Serve the resident again."""

    zh = "发起二次服务。"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(CaseMessage):
    """End the case."""

    zh = "关闭工单。"
    by: StaffId | None = None
    reason: Personal | None = None


AFTERCARE: Mapping[type[Message], Decision] = {
    FollowUp: case.follow_up,
    RateService: case.rate,
    LeaveUnanswered: case.leave_unanswered,
    ContactResident: case.contact,
    OpenSecondService: case.open_second_service,
}
"""What may be asked of the kinds of case that residents rate."""
