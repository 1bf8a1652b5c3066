"""The course of a case in time: its service cycles, when each fact came, how long it paused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.kernel.facts import Mark, Recorded
from domain.promises.notes import NOTES

_BEGINS: Final = Mark.BEGINS_CYCLE


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


class Course:
    """The service cycles of a case, read on from its facts whenever they are asked for."""

    __slots__ = ("_cycle", "_read", "services")

    def __init__(self) -> None:
        self.services: list[Service] = []
        self._cycle = 1
        self._read = 0

    def of(self, facts: Sequence[Recorded]) -> list[Service]:
        """The cycles of all facts so far, which are those that were given before and more."""
        services = self.services
        for recorded in facts[self._read :] if self._read else facts:
            fact, at = recorded.fact, recorded.occurred_at
            if type(fact) in NOTES:
                continue
            mark = fact.mark
            if mark is _BEGINS:
                self._cycle = getattr(fact, "cycle", self._cycle + 1)
            if mark is _BEGINS or not services:
                if services:
                    services[-1].ends(at)
                services.append(Service(self._cycle, at))
            services[-1].take(fact.word, mark, at)
        self._read = len(facts)
        return services
