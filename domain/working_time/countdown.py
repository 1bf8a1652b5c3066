"""Follows a promise as it is paused and resumed, without reckoning earlier pauses again."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from domain.working_time.calendar import WorkingCalendar
from domain.working_time.civil import to_utc
from domain.working_time.courses import course_of
from domain.working_time.deadline import elapsed_share, needed, pace_of, portion
from domain.working_time.given import NOTHING_GIVEN, Given
from domain.working_time.pauses import Quiet
from domain.working_time.shift import Length, shifted
from domain.working_time.track import Track
from domain.working_time.within import Elapsed, Within, Working


class Countdown:
    """One run of a promise: hold and release it, and ask when it is due.

    It answers as `due`, `share` and `shift` do for the pauses that are over, but a further pause
    costs no more for those before it. Pauses may overlap and may be told out of order (a share or
    moment asked after one told late costs as much as there are pauses after it); each must begin
    before the promise is due, since nothing pauses one that is due already.

    Raises as `due` does; ValueError for a pause that begins too late, for holding what stands
    still and for releasing what does not.
    """

    __slots__ = ("_begin", "_calendar", "_course", "_held", "_quiet", "_tracks", "_within", "_zone")

    def __init__(
        self,
        within: Within,
        *,
        start: datetime,
        zone: ZoneInfo,
        calendar: WorkingCalendar | None = None,
        given: Given = NOTHING_GIVEN,
    ) -> None:
        self._within = within
        self._begin = to_utc(start, "start")
        self._zone = zone
        self._calendar = calendar
        self._course = course_of(within, self._begin, zone, calendar, given)
        self._quiet = Quiet()
        self._held: datetime | None = None
        self._tracks: dict[WorkingCalendar | None, Track] = {}

    @property
    def due(self) -> datetime | None:
        """The UTC instant at which the promise is due, None while it stands still."""
        return self._course.at if self._held is None else None

    @property
    def provisional(self) -> bool:
        """Whether that instant depends on a year without a published calendar."""
        return self._course.provisional

    def hold(self, at: datetime) -> None:
        """Stand still from an instant on."""
        since = to_utc(at, "pause's beginning")
        if self._held is not None:
            raise ValueError(f"The promise stands still since {self._held}: release it first.")
        if since >= self._course.at:
            raise ValueError(f"A pause at {since} is too late: due was {self._course.at}.")
        self._held = since

    def release(self, at: datetime) -> None:
        """Go on from an instant; one before the pause began makes it empty."""
        until = to_utc(at, "pause's end")
        if self._held is None:
            raise ValueError("The promise does not stand still: hold it first.")
        since, self._held = self._held, None
        if since < until:
            for track in self._tracks.values():
                track.forget(bisect_left(self._quiet.ends, since))
            self._course.pause(self._quiet.add(since, until))

    def share(self, percent: int) -> datetime:
        """The UTC instant at which that percentage is used, by the pauses that are over."""
        if isinstance(self._within, Elapsed | Working):
            length = portion(self._within.target, percent)
            return self._track(self._within, self._calendar).first(length)
        return elapsed_share(self._begin, self._course.at, percent)

    def shift(
        self, by: Length, *, sign: Literal[-1, 1], calendar: WorkingCalendar | None = None
    ) -> datetime:
        """The UTC instant so long after or before the due instant, by the pauses that are over.

        ``calendar`` is the one named by ``by``.
        """
        at = self._course.at
        if sign == -1 and isinstance(by, Elapsed | Working):
            return self._track(by, calendar).last(at, by.target)
        return shifted(at, by, sign, self._zone, calendar, self._quiet)

    def _track(self, by: Elapsed | Working, calendar: WorkingCalendar | None) -> Track:
        key = needed(by, calendar) if isinstance(by, Working) else None
        track = self._tracks.get(key)
        if track is None:
            pace = pace_of(by, self._zone, calendar)
            track = self._tracks[key] = Track(self._begin, pace, self._quiet)
        return track
