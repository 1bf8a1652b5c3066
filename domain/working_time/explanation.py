"""Shows how a deadline came about: each stretch that counted or did not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import MICROSECOND, NOTHING, to_utc
from domain.working_time.consumption import Amount, consumed
from domain.working_time.counting import Counting
from domain.working_time.day_stretches import days
from domain.working_time.deadline import due, needed
from domain.working_time.given import NOTHING_GIVEN, Given
from domain.working_time.pauses import Pauses, apart
from domain.working_time.stretches import TURN, Span, Stretch, civil, hours, timed
from domain.working_time.within import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Within,
    Working,
    WorkingDays,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The stretches from the start to ``due`` (UTC), or on to ``until`` where that is later.

    They have no gap. The amounts of those up to ``due`` sum to ``target``, of those beyond it to
    ``late``, of those up to ``until`` to ``consumed``; where ``until`` is not asked for it is
    ``due``. All four are in one unit: a timedelta for elapsed and working time and for dates
    given by the case, otherwise an exact number of days or months. ``provisional`` as in Due.
    """

    stretches: tuple[Stretch, ...]
    target: Amount
    due: datetime
    provisional: bool
    until: datetime
    consumed: Amount
    late: Amount


def explain(
    within: Within,
    *,
    start: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
    until: datetime | None = None,
) -> Explanation:
    """How the deadline that `due` gives for the same arguments came about; raises as `due` does.

    With ``until``, the instant at which the promise was kept or is looked at, it goes on to there.
    Where the deadline was past at the start, it begins at the deadline with an empty stretch.
    """
    at, provisional = due(
        within, start=start, zone=zone, calendar=calendar, pauses=pauses, given=given
    )
    begin = to_utc(start, "start")
    stop = at if until is None else to_utc(until, "instant")
    used, late = consumed(
        within,
        start=begin,
        until=stop,
        zone=zone,
        calendar=calendar,
        pauses=pauses,
        given=given,
    )
    told = _told(within, begin, at, max(at, stop), zone, calendar, pauses)
    return Explanation(
        stretches=_joined(_cut(told, at, stop), at, stop),
        target=_target(within, begin, at),
        due=at,
        provisional=provisional,
        until=stop,
        consumed=used,
        late=late,
    )


def _target(within: Within, begin: datetime, at: datetime) -> Amount:
    match within:
        case Elapsed(target=target) | Working(target=target):
            return target
        case BusinessDays(days=count) | WorkingDays(days=count) | Days(days=count):
            return Fraction(count)
        case Months(months=count):
            return Fraction(count)
        case Before() | At():
            return max(at - begin, NOTHING)
        case _:
            assert_never(within)


def _told(  # noqa: PLR0917  called once
    within: Within,
    begin: datetime,
    at: datetime,
    end: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None,
    pauses: Pauses,
) -> Iterable[Stretch]:
    """All stretches until an instant, and perhaps a little beyond it."""
    quiet = apart(pauses)
    match within:
        case Elapsed():
            return timed([Span(begin, end, "elapsed")], quiet)
        case Working():
            return timed(hours(begin, end, zone, needed(within, calendar)), quiet)
        case BusinessDays() | WorkingDays():
            return days(Counting(within, begin, zone, needed(within, calendar)), end, quiet)
        case Days() | Months():
            return civil(within, begin, end, zone, quiet)
        case Before(field=field) | At(field=field):
            return _dated(begin, at, end, field)
        case _:
            assert_never(within)


def _dated(begin: datetime, at: datetime, end: datetime, field: str) -> Iterator[Stretch]:
    if at <= begin:
        yield Span(at, at, "already_due", field).used(NOTHING)
    since = min(begin, at)
    yield Span(since, end, "until", field).used(end - since)


def _cut(stretches: Iterable[Stretch], at: datetime, stop: datetime) -> Iterator[Stretch]:
    """The stretches cut at the deadline and at the stop, and nothing beyond the later of them."""
    end = max(at, stop)
    for stretch in stretches:
        rest = stretch
        for instant in (min(at, stop), end):
            if rest.start < instant < rest.end:
                part, rest = rest.cut(instant)
                yield part
        if rest.end - rest.start == MICROSECOND and rest.start == at and not rest.amount:
            rest = replace(rest, reason=TURN)  # a day of rest that prolonged the deadline
        if rest.end <= end:
            yield rest


def _joined(stretches: Iterable[Stretch], at: datetime, stop: datetime) -> tuple[Stretch, ...]:
    """Neighbours that say the same made one, on each side of the deadline and of the stop."""
    full = [s for s in stretches if s.start < s.end or s.amount or s.reason == "already_due"]
    joined: list[Stretch] = []
    for index, stretch in enumerate(full):
        begins_side = stretch.start in {at, stop}
        told = stretch
        if told.reason == TURN:
            beside = full[index + 1 if begins_side and index + 1 < len(full) else index - 1]
            told = replace(told, counted=beside.counted, reason=beside.reason, note=beside.note)
        told = replace(told, beyond=told.start >= at and told.end > at)
        if joined and not begins_side and _says_the_same(joined[-1], told):
            joined[-1] = _one(joined[-1], told)
        else:
            joined.append(told)
    return tuple(joined)


def _says_the_same(one: Stretch, other: Stretch) -> bool:
    if one.start == one.end or other.start == other.end:
        return False  # a day that is used at one instant stays there
    return (one.counted, one.reason, one.note) == (other.counted, other.reason, other.note)


def _one(first: Stretch, second: Stretch) -> Stretch:
    # One explanation has one unit, which the type of a single stretch cannot say.
    amount = first.amount + second.amount  # type: ignore[operator]
    return replace(first, end=second.end, amount=amount)
