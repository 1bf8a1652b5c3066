"""The arithmetic of one clock: its due instant, the moments of its rule, its explanation."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from domain.promises.clock import Clock, Pause
from domain.promises.directory import Directory
from domain.promises.rules import Moment
from domain.working_time import (
    Elapsed,
    Explanation,
    Given,
    WorkingCalendar,
    due,
    explain,
    share,
)

WHOLE = 100


class Terms(TypedDict):
    """What all of working_time's questions about a clock share."""

    start: datetime
    zone: ZoneInfo
    calendar: WorkingCalendar | None
    given: Given


def _terms(clock: Clock, directory: Directory) -> Terms:
    calendar = getattr(clock.within, "calendar", None)
    return Terms(
        start=clock.started,
        zone=directory.zone(clock.site),
        calendar=directory.rules.calendar(calendar, clock.rules) if calendar else None,
        given=clock.given,
    )


def _over(clock: Clock) -> list[tuple[datetime, datetime, str]]:
    """The pauses that are over, by their beginning."""
    return sorted((p.since, p.until, p.note) for p in clock.pauses if p.until is not None)


def reckon(clock: Clock, directory: Directory) -> None:
    """Set when a clock that counts is due. A recorded lapse keeps the instant it came with."""
    within = clock.within
    if clock.lapsed is not None:
        clock.due = clock.lapsed.due
    elif type(within) is Elapsed and not clock.pauses:  # by far the commonest
        clock.due = clock.started + within.target
    else:
        pauses = _over(clock) if clock.pauses else ()
        clock.due, clock.provisional = due(within, **_terms(clock, directory), pauses=pauses)


def hold(clock: Clock, since: datetime, note: str) -> None:
    """Let the clock stand still from an instant on."""
    clock.pauses = (*clock.pauses, Pause(since, None, note))
    clock.due = None


def release(clock: Clock, at: datetime, directory: Directory) -> None:
    """Let a clock that stands still count again from an instant on."""
    last = clock.pauses[-1]
    clock.pauses = (*clock.pauses[:-1], last._replace(until=max(at, last.since)))
    reckon(clock, directory)


class Moments:
    """Turns the moments of a rule into instants of one clock.

    A moment that was reached stays reached: pauses that begin after it do not move it. So a
    warning at half the target, or two hours before the end, has one instant whenever it is asked.
    """

    def __init__(self, clock: Clock, directory: Directory) -> None:
        self._clock = clock
        self._directory = directory
        self._pauses = _over(clock) if clock.pauses else []
        self.due = clock.due or self._due(len(self._pauses))

    def __call__(self, moment: Moment) -> tuple[datetime, datetime]:
        """The instant of a moment, never before the start, and the due instant as of then."""
        pauses = len(self._pauses)
        for count, (since, _, _) in enumerate(self._pauses):
            if self._known(moment, count) < since:
                pauses = count
                break
        return max(self._known(moment, pauses), self._clock.started), self._due(pauses)

    def _known(self, moment: Moment, pauses: int) -> datetime:
        """The instant of a moment as far as the first so many pauses tell."""
        if moment.offset is not None:
            return self._due(pauses) + moment.offset
        if moment.percent == WHOLE:
            return self._due(pauses)
        if not moment.percent:
            return self._clock.started
        return share(
            self._clock.within,
            percent=moment.percent,
            **_terms(self._clock, self._directory),
            pauses=self._pauses[:pauses],
        )

    def _due(self, pauses: int) -> datetime:
        if pauses == len(self._pauses) and self._clock.due is not None:
            return self._clock.due
        terms = _terms(self._clock, self._directory)
        return due(self._clock.within, **terms, pauses=self._pauses[:pauses]).at


def explanation(clock: Clock, directory: Directory) -> Explanation:
    """The stretches counted and skipped between the clock's start and its due instant."""
    return explain(clock.within, **_terms(clock, directory), pauses=_over(clock))
