"""The share of cases that were put right the first time, by a definition as data."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from projections.figures import Spread, column, named_month, spread, where
from store.tables import TableDb, Value

MONTH: Final = "closed_on / 100"


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
    "second_service": "second_services > 0",
    "reassigned": "reassigned > 0",
    "second_visit": "visits > 1",
    "reported_again": (
        "EXISTS (SELECT 1 FROM cases AS later WHERE later.site = cases.site"
        " AND later.household = cases.household AND later.category = cases.category"
        " AND later.case_id <> cases.case_id AND later.opened >= cases.closed"
        " AND later.opened <= cases.closed + {window})"
    ),
}


def failed(without: Sequence[str], again_within: timedelta | None) -> str:
    """The SQL condition of a case that was not put right the first time, by a KPI's definition."""
    window = (again_within or timedelta(0)) // timedelta(microseconds=1)
    return " OR ".join(f"({_FAILS[name].format(window=window)})" for name in without) or "1 = 0"


def figures(
    db: TableDb,
    *,
    without: Sequence[str],
    again_within: timedelta | None = None,
    by: str | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[FirstTimeFigure]:
    """The figures over cases closed from the first to the last month, by a dimension or in all."""
    group = column(by, MONTH) if by else "NULL"
    condition, parameters = where(
        {"closed IS NOT NULL": ()}, month=MONTH, months=months, chosen=chosen
    )
    rows = db.ask(
        f"SELECT {group}, CASE WHEN {failed(without, again_within)} THEN 0 ELSE 1 END, reopened,"
        f" served - opened, closed - opened, closed - opened - paused FROM cases{condition}",
        parameters,
    )
    groups: dict[Value, list[tuple[Value, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return [
        FirstTimeFigure(
            named_month(name) if by == "month" else None if name is None else str(name),
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
    db: TableDb,
    *,
    without: Sequence[str],
    again_within: timedelta | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[str]:
    """The cases that were not put right the first time: what stands behind the figure."""
    condition, parameters = where(
        {"closed IS NOT NULL": ()}, month=MONTH, months=months, chosen=chosen
    )
    rows = db.ask(
        f"SELECT case_id FROM cases{condition} AND ({failed(without, again_within)})"
        " ORDER BY case_id",
        parameters,
    )
    return [str(case) for (case,) in rows]
