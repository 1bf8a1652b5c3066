"""Lays out the time of a promise in business or working days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.working_time.civil import MICROSECOND, NOTHING, day_begins
from domain.working_time.consumption import ratio
from domain.working_time.counting import Counting
from domain.working_time.pauses import Pause, covering
from domain.working_time.stretches import NO_DAY, ONE_DAY, TURN, Span, Stretch, overlaid


class _Step(NamedTuple):
    """What lies between the instants at which one working day and the next one are complete."""

    before: int
    ordinal: int
    begin: datetime
    complete: datetime


def days(counting: Counting, end: datetime, pauses: Sequence[Pause]) -> Iterator[Stretch]:
    """Every stretch from the start until the working day in which an instant lies is complete."""
    yield from (span.used(NO_DAY) for span in _uncounted(counting))
    before, begin = counting.first, counting.origin()
    while begin < end:
        ordinal = counting.calendar.working_day_after(before)
        step = _Step(before, ordinal, begin, counting.complete(ordinal))
        yield from _shared(step, _parts(counting, step), pauses)
        before, begin = ordinal, step.complete


def _uncounted(counting: Counting) -> Iterator[Span]:
    """What lies between the start and the instant from which days count."""
    begin, end, zone = counting.begin, counting.origin(), counting.zone
    if counting.clock is None:
        yield Span(begin, end, "start_day")
    elif counting.rolled:
        for ordinal in range(counting.local.toordinal(), counting.first + 1):
            start, stop = day_begins(ordinal, zone), day_begins(ordinal + 1, zone)
            yield Span(max(begin, start), min(end, stop), *_why_not(counting, ordinal))


def _why_not(counting: Counting, ordinal: int) -> tuple[str, str]:
    """Why a day does not count although the promise has begun."""
    day = date.fromordinal(ordinal)
    if not counting.calendar.works(day):
        return counting.calendar.why(day)
    return ("before_opening" if counting.cut_off and ordinal == counting.first else "rolled"), ""


def _parts(counting: Counting, step: _Step) -> Iterator[Span]:
    """A step cut at midnight; the day uses the parts on worked days."""
    cursor = step.begin
    for ordinal in range(step.before, step.ordinal + 1):
        end = day_begins(ordinal + 1, counting.zone)
        if ordinal == step.ordinal:
            end = step.complete
        if cursor >= end:
            continue
        reason, note = counting.calendar.why(date.fromordinal(ordinal))
        if ordinal == step.before and counting.clock is None:  # what is left after its completion
            reason, note = (TURN if end - cursor == MICROSECOND else "closed"), ""
        yield Span(cursor, end, reason, note)
        cursor = end


def _shared(step: _Step, parts: Iterator[Span], pauses: Sequence[Pause]) -> Iterator[Stretch]:
    """The parts of a step with one day spread evenly over what the day uses, but for pauses."""
    lost = covering(pauses, step.complete)
    spans = [told for span in parts for told in _paused(span, pauses, lost)]
    whole = sum((span.end - span.start for span in spans if span.counted), NOTHING)
    for span in spans:
        yield span.used(ratio(span.end - span.start, whole) if span.counted else NO_DAY)
    if lost is None and not whole:  # all of it was paused but for its last instant
        yield Span(step.complete, step.complete, "working").used(ONE_DAY)


def _paused(span: Span, pauses: Sequence[Pause], lost: Pause | None) -> Iterator[Span]:
    """A part of a step with its pauses told apart; the rest of a lost day says what lost it."""
    if not span.counted:
        yield span
        return
    for part in overlaid(span, pauses):
        if lost is not None and part.counted:
            yield part._replace(reason="lost", note=lost.note)
        else:
            yield part
