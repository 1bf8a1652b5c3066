"""The composition root: one engine per store, opened at the edge and by tests alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from commands import ROUTES
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.routes import Routes
from commands.writer import Writer
from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kinds
from domain.kinds.directory import Directory
from domain.promises import Fold
from projections.lens import LIVE
from projections.parallel import sharing
from projections.row_sets import CaseProjector, row_sets
from scheduler.runner import Runner, ThreadRunner
from scheduler.timers import AskAll, Timers
from scheduler.trusted_clock import TrustedClock
from store.codec import Codec
from store.follower import Follower
from store.log import Log, Receipt
from store.open import open_log, open_views
from store.projector import Progress
from store.register_reader import DirectoryReader
from store.tables import TableDb

Found = TypeVar("Found")

POLLED: Final = (0.002, 0.005, 0.01, 0.02)
"""Seconds between looks at the checkpoints of followers that run in another process."""


class Engine:
    """A log with its command handler, its row sets and what follows it, which share one clock.

    ``routes`` are the messages, and with them the kinds, that the engine knows. ``further`` makes
    the followers beside row sets and timers, each from the engine. ``ask_all`` stands in for the
    engine's own writer where another process writes.
    """

    def __init__(
        self,
        store: str,
        *,
        create: bool = False,
        clock: Callable[[], datetime] | None = None,
        routes: Routes = ROUTES,
        further: Sequence[MakeFollower] = (),
        ask_all: AskAll | None = None,
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
                self.log, open_views(store), self.codec, registers=self.registers,
                share=sharing(store, routes.kinds),
            )  # fmt: skip
        except BaseException:
            self.log.close()
            raise
        self.timers = Timers(ask_all or self.writer.ask_all, self.projector, clock=self.clock)
        self.followers: Sequence[Follower] = (
            self.projector, self.timers, *(make(self) for make in further),
        )  # fmt: skip
        self.runner: Runner = ThreadRunner(self.log, self.followers, self.projector.signs.note)
        self._compared = False

    def ask(self, request: CommandEnvelope) -> Receipt:
        """Handle a command; whoever asks at the same time shares a commit.

        Raises:
            Refusal, DocumentInvalid: it cannot be done.
            StoreFault: the store failed.
        """
        return self.writer.ask(request)

    def settle(self, timeout: float = 5.0, progress: Progress | None = None) -> bool:
        """Let the row sets see the log as it is now; False if they could not in time.

        Followers that are at work in another process are waited for.
        """
        limit = time.monotonic() + timeout
        head, looks = self.log.head(), iter(POLLED)
        while not self._seen(head):
            if (left := limit - time.monotonic()) <= 0:
                return False
            if self.runner.beside and not self.projector.db.replaced():
                time.sleep(min(next(looks, POLLED[-1]), left))
            else:
                self.projector.catch_up(progress, within=left)
        return True

    def _seen(self, head: int) -> bool:
        """Whether the row sets have seen the log up to a position, and this log, no other."""
        position = self.projector.position()
        if position < head:
            return False
        if position > head or not self._compared:
            self._compared = not self.projector.diverged()
            return self._compared
        return True

    @property
    def lag(self) -> int:
        """How many facts the row sets have not seen."""
        return self.projector.lag()

    # What a question sees of it: see `api.view.View`.

    lens: Final = LIVE

    @property
    def kinds(self) -> Kinds:
        """The kinds of stream there are."""
        return self.routes.kinds

    @property
    def tables(self) -> TableDb:
        """The live row sets."""
        return self.projector.db

    def read(self, question: Callable[[TableDb], Found]) -> Found:
        """What a question finds in the live row sets."""
        return question(self.tables)

    def directory(self) -> Directory:
        """Sites and rules at the head of the log."""
        return self.registers.newest()

    def position(self) -> int:
        """The head of the log."""
        return self.log.head()

    def now(self) -> datetime:
        """The time now."""
        return self.clock()

    def facts(self, stream: str) -> Sequence[Recorded]:
        """The facts of a stream, none where there are none."""
        return [self.codec.decode(row) for row in self.log.stream(stream)]

    def fold(self, case: str) -> Fold | None:
        """A case as it stands; None where there is none."""
        kind, facts = self.kinds.of(case), self.facts(case)
        return Fold.of(kind, facts, self.directory()) if kind and kind.case and facts else None

    def close(self) -> None:
        """Give everything back."""
        self.runner.stop()
        self.writer.close()
        for follower in self.followers:
            follower.close()
        self.projector.db.close()
        self.log.close()


MakeFollower = Callable[[Engine], Follower]


@contextmanager
def engine(
    store: str,
    *,
    create: bool = False,
    clock: Callable[[], datetime] | None = None,
    routes: Routes = ROUTES,
    further: Sequence[MakeFollower] = (),
    ask_all: AskAll | None = None,
) -> Iterator[Engine]:
    """An engine that is closed at the end of the block."""
    opened = Engine(
        store, create=create, clock=clock, routes=routes, further=further, ask_all=ask_all
    )
    try:
        yield opened
    finally:
        opened.close()
