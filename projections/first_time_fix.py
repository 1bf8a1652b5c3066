"""For "was it put right the first time?": one row per case, the share by a definition as data."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from projections.dossier import (
    CLOCK_TOPICS,
    MICROSECOND,
    Dossier,
    micros,
    month_of,
    optional_micros,
)
from projections.figures import DIMENSIONS, Spread, spread, where
from store.view_db import Column, Table, Value, ViewDb
from store.views import Rows

FIRST_TIME = Table(
    name="first_time",
    columns=(
        Column("case_id", "TEXT"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("building", "TEXT", required=False),
        Column("category", "TEXT"),
        Column("household", "TEXT"),
        Column("steward", "TEXT", required=False),
        Column("technician", "TEXT", required=False),
        Column("opened", "INTEGER"),
        Column("served", "INTEGER", required=False),
        Column("closed", "INTEGER", required=False),
        Column("month", "TEXT", required=False),
        Column("reopened", "INTEGER"),
        Column("second_service", "INTEGER"),
        Column("reassigned", "INTEGER"),
        Column("visits", "INTEGER"),
        Column("paused", "INTEGER"),
    ),
    key=("case_id",),
    indexes=("(household, category, opened)",),
)


class FirstTimeFix:
    """How each case went: cycles, visits, reassignments, and how long it took."""

    name = "first_time_fix"
    version = 1
    tables = (FIRST_TIME,)
    unmoved_by = CLOCK_TOPICS

    def rows(self, case: Dossier) -> Rows:
        """One row per case; ``month`` is that of its closing."""
        closed = optional_micros(case.closed)
        return {
            "first_time": (
                (
                    case.case, case.kind, case.site, case.building, case.category, case.household,
                    case.steward, case.technician, micros(case.opened),
                    optional_micros(case.served),
                    closed, None if closed is None else month_of(closed, case.zone),
                    case.reopenings, case.second_services,
                    (case.dispatches - 1 if case.dispatches else 0) + case.handovers,
                    case.most_visits,
                    case.paused // MICROSECOND if case.paused else 0,
                ),
            )
        }  # fmt: skip


class FirstTimeFigure(NamedTuple):
    """The share of closed cases put right the first time, with how long cases took."""

    group: str | None
    closed: int
    fixed: int
    reopened: int
    to_served: Spread
    to_closed: Spread
    to_closed_net: Spread

    @property
    def share(self) -> float | None:
        """Fixed first time per closed case, None where nothing was closed."""
        return self.fixed / self.closed if self.closed else None


_FAILS: Mapping[str, str] = {
    "reopened": "reopened > 0",
    "second_service": "second_service > 0",
    "reassigned": "reassigned > 0",
    "second_visit": "visits > 1",
    "reported_again": (
        "EXISTS (SELECT 1 FROM first_time AS later WHERE later.household = first_time.household"
        " AND later.category = first_time.category AND later.case_id <> first_time.case_id"
        " AND later.opened >= first_time.closed AND later.opened <= first_time.closed + {window})"
    ),
}


def failed(without: Sequence[str], again_within: timedelta | None) -> str:
    """The SQL condition of a case that was not put right the first time, by a KPI's definition."""
    window = (again_within or timedelta(0)) // timedelta(microseconds=1)
    return " OR ".join(f"({_FAILS[name].format(window=window)})" for name in without) or "1 = 0"


def figures(
    db: ViewDb,
    *,
    without: Sequence[str],
    again_within: timedelta | None = None,
    by: str | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[FirstTimeFigure]:
    """The figures over cases closed from the first to the last month, by a dimension or in all."""
    group = DIMENSIONS[by] if by else "NULL"
    condition, parameters = where({"closed IS NOT NULL": ()}, months=months, chosen=chosen)
    rows = db.ask(
        f"SELECT {group}, CASE WHEN {failed(without, again_within)} THEN 0 ELSE 1 END, reopened,"
        f" served - opened, closed - opened, closed - opened - paused FROM first_time{condition}",
        parameters,
    )
    groups: dict[Value, list[tuple[Value, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return [
        FirstTimeFigure(
            None if name is None else str(name),
            len(some),
            sum(int(row[1] or 0) for row in some),
            sum(1 for row in some if row[2]),
            spread(row[3] for row in some),
            spread(row[4] for row in some),
            spread(row[5] for row in some),
        )
        for name, some in sorted(groups.items(), key=lambda pair: str(pair[0] or ""))
    ]


def behind(
    db: ViewDb,
    *,
    without: Sequence[str],
    again_within: timedelta | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[str]:
    """The cases that were not put right the first time: what stands behind the figure."""
    condition, parameters = where({"closed IS NOT NULL": ()}, months=months, chosen=chosen)
    rows = db.ask(
        f"SELECT case_id FROM first_time{condition} AND ({failed(without, again_within)})"
        " ORDER BY case_id",
        parameters,
    )
    return [str(case) for (case,) in rows]
