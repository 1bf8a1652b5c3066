"""A repair folded from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import assert_never

from domain.kernel.facts import StaffId
from domain.kernel.kinds import Attribute
from domain.kernel.refusals import Phrase
from domain.kinds.aftercare import (
    FollowedUp,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.kinds.case import ATTRIBUTES, STATUSES, Case, CaseClosed, described, opened
from domain.kinds.repair.facts import (
    PauseReason,
    RepairAccepted,
    RepairCompleted,
    RepairDispatched,
    RepairFact,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairReprioritised,
    RepairResumed,
    TechnicianArrived,
)

REPAIR_STATUSES: Mapping[str, Phrase] = {
    **STATUSES,
    "accepted": Phrase("accepted", "已接单"),
    "dispatched": Phrase("dispatched", "已派单"),
    "on_site": Phrase("on site", "已到场"),
    "paused": Phrase("paused", "已暂停"),
}


@dataclass(slots=True, kw_only=True)
class Repair(Case):
    """A repair, who has it and what it waits for."""

    technician: StaffId | None = None
    team: str | None = None
    accepted: bool = False
    dispatches: int = 0
    paused: PauseReason | None = None
    before_pause: str = "open"

    def moves_to(self, status: str) -> None:
        """The work is further on; what is done stays done."""
        if self.status != "served":
            self.status = status

    def goes_on(self) -> None:
        """The pause is over; whoever accepted, was sent or came meanwhile is not undone."""
        if self.status == "paused":
            self.status = self.before_pause
        self.paused = None


def evolve(repair: Repair | None, fact: RepairFact) -> Repair:
    """The repair after one more fact; it is changed in place."""
    if isinstance(fact, RepairReported):
        return opened(Repair, fact)
    assert repair is not None, "a repair begins with RepairReported"
    match fact:
        case RepairAccepted():
            repair.technician, repair.accepted, repair.status = fact.technician, True, "accepted"
        case RepairDispatched():
            repair.technician, repair.team, repair.accepted = fact.technician, fact.team, False
            repair.dispatches += 1
            repair.reassigned = repair.dispatches - 1
            repair.moves_to("dispatched")
        case RepairReprioritised():
            repair.describe(fact)
        case TechnicianArrived():
            repair.technician, repair.status = fact.technician, "on_site"
            repair.care.current.visits = fact.visit
        case RepairPaused():
            repair.paused, repair.before_pause = fact.reason, repair.status
            repair.status = "paused"
        case RepairResumed():
            repair.goes_on()
        case RepairCompleted():
            repair.serve(repair.technician)
        case RepairReopened():
            repair.reopened += 1
            repair.care.begin(fact.cycle)
            repair.begin_again()
        case CaseClosed():
            repair.end()
        case (
            FollowedUp()
            | ServiceRated()
            | RatingUnanswered()
            | ResidentContacted()
            | SecondServiceOpened()
        ):
            repair.take_aftercare(fact)
        case _:
            assert_never(fact)
    return repair


REPAIR_ATTRIBUTES: tuple[Attribute, ...] = (
    *ATTRIBUTES,
    described("simple", "TRUTH"),
    described("priority", "INTEGER"),
    described("appointment", "INSTANT"),
    described("steward"),
    Attribute("technician", attrgetter("technician")),
    Attribute("team", attrgetter("team")),
)
