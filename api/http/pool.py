"""Answers questions in threads of their own, so that a slow one never stands in a command's way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from api.http.problems import QuestionTooSlow, TooManyQuestions
from store.time_limit import TimeIsUp, limited_until

THREADS: Final = 2
"""More answer no more questions, as they share one interpreter, and slow commands down further."""
WAITING: Final = 64
BUDGET: Final = 15.0

Answer = TypeVar("Answer")


class Questions:
    """A few threads, a short queue, and a time within which a question is answered.

    When its time is up a question ends with the next row that it reads, and its asker is told so.
    One that still waits in the queue is given up.
    """

    def __init__(
        self, *, threads: int = THREADS, waiting: int = WAITING, budget: float = BUDGET
    ) -> None:
        """Answer `threads` questions at a time while `waiting` more wait, `budget` seconds each."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="guanjia-question")
        self._free = threads + waiting
        self._counting = threading.Lock()
        self._budget = budget

    async def answer(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question.

        Raises:
            TooManyQuestions: as many as may wait are waiting already.
            QuestionTooSlow: it took too long.
        """
        with self._counting:
            if not self._free:
                raise TooManyQuestions
            self._free -= 1
        limit = time.monotonic() + self._budget
        work = self._threads.submit(self._within, limit, question)
        work.add_done_callback(self._ended)
        return await self._within_budget(work)

    def _within(self, limit: float, question: Callable[[], Answer]) -> Answer:
        """The answer, if it comes in time."""
        try:
            with limited_until(limit):
                return question()
        except TimeIsUp:
            raise self._too_slow() from None

    def _too_slow(self) -> QuestionTooSlow:
        return QuestionTooSlow(seconds=round(self._budget, 1))

    def _ended(self, _: Future[Answer]) -> None:
        with self._counting:
            self._free += 1

    async def _within_budget(self, work: Future[Answer]) -> Answer:
        budget = asyncio.timeout(self._budget)
        try:
            async with budget:
                return await asyncio.wrap_future(work)
        except TimeoutError:
            if not budget.expired():
                raise
            raise self._too_slow() from None

    def close(self) -> None:
        """Give the threads back; a question under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
