"""When a run is next due is kept with it, and never outlives a fact that changes the run."""

from __future__ import annotations

from hypothesis import event, given, settings, strategies as st

from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.aftercare import ResidentContacted
from domain.kinds.case import CaseClosed
from domain.kinds.repair.facts import (
    PauseReason,
    RepairAccepted,
    RepairCompleted,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairResumed,
)
from domain.promises import Fold, decisions, next_instant, pending
from domain.promises.facts import BreachWaived, DeadlineLapsed, EscalationAcknowledged
from tests.support.scenario import Case, after, book, registers

LADDER = [
    {"at": "-30m", "to": "supervisor", "acknowledge": "1h"},
    {"at": "+2h", "to": "manager"},
]
EXCUSED = [{"at": "-1h", "to": "supervisor", "unless": "contacted"}, *LADDER[1:]]
CLOCKS = {
    "visit": {
        "case": "repair", "starts": "reported", "stops": "accepted", "cancels": "closed",
        "pauses": "paused", "resumes": "resumed", "within": "4h", "warnings": ["50%"],
        "ladder": LADDER,
    },
    "done": {
        "case": "repair", "starts": ["reported", "reopened"], "stops": "completed",
        "pauses": "paused", "resumes": "resumed", "within": "8h", "ladder": EXCUSED,
    },
}  # fmt: skip
FACTS = [
    RepairPaused(reason=PauseReason.PARTS),
    RepairResumed(),
    RepairAccepted(technician="wu"),
    RepairCompleted(visit=1),
    RepairReopened(cycle=2),
    ResidentContacted(by="sun"),
    CaseClosed(),
    EscalationAcknowledged(clock="visit", cycle=1, rung=1, by="sun"),
    BreachWaived(clock="done", cycle=1, by="sun", reason=Personal("rain")),
]
STEPS = st.lists(st.tuples(st.integers(0, 150), st.sampled_from([None, *FACTS])), max_size=14)


@settings(max_examples=200)
@given(STEPS)
def test_the_next_instant_is_the_first_that_is_pending_after_every_fact(steps):
    """None among the facts stands for a look at what fell due."""
    case = Case(registers(book(**CLOCKS)), "repair-1")
    fold, minutes = Fold(KINDS["repair"], case.known), 0

    def take(fact: object, at: str) -> None:
        case.happens(fact, at)
        fold.take(case.facts[-1])
        for clock in fold.clocks:
            waiting = pending(clock, case.known)
            assert next_instant(clock, case.known) == (waiting[0].at if waiting else None)

    take(RepairReported(household="h", category="plumbing"), "0m")
    for later, fact in steps:
        minutes += later
        at = f"{minutes}m"
        if fact is not None:
            take(fact, at)
            continue
        while facts := decisions.fall_due(fold, at=after(at)):
            for due in facts:
                event(type(due).__name__)
                take(due, at)
    event(f"lapsed {any(isinstance(r.fact, DeadlineLapsed) for r in fold.facts)}")
