"""Judges a case anew: as watched clocks would have recorded it, also under other rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.kernel.facts import Fact, Recorded
from domain.kernel.kinds import Kind
from domain.promises.decisions import fall_due
from domain.promises.directory import Directory
from domain.promises.facts import (
    MADE_BY_ENGINE,
    BreachWaived,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.promises.fold import Fold
from domain.promises.pending import first_instant

Rung = tuple[str, int, int]


def judge_anew(
    kind: Kind, facts: Iterable[Recorded], directory: Directory, *, until: datetime
) -> Fold:
    """Fold what people did with a case, and let its clocks fall due as this directory says.

    What the engine recorded is left out. An acknowledgement counts where the same rung of the same
    run is raised for the same role, a waiver where the run is broken.
    """
    case = Fold(kind, directory)
    raised: dict[Rung, str] = {}
    for recorded in facts:
        fact = recorded.fact
        if isinstance(fact, MADE_BY_ENGINE):
            if isinstance(fact, EscalationRaised):
                raised[fact.clock, fact.cycle, fact.rung] = fact.to
            continue
        if case.running:
            settle(case, recorded.recorded_at, inclusive=False)
        if _counts(case, fact, raised):
            case.take(recorded)
    settle(case, until)
    return case


def settle(case: Fold, until: datetime, *, inclusive: bool = True) -> None:
    """Take what falls due by an instant, each fact as of the instant at which it was due.

    What was due before the newest fact was recorded is detected when that was.
    """
    # Before the end only what runs is looked at: what was due of a run before its stop was taken
    # before the stop was.
    while (
        at := first_instant(case.clocks if inclusive else case.running, case.directory)
    ) is not None:
        if at > until or (at == until and not inclusive):
            return
        seen = max(at, min(case.recorded.recorded_at, until))
        found = fall_due(case, at=seen)
        for fact in found:
            case.take(_recorded(case, fact, seen))
        if not found:
            return


def _recorded(case: Fold, fact: Fact, at: datetime) -> Recorded:
    """A fact as the log would hold it; it has the place of the fact that it follows."""
    last = case.facts[-1]
    return Recorded(
        stream=last.stream,
        version=last.version,
        position=last.position,
        fact=fact,
        occurred_at=fact.happened or at,
        recorded_at=at,
        actor="",
        command="",
        site=last.site,
        rules=last.rules,
        correlation=None,
        causation=None,
    )


def _counts(case: Fold, fact: Fact, raised: dict[Rung, str]) -> bool:
    """Whether a fact about a clock speaks of what happened under these rules as well."""
    if isinstance(fact, BreachWaived):
        run = case.run(fact.clock, fact.cycle)
        return run is not None and run.breached
    if isinstance(fact, EscalationAcknowledged):
        run = case.run(fact.clock, fact.cycle)
        wanted = fact.rung, raised.get((fact.clock, fact.cycle, fact.rung))
        return run is not None and any((rung.rung, rung.to) == wanted for rung in run.raised)
    return True
