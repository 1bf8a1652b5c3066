"""Missed promises as facts: warnings, lapses, rungs, acknowledgements and waivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from domain.kernel.facts import Fact, StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineWarned(Fact):
    """A warning before the deadline: `reached` is its instant, `detected` when we saw it."""

    word: ClassVar[str] = "warned"
    zh: ClassVar[str] = "预警"
    sentence: ClassVar[Phrase] = Phrase(
        "{clock}, run {cycle}: warning {warning}, due {due}",
        "{clock}（第 {cycle} 轮）第 {warning} 次预警，{due} 到期",
    )
    unsaid: ClassVar[tuple[str, ...]] = ("reached", "detected")
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
    sentence: ClassVar[Phrase] = Phrase(
        "{clock}, run {cycle}: due {due}, not kept",
        "{clock}（第 {cycle} 轮）超时，{due} 到期未完成",
    )
    unsaid: ClassVar[tuple[str, ...]] = ("detected",)
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
    sentence: ClassVar[Phrase] = Phrase(
        "{clock}, run {cycle}, due {due}: escalated to {to}[ ({addressee})], rung {rung}"
        "[; {cause}]",
        "{clock}（第 {cycle} 轮，{due} 到期）第 {rung} 级升级：{to}[（{addressee}）][；{cause}]",
    )
    unsaid: ClassVar[tuple[str, ...]] = ("reached", "detected")
    values: ClassVar[Mapping[str, Mapping[str, Phrase]]] = {
        "cause": {
            "time": Phrase("", ""),
            "unacknowledged": Phrase("nobody acknowledged the rung before", "上一级升级无人确认"),
        }
    }
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
    sentence: ClassVar[Phrase] = Phrase(
        "{by} acknowledged rung {rung} of {clock}, run {cycle}",
        "{by} 确认 {clock}（第 {cycle} 轮）的第 {rung} 级升级",
    )
    clock: str
    cycle: int
    rung: int
    by: StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachWaived(Fact):
    """A breach was excused with a reason: gross figures keep it, net figures leave it out."""

    word: ClassVar[str] = "waived"
    zh: ClassVar[str] = "豁免超时"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} waived the breach of {clock}, run {cycle}; reason: {reason}",
        "{by} 豁免 {clock}（第 {cycle} 轮）的超时；原因：{reason}",
    )
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

MADE_BY_ENGINE: Final = (DeadlineWarned, DeadlineLapsed, EscalationRaised)
"""What the engine records under the rules of then, which other rules would not have recorded."""
