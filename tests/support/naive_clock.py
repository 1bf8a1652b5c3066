"""A clock as kept with a tally sheet: minute by minute, by what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

MINUTE = timedelta(minutes=1)
SHANGHAI = timezone(timedelta(hours=8))


class Told(NamedTuple):
    """Something people said: when they did, when it happened, what, and along with what else."""

    at: datetime
    happened: datetime
    word: str
    together: str


@dataclass
class NaiveClock:
    """One promise: so many minutes that count, from `starts` to `stops`; times on whole minutes."""

    target: int
    counts: Callable[[datetime], bool]
    stops: str
    cancels: str = ""
    holds: bool = True
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    started: datetime | None = None
    lapsed: datetime | None = None
    ended: datetime | None = None
    verdict: str = "running"

    def live(self, told: Sequence[Told], until: datetime) -> None:
        """Go through what was told, in the order in which it was, and look once more at the end."""
        self.started = told[0].happened
        for before, said in pairwise(told):
            if said.together != before.together:
                self.look(said.at)
            self.hear(said)
        self.look(until)

    def look(self, now: datetime) -> None:
        """Whether the promise was broken before now, as far as anybody knows now."""
        if self.ended is None and self.lapsed is None and not self.paused:
            due = self.due()
            if due < now:
                self.lapsed, self.verdict = due, "lapsed"

    def hear(self, said: Told) -> None:
        """Take in what was said."""
        if self.ended is not None:
            return
        at = said.happened
        if said.word in {self.stops, self.cancels}:
            self.resume(at)
            self.ended = at
            if self.lapsed is not None:
                late = at > self.lapsed
                stopped = "late" if late else "entered_late"
                self.verdict = stopped if said.word == self.stops else "lapsed"
            else:
                self.verdict = "met" if said.word == self.stops else "cancelled"
        elif said.word == "resumed":
            self.resume(at)
        elif said.word == "paused" and self.can_pause(at):
            self.pauses.append((at, None))
            self.verdict = "paused"

    def can_pause(self, at: datetime) -> bool:
        """Whether a pause holds it: only one that counts and was not due yet."""
        return self.holds and not self.paused and self.lapsed is None and at < self.due()

    def resume(self, at: datetime) -> None:
        """The pause is over, if one lasts."""
        if self.paused:
            since, _ = self.pauses[-1]
            self.pauses[-1] = (since, max(since, at))
            self.verdict = "running"

    @property
    def paused(self) -> bool:
        """Whether a pause lasts."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def due(self) -> datetime:
        """The end of the last minute of the target."""
        assert self.started is not None
        minute, left = self.started, self.target
        while left:
            left -= self.counts(minute) and not any(
                since <= minute < (until or minute + MINUTE) for since, until in self.pauses
            )
            minute += MINUTE
        return minute


def always(_: datetime) -> bool:
    """Elapsed time: every minute counts."""
    return True


def in_office(minute: datetime) -> bool:
    """Nine to twelve and one to six, from Monday to Friday, in Shanghai."""
    local = minute.astimezone(SHANGHAI)
    return local.weekday() < 5 and local.hour in {9, 10, 11, 13, 14, 15, 16, 17}


def lived(clock: NaiveClock, told: Iterable[Told], until: datetime) -> NaiveClock:
    """The clock after all that was told."""
    clock.live(list(told), until)
    return clock
