"""Lists the rows behind a figure: those that count for it, and those that count against it."""

from __future__ import annotations

from typing import Final, NamedTuple

from domain.rulebook.kpis import Kpi, Measure
from projections.figures.gathering import cycles_of, named_group
from projections.figures.selection import Asked, Selection, joined
from projections.figures.sources import Sql
from store.tables import Record, TableDb, Value

LARGEST_FIRST: Final = frozenset({Measure.SUM, Measure.MEAN, Measure.MEDIAN, Measure.P90})


class Entry(NamedTuple):
    """A row behind a figure.

    ``key`` is the case with, of a service, its cycle, of a run its clock and cycle; ``at`` the
    instant by which it belongs to a period; ``outcome`` the answer or the verdict; ``value`` what
    it adds to a sum, a mean or a quantile.
    """

    key: Record
    site: str
    at: int | None
    outcome: str | None
    group: Value
    value: Value


class Listing(NamedTuple):
    """A page of rows, and how many there are in all."""

    total: int
    entries: tuple[Entry, ...]


def listed(
    db: TableDb, kpi: Kpi, asked: Asked, *, counted: bool | None, limit: int, offset: int = 0
) -> Listing:
    """A page of the rows that count in a share, of those that do not, or of all (None).

    Rows with a value come with the largest first, others with the newest.
    """
    selection = Selection(db, kpi, asked)
    if kpi.span is not None:
        return _by_span(selection, limit, offset)
    where, value = selection.population, Sql("NULL")
    if kpi.measure is Measure.SHARE and counted is not None:
        share = selection.share
        flag = Sql(f"{share.text} = {int(counted)}", share.parameters)
        where = joined((where, flag), " AND ")
    elif kpi.column is not None:
        value = selection.source.column(kpi.column)
        where = joined((where, Sql(f"{value.text} IS NOT NULL", value.parameters)), " AND ")
    ((total,),) = selection.ask((Sql("count(*)"),), where)
    rows = selection.ask(
        (*_own(selection), value), where, f" ORDER BY {_order(selection)} LIMIT ? OFFSET ?",
        limit, offset,
    )  # fmt: skip
    return Listing(int(total or 0), tuple(_entry(selection, row) for row in rows))


def _own(selection: Selection) -> tuple[Sql, ...]:
    """What is told of a row besides its value, in the order of `Entry`."""
    source = selection.source
    columns = (*source.set.key, "site", source.set.at)
    outcome = Sql(source.own(source.set.outcome)) if source.set.outcome else Sql("NULL")
    return (*(Sql(source.own(name)) for name in columns), outcome, selection.group or Sql("NULL"))


def _order(selection: Selection) -> str:
    source = selection.source
    largest = [str(len(source.set.key) + 5)] if selection.kpi.measure in LARGEST_FIRST else []
    newest = [f"coalesce({source.own(source.set.at)}, 0)"]
    names = [str(place + 1) for place in range(len(source.set.key))]
    return ", ".join((*(f"{place} DESC" for place in (*largest, *newest)), *names))


def _by_span(selection: Selection, limit: int, offset: int) -> Listing:
    """The rows of a figure over spans, whose lengths no statement tells."""
    told = _own(selection)[len(selection.source.set.key) :]
    found = [
        (length, _entry(selection, (*name, *rest, length)))
        for rest, lengths in cycles_of(selection, told, selection.population).items()
        for name, length in lengths.items()
        if length is not None
    ]
    found.sort(key=lambda pair: (-pair[0], pair[1].key))
    return Listing(len(found), tuple(entry for _, entry in found[offset : offset + limit]))


def _entry(selection: Selection, row: Record) -> Entry:
    here = len(selection.source.set.key)
    site, at, outcome, group, value = row[here:]
    return Entry(
        key=row[:here],
        site=str(site),
        at=None if at is None else int(at),
        outcome=None if outcome is None else str(outcome),
        group=named_group(group, selection.asked.by),
        value=value,
    )
