"""Describes the figures as they are answered over HTTP; see `api.http.models`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from api.http.models import Instant
from domain.promises import Verdict

Months = Annotated[list[str], Meta(min_length=2, max_length=2)]
Share = float | None


class Spread(TypedDict):
    """How lengths of time spread, in hours."""

    n: int
    mean: float | None
    median: float | None
    p90: float | None


class FirstTimeFixRow(TypedDict):
    """First-time fix of one group."""

    group: str | None
    value: Share
    closed: int
    fixed: int
    reopened: int
    hours_to_served: Spread
    hours_to_closed: Spread
    hours_to_closed_net: Spread


class SatisfactionRow(TypedDict):
    """Satisfaction of one group."""

    group: str | int | None
    value: Share
    served: int
    answered: int
    answer_rate: Share
    very_satisfied: int
    satisfied: int
    neutral: int
    dissatisfied: int
    unanswered: int
    waiting: int


class OnTimeRow(TypedDict):
    """Promises kept, of one group."""

    group: str | None
    value: Share
    net: Share
    judged: int
    met: int
    late: int
    lapsed: int
    waived: int
    cancelled: int
    running: int
    paused: int


class CaseBehind(TypedDict):
    """A case behind a figure."""

    case: str


class ServiceBehind(TypedDict):
    """A service behind a figure."""

    case: str
    cycle: int
    answer: str


class RunBehind(TypedDict):
    """A run of a clock behind a figure."""

    case: str
    clock: str
    cycle: int
    verdict: Verdict
    due: Instant | None


class _Figure(TypedDict):
    """What all figures say."""

    kpi: str
    title: str
    by: str | None
    months: Months | None
    definition: dict[str, Any]


class FirstTimeFix(_Figure):
    """The share of closed cases put right the first time."""

    question: Literal["first_time_fix"]
    rows: list[FirstTimeFixRow]
    cases: NotRequired[list[CaseBehind]]


class Satisfaction(_Figure):
    """The share of rated services that satisfied."""

    question: Literal["satisfaction"]
    rows: list[SatisfactionRow]
    cases: NotRequired[list[ServiceBehind]]


class OnTime(_Figure):
    """The share of judged promises that were kept."""

    question: Literal["on_time"]
    rows: list[OnTimeRow]
    cases: NotRequired[list[RunBehind]]
