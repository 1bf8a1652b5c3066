"""Describes the comparison of two ways to judge as it is answered over HTTP."""

from __future__ import annotations

from typing import TypedDict

from api.http.models import Instant, ThroughLens


class VerdictsFlipped(TypedDict):
    """How many runs of a clock go from one verdict to another."""

    clock: str
    before: str | None
    after: str | None
    count: int


class RunCompared(TypedDict):
    """A run of a clock that would be judged otherwise, or be due at another instant."""

    case: str
    external_id: str | None
    site: str
    clock: str
    title: str
    cycle: int
    before: str | None
    after: str | None
    due_before: Instant | None
    due_after: Instant | None


class RunsCompared(TypedDict):
    """The runs that differ."""

    flipped: int
    moved: int
    by_clock: list[VerdictsFlipped]
    runs: list[RunCompared]


class RoleCompared(TypedDict):
    """How many rungs a role would get besides, or be spared."""

    role: str
    addressee: str | None
    raised: bool
    count: int


class RungCompared(TypedDict):
    """A rung that would be raised besides, or spared."""

    case: str
    clock: str
    cycle: int
    rung: int
    role: str
    raised: bool
    site: str
    addressee: str | None
    reached: Instant


class EscalationsCompared(TypedDict):
    """The rungs that differ."""

    raised: int
    spared: int
    by_role: list[RoleCompared]
    rungs: list[RungCompared]


class FactOfCase(TypedDict):
    """A fact of a case, as its history tells it."""

    version: int
    word: str
    actor: str
    occurred_at: Instant
    detail: str
    detail_zh: str


class FactWithoutCause(FactOfCase):
    """A fact that follows from what the other rules would not have recorded."""

    case: str
    external_id: str | None
    site: str
    cause: FactOfCase


class FactsWithoutCause(TypedDict):
    """The facts that stay although other rules leave out what they follow from."""

    count: int
    facts: list[FactWithoutCause]


class KeyCompared(TypedDict):
    """A row that counts for a figure on one side only."""

    case: str
    clock: str | None
    cycle: int | None


class KpiCompared(TypedDict):
    """A figure on both sides."""

    kpi: str
    title: str
    unit: str
    before: int | float | None
    after: int | float | None
    won: int
    lost: int
    won_cases: list[KeyCompared]
    lost_cases: list[KeyCompared]


class RulesCompared(ThroughLens):
    """What other rules would have judged otherwise."""

    runs: RunsCompared
    escalations: EscalationsCompared
    without_cause: FactsWithoutCause
    kpis: list[KpiCompared]
