"""Runs followers, each in a thread of its own, so that a slow one keeps no other waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from domain.kernel.refusals import UserFacingError
from scheduler.alarm import Alarm
from store.follower import HEARTBEAT, Follower, FollowerState
from store.log import Log

LOOK: Final = 0.5
"""Seconds after which other processes' commands are noticed, and a failing follower tries again."""
STALLED: Final = 2.0
"""Seconds after which an alarm that did not ring is not waited for."""
PULSE: Final = 1.0
"""Seconds between two signs of life."""
ENDING: Final = 5.0
"""Seconds that followers have to end."""
SAME: Final = 0.002

log = logging.getLogger("guanjia.scheduler")


class Runner(Protocol):
    """What runs the followers of a store: threads of this process, or another process."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> bool:
        """End what is under way; whether all of it ended in time."""

    def states(self, *, positions: bool = True) -> list[FollowerState]:
        """How each follower stands; without ``positions`` the store is left alone."""

    @property
    def beside(self) -> bool:
        """Whether the followers are at work beside this process: readers wait for them."""


class ThreadRunner:
    """Runs followers in threads of this process.

    About once a second ``note`` is given the states, to write them down for other processes; so is
    ``tell``, which must not wait for the store: its positions are those that were noted last.
    """

    beside = False

    def __init__(
        self,
        log: Log,
        followers: Sequence[Follower],
        note: Callable[[list[FollowerState]], object] = bool,
        tell: Callable[[list[FollowerState]], object] = bool,
    ) -> None:
        """Prepare; nothing runs before `start`."""
        self._log = log
        self._followers = followers
        self._note = note
        self._tell = tell
        self._noted: dict[str, FollowerState] = {}
        self._stopped = threading.Event()
        self._woken = {follower.name: threading.Event() for follower in followers}
        self._threads: list[threading.Thread] = []
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Take what is there, and what comes, until `stop`."""
        self._stopped.clear()
        self._alarm = Alarm()
        self._threads = [
            threading.Thread(
                target=self._follow, args=(follower, self._alarm), daemon=True,
                name=f"guanjia-{follower.name}",
            )
            for follower in self._followers
        ]  # fmt: skip
        self._threads += [
            threading.Thread(target=self._watch, name="guanjia-watch", daemon=True),
            threading.Thread(target=self._pulse, args=(self._write_down,), daemon=True),
            threading.Thread(target=self._pulse, args=(self._say_on,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """End after the batches that are under way; whether they ended in time."""
        self._stopped.set()
        self._wake_all()
        self._log.wake()
        limit = time.monotonic() + ENDING
        for thread in self._threads:
            thread.join(max(limit - time.monotonic(), 0.0))
        ended = not any(thread.is_alive() for thread in self._threads)
        if self._alarm is not None:
            self._alarm.stop()
            self._alarm = None
        return ended

    def states(self, *, positions: bool = True) -> list[FollowerState]:
        """How each follower stands; without ``positions`` the store is left alone."""
        return [follower.state(positions=positions) for follower in self._followers]

    def _wake_all(self) -> None:
        for event in self._woken.values():
            event.set()

    def _follow(self, follower: Follower, alarm: Alarm) -> None:
        """Round after round: take what is there, then sleep until there may be more."""
        woken, rung_at = self._woken[follower.name], 0.0
        while not self._stopped.is_set():
            woken.clear()
            patience = self._round(follower)
            ended = time.monotonic()
            if patience is None:
                self._stopped.wait(LOOK)
                continue
            if 0 < patience < HEARTBEAT and abs(ended + patience - rung_at) > SAME:
                rung_at = ended + patience
                alarm.ring(follower.name, patience, woken.set)
            if patience > 0:
                woken.wait(min(patience + STALLED, HEARTBEAT))
            self._stopped.wait(follower.rest - (time.monotonic() - ended))

    def _round(self, follower: Follower) -> float | None:
        """Let a follower take what is there; for how long it can wait, None where it failed."""
        try:
            follower.tick(self._stopped.is_set)
            patience = follower.patience()
        except Exception as fault:  # noqa: BLE001 - what is away comes back; health alarms meanwhile
            _say(follower, fault)
            return None
        follower.fault = None
        return patience

    def _watch(self) -> None:
        """See what is appended, whoever does it."""
        seen = -1
        while not self._stopped.is_set():
            try:
                if self._log.wait(seen, LOOK):
                    seen = self._log.head()
                    self._wake_all()
            except Exception as fault:  # noqa: BLE001 - as above
                log.warning("the log cannot be watched: %s", fault)
                self._stopped.wait(LOOK)

    def _pulse(self, beat: Callable[[], None]) -> None:
        """Give signs of life."""
        while not self._stopped.wait(PULSE):
            try:
                beat()
            except Exception as fault:  # noqa: BLE001 - as above
                log.warning("no sign of life could be given: %s", fault)

    def _write_down(self) -> None:
        states = self.states()
        self._noted = {state.name: state for state in states}
        self._note(states)

    def _say_on(self) -> None:
        """Tell the states, however long a rebuild keeps whoever asks for positions."""
        states = self.states(positions=False)
        known = [(state, self._noted.get(state.name, state)) for state in states]
        self._tell(
            [
                msgspec.structs.replace(state, position=noted.position, lag=noted.lag)
                for state, noted in known
            ]
        )


def _say(follower: Follower, fault: Exception) -> None:
    """Note a fault and write it down: known ones in a sentence, a defect with where it happened."""
    if isinstance(fault, UserFacingError):
        follower.fault = str(fault)
        log.error("%s cannot go on: %s", follower.name, fault)
    else:
        follower.fault = f"{type(fault).__name__}: {fault}"
        log.error("%s cannot go on", follower.name, exc_info=fault)
