"""A small kind of case of the tests' own: a lift that stops, three facts and three decisions."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from commands import ROUTES
from commands.messages import CaseMessage, Opens
from commands.routes import KindRoutes
from domain.kernel.facts import Fact, Mark
from domain.kernel.kinds import Attribute, Kind
from domain.kernel.personal import Personal
from domain.kernel.refusals import CaseExists, Phrase, Refusal, UnknownCase
from domain.kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftOpening:
    """What is known when a lift stops."""

    lift: str
    floor: int | None = None
    remark: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftStopped(LiftOpening, Fact):
    """A lift stands still 电梯停运."""

    word: ClassVar[str] = "stopped"
    zh: ClassVar[str] = "停运"
    sentence: ClassVar[Phrase] = Phrase(
        "Lift {lift} stands still[ at floor {floor}][: {remark}]",
        "电梯 {lift} 停运[，停在 {floor} 层][：{remark}]",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengersFreed(Fact):
    """Whoever was inside is out."""

    word: ClassVar[str] = "freed"
    zh: ClassVar[str] = "解救"
    sentence: ClassVar[Phrase] = Phrase(
        "{people} passengers freed",
        "解救乘客 {people} 人",
    )
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRestarted(Fact):
    """The lift runs again; the case is over."""

    word: ClassVar[str] = "restarted"
    zh: ClassVar[str] = "恢复运行"
    sentence: ClassVar[Phrase] = Phrase(
        "The lift runs again",
        "电梯恢复运行",
    )
    mark: ClassVar[Mark | None] = Mark.ENDS


class StillInside(Refusal):
    """Nobody has been freed yet: free the passengers before the lift restarts."""

    zh = "还没有解救乘客，请先解救再恢复运行。"


@dataclass(slots=True)
class Outage:
    """A lift's outage so far."""

    lift: str
    floor: int | None
    people: int = 0
    status: str = "stopped"


def evolve(outage: Outage | None, fact: Any) -> Outage:
    """The outage after one more fact."""
    if isinstance(fact, LiftStopped):
        return Outage(fact.lift, fact.floor)
    assert outage is not None
    if isinstance(fact, PassengersFreed):
        outage.people += fact.people
        outage.status = "freed"
    else:
        outage.status = "running"
    return outage


def stop(outage: Outage | None, *, opening: LiftOpening) -> list[Fact]:
    """Record that a lift stands still."""
    if outage is not None:
        raise CaseExists
    return [LiftStopped(lift=opening.lift, floor=opening.floor, remark=opening.remark)]


def free(outage: Outage | None, *, people: int) -> list[Fact]:
    """Record who was freed."""
    if outage is None:
        raise UnknownCase
    return [PassengersFreed(people=people)]


def restart(outage: Outage | None) -> list[Fact]:
    """Let the lift run again."""
    if outage is None:
        raise UnknownCase
    if not outage.people:
        raise StillInside
    return [] if outage.status == "running" else [LiftRestarted()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLift(LiftOpening, Opens):
    """Report a lift that stands still."""

    zh = "登记电梯停运。"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePassengers(CaseMessage):
    """Record passengers freed."""

    zh = "登记解救乘客。"
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartLift(CaseMessage):
    """Let a lift run again."""

    zh = "登记恢复运行。"


LIFT = Kind(
    name="lift",
    title=Phrase("lift outage", "电梯停运"),
    facts=(LiftStopped, PassengersFreed, LiftRestarted),
    evolve=evolve,
    attributes=(
        Attribute("status", attrgetter("status")),
        Attribute("lift", attrgetter("lift")),
        Attribute("floor", attrgetter("floor"), "INTEGER"),
        Attribute("people", attrgetter("people"), "INTEGER"),
    ),
    statuses={"freed": Phrase("passengers freed", "乘客已解救")},
)
LIFT_ROUTES = ROUTES.extended(
    KINDS.extended(LIFT),
    KindRoutes(
        kind="lift",
        opens={ReportLift: stop},
        decides={FreePassengers: free, RestartLift: restart},
    ),
)
