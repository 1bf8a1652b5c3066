"""What a fact does to a running clock: it stops, cancels, pauses or resumes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.kernel.facts import Recorded
from domain.promises.clock import Clock
from domain.promises.pausing import can_be_held, hold, release
from domain.promises.rules import Effects

if TYPE_CHECKING:
    from domain.promises.fold import Fold


def hear(clock: Clock, effects: Effects, case: Fold) -> bool:
    """Apply the newest fact of a case, by the effects it may have, to a running clock.

    Returns whether the clock has ended.
    """
    done = _effect(clock, effects, case)
    if done is None:
        return False
    clock.foreseen = None
    if case.entered_late:
        clock.late_entries += 1
    return done == "stop" or done == "cancel"  # noqa: PLR1714 - asked for every fact


def _effect(clock: Clock, effects: Effects, case: Fold) -> str | None:
    """The effect that the newest fact of a case has on a running clock, once it is applied."""
    recorded = case.recorded
    at = recorded.occurred_at
    for effect, where in effects:
        if where.wanted and not case.meets(where):
            continue
        if effect in {"stop", "cancel"}:
            if clock.paused:
                release(clock, at)
            if effect == "stop":
                clock.stopped = clock.end = at
            else:
                clock.cancelled = clock.end = at
            clock.ending = recorded
            return effect
        if effect == "resume" and clock.paused:
            release(clock, at)
            return effect
        if effect == "pause" and not clock.paused and can_be_held(clock, at):
            hold(clock, at, pause_note(recorded), case.directory)
            return effect
    return None


def pause_note(recorded: Recorded) -> str:
    """Why and by whom a pause was made."""
    reason = getattr(recorded.fact, "reason", None)
    return " ".join(filter(None, (reason if isinstance(reason, str) else "", recorded.actor)))
