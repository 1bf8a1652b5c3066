"""The command handler: load, decide, append, answer; once per command id.

Every command is decided on its own: a refusal or a conflict is that command's answer alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from commands import ROUTES
from commands.envelope import Answer, CommandEnvelope
from commands.routes import Routes
from commands.streams import LoadedStream
from commands.unit_of_work import UnitOfWork
from domain.kernel.facts import Recorded
from domain.kinds.directory import Directory
from store.append import AppendTransaction
from store.codec import Codec
from store.errors import HeadMoved
from store.log import IntegrityError, Log, Tail
from store.register_reader import REGISTER_TOPICS, DirectoryReader
from store.rows import Row

KEPT_STREAMS: Final = 10_000
PAGE: Final = 5000
TRIES: Final = 5


def wall_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class CommandHandler:
    """Handles commands for one log. Threads may share one; processes may have one each."""

    def __init__(
        self,
        log: Log,
        *,
        routes: Routes = ROUTES,
        codec: Codec | None = None,
        clock: Callable[[], datetime] = wall_clock,
        registers: DirectoryReader | None = None,
    ) -> None:
        """Prepare; `clock` gives the instant of recording, `registers` may be shared."""
        self.log = log
        self.routes = routes
        self.codec = codec or Codec(routes.kinds)
        self.clock = clock
        self.registers = registers or DirectoryReader(log, self.codec)
        self.directory = Directory(routes.kinds)
        self._deciding = threading.RLock()
        self._kept: OrderedDict[str, LoadedStream] = OrderedDict()
        self._known = -1
        self._tail: Tail | None = None
        self._ahead = False

    @contextmanager
    def unit_of_work(self, after: Tail | None = None) -> Iterator[UnitOfWork]:
        """Handle several commands in one transaction: all that are answered are stored, or none.

        Raises:
            IntegrityError: another process stored something in between; ask again.
            HeadMoved: the log does not end at `after`; ask again without it.
        """
        with self._deciding:
            try:
                with self.log.transaction(after) as log:
                    self._catch_up(log)
                    unit = UnitOfWork(self, log)
                    yield unit
                    unit.store()
                self.registers.stored(self._known, unit.head)
                self._known = unit.head
                self._tail = log.tail
                self._ahead = False
            except BaseException:
                self._forget()
                raise
            while len(self._kept) > KEPT_STREAMS:
                self._kept.popitem(last=False)

    def handle_all(self, envelopes: Sequence[CommandEnvelope]) -> list[Answer]:
        """Handle several commands in one commit; a conflict makes each be decided anew, alone.

        Returns the receipt or the refusal of each, in order.
        """
        try:
            try:
                return self._handle_together(envelopes, self._tail)
            except HeadMoved:  # now hold the log while deciding
                return self._handle_together(envelopes, None)
        except IntegrityError:
            if len(envelopes) > 1:
                return [self.handle_all([envelope])[0] for envelope in envelopes]
        return [self._retry(envelopes[0])]

    def _handle_together(
        self, envelopes: Sequence[CommandEnvelope], after: Tail | None
    ) -> list[Answer]:
        with self.unit_of_work(after) as unit:
            unit.look_up([e.key for e in envelopes if "".join(e.key).isprintable()])
            unit.prefetch([e.message for e in envelopes])
            return [unit.answer(envelope) for envelope in envelopes]

    def _retry(self, envelope: CommandEnvelope) -> Answer:
        for attempt in range(TRIES):
            try:
                with self.unit_of_work() as unit:
                    return unit.answer(envelope)
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError

    def keep(self, loaded: LoadedStream) -> None:
        """Keep a stream at hand for the next command."""
        self._kept[loaded.stream] = loaded

    def kept(self, stream: str) -> LoadedStream | None:
        """A stream at hand, the most recently used last."""
        loaded = self._kept.get(stream)
        if loaded is not None:
            self._kept.move_to_end(stream)
        return loaded

    def note(self, row: Row, recorded: Recorded) -> None:
        """Let a register fact take effect for the commands after it."""
        if row.topic in REGISTER_TOPICS:
            self.registers.take(recorded)
            self._ahead = True
            self.directory = self.registers.at(recorded.position)

    def _catch_up(self, log: AppendTransaction) -> None:
        """Read what other processes stored since the log was last held."""
        if log.head == self._known:
            return
        if not 0 <= self._known <= log.head:
            self._kept.clear()
            if self._known > log.head:
                self.registers.forget()
            self._known = log.head
        while self._known < log.head:
            page = log.rows(self._known, PAGE)
            for row in page:
                self._kept.pop(row.stream, None)
            self.registers.take_page(page, self._known)
            self._known = page[-1].position
        self.directory = self.registers.at(log.head)

    def _forget(self) -> None:
        """Trust nothing in memory after a failed append: it may be ahead of the log."""
        self._kept.clear()
        self._known = -1
        self._tail = None
        if self._ahead:
            self._ahead = False
            self.registers.forget()
