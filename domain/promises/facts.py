"""Missed promises as facts: warnings, lapses, rungs, acknowledgements and waivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.kernel.facts import Fact, StaffId
from domain.kernel.personal import Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineWarned(Fact):
    """A warning before the deadline: `reached` is its instant, `detected` when we saw it."""

    word: ClassVar[str] = "warned"
    zh: ClassVar[str] = "预警"
    clock: str
    cycle: int
    warning: int
    due: datetime
    reached: datetime
    detected: datetime

    @property
    def happened(self) -> datetime:
        """The instant that was reached."""
        return self.reached


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineLapsed(Fact):
    """A deadline passed with the promise unkept. It stands for ever; its weight can be waived."""

    word: ClassVar[str] = "lapsed"
    zh: ClassVar[str] = "超时"
    clock: str
    cycle: int
    due: datetime
    detected: datetime

    @property
    def happened(self) -> datetime:
        """The due instant, however late it was detected."""
        return self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRaised(Fact):
    """A rung of the ladder was reached: the role `to`, and whoever stands behind it, has to know.

    ``cause`` is `time` for a rung reached by its own moment and `unacknowledged` for one
    brought forward because nobody acknowledged the rung before it.
    """

    word: ClassVar[str] = "escalated"
    zh: ClassVar[str] = "升级"
    clock: str
    cycle: int
    rung: int
    due: datetime
    reached: datetime
    detected: datetime
    to: str
    addressee: StaffId | None = None
    cause: str = "time"

    @property
    def happened(self) -> datetime:
        """The instant that was reached."""
        return self.reached


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationAcknowledged(Fact):
    """The addressee of a rung said: seen, I take care."""

    word: ClassVar[str] = "acknowledged"
    zh: ClassVar[str] = "确认升级"
    clock: str
    cycle: int
    rung: int
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachWaived(Fact):
    """A breach was excused with a reason: gross figures keep it, net figures leave it out."""

    word: ClassVar[str] = "waived"
    zh: ClassVar[str] = "豁免超时"
    clock: str
    cycle: int
    by: StaffId
    reason: Personal


ClockFact = (
    DeadlineWarned | DeadlineLapsed | EscalationRaised | EscalationAcknowledged | BreachWaived
)
CLOCK_FACTS: tuple[type[Fact], ...] = (
    DeadlineWarned,
    DeadlineLapsed,
    EscalationRaised,
    EscalationAcknowledged,
    BreachWaived,
)
