"""The timer queue: what is due next, in memory, for whoever asks often."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime


class TimerQueue:
    """One next instant per case. Learning a new one forgets the old; None forgets the case."""

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._next: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return len(self._next)

    def set(self, case: str, instant: datetime | None) -> None:
        """Something is due for the case at the instant, or nothing any more."""
        if instant is None:
            self._next.pop(case, None)
        elif self._next.get(case) != instant:
            self._next[case] = instant
            heapq.heappush(self._heap, (instant, case))

    def first(self) -> tuple[datetime, str] | None:
        """The earliest instant and its case, without taking it."""
        while self._heap:
            instant, case = self._heap[0]
            if self._next.get(case) == instant:
                return instant, case
            heapq.heappop(self._heap)
        return None

    def before(self, limit: datetime) -> Iterator[tuple[datetime, str]]:
        """Take everything due before the limit, in order; what is learned meanwhile is seen too."""
        while (found := self.first()) is not None and found[0] < limit:
            heapq.heappop(self._heap)
            del self._next[found[1]]
            yield found
