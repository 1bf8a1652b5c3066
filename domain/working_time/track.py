"""Keeps how far time had run when each pause began, so that an instant is found by a look-up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta

from domain.working_time.civil import NOTHING
from domain.working_time.pace import Pace, after, before
from domain.working_time.pauses import Quiet


class Track:
    """Time that runs at one pace from an instant on, but for pauses.

    It remembers how long had run when each interval of quiet began. Whoever adds a pause says
    with `forget` from which interval on that is no longer true.
    """

    __slots__ = ("_ran", "begin", "pace", "quiet")

    def __init__(self, begin: datetime, pace: Pace, quiet: Quiet) -> None:
        self.begin = begin
        self.pace = pace
        self.quiet = quiet
        self._ran: list[timedelta] = []

    def forget(self, index: int) -> None:
        """Reckon anew from this interval on."""
        del self._ran[index:]

    def first(self, length: timedelta) -> datetime:
        """The first instant by which a length has run from the beginning, as `after` finds it."""
        if not length:
            return after(self.pace, self.begin, length, self.quiet)
        self._reckon()
        index = bisect_left(self._ran, length)  # how many intervals begin before so much has run
        at, _ = self.pace.forward(self._resumed(index), length - self._run_before(index))
        assert at is not None  # without an end the length is always reached
        return at

    def last(self, end: datetime, length: timedelta) -> datetime:
        """The last instant from which a length runs until another one, as `before` finds it."""
        if end <= self.begin:
            return before(self.pace, end, length, self.quiet)
        index = bisect_left(self.quiet.begins, end)
        resumed, left = self._resumed(index), length
        if resumed < end:
            at, left = self.pace.backward(end, length, resumed)
            if at is not None:
                return at
        self._reckon()
        wanted = self._run_before(index) - left
        if wanted < NOTHING:  # all that has run since the beginning is not enough
            return before(self.pace, self.begin, -wanted, self.quiet)
        segment = bisect_right(self._ran, wanted, 0, index)
        at, _ = self.pace.backward(self.quiet.begins[segment], self._ran[segment] - wanted)
        assert at is not None  # as above
        return at

    def _reckon(self) -> None:
        for index in range(len(self._ran), len(self.quiet.begins)):
            resumed, pause = self._resumed(index), self.quiet.begins[index]
            ran = self.pace.between(resumed, pause) if resumed < pause else NOTHING
            self._ran.append(self._run_before(index) + ran)

    def _run_before(self, index: int) -> timedelta:
        """How long had run when an interval began that comes after so many."""
        return self._ran[index - 1] if index else NOTHING

    def _resumed(self, index: int) -> datetime:
        """The instant at which time went on after so many intervals."""
        return max(self.quiet.ends[index - 1], self.begin) if index else self.begin
