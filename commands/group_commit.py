"""For many askers at once: all who wait share a commit, none pays for another's refusal."""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import pairwise
from typing import Final

from commands.desk import Desk, Reply, Request
from store.errors import StoreFault
from store.log import Receipt

MOST: Final = 512
PATIENCE: Final = 0.0005
"""Seconds a leader waits at most for those who asked a moment ago to ask again."""


class _Waiting:
    """A request on its way: ``turn`` opens when it is answered, or when its asker shall lead.

    ``after`` is whose turn comes next: woken one by one, threads do not fight for the interpreter.
    """

    __slots__ = ("after", "reply", "request", "turn")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.reply: Reply | BaseException | None = None
        self.after: _Waiting | None = None
        self.turn = threading.Lock()
        self.turn.acquire()


class GroupCommit:
    """Lets the threads of one process share commits.

    There is no thread of its own: the first asker leads, takes everything that waits to the desk
    in one commit, answers it, and hands the lead to one who came meanwhile. A leader who knows
    from the last two commits that more are asking waits a moment for them, a lone one never does.
    """

    def __init__(self, desk: Desk) -> None:
        """Take requests for the desk."""
        self.desk = desk
        self.batches = 0
        """How many commits were shared so far."""
        self._waiting: deque[_Waiting] = deque()
        self._leading = threading.Lock()
        self._sizes = (0, 1)

    def ask(self, request: Request) -> Receipt:
        """Answer a request; the answer is durable.

        Raises:
            Refusal, DocumentInvalid: it cannot be done; nothing of it is stored.
            StoreFault: the store failed under this request's commit.
        """
        mine = _Waiting(request)
        self._waiting.append(mine)
        if self._leading.acquire(blocking=False):
            self._lead()
        try:
            self._see_through(mine)
        except BaseException:  # the asker was interrupted: its place in the line is kept for it
            threading.Thread(target=self._see_through, args=(mine,), daemon=True).start()
            raise
        assert mine.reply is not None
        if isinstance(mine.reply, BaseException):
            raise mine.reply
        return mine.reply

    def _see_through(self, mine: _Waiting) -> None:
        """Wait for the answer, lead when asked to, and wake who comes next."""
        mine.turn.acquire()
        while mine.reply is None:  # the lead was handed over
            self._lead()
            mine.turn.acquire()
        if mine.after is not None:
            mine.after.turn.release()

    def _lead(self) -> None:
        """Commit what waits, then give the lead away: to one who came meanwhile, or back."""
        while True:
            self._wait_for_company()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
            if batch:
                self.batches += 1
                self._answer(batch)
            if self._waiting:
                self._waiting[0].turn.release()
                return
            self._leading.release()
            if not self._waiting or not self._leading.acquire(blocking=False):
                return  # else somebody came just before the release and counts on us

    def _wait_for_company(self) -> None:
        """Let those who shared the last two commits come in, if they come at once."""
        expected = min(sum(self._sizes), MOST)
        until = time.perf_counter() + PATIENCE
        while len(self._waiting) < expected and time.perf_counter() < until:
            time.sleep(0)
        together = len(self._waiting) >= expected
        self._sizes = (0 if together else self._sizes[1], len(self._waiting))

    def _answer(self, batch: list[_Waiting]) -> None:
        try:
            replies = self._replies([waiting.request for waiting in batch])
        except BaseException as end:  # noqa: BLE001 - the process is ending: nobody may wait for ever
            replies = [end] * len(batch)
        for waiting, after in pairwise(batch):
            waiting.after = after
        for waiting, reply in zip(batch, replies, strict=True):
            waiting.reply = reply
        batch[0].turn.release()

    def _replies(self, requests: list[Request]) -> list[Reply | BaseException]:
        try:
            return [*self.desk.ask_all(requests)]
        except StoreFault as fault:
            return [fault] * len(requests)
        except Exception as fault:  # noqa: BLE001 - a defect met by one request is no other's
            if len(requests) == 1:
                return [fault]
            return [reply for request in requests for reply in self._replies([request])]
