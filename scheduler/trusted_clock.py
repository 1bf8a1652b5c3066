"""A wall clock that may jump: a leap ahead is believed only when it lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from commands.handler import wall_clock

LEAP = timedelta(seconds=60)
SETTLE = timedelta(seconds=5)


class TrustedClock:
    """Says the time for recording deadlines.

    A wall clock that leaps ahead by more than a minute would let every deadline in between lapse at
    once, for ever. So a leap is believed after it has stood for five seconds; until then time goes
    on from where it was. A machine that slept leaps too, and is believed as quickly. A clock that
    was set back is followed at once: nothing is recorded early, and what is recorded stays.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = wall_clock,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the wall clock as it is."""
        self._wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._believed = wall()
        self._at = steady()
        self._leapt_at: float | None = None
        self.leaps = 0

    def __call__(self) -> datetime:
        """The time as far as it can be believed."""
        with self._lock:
            wall, steady = self._wall(), self._steady()
            expected = self._believed + timedelta(seconds=steady - self._at)
            if wall - expected <= LEAP:
                self._leapt_at = None
                self._believed, self._at = wall, steady
                return wall
            if self._leapt_at is None:
                self._leapt_at = steady
                self.leaps += 1
            if steady - self._leapt_at >= SETTLE.total_seconds():
                self._leapt_at = None
                self._believed, self._at = wall, steady
                return wall
            return expected
