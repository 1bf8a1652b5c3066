"""What a fact does to a running clock: it stops, cancels, pauses or resumes it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.kernel.facts import Recorded
from domain.promises.clock import Clock
from domain.promises.reckoning import hold, release

if TYPE_CHECKING:
    from domain.promises.fold import Fold


def hear(clock: Clock, case: Fold) -> None:
    """Apply the newest fact of a case to one of its running clocks.

    A pause holds a promise that is still open: nothing holds one whose due instant has passed,
    or one made for a date.
    """
    recorded = case.recorded
    at = recorded.occurred_at
    for effect, where in clock.rule.heard[recorded.fact.word]:
        if where.wanted and not case.meets(where):
            continue
        if effect in {"stop", "cancel"}:
            if clock.paused:
                release(clock, at, case.directory)
            if effect == "stop":
                clock.stopped = clock.end = at
            else:
                clock.cancelled = clock.end = at
            return
        if effect == "resume" and clock.paused:
            release(clock, at, case.directory)
            return
        if effect == "pause" and not clock.paused and _can_be_held(clock, at):
            hold(clock, at, pause_note(recorded))
            return


def _can_be_held(clock: Clock, at: datetime) -> bool:
    return not clock.given and clock.lapsed is None and clock.due is not None and at < clock.due


def pause_note(recorded: Recorded) -> str:
    """Why and by whom a pause was made."""
    reason = getattr(recorded.fact, "reason", None)
    return " ".join(filter(None, (reason if isinstance(reason, str) else "", recorded.actor)))
