"""For putting the parts together: one engine per store, opened at the edge and by tests alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from commands.desk import Desk, Request
from commands.group_commit import GroupCommit
from domain.registers import RULES_STREAM, Registers
from projections.all_views import CaseViews, all_views
from scheduler.deadlines import DeadlineWorker
from scheduler.trusted_clock import TrustedClock
from store.codec import Codec, Row
from store.log import Log, Receipt
from store.open import open_log, open_views
from store.register_reader import REGISTER_TOPICS, read_registers, take_registers
from store.views import Progress

PAGE = 5000


class Engine:
    """A log with its desk, its views and its deadline worker, which share one clock."""

    def __init__(
        self, store: str, *, create: bool = False, clock: Callable[[], datetime] | None = None
    ) -> None:
        """Open a store: a file path or a PostgreSQL address.

        Without a clock it is the machine's, as far as it can be trusted.

        Raises:
            StoreFault: it cannot be opened, or must exist and does not.
        """
        self.store = store
        self.clock = clock or TrustedClock()
        self.codec = Codec()
        self.log: Log = open_log(store, create=create, topics=self.codec.topics)
        self.codec.where = self.log.where
        try:
            self.desk = Desk(self.log, codec=self.codec, clock=self.clock)
            self.commits = GroupCommit(self.desk)
            self.views: CaseViews = all_views(self.log, open_views(store), self.codec)
        except BaseException:
            self.log.close()
            raise
        self.worker = DeadlineWorker(self.desk, self.views, clock=self.clock)
        self._compared = False
        self._registers = Registers()
        self._registers_at = -1
        self._reading = threading.Lock()

    def ask(self, request: Request) -> Receipt:
        """Answer a command; threads that ask at the same time share a commit.

        Raises:
            Refusal, DocumentInvalid: it cannot be done.
            StoreFault: the store failed.
        """
        return self.commits.ask(request)

    def settle(self, timeout: float = 5.0, progress: Progress | None = None) -> bool:
        """Let the views see everything the log holds now; False if they could not in time."""
        limit = time.monotonic() + timeout
        head = self.log.head()
        while not self._seen(head):
            if (left := limit - time.monotonic()) <= 0:
                return False
            self.views.catch_up(progress, within=left)
        return True

    def _seen(self, head: int) -> bool:
        """Whether the views have seen the log up to a position, and this log, no other."""
        position = self.views.position()
        if position < head:
            return False
        if position > head or not self._compared:
            self._compared = not self.views.astray()
            return self._compared
        return True

    @property
    def lag(self) -> int:
        """How many facts the views have not seen; all of them where they saw another log."""
        head = self.log.head()
        return head if self.views.astray() else max(head - self.views.position(), 0)

    def registers(self) -> Registers:
        """Sites and rules at the head of the log."""
        with self._reading:
            if self._registers_at < 0:
                head = self.log.head()
                self._registers = read_registers(self.log, self.codec)
                self._registers_at = head
            for page in self._register_rows():
                known = self._registers.rules.version
                fresh = [row for row in page if row.stream != RULES_STREAM or row.version > known]
                take_registers(self._registers, fresh, self.codec)
            return self._registers

    def _register_rows(self) -> Iterator[list[Row]]:
        head = self.log.head()
        while self._registers_at < head:
            page = self.log.rows(self._registers_at, PAGE, tuple(REGISTER_TOPICS))
            self._registers_at = page[-1].position if len(page) == PAGE else head
            yield page

    def close(self) -> None:
        """Give everything back."""
        self.worker.stop()
        self.views.db.close()
        self.log.close()


@contextmanager
def engine(
    store: str, *, create: bool = False, clock: Callable[[], datetime] | None = None
) -> Iterator[Engine]:
    """An engine that is closed at the end of the block."""
    opened = Engine(store, create=create, clock=clock)
    try:
        yield opened
    finally:
        opened.close()
