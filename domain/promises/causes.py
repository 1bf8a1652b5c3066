"""Says from which earlier fact of its case a fact about a clock follows."""

from __future__ import annotations

from collections.abc import Iterator

from domain.kernel.facts import Fact, Recorded
from domain.promises.facts import (
    MADE_BY_ENGINE,
    BreachWaived,
    ClockFact,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.promises.fold import Fold


def cause_of(case: Fold, fact: ClockFact) -> Recorded | None:
    """The fact that a fact about a clock follows from; None where the case has no such run.

    A rung follows from the lapse, where there was one; it, a warning and the lapse itself follow
    from the fact that started the run. An acknowledgement follows from its rung, a waiver from the
    lapse.
    """
    run = case.run(fact.clock, fact.cycle)
    if run is None:
        return None
    cause: Fact | None = None
    if isinstance(fact, EscalationAcknowledged):
        cause = next((rung for rung in run.raised if rung.rung == fact.rung), None)
    elif isinstance(fact, EscalationRaised | BreachWaived):
        cause = run.lapsed
    if cause is None:
        return run.origin
    return next((r for r in reversed(case.facts) if r.fact is cause), run.origin)


def without_cause(before: Fold, after: Fold) -> Iterator[tuple[Recorded, Recorded]]:
    """The recorded facts of a case that follow from what other rules would not have recorded.

    Each comes with the warning, lapse or rung that it follows from in the end. ``before`` is the
    case as it was recorded, ``after`` as other rules judge it. What the engine itself records is
    not among them: it is judged anew.
    """
    recorded = {_event(r.fact): r for r in before.facts if _by_engine(r) and r.command}
    spared = recorded.keys() - {_event(r.fact) for r in after.facts if _by_engine(r)}
    ends = {_name(recorded[event]): recorded[event] for event in spared}
    if not ends:
        return
    for fact in before.facts:
        end = None if _by_engine(fact) else ends.get(_cause_named(before, fact))
        if end is not None:
            ends[_name(fact)] = end
            yield fact, end


def _by_engine(recorded: Recorded) -> bool:
    return isinstance(recorded.fact, MADE_BY_ENGINE)


def _event(fact: Fact) -> tuple[object, ...]:
    """What the engine said, whenever it did."""
    match fact:
        case DeadlineWarned():
            return fact.word, fact.clock, fact.cycle, fact.warning
        case EscalationRaised():
            return fact.word, fact.clock, fact.cycle, fact.rung, fact.to
        case _:
            assert isinstance(fact, DeadlineLapsed)
            return fact.word, fact.clock, fact.cycle


def _name(recorded: Recorded) -> str:
    """A fact as the causation of another names it."""
    return f"{recorded.stream}/{recorded.version}"


def _cause_named(case: Fold, recorded: Recorded) -> str:
    """What a fact says that it follows from, else what it follows from by what it is about."""
    if recorded.causation is None and isinstance(
        recorded.fact, EscalationAcknowledged | BreachWaived
    ):
        cause = cause_of(case, recorded.fact)
        return "" if cause is None else _name(cause)
    return recorded.causation or ""
