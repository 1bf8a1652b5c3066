"""Says which facts were entered late: longer after they happened than their rulebook tolerates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from domain.kernel.facts import REACTION, SCHEDULER, Recorded
from domain.promises.directory import Rules

NOTHING: Final = timedelta(0)


def entered_late(recorded: Recorded, rules: Rules) -> bool:
    """Whether a fact was entered late, by the rulebook in force when it was recorded."""
    return is_late(recorded, rules.rulebook(recorded.rules).entered_late_after)


def late_among(facts: Iterable[Recorded], rules: Rules) -> int:
    """How many of some facts were entered late."""
    version, tolerance, count = -1, NOTHING, 0
    for recorded in facts:
        if recorded.rules != version:
            version = recorded.rules
            tolerance = rules.rulebook(version).entered_late_after
        count += is_late(recorded, tolerance)
    return count


def is_late(recorded: Recorded, tolerance: timedelta) -> bool:
    """Whether a fact became known too long after it happened; what the engine makes never is."""
    delay = (recorded.known_at or recorded.recorded_at) - recorded.occurred_at
    return delay > tolerance and not _by_engine(recorded)


def _by_engine(recorded: Recorded) -> bool:
    """Whether the engine made a fact by itself: by time, or by a reaction."""
    by_time = recorded.fact.happened is not None or recorded.actor == SCHEDULER
    return by_time or recorded.actor.startswith(REACTION)
