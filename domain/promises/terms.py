"""What all questions of working time about one clock share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from domain.promises.clock import Clock, Pause
from domain.promises.directory import Directory
from domain.working_time import Countdown, Given, WorkingCalendar


class Terms(TypedDict):
    """The terms of a clock, as working_time asks for them."""

    start: datetime
    zone: ZoneInfo
    calendar: WorkingCalendar | None
    given: Given


def terms_of(clock: Clock, directory: Directory) -> Terms:
    """The terms of a clock."""
    calendar = getattr(clock.within, "calendar", None)
    return Terms(
        start=clock.started,
        zone=directory.zone(clock.site),
        calendar=directory.rules.calendar(calendar, clock.rules) if calendar else None,
        given=clock.given,
    )


def over(pauses: Sequence[Pause]) -> list[tuple[datetime, datetime, str]]:
    """The pauses that are over, by their beginning."""
    return sorted((p.since, p.until, p.note) for p in pauses if p.until is not None)


def countdown_of(clock: Clock, directory: Directory) -> Countdown:
    """What follows a clock through its pauses, before the first of them."""
    return Countdown(clock.within, **terms_of(clock, directory))
