"""For showing how a deadline came about: each stretch that counted or did not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import day_begins, day_ends, instant_of, to_utc
from domain.working_time.deadline import (
    NOTHING_GIVEN,
    Given,
    due,
    last_counted_day,
    mark,
    needed,
    rolled,
)
from domain.working_time.pauses import Pause, Pauses, covering, in_order
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

NOTHING = timedelta(0)
COUNTING = frozenset({"elapsed", "working", "make_up", "until"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time between two UTC instants that counted towards the target or did not.

    ``reason`` is a stable key: elapsed, working, make_up, before_opening, lunch, closed, weekend,
    holiday, paused, rolled, start_day, until or already_due. ``note`` is the holiday's name, the
    note of the pause, or the field a date came from. ``amount`` is what the stretch added, in the
    target's unit: a timedelta, or whole days or months completed within it.
    """

    start: datetime
    end: datetime
    counted: bool
    reason: str
    note: str
    amount: timedelta | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The stretches from the start to ``due`` (UTC) without a gap; their amounts sum to ``target``.

    ``target`` is a timedelta for elapsed and working time and for dates given by the case, and
    the number of days or months otherwise. ``provisional`` as in Due.
    """

    stretches: tuple[Stretch, ...]
    target: timedelta | int
    due: datetime
    provisional: bool


class _Span(NamedTuple):
    """Part of the timeline; the reason says whether it counts."""

    start: datetime
    end: datetime
    reason: str
    note: str = ""

    @property
    def running(self) -> timedelta:
        """How long the clock ran in it."""
        return self.end - self.start if self.reason in COUNTING else NOTHING


def explain(
    within: Within,
    *,
    start: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
) -> Explanation:
    """How the deadline that `due` gives for the same arguments came about; raises as `due` does.

    Where the deadline was already past at the start there is one stretch, empty, at the deadline.
    """
    at, provisional = due(
        within, start=start, zone=zone, calendar=calendar, pauses=pauses, given=given
    )
    begin, quiet = to_utc(start, "start"), in_order(pauses)
    target: timedelta | int
    match within:
        case Elapsed(target=target):
            stretches = _timed(begin, at, [_Span(begin, at, "elapsed")], quiet)
        case Working(target=target):
            spans = _hours(needed(within, calendar), zone, begin, at)
            stretches = _timed(begin, at, spans, quiet)
        case BusinessDays(days=target):
            stretches = _business_days(within, begin, zone, needed(within, calendar), quiet)
        case WorkingDays(days=target):
            stretches = _working_days(within, begin, zone, needed(within, calendar), quiet)
        case Days(days=target) | Months(months=target):
            local = begin.astimezone(zone)
            ends = [mark(within, count, local, zone) for count in range(1, target + 1)]
            stretches = _civil(begin, at, ends, quiet)
        case Before(field=field) | At(field=field):
            target = max(at - begin, NOTHING)
            stretches = iter([_dated(begin, at, field)])
        case _:
            assert_never(within)
    return Explanation(stretches=_joined(stretches), target=target, due=at, provisional=provisional)


def _timed(
    begin: datetime, at: datetime, spans: Iterable[_Span], pauses: Sequence[Pause]
) -> Iterator[Stretch]:
    """The spans between two instants with the pauses laid over them, measured in time."""
    for span in spans:
        clipped = span._replace(start=max(span.start, begin), end=min(span.end, at))
        for part in _overlaid(clipped, pauses):
            yield _stretch(part, part.running)


def _overlaid(span: _Span, pauses: Sequence[Pause]) -> Iterator[_Span]:
    cursor = span.start
    for pause in pauses:
        begin, end = max(pause.begin, cursor), min(pause.end, span.end)
        if begin < end:
            if cursor < begin:
                yield span._replace(start=cursor, end=begin)
            yield _Span(begin, end, "paused", pause.note)
            cursor = end
    if cursor < span.end:
        yield span._replace(start=cursor)


def _civil(
    begin: datetime, at: datetime, ends: Sequence[datetime], pauses: Sequence[Pause]
) -> Iterator[Stretch]:
    """Civil days or months: a stretch adds as many as are completed within its running time."""
    run = NOTHING
    for part in _overlaid(_Span(begin, at, "elapsed"), pauses):
        before, run = run, run + part.running
        yield _stretch(part, sum(before < end - begin <= run for end in ends))


def _hours(
    calendar: WorkingCalendar, zone: ZoneInfo, begin: datetime, at: datetime
) -> Iterator[_Span]:
    """Every local day that the stretch touches, cut at its working hours."""
    first, last = begin.astimezone(zone).toordinal(), at.astimezone(zone).toordinal()
    for ordinal in range(first, last + 1):
        cursor, midnight = day_begins(ordinal, zone), day_begins(ordinal + 1, zone)
        reason, note = calendar.why(date.fromordinal(ordinal))
        if not calendar.works(date.fromordinal(ordinal)):
            yield _Span(cursor, midnight, reason, note)
            continue
        for index, (opens, closes) in enumerate(calendar.edges(ordinal, zone)):
            yield _Span(cursor, opens, "lunch" if index else "before_opening")
            yield _Span(opens, closes, reason, note)
            cursor = closes
        yield _Span(cursor, midnight, "closed")


def _business_days(
    within: BusinessDays,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> Iterator[Stretch]:
    local = begin.astimezone(zone)
    ordinal, clock, cut_off = rolled(within, local, calendar)
    cursor = begin
    if cut_off or ordinal != local.toordinal():
        cursor = instant_of(date.fromordinal(ordinal), clock, zone)
        yield from _rolling(begin, cursor, zone, calendar, cut_off=cut_off)
    left = within.days
    while left:
        ordinal += 1
        end = instant_of(date.fromordinal(ordinal), clock, zone)
        step = _day_step(ordinal, cursor, end, calendar, covering(pauses, end))
        yield step
        left -= step.counted
        cursor = end


def _rolling(
    begin: datetime, end: datetime, zone: ZoneInfo, calendar: WorkingCalendar, *, cut_off: bool
) -> Iterator[Stretch]:
    """What lies between a start and the moment from which its business days count."""
    first, last = begin.astimezone(zone).toordinal(), end.astimezone(zone).toordinal()
    for ordinal in range(first, last + 1):
        day = date.fromordinal(ordinal)
        reason, note = calendar.why(day)
        if calendar.works(day):
            opening = cut_off and ordinal == last
            reason, note = ("before_opening" if opening else "rolled"), ""
        day_start, day_end = day_begins(ordinal, zone), day_begins(ordinal + 1, zone)
        yield _stretch(_Span(max(begin, day_start), min(end, day_end), reason, note), 0)


def _working_days(
    within: WorkingDays,
    begin: datetime,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> Iterator[Stretch]:
    first = begin.astimezone(zone).toordinal()
    last = last_counted_day(within, first, None, zone, calendar, pauses)
    final = calendar.working_day_after(last) - 1 if within.through_rest_days else last
    at = day_ends(final, zone)
    cursor = day_begins(first + 1, zone)
    yield _stretch(_Span(begin, cursor, "start_day"), 0)
    for ordinal in range(first + 1, last + 1):
        end = min(day_begins(ordinal + 1, zone), at)
        yield _day_step(ordinal, cursor, end, calendar, covering(pauses, day_ends(ordinal, zone)))
        cursor = end
    for ordinal in range(last + 1, final + 1):
        end = min(day_begins(ordinal + 1, zone), at)
        yield _day_step(ordinal, cursor, end, calendar, None)
        cursor = end


def _day_step(
    ordinal: int, begin: datetime, end: datetime, calendar: WorkingCalendar, pause: Pause | None
) -> Stretch:
    """The stretch that leads to a day's counting instant, which counts if the day is worked."""
    day = date.fromordinal(ordinal)
    reason, note = calendar.why(day)
    if not calendar.works(day):
        return _stretch(_Span(begin, end, reason, note), 0)
    if pause is not None:
        return _stretch(_Span(begin, end, "paused", pause.note), 0)
    return _stretch(_Span(begin, end, reason, note), 1)


def _dated(begin: datetime, at: datetime, field: str) -> Stretch:
    if at <= begin:
        return _stretch(_Span(at, at, "already_due", field), NOTHING)
    return _stretch(_Span(begin, at, "until", field), at - begin)


def _stretch(span: _Span, amount: timedelta | int) -> Stretch:
    return Stretch(
        start=span.start,
        end=span.end,
        counted=span.reason in COUNTING,
        reason=span.reason,
        note=span.note,
        amount=amount,
    )


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Neighbours that say the same made one, empty ones left out."""
    joined: list[Stretch] = []
    for stretch in stretches:
        if stretch.start == stretch.end and stretch.reason != "already_due":
            continue
        if joined and _says_the_same(joined[-1], stretch):
            joined[-1] = _one(joined[-1], stretch)
        else:
            joined.append(stretch)
    return tuple(joined)


def _one(first: Stretch, second: Stretch) -> Stretch:
    # One explanation has one unit, which the type of a single stretch cannot say.
    amount = first.amount + second.amount  # type: ignore[operator]
    return replace(first, end=second.end, amount=amount)


def _says_the_same(one: Stretch, other: Stretch) -> bool:
    return (one.counted, one.reason, one.note) == (other.counted, other.reason, other.note)
