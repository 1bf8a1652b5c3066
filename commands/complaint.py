"""What may be asked of a complaint 投诉."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.cases import AFTERCARE, CloseCase
from commands.messages import CaseMessage, Opens
from commands.routes import KindRoutes
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds.case import close
from domain.kinds.complaint import decisions
from domain.kinds.complaint.facts import ComplaintOpening, Nature


@dataclass(frozen=True, slots=True, kw_only=True)
class LodgeComplaint(ComplaintOpening, Opens):
    """Take a complaint. Without ``case`` it gets a new number."""

    zh = "登记投诉，不指定编号时自动编号。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToComplaint(CaseMessage):
    """Answer the household."""

    zh = "答复业主。"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeSolution(CaseMessage):
    """Propose how the matter will be solved."""

    zh = "提出解决方案。"
    by: StaffId
    text: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandover(CaseMessage):
    """Ask another to take the complaint over."""

    zh = "发起移交。"
    to: StaffId
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptHandover(CaseMessage):
    """Take an offered complaint over."""

    zh = "接受移交。"
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyComplaint(CaseMessage):
    """Correct category, level or nature."""

    zh = "调整类别、级别或性质。"
    by: StaffId
    reason: Personal
    category: str | None = None
    level: int | None = None
    nature: Nature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConveneCrisisTeam(CaseMessage):
    """Convene the crisis team."""

    zh = "成立危机小组。"
    leader: StaffId
    members: tuple[StaffId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveStatement(CaseMessage):
    """Approve the one wording for the public."""

    zh = "审定统一口径。"
    by: StaffId
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveComplaint(CaseMessage):
    """Declare the work on the complaint done."""

    zh = "登记投诉已解决。"
    by: StaffId
    outcome: Personal | None = None


ROUTES: Final = KindRoutes(
    kind="complaint",
    opens={LodgeComplaint: decisions.lodge},
    decides={
        ReplyToComplaint: decisions.reply,
        ProposeSolution: decisions.propose_solution,
        OfferHandover: decisions.offer_handover,
        AcceptHandover: decisions.accept_handover,
        ReclassifyComplaint: decisions.reclassify,
        ConveneCrisisTeam: decisions.convene_crisis_team,
        ApproveStatement: decisions.approve_statement,
        ResolveComplaint: decisions.resolve,
        **AFTERCARE,
        CloseCase: close,
    },
)
