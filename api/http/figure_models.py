"""Describes the figures as they are answered over HTTP; see `api.http.models`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from api.http.models import Instant, ThroughLens

Group = str | int | bool | None
Amount = int | float | None


class FigureValue(TypedDict):
    """A figure over some rows."""

    value: Amount
    net: Amount
    unit: Literal["percent", "number", "duration"]
    population: int
    small: bool
    reached: bool | None


class FigureRow(FigureValue):
    """A figure over the rows of one group, with what is shown beside it."""

    group: Group
    counted: int | None
    breakdown: dict[str, int]
    now: Amount
    before: Amount
    beside: dict[str, FigureValue]


class FigureBeside(TypedDict):
    """A figure that is shown beside another."""

    kpi: str
    title: str


class FigureTarget(TypedDict):
    """What a figure should be."""

    value: str
    period: str


class RowBehind(TypedDict):
    """A row behind a figure: a case, a service cycle of a case, or a run of a clock."""

    case: str
    external_id: str | None
    site: str
    clock: str | None
    cycle: int | None
    at: Instant | None
    outcome: str | None
    group: Group
    value: str | int | float | None


class RowsBehind(TypedDict):
    """A page of the rows behind a figure."""

    total: int
    cases: list[RowBehind]


CountedFor = TypedDict("CountedFor", {"for": NotRequired[RowsBehind]})


class FigureCases(CountedFor):
    """The rows behind a figure: of a share those for and against it, of others all."""

    against: NotRequired[RowsBehind]
    rows: NotRequired[RowsBehind]


class Figure(ThroughLens):
    """A figure over all its rows, and by groups."""

    kpi: str
    title: str
    of: Literal["cases", "services", "clocks"]
    measure: Literal["share", "count", "sum", "mean", "median", "p90", "distinct"]
    unit: Literal["percent", "number", "duration"]
    change: Literal["last_year", "last_period"] | None
    by: str | None
    period: str | None
    site: str | None
    target: FigureTarget | None
    beside: list[FigureBeside]
    definition: dict[str, Any]
    total: FigureRow
    rows: list[FigureRow]
    cases: NotRequired[FigureCases]
