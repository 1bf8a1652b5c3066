"""The base of what follows the log: it takes facts in batches, each with its checkpoint."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from store.errors import StoreFault
from store.log import Log
from store.rows import Row

HEARTBEAT: Final = 5.0
"""Seconds after which a follower looks at the log even if nobody said that it has grown."""


class Batch(NamedTuple):
    """The wanted facts between two positions of the log; there may be none."""

    rows: Sequence[Row]
    after: int
    until: int


class FollowerState(msgspec.Struct, kw_only=True, frozen=True):
    """How a follower stands: what it has seen, what it has not, when it last looked at the log.

    Positions are None where the store cannot say them. ``taken`` counts what it did since it was
    started, in facts.
    """

    name: str
    position: int | None
    lag: int | None
    last_tick_age: float
    taken: int
    fault: str | None


class Follower(ABC):
    """Something that follows the log of a store, called by one runner among others.

    ``name`` is stored and shown: it never changes, and it is no module's name. ``topics`` are the
    stored names of the facts it wants; empty means all. ``rest`` is how many seconds it leaves
    between two rounds, so that what is appended meanwhile is taken together.

    A subclass either has `take` handle batches, or replaces `step`.
    """

    name: str
    topics: frozenset[str] = frozenset()
    batch: int = 1000
    rest: float = 0.0

    def __init__(self, log: Log) -> None:
        """Begin without having looked."""
        self.log = log
        self.taken = 0
        self.fault: str | None = None
        self._ticking = threading.RLock()
        self._ticked = time.monotonic()

    @abstractmethod
    def position(self) -> int | None:
        """The checkpoint: up to where the log was seen; None where that is not known yet."""

    def take(self, batch: Batch) -> None:
        """Do what a batch asks for and move the checkpoint to its end.

        Both are kept in one transaction. What acts outside the database acts first: after a
        crash it is given the same batch again.
        """
        raise NotImplementedError

    def step(self) -> int | None:
        """Take the next batch; how many facts it had, None at the end of the log."""
        batch = self.read(self.position() or 0, self.batch)
        if batch is None:
            return None
        self.take(batch)
        return len(batch.rows)

    def read(self, after: int, limit: int) -> Batch | None:
        """The next batch of wanted facts after a position, None at the end of the log."""
        head = self.log.head()
        rows = self.log.rows(after, limit, tuple(self.topics))
        if len(rows) == limit:
            return Batch(rows, after, rows[-1].position)
        until = max(head, rows[-1].position if rows else 0)
        return Batch(rows, after, until) if until > after else None

    def tick(self, stopped: Callable[[], bool] = bool) -> int:
        """Take everything that is there, or until ``stopped``; how many facts that were."""
        taken = 0
        with self._ticking:
            while not stopped() and (step := self.step()) is not None:
                taken += step
                self.taken += step
            self._ticked = time.monotonic()
        return taken

    def patience(self) -> float:
        """Seconds after which it wants to look again although nothing was appended."""
        return HEARTBEAT

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what it holds besides the store."""

    @property
    def last_tick_age(self) -> float:
        """Seconds since it last took everything that was there."""
        return time.monotonic() - self._ticked

    def lag(self) -> int:
        """How many facts of the log it has not seen."""
        return max(self.log.head() - (self.position() or 0), 0)

    def state(self, *, positions: bool = True) -> FollowerState:
        """How it stands; a store that does not answer, or is not asked, leaves positions out."""
        position = lag = None
        if positions:
            with suppress(StoreFault):
                position, lag = self.position(), self.lag()
        return FollowerState(
            name=self.name, position=position, lag=lag, last_tick_age=self.last_tick_age,
            taken=self.taken, fault=self.fault,
        )  # fmt: skip
