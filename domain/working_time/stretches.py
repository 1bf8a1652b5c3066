"""Lays out the time of a promise in stretches, each with what it added to the target and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import NOTHING, day_begins, mark
from domain.working_time.consumption import Amount, ratio
from domain.working_time.pauses import Pause, overlapping
from domain.working_time.within import Days, Months

COUNTING: Final = frozenset({"elapsed", "working", "make_up", "until"})
# The microsecond between the end of a day and midnight: told as part of what lies beside it.
TURN: Final = "turn"
NO_DAY: Final = Fraction(0)
ONE_DAY: Final = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time between two UTC instants that counted towards the target or did not.

    ``reason`` is a stable key: elapsed, working, make_up, before_opening, lunch, closed, weekend,
    holiday, paused, lost (to a pause when the day would have been complete), rolled, start_day,
    until or already_due. ``note`` is the holiday's name, the note of the pause, or the field a
    date came from. ``amount`` is what the stretch used, in the
    target's unit: a timedelta, or an exact number of days or months. ``beyond`` says that it lies
    after the due instant, so that its amount is lateness.
    """

    start: datetime
    end: datetime
    counted: bool
    reason: str
    note: str
    amount: Amount
    beyond: bool = False

    def cut(self, at: datetime) -> tuple[Stretch, Stretch]:
        """The parts before and after an instant inside it; what it used is spread evenly."""
        if isinstance(self.amount, timedelta):
            first: Amount = at - self.start if self.amount else NOTHING
            rest: Amount = self.end - at if self.amount else NOTHING
        else:
            first = self.amount * ratio(at - self.start, self.end - self.start)
            rest = self.amount - first
        return replace(self, end=at, amount=first), replace(self, start=at, amount=rest)


class Span(NamedTuple):
    """Part of the timeline; the reason says whether it counts."""

    start: datetime
    end: datetime
    reason: str
    note: str = ""

    @property
    def counted(self) -> bool:
        return self.reason in COUNTING

    def used(self, amount: Amount) -> Stretch:
        """The stretch that uses an amount of the target."""
        return Stretch(
            start=self.start,
            end=self.end,
            counted=self.counted,
            reason=self.reason,
            note=self.note,
            amount=amount,
        )


def overlaid(span: Span, pauses: Sequence[Pause]) -> Iterator[Span]:
    """A span with the pauses in it, which are apart, told apart from the rest."""
    cursor = span.start
    for begin, end, note in overlapping(pauses, span.start, span.end):
        if cursor < begin:
            yield span._replace(start=cursor, end=begin)
        yield Span(begin, end, "paused", note)
        cursor = end
    if cursor < span.end:
        yield span._replace(start=cursor)


def timed(spans: Iterable[Span], pauses: Sequence[Pause]) -> Iterator[Stretch]:
    """Elapsed or working time: what counts uses as much as it is long."""
    for span in spans:
        for part in overlaid(span, pauses):
            yield part.used(part.end - part.start if part.counted else NOTHING)


def hours(
    begin: datetime, end: datetime, zone: ZoneInfo, calendar: WorkingCalendar
) -> Iterator[Span]:
    """The days between two instants, cut at their working hours."""
    first, last = begin.astimezone(zone).toordinal(), end.astimezone(zone).toordinal()
    for ordinal in range(first, last + 1):
        for span in _hours_of(ordinal, zone, calendar):
            clipped = span._replace(start=max(span.start, begin), end=min(span.end, end))
            if clipped.start < clipped.end:
                yield clipped


def _hours_of(ordinal: int, zone: ZoneInfo, calendar: WorkingCalendar) -> Iterator[Span]:
    cursor, midnight = day_begins(ordinal, zone), day_begins(ordinal + 1, zone)
    day = date.fromordinal(ordinal)
    reason, note = calendar.why(day)
    if not calendar.works(day):
        yield Span(cursor, midnight, reason, note)
        return
    for index, (opens, closes) in enumerate(calendar.edges(ordinal, zone)):
        yield Span(cursor, opens, "lunch" if index else "before_opening")
        yield Span(opens, closes, reason, note)
        cursor = closes
    yield Span(cursor, midnight, "closed")


def civil(
    within: Days | Months,
    begin: datetime,
    end: datetime,
    zone: ZoneInfo,
    pauses: Sequence[Pause],
) -> Iterator[Stretch]:
    """Civil days or months: each is used evenly, and takes longer by the time paused in it."""
    local = begin.astimezone(zone)
    count, since, following = 1, begin, mark(within, 1, local, zone)
    ran = begin  # where the clock would stand without pauses
    for part in overlaid(Span(begin, end, "elapsed"), pauses):
        if not part.counted:
            yield part.used(NO_DAY)
            continue
        cursor = part.start
        while cursor < part.end:
            step = min(part.end - cursor, following - ran)
            span = part._replace(start=cursor, end=cursor + step)
            yield span.used(ratio(step, following - since))
            cursor, ran = cursor + step, ran + step
            while following <= ran:
                if following == since:  # a day that the zone skipped
                    yield span._replace(start=cursor).used(ONE_DAY)
                count += 1
                since, following = following, mark(within, count, local, zone)
