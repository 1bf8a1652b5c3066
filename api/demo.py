"""Makes the demonstration: a small neighbourhood, by chance from a seed, through commands only.

Three days of complaints and repairs are lived through up to now, with everything recorded at its
due instant. Some promises are left open so that they lapse within the next minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from api.engine import Engine
from api.imports.mapping import load_calendar, load_rulebook
from commands.cases import CloseCase, FollowUp, LeaveUnanswered, RateService
from commands.clocks import RecordDue
from commands.complaint import LodgeComplaint, ProposeSolution, ReplyToComplaint, ResolveComplaint
from commands.envelope import CommandEnvelope
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    PauseRepair,
    RecordArrival,
    ReportRepair,
    ResumeRepair,
)
from commands.unit_of_work import UnitOfWork
from domain.kernel.facts import SCHEDULER, HouseholdId, StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import NonAnswer, Rating
from domain.kinds.complaint.facts import Nature
from domain.kinds.repair.facts import PauseReason
from domain.promises import first_instant
from scheduler.timer_queue import TimerQueue

SEED: Final = 2026
CASES: Final = 40
SITE: Final = "huayuan"
SHIPPED: Final = Path(__file__).resolve().parent
HOLDERS: Final = {
    "supervisor": "chen-主管",
    "head_of_department": "liu-部门主管",
    "manager": "zhao-项目经理",
    "management": "sun-总经理",
}
STEWARDS: Final = ("wang-管家", "li-管家", "zhou-管家")
TECHNICIANS: Final = ("zhang-水电", "wu-弱电", "ma-综合")
REPAIRS: Final = (
    ("water_pipe", "厨房水管漏水"),
    ("electricity", "客厅跳闸"),
    ("intercom", "单元门禁失灵"),
    ("lift", "电梯异响"),
    ("lighting", "楼道灯不亮"),
    ("drainage", "卫生间下水慢"),
)
COMPLAINTS: Final = (
    ("noise", "楼上深夜装修"),
    ("parking", "车位被占"),
    ("environment", "楼道堆放杂物"),
    ("greening", "草坪踩踏严重"),
)
ONLINE: Final = "wechat"
SIMPLE: Final = 0.4
Minutes = float


class Said(NamedTuple):
    """A command at its instant."""

    at: datetime
    actor: str
    command: Message


def inhabit(engine: Engine, now: datetime | None = None) -> None:
    """Fill an empty store."""
    now = now or datetime.now(UTC)
    said = sorted(_History(Random(SEED), now).all(), key=lambda s: s.at)  # noqa: S311 - a stage set
    timers = TimerQueue()
    with engine.handler.unit_of_work() as unit:
        for command in _foundation():
            unit.handle(
                CommandEnvelope(message=command, actor="demo", recorded_at=now - timedelta(days=4))
            )
        for at, actor, command in said:
            _record_due(unit, timers, at)
            answered = unit.handle(CommandEnvelope(message=command, actor=actor, recorded_at=at))
            _learn(unit, timers, answered.stream)
        _record_due(unit, timers, now)


def _record_due(unit: UnitOfWork, timers: TimerQueue, until: datetime) -> None:
    """Record what fell due before an instant, as a scheduler that never slept would have."""
    for at, case in timers.before(until):
        unit.handle(CommandEnvelope(message=RecordDue(case=case), actor=SCHEDULER, recorded_at=at))
        _learn(unit, timers, case)


def _learn(unit: UnitOfWork, timers: TimerQueue, case: str) -> None:
    """Set the timer of a case to the next instant at which something falls due."""
    clocks = unit.load(case).folded(unit.directory).clocks
    timers.set(case, first_instant(clocks, unit.directory))


def _foundation() -> Iterator[Message]:
    yield PublishCalendar(document=load_calendar(SHIPPED / "calendars" / "cn.json"))
    book = load_rulebook(SHIPPED / "rulebooks" / "default.yaml")
    roles = {
        name: {**role, "holders": [{"staff": HOLDERS[name]}]}
        for name, role in book["roles"].items()
    }
    yield PublishRulebook(document={**book, "roles": roles})
    buildings = tuple(f"{n}号楼" for n in range(1, 5))
    yield OpenSite(site=SITE, name="花园小区", zone="Asia/Shanghai", buildings=buildings)


class _History:
    """What was said in the neighbourhood up to now."""

    def __init__(self, chance: Random, now: datetime) -> None:
        self.chance = chance
        self.now = now
        self.number = 0

    def all(self) -> Iterator[Said]:
        """Every command, case by case; those after now are left out."""
        for minutes, make in (
            (4.6, self._online),
            (4.3, self._online),
            (29.4, self._simple),
            (29.2, self._simple),
            (24 * 60 - 0.7, self._unanswered),
            (24 * 60 - 0.4, self._unanswered),
            (2 * 60 + 29.5, self._dissatisfied),
        ):
            yield from make(self.now - timedelta(minutes=minutes))
        for _ in range(CASES - 7):
            begun = self.now - timedelta(minutes=self.chance.uniform(20, 3 * 24 * 60))
            make = self._repair if self.chance.random() < 0.65 else self._complaint  # noqa: PLR2004
            for said in make(begun):
                if said.at < self.now:
                    yield said

    def _home(self) -> tuple[HouseholdId, str]:
        building = self.chance.randint(1, 4)
        home = f"{building}-{self.chance.randint(1, 3)}-{self.chance.randint(1, 18):02d}01"
        return HouseholdId(home), f"{building}号楼"

    def _case(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-demo-{self.number:03d}"

    def _reported(self, at: datetime, case: str, **more: Any) -> Said:  # noqa: ANN401 - fields
        household, building = self._home()
        category, text = self.chance.choice(REPAIRS)
        steward = self.chance.choice(STEWARDS)
        command = ReportRepair(
            case=case,
            site=SITE,
            household=household,
            building=building,
            category=category,
            steward=StaffId(steward),
            description=Personal(text),
            **more,
        )
        return Said(at, steward, command)

    def _lodged(self, at: datetime, case: str, **more: Any) -> Said:  # noqa: ANN401 - fields
        household, building = self._home()
        category, text = self.chance.choice(COMPLAINTS)
        steward = self.chance.choice(STEWARDS)
        command = LodgeComplaint(
            case=case,
            site=SITE,
            channel="phone",
            household=household,
            building=building,
            category=category,
            receiver=StaffId(steward),
            description=Personal(text),
            **more,
        )
        return Said(at, steward, command)

    # The ones that lapse within a minute.

    def _online(self, at: datetime) -> Iterator[Said]:
        yield self._reported(at, self._case("repair"), channel=ONLINE)

    def _simple(self, at: datetime) -> Iterator[Said]:
        case = self._case("repair")
        yield self._reported(at, case, simple=True, channel="phone")
        technician = StaffId(self.chance.choice(TECHNICIANS))
        yield Said(
            at + timedelta(minutes=4),
            technician,
            AcceptRepair(case=case, technician=technician),
        )

    def _unanswered(self, at: datetime) -> Iterator[Said]:
        yield self._lodged(at, self._case("complaint"))

    def _dissatisfied(self, at: datetime) -> Iterator[Said]:
        case = self._case("repair")
        yield self._reported(at, case, channel="phone")
        technician = StaffId(self.chance.choice(TECHNICIANS))
        told: tuple[tuple[Minutes, str, Message], ...] = (
            (5, technician, AcceptRepair(case=case, technician=technician)),
            (12, technician, RecordArrival(case=case)),
            (25, technician, CompleteRepair(case=case, by=technician)),
            (30, "app", RateService(case=case, rating=Rating.DISSATISFIED)),
        )
        for minutes, actor, command in told:
            yield Said(at + timedelta(minutes=minutes), actor, command)

    # The ordinary ones.

    def _repair(self, at: datetime) -> Iterator[Said]:
        case, chance = self._case("repair"), self.chance
        technician = StaffId(chance.choice(TECHNICIANS))
        first = self._reported(
            at,
            case,
            simple=chance.random() < SIMPLE,
            channel=chance.choice((ONLINE, "phone", "desk")),
        )
        yield first
        at += timedelta(minutes=chance.expovariate(1 / 6) + 0.5)
        yield Said(at, technician, AcceptRepair(case=case, technician=technician))
        at += timedelta(minutes=chance.expovariate(1 / 15) + 2)
        yield Said(at, technician, RecordArrival(case=case))
        if chance.random() < 0.25:  # noqa: PLR2004
            at += timedelta(minutes=10)
            yield Said(
                at,
                technician,
                PauseRepair(case=case, reason=PauseReason.PARTS, by=technician),
            )
            at += timedelta(minutes=chance.uniform(60, 600))
            yield Said(at, technician, ResumeRepair(case=case, by=technician))
        at += timedelta(minutes=chance.expovariate(1 / 60) + 5)
        yield Said(at, technician, CompleteRepair(case=case, by=technician))
        yield from self._after(case, at, first.actor)

    def _complaint(self, at: datetime) -> Iterator[Said]:
        case, chance = self._case("complaint"), self.chance
        level = chance.choices((1, 2, 3), (8, 2, 1))[0]
        nature = chance.choices((Nature.GENERAL, Nature.COMPLEX), (3, 1))[0]
        first = self._lodged(at, case, level=level, nature=nature)
        steward = StaffId(first.actor)
        yield first
        at += timedelta(hours=chance.expovariate(1 / 6) + 0.1)
        yield Said(
            at,
            steward,
            ReplyToComplaint(case=case, by=steward, text=Personal("已收到，正在处理")),
        )
        at += timedelta(hours=chance.expovariate(1 / 10) + 0.5)
        yield Said(at, steward, ProposeSolution(case=case, by=steward))
        at += timedelta(hours=chance.expovariate(1 / 4) + 0.5)
        yield Said(at, steward, ResolveComplaint(case=case, by=steward))
        yield from self._after(case, at, steward)

    def _after(self, case: str, at: datetime, steward: str) -> Iterator[Said]:
        """Call back, ask for a rating, close."""
        chance = self.chance
        at += timedelta(hours=chance.expovariate(1 / 5) + 0.2)
        yield Said(at, steward, FollowUp(case=case, by=StaffId(steward)))
        at += timedelta(minutes=5)
        if chance.random() < 0.2:  # noqa: PLR2004
            yield Said(at, steward, LeaveUnanswered(case=case, reason=NonAnswer.DECLINED))
        else:
            rating = chance.choices(list(Rating), (5, 4, 2, 0))[0]
            yield Said(at, "app", RateService(case=case, rating=rating))
        at += timedelta(minutes=30)
        yield Said(at, steward, CloseCase(case=case, by=StaffId(steward)))
