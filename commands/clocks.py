"""What may be asked of the clocks of any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.messages import CaseMessage, Message
from domain.kernel.context import Context
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.promises import decisions
from domain.promises.facts import ClockFact
from domain.promises.fold import Fold
from domain.working_time.civil import MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeEscalation(CaseMessage):
    """Say that a rung was seen and is taken care of."""

    zh = "确认已知晓升级并在处理。"
    clock: str
    rung: int
    by: StaffId
    cycle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveBreach(CaseMessage):
    """Excuse a missed deadline."""

    zh = "豁免一次超时。"
    clock: str
    by: StaffId
    reason: Personal
    cycle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDue(CaseMessage):
    """Record everything that fell due for a case's clocks by now. Timers ask this."""

    zh = "记录工单的时钟至今到期的事项，由定时器使用。"

    @property
    def leaves_receipt(self) -> bool:
        """No: timers look often, and mostly there is nothing to record."""
        return False


def record_due(case: Fold, *, context: Context[Any]) -> list[ClockFact]:
    """Record what fell due up to and including now."""
    return decisions.fall_due(case, at=context.now)


def fell_due(case: Fold, *, before: datetime) -> list[ClockFact]:
    """Record what fell due before an instant, as detected then: a stop at its due is in time."""
    return decisions.fall_due(case, at=before - MICROSECOND, detected=before)


CLOCKS: Mapping[type[Message], Any] = {
    AcknowledgeEscalation: decisions.acknowledge,
    WaiveBreach: decisions.waive,
    RecordDue: record_due,
}
"""Decisions about the folded case with its clocks."""
