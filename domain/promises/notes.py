"""What the facts of clocks say of one run: warned, lapsed, escalated, acknowledged, waived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.kernel.facts import Fact, Recorded
from domain.promises.clock import Clock
from domain.promises.facts import (
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)

Note = Callable[[Clock, Recorded], None]


def _warning(clock: Clock, recorded: Recorded) -> None:
    fact: Any = recorded.fact
    clock.warned = (*clock.warned, fact.warning)


def _lapse(clock: Clock, recorded: Recorded) -> None:
    fact: Any = recorded.fact
    clock.lapsed = fact
    clock.due = fact.due


def _rung(clock: Clock, recorded: Recorded) -> None:
    fact: Any = recorded.fact
    clock.raised = (*clock.raised, fact)


def _acknowledgement(clock: Clock, recorded: Recorded) -> None:
    fact: Any = recorded.fact
    clock.acknowledgements = (*clock.acknowledgements, (fact.rung, recorded.occurred_at))


def _waiver(clock: Clock, recorded: Recorded) -> None:
    clock.waived_at = recorded.occurred_at


NOTES: Mapping[type[Fact], Note] = {
    DeadlineWarned: _warning,
    DeadlineLapsed: _lapse,
    EscalationRaised: _rung,
    EscalationAcknowledged: _acknowledgement,
    BreachWaived: _waiver,
}
