"""The change of a figure: the same figure of an earlier period, and what became of it since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from domain.rulebook.kpis import Kpi
from projections.figures.parts import Figure, Row
from projections.figures.periods import Period, named
from projections.figures.selection import Asked

Compute = Callable[[Asked], Figure]


def change_of(kpi: Kpi, asked: Asked, compute: Compute) -> Figure:
    """The figure's relative change since the same period of last year, or since the last one.

    It is not measured where either figure is not, or where the earlier one is nought.
    """
    now = compute(asked)
    before = None
    if asked.period is not None:
        before = compute(replace(asked, period=_earlier(kpi, asked.period)))
    total = _compared(now.total, None if before is None else before.total)
    if isinstance(asked.by, str):
        return Figure(total=total, rows=_by_period(kpi, now, before))
    earlier = {} if before is None else {row.group: row for row in before.rows}
    return Figure(
        total=total, rows=tuple(_compared(row, earlier.get(row.group)) for row in now.rows)
    )


def _earlier(kpi: Kpi, period: Period) -> Period:
    assert kpi.change is not None, "only changes compare"
    return period.earlier(kpi.change)


def _by_period(kpi: Kpi, now: Figure, before: Figure | None) -> tuple[Row, ...]:
    """Each period with its own earlier one, which may lie before all that was asked for."""
    known = {row.group: row for figure in (before, now) if figure for row in figure.rows}
    rows = []
    for row in now.rows:
        period = None if row.group is None else named(str(row.group))
        earlier = None if period is None else _earlier(kpi, period).name
        rows.append(_compared(row, known.get(earlier)))
    return tuple(rows)


def _compared(now: Row, before: Row | None) -> Row:
    """A row whose value is its change; so is the value net of waivers."""
    then = None if before is None else before.value
    return replace(
        now,
        now=now.value,
        before=then,
        value=_relative(now.value, then),
        net=_relative(now.net, None if before is None else before.net),
        small=now.small or (before is not None and before.small),
    )


def _relative(now: Fraction | None, then: Fraction | None) -> Fraction | None:
    return None if now is None or not then else (now - then) / then
