"""The writer: one thread per process and log that decides what waits and commits it once.

Askers put commands into a queue and wait on a future, never for a lock on the log. Whatever waits
when a commit is done shares the next one, and its answers are resolved in one go.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from itertools import islice, pairwise
from queue import Empty, SimpleQueue
from typing import Final

from commands.envelope import Answer, CommandEnvelope
from commands.handler import CommandHandler
from store.errors import StoreFault
from store.log import Receipt

MOST: Final = 512
"""Commands that share one commit at most."""

Outcome = Answer | BaseException


class _Thread:
    """A thread that waits. ``after`` is woken by it: woken one by one, threads do not contend."""

    __slots__ = ("after", "envelopes", "outcomes", "turn")

    def __init__(self, envelopes: Sequence[CommandEnvelope]) -> None:
        self.envelopes = envelopes
        self.outcomes: Sequence[Outcome] = ()
        self.after: _Thread | None = None
        self.turn = threading.Lock()
        self.turn.acquire()

    def wait(self) -> Sequence[Outcome]:
        """Sleep until the outcomes are there, then wake the next."""
        try:
            self._wait()
        except BaseException:  # interrupted: whoever comes after must still be woken
            threading.Thread(target=self._pass_on, daemon=True).start()
            raise
        if self.after is not None:
            self.after.turn.release()
        return self.outcomes

    def _wait(self) -> None:
        self.turn.acquire()

    def _pass_on(self) -> None:
        self._wait()
        if self.after is not None:
            self.after.turn.release()


class _Task:
    """A task of an event loop that waits."""

    __slots__ = ("envelopes", "future", "loop", "outcomes")

    def __init__(self, envelope: CommandEnvelope, loop: asyncio.AbstractEventLoop) -> None:
        self.envelopes = (envelope,)
        self.outcomes: Sequence[Outcome] = ()
        self.loop = loop
        self.future: asyncio.Future[Receipt] = loop.create_future()


class Writer:
    """Decides and commits the commands of one process, in the order in which they were asked."""

    def __init__(self, handler: CommandHandler) -> None:
        """Start the thread; `close` ends it."""
        self.handler = handler
        self.batches = 0
        """How many commits were shared so far."""
        self.committed: Callable[[], object] | None = None
        """What is called after each commit, by the writer's thread."""
        self._queue: SimpleQueue[_Thread | _Task | None] = SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="guanjia-writer", daemon=True)
        self._thread.start()

    def ask(self, envelope: CommandEnvelope) -> Receipt:
        """Handle a command; the receipt is durable. The calling thread waits.

        Raises:
            Refusal, DocumentInvalid: it cannot be done; nothing of it is stored.
            StoreFault: the store failed under this command's commit, or the writer is closed.
        """
        (outcome,) = self.ask_all((envelope,))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def ask_all(self, envelopes: Sequence[CommandEnvelope]) -> Sequence[Outcome]:
        """The same for several, in one commit; what each came to, in order, faults included."""
        asker = _Thread(envelopes)
        self._put(asker)
        return asker.wait()

    async def submit(self, envelope: CommandEnvelope) -> Receipt:
        """The same for a task of an event loop, which goes on with other tasks meanwhile."""
        asker = _Task(envelope, asyncio.get_running_loop())
        self._put(asker)
        return await asker.future

    def close(self) -> None:
        """Answer what waits, then end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _put(self, asker: _Thread | _Task) -> None:
        with self._closing:
            if self._closed:
                raise StoreFault(where=self.handler.log.where, problem="it is closed")
            self._queue.put(asker)

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            self.batches += 1
            outcomes = iter(self._outcomes([one for asker in batch for one in asker.envelopes]))
            for asker in batch:
                asker.outcomes = tuple(islice(outcomes, len(asker.envelopes)))
            if self.committed is not None:
                self.committed()
            _wake([asker for asker in batch if isinstance(asker, _Thread)])
            _resolve([asker for asker in batch if isinstance(asker, _Task)])

    def _next(self) -> list[_Thread | _Task] | None:
        """What waits, at least one; None when the writer is closed and nothing does."""
        first = self._queue.get()
        if first is None:
            return None
        batch, count = [first], len(first.envelopes)
        try:
            while count < MOST:
                asker = self._queue.get_nowait()
                if asker is None:
                    self._queue.put(None)  # for the next round
                    break
                batch.append(asker)
                count += len(asker.envelopes)
        except Empty:
            pass
        return batch

    def _outcomes(self, envelopes: list[CommandEnvelope]) -> Sequence[Outcome]:
        try:
            return self.handler.handle_all(envelopes)
        except StoreFault as fault:
            return [fault] * len(envelopes)
        except BaseException as fault:  # noqa: BLE001 - a defect met by one command is no other's
            if len(envelopes) == 1:
                return [fault]
            return [outcome for envelope in envelopes for outcome in self._outcomes([envelope])]


def _wake(threads: list[_Thread]) -> None:
    """Wake the first; each wakes the next."""
    for thread, after in pairwise(threads):
        thread.after = after
    if threads:
        threads[0].turn.release()


def _resolve(tasks: list[_Task]) -> None:
    """Resolve the futures of each event loop in one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Task]] = {}
    for task in tasks:
        by_loop.setdefault(task.loop, []).append(task)
    for loop, some in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set_all, some)


def _set_all(tasks: list[_Task]) -> None:
    for task in tasks:
        if task.future.done():  # whoever asked has gone away
            continue
        (outcome,) = task.outcomes
        if isinstance(outcome, BaseException):
            task.future.set_exception(outcome)
        else:
            task.future.set_result(outcome)
