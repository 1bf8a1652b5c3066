"""For repairs 报修: from the report over visits and pauses to closing, reopening included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, assert_never

from domain import rating as aftercare
from domain.facts import Fact, HouseholdId, StaffId
from domain.personal import Personal, belonging
from domain.rating import (
    Aftercare,
    AftercareFact,
    FollowedUp,
    NonAnswer,
    Rating,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from domain.refusals import (
    AlreadyClosed,
    AlreadyPaused,
    AlreadyResolved,
    CaseExists,
    NobodyAssigned,
    NotClosed,
    NotPaused,
    ReasonRequired,
    UnknownCase,
)


class PauseReason(StrEnum):
    """What a paused repair waits for."""

    PARTS = "parts"
    RESIDENT = "resident"
    VENDOR = "vendor"
    WEATHER = "weather"
    OTHER = "other"


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
            return replace(repair, care=replace(repair.care, served=True), paused=None)
        case RepairReopened():
            care = replace(repair.care, cycle=fact.cycle, served=False)
            return replace(repair, care=care, visits=0, paused=None, closed=False)
        case RepairClosed():
            return replace(repair, closed=True, paused=None)
        case SecondServiceOpened():
            care = aftercare.evolve(repair.care, fact)
            return replace(repair, care=care, visits=0, paused=None, closed=False)
        case FollowedUp() | ServiceRated() | RatingUnanswered() | ResidentContacted():
            return replace(repair, care=aftercare.evolve(repair.care, fact))
        case _:
            assert_never(fact)


def _known(repair: Repair | None) -> Repair:
    if repair is None:
        raise UnknownCase
    return repair


def _being_worked_on(repair: Repair | None) -> Repair:
    repair = _known(repair)
    if repair.closed:
        raise AlreadyClosed
    if repair.care.served:
        raise AlreadyResolved
    return repair


def report(
    repair: Repair | None,
    *,
    household: HouseholdId,
    category: str,
    simple: bool = False,
    priority: int | None = None,
    channel: str = "other",
    building: str | None = None,
    steward: StaffId | None = None,
    place: Personal | None = None,
    description: Personal | None = None,
    contact: Personal | None = None,
    appointment: datetime | None = None,
    promised: datetime | None = None,
    external_id: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[RepairFact]:
    """Take a report of something broken.

    Raises:
        CaseExists: the number is taken.
    """
    if repair is not None:
        raise CaseExists
    return [
        RepairReported(
            household=household,
            category=category,
            simple=simple,
            priority=priority,
            channel=channel,
            building=building,
            steward=steward,
            place=belonging(place, household),
            description=belonging(description, household),
            contact=belonging(contact, household),
            appointment=appointment,
            promised=promised,
            external_id=external_id,
            labels=dict(labels or {}),
        )
    ]


def accept(repair: Repair | None, *, technician: StaffId) -> list[RepairFact]:
    """Take the order on; quiet where this technician has."""
    repair = _being_worked_on(repair)
    if repair.accepted and repair.technician == technician:
        return []
    return [RepairAccepted(technician=technician)]


def dispatch(
    repair: Repair | None, *, technician: StaffId | None = None, team: str | None = None
) -> list[RepairFact]:
    """Send the order to a technician, a team or both; quiet where it is theirs already.

    Raises:
        NobodyAssigned: neither is named.
    """
    repair = _being_worked_on(repair)
    if technician is None and team is None:
        raise NobodyAssigned
    if (repair.technician, repair.team) == (technician, team):
        return []
    return [RepairDispatched(technician=technician, team=team)]


def arrive(repair: Repair | None, *, technician: StaffId | None = None) -> list[RepairFact]:
    """Record a technician on site: each arrival is one more visit of the service cycle.

    Raises:
        NobodyAssigned: no technician is named and none has the order.
    """
    repair = _being_worked_on(repair)
    who = technician or repair.technician
    if who is None:
        raise NobodyAssigned
    return [TechnicianArrived(technician=who, visit=repair.visits + 1)]


def pause(
    repair: Repair | None, *, reason: PauseReason, by: StaffId | None = None
) -> list[RepairFact]:
    """Stop the clocks that allow it while waiting; quiet where it waits for the same already.

    Raises:
        AlreadyPaused: it waits for something else.
    """
    repair = _being_worked_on(repair)
    if repair.paused is reason:
        return []
    if repair.paused is not None:
        raise AlreadyPaused(reason=repair.paused)
    return [RepairPaused(reason=reason, by=by)]


def resume(repair: Repair | None, *, by: StaffId | None = None) -> list[RepairFact]:
    """Let the clocks run on.

    Raises:
        NotPaused: they do.
    """
    repair = _being_worked_on(repair)
    if repair.paused is None:
        raise NotPaused
    return [RepairResumed(by=by)]


def complete(
    repair: Repair | None, *, by: StaffId | None = None, note: Personal | None = None
) -> list[RepairFact]:
    """Declare the work of this service cycle done; quiet where it is."""
    repair = _known(repair)
    if repair.care.served and not repair.closed:
        return []
    repair = _being_worked_on(repair)
    done = RepairCompleted(
        visit=max(repair.visits, 1), by=by, note=belonging(note, repair.care.subject)
    )
    return [done] if repair.paused is None else [RepairResumed(by=by), done]


def follow_up(
    repair: Repair | None, *, by: StaffId, note: Personal | None = None
) -> list[RepairFact]:
    """Call the resident back about the result (plan, 78)."""
    return [*aftercare.follow_up(_known(repair).care, by=by, note=note)]


def rate(
    repair: Repair | None, *, rating: Rating, comment: Personal | None = None
) -> list[RepairFact]:
    """Record the resident's rating; 不满意 opens a second service, also on a closed order."""
    return [*aftercare.rate(_known(repair).care, rating=rating, comment=comment)]


def leave_unanswered(repair: Repair | None, *, reason: NonAnswer) -> list[RepairFact]:
    """Record that the resident gave no rating."""
    return [*aftercare.leave_unanswered(_known(repair).care, reason=reason)]


def contact(
    repair: Repair | None, *, by: StaffId, note: Personal | None = None
) -> list[RepairFact]:
    """Record that a supervisor reached the resident (plan, 80)."""
    return [*aftercare.contact(_known(repair).care, by=by, note=note)]


def open_second_service(repair: Repair | None) -> list[RepairFact]:
    """Serve the resident again; a closed order opens again with it."""
    return [*aftercare.open_second_service(_known(repair).care)]


def reopen(repair: Repair | None, *, reason: str | None = None) -> list[RepairFact]:
    """Begin the next service cycle because the fault came back.

    Raises:
        NotClosed: the current cycle's work is neither done nor closed.
        ReasonRequired: a reason is given but empty.
    """
    repair = _known(repair)
    if not (repair.closed or repair.care.served):
        raise NotClosed
    if reason is not None and not reason.strip():
        raise ReasonRequired(what="Reopening")
    return [RepairReopened(cycle=repair.care.cycle + 1, reason=reason)]


def close(
    repair: Repair | None, *, by: StaffId | None = None, reason: str | None = None
) -> list[RepairFact]:
    """End the order; quiet where it is closed.

    Raises:
        ReasonRequired: it ends undone or on an unsatisfied resident without a reason.
    """
    repair = _known(repair)
    if repair.closed:
        return []
    aftercare.require_reason_to_close(repair.care, reason)
    return [RepairClosed(by=by, reason=reason)]
