"""Evaluates a figure: its definition, and how it is asked for, over the tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence, Set as AbstractSet
from dataclasses import replace
from typing import Final, NamedTuple

from domain.rulebook.kpis import Kpi, Measure
from projections.figures.changes import change_of
from projections.figures.gathering import Sides, gathered, named_group
from projections.figures.parts import SMALL, Figure, Part, Row
from projections.figures.periods import named
from projections.figures.selection import Asked, Selection
from projections.figures.sources import Sql
from store.tables import TableDb, Value

_OF_VALUES: Final = frozenset({Measure.SUM, Measure.MEAN, Measure.MEDIAN, Measure.P90})
_OF_SINGLE_VALUES: Final = frozenset({Measure.MEDIAN, Measure.P90})


class Question(NamedTuple):
    """A figure, and how it is asked for."""

    kpi: Kpi
    asked: Asked


def evaluate(db: TableDb, kpi: Kpi, asked: Asked) -> Figure:
    """A figure over all its rows, and by the groups it is asked by, in their order.

    A change is shown by its own periods where neither a period nor a grouping is asked for.
    """
    (figure,) = evaluate_all(db, (Question(kpi, asked),))
    return figure


def evaluate_all(db: TableDb, questions: Sequence[Question]) -> list[Figure]:
    """Several figures at once: what is made of the same values looks them up once."""
    gathering = _Gathering(db, [question.kpi for question in questions])
    return [_evaluated(gathering, *question) for question in questions]


def _evaluated(gathering: _Gathering, kpi: Kpi, asked: Asked) -> Figure:
    if kpi.change is None:
        figure = gathering.figure(kpi, asked)
    else:
        if asked.by is None and asked.period is None:
            asked = replace(asked, by=kpi.period)
        figure = change_of(kpi, asked, lambda asked: gathering.figure(kpi, asked))
    rows = tuple(_judged(kpi, asked, row) for row in figure.rows)
    return Figure(total=_judged(kpi, asked, figure.total, total=True), rows=rows)


class _Gathering:
    """What was gathered for the figures of one question."""

    def __init__(self, db: TableDb, kpis: Iterable[Kpi]) -> None:
        self._db = db
        self._singly = {_values_of(kpi) for kpi in kpis if kpi.measure in _OF_SINGLE_VALUES}
        self._kept: dict[Hashable, dict[Value, Sides]] = {}

    def figure(self, kpi: Kpi, asked: Asked) -> Figure:
        """A figure as it stands, whatever it is compared with."""
        groups = self._groups(kpi, asked)
        counts = kpi.measure in {Measure.COUNT, Measure.DISTINCT}
        recorded = self._recorded(kpi, asked) if counts else groups.keys()
        together = Sides.empty()
        for sides in groups.values():
            together.take(sides)
        total = _row(kpi, None, together, measured=bool(recorded))
        if asked.by is None:
            return Figure(total=total)
        nothing = Sides.empty()
        rows = tuple(
            _row(kpi, name, groups.get(name, nothing), measured=name in recorded)
            for name in sorted(groups.keys() | recorded, key=order)
        )
        return Figure(total=total, rows=rows)

    def _groups(self, kpi: Kpi, asked: Asked) -> dict[Value, Sides]:
        if kpi.measure not in _OF_VALUES:
            return gathered(Selection(self._db, kpi, asked))
        key = (_values_of(kpi), asked)
        if key not in self._kept:
            singly = _values_of(kpi) in self._singly
            self._kept[key] = gathered(Selection(self._db, kpi, asked), singly=singly)
        return self._kept[key]

    def _recorded(self, kpi: Kpi, asked: Asked) -> AbstractSet[Value]:
        """The groups with rows to count among: elsewhere a count is not measured, never nought."""
        selection = Selection(self._db, kpi, asked)
        group, tail = selection.group, " GROUP BY 1"
        if group is None:
            group, tail = Sql("NULL"), " LIMIT 1"
        rows = selection.ask((group,), selection.recorded, tail)
        return {named_group(name, asked.by) for (name,) in rows}


def _values_of(kpi: Kpi) -> Hashable:
    """What a figure's values are: figures with the same can share them."""
    return kpi.rows, kpi.of, kpi.where, kpi.column, kpi.span, kpi.breakdown


def order(group: Value) -> tuple[bool, float, str]:
    """Groups by number or name; those without come last."""
    number = group if isinstance(group, int | float) else 0
    return group is None, number, str(group)


def _row(kpi: Kpi, group: Value, sides: Sides, *, measured: bool) -> Row:
    gross = sides.gross
    net = sides.held.value(kpi.measure) if kpi.rows == "clocks" and measured else None
    return Row(
        group=group,
        value=gross.value(kpi.measure) if measured else None,
        net=net,
        population=gross.population,
        counted=gross.counted if kpi.measure is Measure.SHARE else None,
        breakdown=_broken_down(kpi, gross),
        small=_is_small(kpi, gross.population),
    )


def _is_small(kpi: Kpi, population: int) -> bool:
    """Whether chance may have made it: not where the rows themselves are what is counted."""
    counts = kpi.measure.adds_up and kpi.change is None
    return not counts and 0 < population < SMALL


def _broken_down(kpi: Kpi, part: Part) -> dict[str, int]:
    """How many rows have each value of the breakdown's column: those it can have, and others."""
    if kpi.breakdown is None:
        return {}
    return dict.fromkeys(kpi.breakdown.values or (), 0) | dict(part.breakdown)


def _judged(kpi: Kpi, asked: Asked, row: Row, *, total: bool = False) -> Row:
    """A row with whether it reaches the target, which is meant for one period of its own.

    A part of what adds up is no match for the whole's target.
    """
    if kpi.target is None or row.value is None:
        return row
    if isinstance(asked.by, str) and not total:
        period = named(str(row.group))
    elif total or not kpi.measure.adds_up or kpi.change is not None:
        period = asked.period
    else:
        return row
    if period is None or not period.single or period.unit != kpi.period:
        return row
    return replace(row, reached=kpi.target.reached_by(row.value))
