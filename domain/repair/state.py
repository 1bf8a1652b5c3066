"""For what decisions need to know of a repair, folded from its facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from domain import rating as aftercare
from domain.facts import StaffId
from domain.rating import (
    Aftercare,
    FollowedUp,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.repair.events import (
    PauseReason,
    RepairAccepted,
    RepairClosed,
    RepairCompleted,
    RepairDispatched,
    RepairFact,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What later decisions need to know of a repair. ``visits`` counts those of this cycle."""

    care: Aftercare
    technician: StaffId | None = None
    team: str | None = None
    accepted: bool = False
    visits: int = 0
    paused: PauseReason | None = None
    closed: bool = False


def evolve(repair: Repair | None, fact: RepairFact) -> Repair:
    """The repair after one more fact."""
    if isinstance(fact, RepairReported):
        return Repair(care=Aftercare(subject=fact.household))
    assert repair is not None, "a repair begins with RepairReported"
    match fact:
        case RepairAccepted():
            return replace(repair, technician=fact.technician, accepted=True)
        case RepairDispatched():
            return replace(repair, technician=fact.technician, team=fact.team, accepted=False)
        case TechnicianArrived():
            return replace(repair, technician=fact.technician, visits=fact.visit)
        case RepairPaused():
            return replace(repair, paused=fact.reason)
        case RepairResumed():
            return replace(repair, paused=None)
        case RepairCompleted():
            return replace(repair, care=replace(repair.care, served=True))
        case RepairReopened():
            care = replace(repair.care, cycle=fact.cycle, served=False)
            return replace(repair, care=care, visits=0, closed=False)
        case RepairClosed():
            return replace(repair, closed=True)
        case SecondServiceOpened():
            care = aftercare.evolve(repair.care, fact)
            return replace(repair, care=care, visits=0, closed=False)
        case FollowedUp() | ServiceRated() | RatingUnanswered() | ResidentContacted():
            return replace(repair, care=aftercare.evolve(repair.care, fact))
        case _:
            assert_never(fact)
