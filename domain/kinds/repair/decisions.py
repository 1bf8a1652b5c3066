"""What may be decided about a repair, from the report over visits and pauses to closing."""

from __future__ import annotations

from typing import Any

from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import (
    AlreadyPaused,
    NobodyAssigned,
    NotClosed,
    NotPaused,
    Phrase,
    ReasonRequired,
)
from domain.kinds import case
from domain.kinds.case import being_worked_on, known, open_once, still_open
from domain.kinds.repair.facts import (
    PauseReason,
    RepairAccepted,
    RepairCompleted,
    RepairDispatched,
    RepairFact,
    RepairOpening,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairReprioritised,
    RepairResumed,
    TechnicianArrived,
)
from domain.kinds.repair.state import Repair

REOPENING = Phrase("Reopening", "重新打开工单")
REPRIORITISING = Phrase("Changing the priority", "调整优先级")


def report(repair: Repair | None, *, opening: RepairOpening) -> list[Any]:
    """Take a report of something broken.

    Raises:
        CaseExists: the number is taken.
    """
    return open_once(repair, RepairReported, opening)


def accept(repair: Repair | None, *, technician: StaffId) -> list[RepairFact]:
    """Take the order on; quiet where this technician has."""
    repair = being_worked_on(repair)
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
    repair = still_open(repair)
    if technician is None and team is None:
        raise NobodyAssigned
    if not again and (repair.technician, repair.team) == (technician, team):
        return []
    return [RepairDispatched(technician=technician, team=team)]


def reprioritise(
    repair: Repair | None, *, priority: int, by: StaffId, reason: Personal
) -> list[RepairFact]:
    """Correct the priority; running clocks keep their target. Quiet where it is the same.

    Raises:
        ReasonRequired: no reason is given.
    """
    repair = still_open(repair)
    if reason.blank:
        raise ReasonRequired(what=REPRIORITISING)
    if repair.described["priority"] == priority:
        return []
    return [RepairReprioritised(priority=priority, by=by, reason=reason)]


def arrive(repair: Repair | None, *, technician: StaffId | None = None) -> list[RepairFact]:
    """Record a technician on site: each arrival is one more visit of the service cycle.

    Raises:
        NobodyAssigned: no technician is named and none has the order.
    """
    repair = being_worked_on(repair)
    who = technician or repair.technician
    if who is None:
        raise NobodyAssigned
    return [TechnicianArrived(technician=who, visit=repair.care.current.visits + 1)]


def pause(
    repair: Repair | None, *, reason: PauseReason, by: StaffId | None = None
) -> list[RepairFact]:
    """Stop the clocks that allow it while waiting; quiet where it waits for the same already.

    Raises:
        AlreadyPaused: it waits for something else.
    """
    repair = being_worked_on(repair)
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
    repair = being_worked_on(repair)
    if repair.paused is None:
        raise NotPaused
    return [RepairResumed(by=by)]


def complete(
    repair: Repair | None, *, by: StaffId | None = None, note: Personal | None = None
) -> list[RepairFact]:
    """Declare the work of this service cycle done, and a pause over; quiet where it is done."""
    repair = known(repair)
    if repair.care.served and not repair.closed:
        return []
    repair = being_worked_on(repair)
    done = RepairCompleted(visit=max(repair.care.current.visits, 1), by=by, note=note)
    return [*_going_on(repair, by), done]


def _going_on(repair: Repair, by: StaffId | None) -> list[RepairFact]:
    """The end of a pause that lasts, so that no clock stands still past the work's end."""
    return [] if repair.paused is None else [RepairResumed(by=by)]


def reopen(repair: Repair | None, *, reason: Personal | None = None) -> list[RepairFact]:
    """Begin the next service cycle because the fault came back.

    Raises:
        NotClosed: the current cycle's work is neither done nor closed.
        ReasonRequired: a reason is given but empty.
    """
    repair = known(repair)
    if not (repair.closed or repair.care.served):
        raise NotClosed
    if reason is not None and reason.blank:
        raise ReasonRequired(what=REOPENING)
    return [RepairReopened(cycle=repair.care.cycle + 1, reason=reason)]


def close(
    repair: Repair | None, *, by: StaffId | None = None, reason: Personal | None = None
) -> list[RepairFact]:
    """End the order, and a pause with it; quiet where it is closed.

    Raises:
        ReasonRequired: it ends undone or on an unsatisfied resident without a reason.
    """
    ended = case.close(repair, by=by, reason=reason)
    return [*_going_on(known(repair), by), *ended] if ended else []
