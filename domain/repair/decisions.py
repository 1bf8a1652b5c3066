"""For what may be decided about a repair, from the report over visits and pauses to closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain import rating as aftercare
from domain.facts import HouseholdId, StaffId
from domain.personal import Personal, belonging
from domain.rating import NonAnswer, Rating
from domain.refusals import (
    AlreadyClosed,
    AlreadyPaused,
    AlreadyResolved,
    CaseExists,
    NobodyAssigned,
    NotClosed,
    NotPaused,
    Phrase,
    ReasonRequired,
    UnknownCase,
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
from domain.repair.state import Repair

REOPENING = Phrase("Reopening", "重新打开工单")


def _known(repair: Repair | None) -> Repair:
    if repair is None:
        raise UnknownCase
    return repair


def _still_open(repair: Repair | None) -> Repair:
    repair = _known(repair)
    if repair.closed:
        raise AlreadyClosed
    return repair


def _being_worked_on(repair: Repair | None) -> Repair:
    repair = _still_open(repair)
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
    repair: Repair | None,
    *,
    technician: StaffId | None = None,
    team: str | None = None,
    again: bool = False,
) -> list[RepairFact]:
    """Send the order to a technician, a team or both; until it is closed, also if its work is done.

    Quiet where it is theirs already, unless `again` says that it changed hands within the team.

    Raises:
        NobodyAssigned: neither is named.
    """
    repair = _still_open(repair)
    if technician is None and team is None:
        raise NobodyAssigned
    if not again and (repair.technician, repair.team) == (technician, team):
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
    """Declare the work of this service cycle done, and a pause over; quiet where it is done."""
    repair = _known(repair)
    if repair.care.served and not repair.closed:
        return []
    repair = _being_worked_on(repair)
    done = RepairCompleted(
        visit=max(repair.visits, 1), by=by, note=belonging(note, repair.care.subject)
    )
    return [*_going_on(repair, by), done]


def _going_on(repair: Repair, by: StaffId | None) -> list[RepairFact]:
    """The end of a pause that lasts, so that no clock stands still past the work's end."""
    return [] if repair.paused is None else [RepairResumed(by=by)]


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
        raise ReasonRequired(what=REOPENING)
    return [RepairReopened(cycle=repair.care.cycle + 1, reason=reason)]


def close(
    repair: Repair | None, *, by: StaffId | None = None, reason: str | None = None
) -> list[RepairFact]:
    """End the order, and a pause with it; quiet where it is closed.

    Raises:
        ReasonRequired: it ends undone or on an unsatisfied resident without a reason.
    """
    repair = _known(repair)
    if repair.closed:
        return []
    aftercare.require_reason_to_close(repair.care, reason)
    return [*_going_on(repair, by), RepairClosed(by=by, reason=reason)]
