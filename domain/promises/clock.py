"""One run of one clock: what happened to it so far, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.kernel.facts import Recorded
from domain.promises.facts import DeadlineLapsed, EscalationRaised
from domain.promises.rules import ClockRule
from domain.working_time import Given, Within


class Verdict(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    LATE = "late"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    WAIVED = "waived"


class Pause(NamedTuple):
    """A stretch in which a clock did not count; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None
    note: str


class Clock:
    """One run of one clock. ``cycle`` counts the runs of this clock in its case, from 1.

    ``due`` is None while the clock is paused. ``service`` is the case's own cycle at the start.
    ``rules`` is the version that judges it; ``end`` is when it was stopped or cancelled.
    ``acknowledgements`` are (rung, instant); ``facts`` are those of the whole case, kept only
    where a rung may be excused by one.
    """

    # Little more happens to most clocks than their stop: what did not happen is the class's.
    due: datetime | None = None
    provisional: bool = False
    end: datetime | None = None
    stopped: datetime | None = None
    cancelled: datetime | None = None
    waived_at: datetime | None = None
    lapsed: DeadlineLapsed | None = None
    pauses: tuple[Pause, ...] = ()
    warned: tuple[int, ...] = ()
    raised: tuple[EscalationRaised, ...] = ()
    acknowledgements: tuple[tuple[int, datetime], ...] = ()
    facts: Sequence[Recorded] = ()

    def __init__(  # noqa: PLR0917 - made for every clock of every case: names would cost time
        self, rule: ClockRule, within: Within, started: datetime, rules: int, site: str,
        cycle: int, service: int, given: Given,
    ) -> None:  # fmt: skip
        self.rule = rule
        self.within = within
        self.started = started
        self.rules = rules
        self.site = site
        self.cycle = cycle
        self.service = service
        self.given = given

    @property
    def name(self) -> str:
        """The clock's name in its rulebook."""
        return self.rule.name

    @property
    def running(self) -> bool:
        """Whether the promise is still open: neither stopped nor cancelled."""
        return self.end is None

    @property
    def paused(self) -> bool:
        """Whether the clock is standing still."""
        return bool(self.pauses) and self.pauses[-1].until is None and self.running

    @property
    def breached(self) -> bool:
        """Whether the promise was broken, waived or not: a recorded lapse, or an end after due."""
        end = self.end
        late = end is not None and self.due is not None and end > self.due
        return late or self.lapsed is not None

    @property
    def waived(self) -> bool:
        """Whether the breach was excused."""
        return self.waived_at is not None

    @property
    def verdict(self) -> Verdict:
        """How the clock stands, by what is recorded."""
        if self.waived_at is not None:
            return Verdict.WAIVED
        if self.stopped is not None:
            return Verdict.LATE if self.breached else Verdict.MET
        if self.breached:
            return Verdict.LAPSED
        if self.cancelled is not None:
            return Verdict.CANCELLED
        return Verdict.PAUSED if self.paused else Verdict.RUNNING
