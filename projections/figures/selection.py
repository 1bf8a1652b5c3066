"""The rows of a figure as statements: what groups them, which they are, and what is counted."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.rulebook.columns import JUDGED, OWN, Column
from domain.rulebook.kpis import COMPARE, Comparison, Criteria, Criterion, Kpi
from projections.figures.periods import Period
from projections.figures.sources import Source, Sql
from store.tables import Record, TableDb, Value

MONTH: Final = 100
"""What a local day is divided by to give its month: 20260131 is in 202601."""
BY_DAY: Final = frozenset({"day", "week"})
_VERDICT: Final = next(column for column in OWN["clocks"] if column.name == "verdict")
_HAS_OUTCOME: Final = Criterion(_VERDICT, tuple(Comparison("=", name) for name in JUDGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a figure is asked for: by a column or by periods of a unit, in a period, at a site."""

    by: Column | str | None = None
    period: Period | None = None
    site: str | None = None


class Selection:
    """The rows of one figure in one database.

    The population is what the figure is made of. Where values of a column are counted beside,
    rows that fail only a line about that column are asked for as well: `counts` tells them apart.
    """

    def __init__(self, db: TableDb, kpi: Kpi, asked: Asked) -> None:
        """Ask for nothing yet."""
        self.kpi = kpi
        self.asked = asked
        self.source = Source(db, kpi.rows)
        self._db = db
        lines = kpi.where
        if kpi.rows == "clocks" and not any(line.column == _VERDICT for line in lines):
            lines = (_HAS_OUTCOME, *lines)
        self._lines = (*kpi.of, *lines)
        self._loose = tuple(line for line in lines if line.column == kpi.breakdown)

    # ------------------------------------------------------------------ columns

    @property
    def group(self) -> Sql | None:
        """What rows are grouped by: a column, the local day, or its month."""
        by = self.asked.by
        if by is None or isinstance(by, Column):
            return None if by is None else self.source.column(by)
        day = self.source.own(self.source.set.day)
        return Sql(day if by in BY_DAY else f"({day} / {MONTH})")

    @property
    def breakdown(self) -> Sql | None:
        """The column whose every value is counted beside."""
        return None if self.kpi.breakdown is None else self.source.column(self.kpi.breakdown)

    @property
    def verdict(self) -> Sql | None:
        """The verdict of a run of a clock, which tells whether it was waived."""
        return Sql(self.source.own("verdict")) if self.kpi.rows == "clocks" else None

    @property
    def share(self) -> Sql:
        """1 for a row that counts in a share, 0 for any other."""
        tests = self._all(self.kpi.share)
        return Sql(f"CASE WHEN {tests.text} THEN 1 ELSE 0 END", tests.parameters)

    # ------------------------------------------------------------------ conditions

    @property
    def population(self) -> Sql:
        """The condition of the rows that the figure is made of."""
        return self._all(self._lines, *self._frame())

    @property
    def counted_beside(self) -> Sql:
        """The condition of those rows and of the ones that are only counted beside."""
        strict = tuple(line for line in self._lines if line not in self._loose)
        return self._all(strict, *self._frame())

    @property
    def recorded(self) -> Sql:
        """The condition of every row at the site and in the period."""
        return self._all(self.kpi.of, *self._frame(), Sql(self.source.set.rows))

    def counts(self, breakdown: Value) -> bool:
        """Whether a row with this value in the column counted beside is in the population."""
        return all(_meets(line, breakdown) for line in self._loose)

    def _frame(self) -> list[Sql]:
        found = [] if self.kpi.rows == "clocks" else [Sql(self.source.set.rows)]
        if self.asked.site is not None:
            # Not by an index on sites: most rows are of one, and to look each up takes longer.
            found.append(Sql(f"{self.source.own('site')} || '' = ?", (self.asked.site,)))
        if self.asked.period is not None:
            day = self.source.own(self.source.set.day)
            found.append(Sql(f"{day} BETWEEN ? AND ?", self.asked.period.numbers))
        return found

    def _all(self, lines: Criteria, *tests: Sql) -> Sql:
        return joined((*tests, *(self.source.meets(line) for line in lines)), " AND ")

    # ------------------------------------------------------------------ asking

    def ask(self, columns: Sequence[Sql], where: Sql, tail: str = "", *more: Value) -> list[Record]:
        """The rows of a statement; columns and condition were made by this selection."""
        chosen = joined(columns, ", ")
        condition = f" WHERE {where.text}" if where.text else ""
        return self._db.ask(
            f"SELECT {chosen.text} FROM {self.source.tables}{condition}{tail}",
            (*chosen.parameters, *where.parameters, *more),
        )


def joined(pieces: Iterable[Sql], between: str) -> Sql:
    """Pieces of a statement as one."""
    found = list(pieces)
    return Sql(
        between.join(piece.text for piece in found),
        tuple(value for piece in found for value in piece.parameters),
    )


def _meets(line: Criterion, value: Value) -> bool:
    """Whether a text meets a line of a condition, as `Source.meets` says it in SQL."""
    met = []
    for one in line.comparisons:
        if one.operator in {"some", "none"}:
            met.append((value is None) == (one.operator == "none"))
        elif value is None:
            met.append(one.operator == "!=")
        else:
            met.append(COMPARE[one.operator](value, one.operand))
    return all(met) if line.every else any(met)
