"""For "how satisfied are residents?": four levels, non-answers apart, a row per service cycle."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.rating import Rating
from projections.dossier import CLOCK_TOPICS, Dossier, micros, month_of
from projections.figures import DIMENSIONS, where
from store.view_db import Column, Table, Value, ViewDb
from store.views import Rows

RATINGS = Table(
    name="ratings",
    columns=(
        Column("case_id", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("building", "TEXT", required=False),
        Column("category", "TEXT"),
        Column("steward", "TEXT", required=False),
        Column("technician", "TEXT", required=False),
        Column("served", "INTEGER"),
        Column("month", "TEXT"),
        Column("answer", "TEXT"),
        Column("rated", "INTEGER", required=False),
    ),
    key=("case_id", "cycle"),
    keeps=False,
)

WAITING = "waiting"
LEVELS = tuple(str(level) for level in Rating)


class Satisfaction:
    """What was answered about every service that was done."""

    name = "satisfaction"
    version = 1
    tables = (RATINGS,)
    unmoved_by = CLOCK_TOPICS

    def rows(self, case: Dossier) -> Rows:
        """One row per served cycle: its level, why there is none, or that the answer is awaited."""
        found = []
        for service in case.services:
            if service.served is None:
                continue
            served = micros(service.served)
            answer = service.rating or service.unanswered or WAITING
            found.append(
                (
                    case.case, service.cycle, case.kind, case.site, case.building, case.category,
                    case.steward, service.technician, served, month_of(served, case.zone), answer,
                    None if service.rated is None else micros(service.rated),
                )
            )  # fmt: skip
        return {"ratings": found}


class SatisfactionFigure(NamedTuple):
    """Services done, how many were rated at which level, and how many were not rated."""

    group: str | None
    served: int
    levels: dict[str, int]
    unanswered: int
    waiting: int

    @property
    def answered(self) -> int:
        """How many services were rated."""
        return sum(self.levels.values())

    @property
    def answer_rate(self) -> float | None:
        """Rated services per service done; None where none was done (plan, C11)."""
        return self.answered / self.served if self.served else None

    @property
    def satisfied(self) -> float | None:
        """非常满意 and 满意 per rated service; None where nothing was rated."""
        pleased = self.levels[Rating.VERY_SATISFIED] + self.levels[Rating.SATISFIED]
        return pleased / self.answered if self.answered else None


def figures(
    db: ViewDb,
    *,
    by: str | None = None,
    cycle: int | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[SatisfactionFigure]:
    """The figures over services done from the first to the last month, by a dimension or in all."""
    group = "cycle" if by == "cycle" else DIMENSIONS[by] if by else "NULL"
    fixed: dict[str, tuple[Value, ...]] = {} if cycle is None else {"cycle = ?": (cycle,)}
    condition, parameters = where(fixed, months=months, chosen=chosen)
    rows = db.ask(
        f"SELECT {group}, answer, count(*) FROM ratings{condition} GROUP BY 1, 2", parameters
    )
    groups: dict[str | None, dict[str, int]] = {}
    for name, answer, n in rows:
        counted = groups.setdefault(None if name is None else str(name), {})
        counted[str(answer)] = int(n)  # type: ignore[arg-type]
    return [_figure(name, groups[name]) for name in sorted(groups, key=lambda n: n or "")]


def _figure(name: str | None, counted: Mapping[str, int]) -> SatisfactionFigure:
    levels = {level: counted.get(level, 0) for level in LEVELS}
    total = sum(counted.values())
    waiting = counted.get(WAITING, 0)
    return SatisfactionFigure(name, total, levels, total - sum(levels.values()) - waiting, waiting)


def behind(
    db: ViewDb,
    *,
    answer: str,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[tuple[str, int]]:
    """The (case, cycle) whose service was answered that way: what stands behind a figure."""
    condition, parameters = where({"answer = ?": (answer,)}, months=months, chosen=chosen)
    rows = db.ask(
        f"SELECT case_id, cycle FROM ratings{condition} ORDER BY case_id, cycle", parameters
    )
    return [(str(case), int(cycle)) for case, cycle in rows]  # type: ignore[arg-type]
