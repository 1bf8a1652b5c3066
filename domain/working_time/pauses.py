"""For time that does not count: pauses put in order, and the walk of a clock around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.working_time.civil import to_utc


class Pause(NamedTuple):
    """A closed interval during which the clock stands still; ``note`` says by whom or why."""

    begin: datetime
    end: datetime
    note: str = ""

    def days(self, zone: ZoneInfo) -> range:
        """The ordinals of the local days it touches."""
        first, last = self.begin.astimezone(zone), self.end.astimezone(zone)
        return range(first.toordinal(), last.toordinal() + 1)


# Pairs and triples are accepted wherever pauses are: the third is the note.
Pauses = Sequence[tuple[datetime, datetime] | tuple[datetime, datetime, str]]


def in_order(pauses: Pauses) -> tuple[Pause, ...]:
    """The pauses in UTC, sorted, none empty; overlaps stay, whoever walks along them allows for it.

    Raises ValueError for a naive instant or a pause that ends before it begins.
    """
    ordered = sorted(_in_utc(pause) for pause in pauses)
    return tuple(pause for pause in ordered if pause.begin < pause.end)


def _in_utc(pause: tuple[datetime, datetime] | tuple[datetime, datetime, str]) -> Pause:
    begin, end = to_utc(pause[0], "pause's beginning"), to_utc(pause[1], "pause's end")
    if end < begin:
        raise ValueError(f"A pause ends at {end}, before it begins at {begin}.")
    return Pause(begin, end, pause[2] if len(pause) > 2 else "")  # noqa: PLR2004  the note


def covering(pauses: Sequence[Pause], instant: datetime) -> Pause | None:
    """The first pause in which the instant lies, both its ends included."""
    return next((pause for pause in pauses if pause.begin <= instant <= pause.end), None)


def run(
    begin: datetime, end: datetime | None, left: timedelta, pauses: Sequence[Pause]
) -> tuple[datetime | None, timedelta]:
    """Let a clock run from ``begin`` to ``end`` (None: without end), standing still in pauses.

    Gives the instant at which ``left`` is used up, or None with what is left at the end.
    ``pauses`` are in order.
    """
    at = begin
    for pause in pauses:
        if pause.end <= at:
            continue
        if end is not None and pause.begin >= end:
            break
        if pause.begin > at:
            if at + left <= pause.begin:
                return at + left, timedelta(0)
            left -= pause.begin - at
        at = pause.end
    if end is None or (at < end and at + left <= end):
        return at + left, timedelta(0)
    return None, left - max(end - at, timedelta(0))
