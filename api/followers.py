"""Runs the followers of a store in a process of their own, and lets them ask this one's writer."""

from __future__ import annotations

import math
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from api.child import Child, start_process
from api.engine import Engine, MakeFollower
from api.settings import Settings
from projections.row_sets import CaseProjector
from scheduler.feed import Feed
from scheduler.frames import Frames, LinkLost
from scheduler.remote_writer import serve_commands
from store.errors import StoreFault
from store.follower import FollowerState
from store.lease import open_lease

MODULE: Final = "api.follow"
FRESH: Final = 5.0
"""Seconds after which followers that say nothing are not waited for."""
LOOK: Final = 0.5
HUNG: Final = 60.0
"""Seconds after which a process that says nothing is killed and started again."""


def further(settings: Settings) -> Sequence[MakeFollower]:
    """The followers beside row sets and timers that the settings ask for."""
    return (partial(_feed, settings),) if settings.kafka else ()


def _feed(settings: Settings, engine: Engine) -> Feed:
    from scheduler.kafka_topic import KafkaTopic  # noqa: PLC0415 - only those who feed wait for it

    topic = KafkaTopic(settings.kafka, settings.kafka_topic)
    return Feed(engine.log, engine.codec, topic, open_lease(engine.store, Feed.name))


class ProcessRunner:
    """Runs followers in a process that is started again when it dies, and ends with this one.

    It is told by a byte when this process has committed. What it asks is decided by this
    process's writer, over a socket that only the two of them have.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        """Prepare; nothing runs before `start`."""
        self._writer = engine.writer
        self._messages = engine.routes.messages
        self._names = [follower.name for follower in engine.followers]
        self._settings = settings
        self._states: dict[str, FollowerState] = {}
        self._told = time.monotonic()
        self._child = Child("followers", self._spawn, self._hung)

    def start(self) -> None:
        """Start the process."""
        self._told = time.monotonic()
        self._writer.committed = self._child.wake
        self._child.start()

    def stop(self) -> bool:
        """End it; whether it ended by itself."""
        self._writer.committed = None
        return self._child.stop()

    def states(self, *, positions: bool = True) -> list[FollowerState]:
        """How each follower stood when it last said so, and what has become of its process."""
        del positions  # the store is left alone anyway
        silent = time.monotonic() - self._told
        return [self._state(name, silent) for name in self._names]

    @property
    def beside(self) -> bool:
        """Whether the followers are at work: they run and have said so a moment ago."""
        if not self._states or self._child.fault is not None or not self._child.alive:
            return False
        return time.monotonic() - self._told < FRESH

    def _state(self, name: str, silent: float) -> FollowerState:
        known = self._states.get(name) or unknown(name)
        return msgspec.structs.replace(
            known,
            last_tick_age=known.last_tick_age + silent,
            fault=self._child.fault or known.fault,
        )

    def _hung(self) -> bool:
        return time.monotonic() - self._told > HUNG

    def _spawn(self) -> subprocess.Popen[bytes]:
        ours, theirs = socket.socketpair()
        self._told = time.monotonic()
        with theirs:
            try:
                process = start_process(MODULE, str(theirs.fileno()), fds=[theirs.fileno()])
            except OSError:
                ours.close()
                raise
        frames = Frames(ours)
        threading.Thread(
            target=self._serve, args=(frames,), name="guanjia-link", daemon=True
        ).start()
        return process

    def _serve(self, frames: Frames) -> None:
        try:
            frames.send(msgspec.json.encode(self._settings))
        except LinkLost:
            return
        serve_commands(frames, self._writer, self._messages, self._tell)

    def _tell(self, states: Sequence[FollowerState]) -> None:
        self._states = {state.name: state for state in states}
        self._told = time.monotonic()
        self._child.fault = None


class NotedRunner:
    """Followers that another process runs: what is known of them is what they noted."""

    def __init__(self, projector: CaseProjector, names: Sequence[str]) -> None:
        """Read from the tables what followers of some names noted."""
        self._projector = projector
        self._names = names
        self._looked = -math.inf
        self._fresh = False

    def start(self) -> None:
        """Nothing: another process does."""

    def stop(self) -> bool:
        """Nothing: another process does."""
        return True

    def states(self, *, positions: bool = True) -> list[FollowerState]:
        """How each follower stood when it last noted so, its age counted on."""
        del positions
        try:
            noted = self._projector.signs.noted(datetime.now(UTC))
        except StoreFault as fault:
            return [unknown(name, str(fault)) for name in self._names]
        return [noted.get(name) or unknown(name) for name in self._names]

    @property
    def beside(self) -> bool:
        """Whether followers noted anything a moment ago."""
        if time.monotonic() - self._looked > LOOK:
            self._fresh = self._projector.signs.noted_age(datetime.now(UTC)) < FRESH
            self._looked = time.monotonic()
        return self._fresh


def unknown(name: str, fault: str | None = None) -> FollowerState:
    """The state of a follower that has said nothing yet."""
    return FollowerState(
        name=name, position=None, lag=None, last_tick_age=0.0, taken=0, fault=fault
    )
