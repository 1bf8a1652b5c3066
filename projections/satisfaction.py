"""How satisfied residents are: four levels, non-answers apart, per service that was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from domain.kinds.aftercare import Rating
from projections.figures import column, named_month, where
from projections.services import WAITING
from store.tables import TableDb, Value

LEVELS = tuple(str(level) for level in Rating)
MONTH: Final = "s.served_on / 100"
_FROM: Final = (
    "FROM (SELECT s.*, c.building, c.category, c.steward FROM services AS s"
    " JOIN cases AS c ON c.case_id = s.case_id) AS s"
)
_SERVED: Final = "s.served IS NOT NULL"


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
    db: TableDb,
    *,
    by: str | None = None,
    cycle: int | None = None,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[SatisfactionFigure]:
    """The figures over services done from the first to the last month, by a dimension or in all."""
    group = "s.cycle" if by == "cycle" else column(by, MONTH) if by else "NULL"
    fixed: dict[str, tuple[Value, ...]] = {_SERVED: ()}
    if cycle is not None:
        fixed["s.cycle = ?"] = (cycle,)
    condition, parameters = where(fixed, month=MONTH, months=months, chosen=chosen)
    rows = db.ask(f"SELECT {group}, answer, count(*) {_FROM}{condition} GROUP BY 1, 2", parameters)
    groups: dict[str | None, dict[str, int]] = {}
    for name, answer, n in rows:
        shown = named_month(name) if by == "month" else None if name is None else str(name)
        counted = groups.setdefault(shown, {})
        counted[str(answer)] = int(n)  # type: ignore[arg-type]
    return [_figure(name, groups[name]) for name in sorted(groups, key=lambda n: n or "")]


def _figure(name: str | None, counted: Mapping[str, int]) -> SatisfactionFigure:
    levels = {level: counted.get(level, 0) for level in LEVELS}
    total = sum(counted.values())
    waiting = counted.get(WAITING, 0)
    return SatisfactionFigure(name, total, levels, total - sum(levels.values()) - waiting, waiting)


def behind(
    db: TableDb,
    *,
    answer: str,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[tuple[str, int]]:
    """The (case, cycle) whose service was answered that way: what stands behind a figure."""
    condition, parameters = where(
        {_SERVED: (), "s.answer = ?": (answer,)}, month=MONTH, months=months, chosen=chosen
    )
    rows = db.ask(f"SELECT case_id, cycle {_FROM}{condition} ORDER BY case_id, cycle", parameters)
    return [(str(case), int(cycle)) for case, cycle in rows]  # type: ignore[arg-type]
