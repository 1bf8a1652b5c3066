"""Lets a clock stand still and go on again."""

from __future__ import annotations

from datetime import datetime

from domain.promises.clock import Clock, Pause, Pausing
from domain.promises.directory import Directory
from domain.promises.moments import reach
from domain.promises.terms import countdown_of


def can_be_held(clock: Clock, at: datetime) -> bool:
    """Whether a pause at an instant holds the clock.

    Nothing holds a promise whose due instant has passed, or one made for a date.
    """
    return not clock.given and clock.lapsed is None and clock.due is not None and at < clock.due


def hold(clock: Clock, since: datetime, note: str, directory: Directory) -> None:
    """Let a clock that counts, and can be held, stand still from an instant on."""
    pausing = clock.pausing
    if pausing is None:
        assert clock.due is not None, "only a pause takes the due instant away"
        pausing = clock.pausing = Pausing(countdown_of(clock, directory), clock.due)
    elif since < pausing.pauses[-1].since:
        pausing.disordered = True
    if clock.rule.early and not pausing.disordered:
        reach(clock, pausing, since, directory)
    pausing.countdown.hold(since)
    pausing.pauses.append(Pause(since, None, note))
    clock.due = None


def release(clock: Clock, at: datetime) -> None:
    """Let a clock that stands still count again from an instant on.

    A recorded lapse keeps the instant it came with.
    """
    pausing = clock.pausing
    assert pausing is not None, "only a paused clock is released"
    last = pausing.pauses[-1]
    until = max(at, last.since)
    pausing.pauses[-1] = last._replace(until=until)
    pausing.countdown.release(until)
    reckoned = pausing.countdown.due
    assert reckoned is not None, "it counts again"
    pausing.due, clock.provisional = reckoned, pausing.countdown.provisional
    clock.due = reckoned if clock.lapsed is None else clock.lapsed.due
