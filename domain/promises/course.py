"""The course of a case in time: its service cycles, when each fact came, how long it paused."""

from __future__ import annotations

from datetime import datetime

from domain.kernel.facts import Mark


class Service:
    """One service cycle: its instants, and the first and last instant of each word in it.

    ``pauses`` are (since, until), until None while one lasts.
    """

    __slots__ = ("closed", "cycle", "opened", "pauses", "served", "words")

    def __init__(self, cycle: int, opened: datetime) -> None:
        self.cycle = cycle
        self.opened = opened
        self.served: datetime | None = None
        self.closed: datetime | None = None
        self.words: dict[str, tuple[datetime, datetime]] = {}
        self.pauses: list[tuple[datetime, datetime | None]] = []

    def take(self, word: str, mark: Mark | None, at: datetime) -> None:
        """Take a fact of the cycle."""
        words = self.words
        words[word] = (words[word][0] if word in words else at, at)
        if mark is None:
            return
        if mark is Mark.PAUSES:
            self.pauses.append((at, None))
        else:
            self._goes_on(at)
        if mark is Mark.SERVES:
            self.served = at
        elif mark is Mark.ENDS:
            self.closed = at

    def _goes_on(self, at: datetime) -> None:
        """End the pause that lasts, if one does."""
        if self.pauses and self.pauses[-1][1] is None:
            since, _ = self.pauses[-1]
            self.pauses[-1] = (since, max(since, at))

    def ends(self, at: datetime) -> None:
        """The next cycle begins."""
        self._goes_on(at)
