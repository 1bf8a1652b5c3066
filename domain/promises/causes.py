"""Says from which earlier fact of its case the engine's own facts about a clock follow."""

from __future__ import annotations

from domain.kernel.facts import Recorded
from domain.promises.facts import DeadlineLapsed, DeadlineWarned, EscalationRaised
from domain.promises.fold import Fold


def cause_of(
    case: Fold, fact: DeadlineWarned | DeadlineLapsed | EscalationRaised
) -> Recorded | None:
    """The fact that a fact of the engine follows from; None where the case has no such run.

    A rung follows from the lapse, where there was one; it, a warning and the lapse itself follow
    from the fact that started the run.
    """
    run = case.run(fact.clock, fact.cycle)
    if run is None:
        return None
    lapse = run.lapsed
    if isinstance(fact, EscalationRaised) and lapse is not None:
        return next((r for r in reversed(case.facts) if r.fact is lapse), run.origin)
    return run.origin
