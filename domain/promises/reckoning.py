"""The arithmetic of one clock: its due instant, its pauses, the moments of its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from domain.promises.clock import Clock, Pause, Pausing
from domain.promises.directory import Directory
from domain.promises.rules import Moment
from domain.working_time import (
    Amount,
    BusinessDays,
    Countdown,
    Days,
    Due,
    Elapsed,
    Explanation,
    Given,
    Length,
    Months,
    Within,
    WorkingCalendar,
    WorkingDays,
    consumed,
    due,
    ended_days,
    explain,
    share,
    shift,
)

WHOLE: Final = 100
MOST_DAYS: Final = 10_000
SECOND: Final = timedelta(seconds=1)
NOTHING: Final = timedelta(0)


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


def _over(pauses: Sequence[Pause]) -> list[tuple[datetime, datetime, str]]:
    """The pauses that are over, by their beginning."""
    return sorted((p.since, p.until, p.note) for p in pauses if p.until is not None)


def reckon(clock: Clock, directory: Directory) -> None:
    """Set when a clock that just started is due."""
    within = clock.within
    if type(within) is WorkingDays:
        found = _by_day(within, clock.started, _terms(clock, directory))
    else:
        found = due(within, **_terms(clock, directory))
    clock.due, clock.provisional = found


_DUE_BY_DAY: dict[tuple[int, int], tuple[WorkingDays, ZoneInfo, WorkingCalendar | None, Due]] = {}


def _by_day(within: WorkingDays, started: datetime, terms: Terms) -> Due:
    """When working days are due, which is the same for all clocks of one local day.

    Target and calendar are found again by identity: to compare them would take longer.
    """
    zone, calendar = terms["zone"], terms["calendar"]
    key = (id(within), started.astimezone(zone).toordinal())
    known = _DUE_BY_DAY.get(key)
    if known is None or not (known[0] is within and known[1] is zone and known[2] is calendar):
        if len(_DUE_BY_DAY) >= MOST_DAYS:
            _DUE_BY_DAY.clear()
        known = _DUE_BY_DAY[key] = (within, zone, calendar, due(within, **terms))
    return known[3]


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
        pausing = clock.pausing = Pausing(_countdown(clock, directory), clock.due)
    elif since < pausing.pauses[-1].since:
        pausing.disordered = True
    if clock.rule.early and not pausing.disordered:
        _reach(clock, pausing, since, directory)
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


def _countdown(clock: Clock, directory: Directory) -> Countdown:
    return Countdown(clock.within, **_terms(clock, directory))


def _reach(clock: Clock, pausing: Pausing, since: datetime, directory: Directory) -> None:
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
    countdown = _countdown(clock, directory)
    assert countdown.due is not None, "it was never held"
    pausing = Pausing(countdown, countdown.due)
    for since, until, _ in _over(told.pauses):
        _reach(clock, pausing, since, directory)
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
    return share(clock.within, percent=moment.percent, **_terms(clock, directory))


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
    over = _over(clock.pauses)
    zone = directory.zone(clock.site)
    return shift(at, by=by, sign=sign, zone=zone, calendar=calendar, pauses=over)


class Spent(NamedTuple):
    """How much of a promise was used, and how much of that was late, both in `unit_of` it."""

    used: float
    late: float


def spent(clock: Clock, directory: Directory) -> Spent | None:
    """How much of an ended promise was used, and how much of that was late; None while it is open.

    Pauses are left out, and time is counted as the target is.
    """
    end, within = clock.end, clock.within
    if end is None:
        return None
    if clock.pausing is None:
        if type(within) is Elapsed:
            used = end - clock.started
            late = used - within.target if used > within.target else NOTHING
            return Spent(max(used / SECOND, 0.0), late / SECOND)
        if type(within) is WorkingDays and within.plain:
            return _days_spent(within, clock.started, end, _terms(clock, directory))
    over = _over(clock.pauses)
    amounts = consumed(within, **_terms(clock, directory), until=end, pauses=over)
    return Spent(_number(amounts.used), _number(amounts.late))


def _days_spent(within: WorkingDays, started: datetime, end: datetime, terms: Terms) -> Spent:
    calendar = terms["calendar"]
    assert calendar is not None, "no rulebook takes effect before its calendars"
    part, whole = ended_days(started, end, terms["zone"], calendar)
    return Spent(part / whole, max(part - within.days * whole, 0) / whole)


def _number(amount: Amount) -> float:
    return amount / SECOND if isinstance(amount, timedelta) else float(amount)


def explanation(clock: Clock, directory: Directory, now: datetime | None = None) -> Explanation:
    """The stretches counted and skipped from the clock's start to its due instant, or beyond it.

    It goes on to the stop or, for a clock that runs, to ``now``. What a pause that lasts will take
    away is not known yet: it goes on to the beginning of that pause.
    """
    until = clock.end or now
    if clock.paused:
        until = clock.pauses[-1].since
    over = _over(clock.pauses)
    return explain(clock.within, **_terms(clock, directory), pauses=over, until=until)


def unit_of(within: Within) -> str:
    """What amounts of a promise are counted in: seconds, days or months."""
    return _UNITS.get(type(within), "seconds")


_UNITS: Final[Mapping[type[Within], str]] = {
    BusinessDays: "days", WorkingDays: "days", Days: "days", Months: "months",
}  # fmt: skip
