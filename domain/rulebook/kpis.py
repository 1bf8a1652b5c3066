"""A KPI as data of the rulebook: which rows, the figure over them, and what it should be."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from domain.rulebook.columns import Column, RowSet

PERIODS: Final = ("day", "week", "month", "quarter", "half_year", "year")
"""The civil periods a figure can be asked for, judged for, and shown by."""
CHANGES: Final = ("last_year", "last_period")


class Measure(StrEnum):
    """What is computed over the rows; its name is the key a rulebook writes."""

    SHARE = "share"
    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"
    DISTINCT = "distinct"

    @property
    def adds_up(self) -> bool:
        """Whether parts of the rows give parts of the figure, so that its target judges no part."""
        return self in {Measure.COUNT, Measure.SUM, Measure.DISTINCT}


class Unit(StrEnum):
    """What a figure is counted in: shares as fractions of one, durations in microseconds."""

    PERCENT = "percent"
    NUMBER = "number"
    DURATION = "duration"


COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "<=": operator.le,
        ">=": operator.ge,
        "!=": operator.ne,
        "=": operator.eq,
        "<": operator.lt,
        ">": operator.gt,
    }
)
"""The operators of conditions and targets; the longer ones are looked for first."""


class Comparison(NamedTuple):
    """How one value is compared: an operator with its operand, or ``some`` or ``none``."""

    operator: str
    operand: str | int | bool | None = None


class Criterion(NamedTuple):
    """One line of a condition: a column that meets one of the comparisons, or ``every`` of them."""

    column: Column
    comparisons: tuple[Comparison, ...]
    every: bool = False


Criteria = tuple[Criterion, ...]


class Span(NamedTuple):
    """A length of time between two facts, summed over the service cycles of a case.

    In each cycle it lasts from the first ``start``, else from the cycle's beginning, to the last
    ``end``; ``net`` leaves pauses out.
    """

    start: str
    end: str
    net: bool = False


class Target(NamedTuple):
    """What a figure should be, ``written`` as the rulebook says it."""

    operator: str
    value: Fraction
    written: str

    def reached_by(self, value: Fraction) -> bool:
        """Whether a figure reaches it."""
        return COMPARE[self.operator](value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A figure's definition.

    ``of`` is the condition that the kinds it names are, none where it names a row set.
    ``share`` is the condition of the rows that count; ``column`` or ``span`` is what sum, mean,
    median, percentile and number of different values are made of. ``by`` are the dimensions it is
    shown by, the first one unasked. ``breakdown`` is a column whose every value is counted beside,
    ``beside`` are figures shown with it. ``change`` makes the figure its change since an earlier
    period; ``unit`` is still what it is counted in itself. ``written`` is the definition as the
    rulebook has it.
    """

    name: str
    title: str
    rows: RowSet
    kinds: frozenset[str]
    of: Criteria
    where: Criteria
    measure: Measure
    unit: Unit
    share: Criteria = ()
    column: Column | None = None
    span: Span | None = None
    target: Target | None = None
    period: str | None = None
    by: tuple[Column, ...] = ()
    breakdown: Column | None = None
    beside: tuple[str, ...] = ()
    change: str | None = None
    obligations: tuple[int, ...] = ()
    written: Mapping[str, Any]

    @property
    def judged_in(self) -> Unit:
        """The unit of what is shown and judged: a change is a share of the earlier figure."""
        return self.unit if self.change is None else Unit.PERCENT
