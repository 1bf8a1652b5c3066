"""For many askers at once: all who wait share a commit, none pays for another's refusal."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from commands.desk import Desk, Reply, Request
from store.errors import StoreFault
from store.log import Answered

MOST: Final = 512


class _Waiting:
    """A request on its way: ``turn`` opens when it is answered, or when its asker shall lead."""

    __slots__ = ("reply", "request", "turn")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.reply: Reply | BaseException | None = None
        self.turn = threading.Lock()
        self.turn.acquire()


class GroupCommit:
    """Lets the threads of one process share commits.

    There is no thread of its own: the first asker leads, takes everything that waits to the desk
    in one commit, answers it, and hands the lead to one who came meanwhile. Waiting a little for
    more company was measured to gain nothing: who comes during a commit is in the next.
    """

    def __init__(self, desk: Desk) -> None:
        """Take requests for the desk."""
        self.desk = desk
        self.batches = 0
        """How many commits were shared so far."""
        self._waiting: deque[_Waiting] = deque()
        self._leading = threading.Lock()

    def ask(self, request: Request) -> Answered:
        """Answer a request; the answer is durable.

        Raises:
            Refusal, DocumentInvalid: it cannot be done; nothing of it is stored.
            StoreFault: the store failed under this request's commit.
        """
        mine = _Waiting(request)
        self._waiting.append(mine)
        if self._leading.acquire(blocking=False):
            self._lead()
        mine.turn.acquire()
        while mine.reply is None:  # the lead was handed over
            self._lead()
            mine.turn.acquire()
        if isinstance(mine.reply, BaseException):
            raise mine.reply
        return mine.reply

    def _lead(self) -> None:
        """Commit what waits, then give the lead away: to one who came meanwhile, or back."""
        while True:
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

    def _answer(self, batch: list[_Waiting]) -> None:
        try:
            replies = self._replies([waiting.request for waiting in batch])
        except BaseException as end:  # noqa: BLE001 - the process is ending: nobody may wait for ever
            replies = [end] * len(batch)
        for waiting, reply in zip(batch, replies, strict=True):
            waiting.reply = reply
            waiting.turn.release()

    def _replies(self, requests: list[Request]) -> list[Reply | BaseException]:
        try:
            return [*self.desk.ask_all(requests)]
        except StoreFault as fault:
            return [fault] * len(requests)
        except Exception as fault:  # noqa: BLE001 - a defect met by one request is no other's
            if len(requests) == 1:
                return [fault]
            return [reply for request in requests for reply in self._replies([request])]
