"""The instants of one clock at which its rule has something to say."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from domain.promises.clock import Clock, Pausing
from domain.promises.directory import Directory
from domain.promises.rules import Moment
from domain.promises.terms import countdown_of, over, terms_of
from domain.working_time import Length, share, shift

WHOLE: Final = 100


def reach(clock: Clock, pausing: Pausing, since: datetime, directory: Directory) -> None:
    """Keep the moments that come before a pause: it does not move them any more."""
    for moment in clock.rule.early:
        if moment not in pausing.reached:
            at = _instant(moment, clock, pausing.due, pausing, directory)
            if at < since:
                pausing.reached[moment] = (at, pausing.due)


class Moments:
    """Turns the moments of a rule into instants of one clock.

    A moment that was reached stays reached: pauses that begin after it do not move it. So a
    warning at half the target, or two hours before the end, has one instant whenever it is asked.
    """

    def __init__(self, clock: Clock, directory: Directory) -> None:
        self._clock = clock
        self._directory = directory
        pausing = clock.pausing
        if pausing is not None and pausing.disordered:
            pausing = _in_order(clock, pausing, directory)
        self._pausing = pausing
        at = clock.due
        if at is None:
            assert pausing is not None, "only a pause takes the due instant away"
            at = pausing.due
        self.due = at

    def __call__(self, moment: Moment) -> tuple[datetime, datetime]:
        """The instant of a moment, never before the start, and the due instant as of then."""
        clock, pausing = self._clock, self._pausing
        known = None if pausing is None else pausing.reached.get(moment)
        if known is None:
            at = _instant(moment, clock, self.due, pausing, self._directory)
            return max(at, clock.started), self.due
        return max(known[0], clock.started), known[1]


def _in_order(clock: Clock, told: Pausing, directory: Directory) -> Pausing:
    """The pauses that are over as if each had been told when it began."""
    countdown = countdown_of(clock, directory)
    assert countdown.due is not None, "it was never held"
    pausing = Pausing(countdown, countdown.due)
    for since, until, _ in over(told.pauses):
        reach(clock, pausing, since, directory)
        countdown.hold(since)
        countdown.release(until)
        pausing.due = countdown.due
    return pausing


def _instant(
    moment: Moment, clock: Clock, at: datetime, pausing: Pausing | None, directory: Directory
) -> datetime:
    """The instant of a moment of a clock that is due at an instant, as far as pauses are told."""
    offset = moment.offset
    if offset is not None:
        return at + offset
    if moment.by is not None:
        return _counted(moment.by, moment.sign, clock, at, pausing, directory)
    if moment.percent == WHOLE:
        return at
    if not moment.percent:
        return clock.started
    if pausing is not None:
        return pausing.countdown.share(moment.percent)
    return share(clock.within, percent=moment.percent, **terms_of(clock, directory))


def _counted(  # noqa: PLR0917 - handed on in this order
    by: Length,
    sign: Literal[-1, 1],
    clock: Clock,
    at: datetime,
    pausing: Pausing | None,
    directory: Directory,
) -> datetime:
    """So long before or after the due instant, on the length's own calendar."""
    name = getattr(by, "calendar", None)
    calendar = directory.rules.calendar(name, clock.rules) if name else None
    if pausing is not None and pausing.due == at:
        return pausing.countdown.shift(by, sign=sign, calendar=calendar)
    spent_in = over(clock.pauses)
    zone = directory.zone(clock.site)
    return shift(at, by=by, sign=sign, zone=zone, calendar=calendar, pauses=spent_in)
