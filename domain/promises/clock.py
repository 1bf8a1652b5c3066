"""One run of one clock: what happened to it so far, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.kernel.facts import Recorded
from domain.promises.facts import DeadlineLapsed, EscalationRaised
from domain.promises.rules import ClockRule, Moment
from domain.working_time import Countdown, Given, Within

Came = Mapping[str, Sequence[datetime]]
NOTHING_CAME: Final[Came] = MappingProxyType({})


class Verdict(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    ENTERED_LATE = "entered_late"
    LATE = "late"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    WAIVED = "waived"


class Pause(NamedTuple):
    """A stretch in which a clock did not count; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None
    note: str


class Pausing:
    """How a clock stood still: its pauses in the order told, and the countdown that follows them.

    ``due`` is the due instant by the pauses that are over. ``reached`` are the moments that came
    before a pause, each with its instant and the due instant as of then. ``disordered``: a pause
    was told after one that began later.
    """

    __slots__ = ("countdown", "disordered", "due", "pauses", "reached")

    def __init__(self, countdown: Countdown, due: datetime) -> None:
        self.countdown = countdown
        self.due = due
        self.pauses: list[Pause] = []
        self.reached: dict[Moment, tuple[datetime, datetime]] = {}
        self.disordered = False


class Clock:
    """One run of one clock. ``cycle`` counts the runs of this clock in its case, from 1.

    ``due`` is None while the clock is paused. ``service`` is the case's own cycle at the start.
    ``origin`` is the fact that started it, whose version of the rules judges it; ``ending`` is the
    fact that stopped or cancelled it, at ``end``.
    ``pausing`` is there from its first pause on. ``acknowledgements`` are (rung, instant);
    ``late_entries`` counts the facts entered late that started, ended, paused or resumed it.
    ``came`` says in order when each fact came to the case by which a rung may be excused.
    ``foreseen`` holds the instant at which something is next to be recorded, once it was worked
    out, until a fact changes the run.
    """

    # Little more happens to most clocks than their stop: what did not happen is the class's.
    due: datetime | None = None
    provisional: bool = False
    end: datetime | None = None
    ending: Recorded | None = None
    stopped: datetime | None = None
    cancelled: datetime | None = None
    waived_at: datetime | None = None
    lapsed: DeadlineLapsed | None = None
    pausing: Pausing | None = None
    warned: tuple[int, ...] = ()
    raised: tuple[EscalationRaised, ...] = ()
    acknowledgements: tuple[tuple[int, datetime], ...] = ()
    late_entries: int = 0
    came: Came = NOTHING_CAME
    foreseen: tuple[datetime | None] | None = None

    def __init__(  # noqa: PLR0917 - made for every clock of every case: names would cost time
        self, rule: ClockRule, within: Within, origin: Recorded, cycle: int, service: int,
        given: Given,
    ) -> None:  # fmt: skip
        self.rule = rule
        self.within = within
        self.origin = origin
        self.started = origin.occurred_at
        self.cycle = cycle
        self.service = service
        self.given = given

    @property
    def rules(self) -> int:
        """The version of the rules stream that judges it."""
        return self.origin.rules

    @property
    def site(self) -> str:
        """The site of its case."""
        return self.origin.site

    @property
    def name(self) -> str:
        """The clock's name in its rulebook."""
        return self.rule.name

    @property
    def pauses(self) -> Sequence[Pause]:
        """The stretches in which it stood still, in the order told."""
        return () if self.pausing is None else self.pausing.pauses

    @property
    def running(self) -> bool:
        """Whether the promise is still open: neither stopped nor cancelled."""
        return self.end is None

    @property
    def paused(self) -> bool:
        """Whether the clock is standing still."""
        pausing = self.pausing
        return pausing is not None and self.end is None and pausing.pauses[-1].until is None

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
        """How the clock stands, by what is recorded.

        A stop that came in time, but was entered after the lapse was recorded, is entered late.
        """
        if self.waived_at is not None:
            return Verdict.WAIVED
        if self.stopped is not None:
            if self.due is not None and self.stopped > self.due:
                return Verdict.LATE
            return Verdict.MET if self.lapsed is None else Verdict.ENTERED_LATE
        if self.breached:
            return Verdict.LAPSED
        if self.cancelled is not None:
            return Verdict.CANCELLED
        return Verdict.PAUSED if self.paused else Verdict.RUNNING
