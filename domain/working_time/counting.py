"""Counts working days: from which day on, when each is complete, and which do not count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import MIDNIGHT, day_begins, day_ends, instant_of
from domain.working_time.pauses import Part, Quiet
from domain.working_time.within import BusinessDays, WorkingDays


class Counting:
    """How working days count from a start, a UTC instant.

    ``first`` is the ordinal of the day after which they count. ``clock`` is the clock time at
    which each of them is complete, None where that is its end. ``cut_off`` tells whether the start
    was at or after the cut-off.
    """

    __slots__ = ("begin", "calendar", "clock", "cut_off", "first", "local", "within", "zone")

    def __init__(
        self,
        within: BusinessDays | WorkingDays,
        begin: datetime,
        zone: ZoneInfo,
        calendar: WorkingCalendar,
    ) -> None:
        self.within = within
        self.begin = begin
        self.zone = zone
        self.calendar = calendar
        self.local = begin.astimezone(zone)
        self.first = self.local.toordinal()
        self.clock: time | None = None
        self.cut_off = False
        if isinstance(within, BusinessDays):
            self._roll(within)

    def _roll(self, within: BusinessDays) -> None:
        """Count from a later working day where the start is on a rest day or past the cut-off."""
        clock = self.local.time()
        self.first = self.calendar.working_day_after(self.first - 1)
        if within.cutoff is None or clock < within.cutoff:
            self.clock = clock.replace(fold=0) if clock.fold else clock
            return
        self.cut_off = True
        self.first = self.calendar.working_day_after(self.first)
        opens = self.calendar.windows(date.fromordinal(self.first))[0].opens
        self.clock = within.opens or opens

    @property
    def rolled(self) -> bool:
        """Whether days count from a later instant than the start."""
        return self.cut_off or self.first != self.local.toordinal()

    def origin(self) -> datetime:
        """The instant from which days count."""
        if self.clock is None:
            return day_begins(self.first + 1, self.zone)
        return self.complete(self.first) if self.rolled else self.begin

    def complete(self, ordinal: int) -> datetime:
        """The instant at which a working day is complete. Where it is paused, the day is lost."""
        return complete(self.within, self.clock, ordinal, self.zone, self.calendar)

    def lost(self, pause: Part) -> Iterator[int]:
        """The days that do not count because of a pause, by ordinal and in order."""
        first, last = pause.begin.astimezone(self.zone), pause.end.astimezone(self.zone)
        for ordinal in range(max(first.toordinal(), self.first + 1), last.toordinal() + 1):
            worked = self.calendar.works(date.fromordinal(ordinal))
            if worked and pause.begin <= self.complete(ordinal) <= pause.end:
                yield ordinal

    def lost_to(self, quiet: Quiet) -> list[int]:
        """The days that do not count because of all these pauses, in order."""
        return [day for pause in quiet.since(self.begin) for day in self.lost(pause)]

    def last(self, lost: Sequence[int] = (), known: int | None = None) -> int:
        """The day that completes the target, by ordinal; ``lost`` days are in order, each once.

        ``known`` is the answer for fewer lost days, from which it is found sooner.
        """
        calendar, first, days = self.calendar, self.first, self.within.days
        last = known or calendar.working_day_after(first, days)
        while lost:  # each round makes up for the lost days that the one before ran over
            further = calendar.working_day_after(first, days + bisect_right(lost, last))
            if further == last:
                break
            last = further
        return last

    def due(self, last: int) -> tuple[datetime, bool]:
        """The instant at which the target is due, and whether that is provisional."""
        within, needed = self.within, last
        if isinstance(within, WorkingDays) and within.through_rest_days:
            needed = self.calendar.working_day_after(last)
            at = day_ends(needed - 1, self.zone)
        else:
            at = complete(within, self.clock, last, self.zone, self.calendar)
        return at, not self.calendar.vouches_for(self.local, date.fromordinal(needed))

    def worked(self, before: int, ordinal: int) -> list[Part]:
        """The time on worked days that makes up a working day, from the one before it.

        Between two clock times that is what is left of the day before and the day up to its clock
        time; rest days between them are left out. It is empty where a zone skipped the day.
        """
        end = self.complete(ordinal)
        parts = [Part(day_begins(ordinal, self.zone), end)]
        if self.clock is not None:
            begin = self.origin() if before == self.first else self.complete(before)
            midnight = day_begins(before + 1, self.zone)
            parts = [Part(begin, min(midnight, end)), Part(max(parts[0].begin, begin), end)]
        return [part for part in parts if part.begin < part.end]


def complete(
    within: BusinessDays | WorkingDays,
    clock: time | None,
    ordinal: int,
    zone: ZoneInfo,
    calendar: WorkingCalendar,
) -> datetime:
    """The instant at which a working day is complete: at a clock time, at its end or its closing.

    Hours that close at 24:00 close with the last microsecond of the day.
    """
    if clock is not None:
        # Not `instant_of`, which would look at the fold again: this is asked for every deadline.
        return datetime.combine(date.fromordinal(ordinal), clock, zone).astimezone(UTC)
    end = day_ends(ordinal, zone)
    if isinstance(within, WorkingDays) and within.until == "close":
        day = date.fromordinal(ordinal)
        closes = calendar.windows(day)[-1].closes
        if closes != MIDNIGHT:
            return min(instant_of(day, closes, zone), end)
    return end
