"""The composition root: one engine per store, opened at the edge and by tests alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from commands import ROUTES
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.routes import Routes
from commands.writer import Writer
from domain.kinds.directory import Directory
from projections.row_sets import CaseProjector, row_sets
from scheduler.timers import TimerWorker
from scheduler.trusted_clock import TrustedClock
from store.codec import Codec
from store.log import Log, Receipt
from store.open import open_log, open_views
from store.projector import Progress
from store.register_reader import DirectoryReader


class Engine:
    """A log with its command handler, its row sets and its timers, which share one clock.

    ``routes`` are the messages, and with them the kinds, that the engine knows.
    """

    def __init__(
        self,
        store: str,
        *,
        create: bool = False,
        clock: Callable[[], datetime] | None = None,
        routes: Routes = ROUTES,
    ) -> None:
        """Open a store: a file path or a PostgreSQL address.

        Without a clock it is the machine's, as far as it can be trusted.

        Raises:
            StoreFault: it cannot be opened, or must exist and does not.
        """
        self.store = store
        self.routes = routes
        self.clock = clock or TrustedClock()
        self.codec = Codec(routes.kinds)
        self.log: Log = open_log(store, create=create, topics=self.codec.topics)
        self.codec.where = self.log.where
        self.registers = DirectoryReader(self.log, self.codec)
        try:
            self.handler = CommandHandler(
                self.log,
                routes=routes,
                codec=self.codec,
                clock=self.clock,
                registers=self.registers,
            )
            self.writer = Writer(self.handler)
            self.projector: CaseProjector = row_sets(
                self.log, open_views(store), self.codec, registers=self.registers
            )
        except BaseException:
            self.log.close()
            raise
        self.worker = TimerWorker(self.handler, self.projector, clock=self.clock)
        self._compared = False

    def ask(self, request: CommandEnvelope) -> Receipt:
        """Handle a command; whoever asks at the same time shares a commit.

        Raises:
            Refusal, DocumentInvalid: it cannot be done.
            StoreFault: the store failed.
        """
        return self.writer.ask(request)

    def settle(self, timeout: float = 5.0, progress: Progress | None = None) -> bool:
        """Let the row sets catch up with the log as it is now; False if they could not in time."""
        limit = time.monotonic() + timeout
        head = self.log.head()
        while not self._seen(head):
            if (left := limit - time.monotonic()) <= 0:
                return False
            self.projector.catch_up(progress, within=left)
        return True

    def _seen(self, head: int) -> bool:
        """Whether the row sets have seen the log up to a position, and this log, no other."""
        position = self.projector.position()
        if position < head:
            return False
        if position > head or not self._compared:
            self._compared = not self.projector.astray()
            return self._compared
        return True

    @property
    def lag(self) -> int:
        """How many facts the row sets have not seen; all of them where they saw another log."""
        head = self.log.head()
        return head if self.projector.astray() else max(head - self.projector.position(), 0)

    def directory(self) -> Directory:
        """Sites and rules at the head of the log."""
        return self.registers.newest()

    def close(self) -> None:
        """Give everything back."""
        self.worker.stop()
        self.writer.close()
        self.projector.db.close()
        self.log.close()


@contextmanager
def engine(
    store: str,
    *,
    create: bool = False,
    clock: Callable[[], datetime] | None = None,
    routes: Routes = ROUTES,
) -> Iterator[Engine]:
    """An engine that is closed at the end of the block."""
    opened = Engine(store, create=create, clock=clock, routes=routes)
    try:
        yield opened
    finally:
        opened.close()
