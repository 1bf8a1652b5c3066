"""Gathers what the rows of a figure add up to, group by group, with one statement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from domain.rulebook.columns import Column, Type
from domain.rulebook.kpis import Measure
from projections.figures.parts import Part
from projections.figures.periods import day_of, name_of
from projections.figures.selection import BY_DAY, Selection
from projections.figures.sources import Sql
from projections.figures.spans import measuring
from store.tables import Record, Value

SECOND: Final = 1_000_000
"""Lengths are added up in seconds and microseconds apart, so that no sum leaves 64 bits."""
WAIVED: Final = "waived"


class Key(NamedTuple):
    """What some rows have in common."""

    group: Value
    breakdown: Value
    verdict: Value


class Sides(NamedTuple):
    """The rows of a group, those of waived runs apart."""

    held: Part
    waived: Part

    @classmethod
    def empty(cls) -> Sides:
        """No rows."""
        return cls(Part(), Part())

    def take(self, other: Sides) -> None:
        """Add the rows of another group."""
        self.held.take(other.held)
        self.waived.take(other.waived)

    @property
    def gross(self) -> Part:
        """All of them together."""
        both = Part()
        both.take(self.held)
        both.take(self.waived)
        return both


def gathered(selection: Selection, *, singly: bool = False) -> dict[Value, Sides]:
    """What the rows of each group add up to; without a grouping all are one group, None.

    ``singly`` asks for the single values also where their sum would do: so one statement serves
    mean, median and percentile alike.
    """
    found: dict[Value, Sides] = defaultdict(Sides.empty)
    for key, part in _parts(selection, singly=singly):
        if not selection.counts(key.breakdown):
            part = Part(breakdown=part.breakdown)  # noqa: PLW2901 - only counted beside
        sides = found[named_group(key.group, selection.asked.by)]
        (sides.waived if key.verdict == WAIVED else sides.held).take(part)
    return found


def named_group(group: Value, by: Column | str | None) -> Value:
    """A group as it is shown: a period by its name, a truth as such."""
    if group is None or by is None:
        return None
    if isinstance(by, Column):
        return bool(group) if by.type is Type.TRUTH else group
    day = int(group) if by in BY_DAY else int(group) * 100 + 1
    return name_of(day_of(day), by)


def _parts(selection: Selection, *, singly: bool) -> Iterator[tuple[Key, Part]]:
    """Parts of the figure; several may have the same key."""
    keys = [(name, sql) for name, sql in _keys(selection) if sql is not None]
    columns = [sql for _, sql in keys]
    places = tuple(name for name, _ in keys)
    kpi = selection.kpi
    if kpi.span is not None:
        found = _spans(selection, columns)
    elif singly or kpi.measure in {Measure.MEDIAN, Measure.P90, Measure.DISTINCT}:
        found = _values(selection, columns)
    else:
        found = _sums(selection, columns)
    for values, part, rows in found:
        key = Key(None, None, None)._replace(**dict(zip(places, values, strict=True)))
        if kpi.breakdown is not None:
            part.breakdown = Counter({str(key.breakdown): rows})
            if kpi.breakdown.name == "verdict":
                key = key._replace(verdict=key.breakdown)
        yield key, part


def _keys(selection: Selection) -> Iterator[tuple[str, Sql | None]]:
    beside = selection.kpi.breakdown
    yield "group", selection.group
    yield "breakdown", selection.breakdown
    yield "verdict", None if beside and beside.name == "verdict" else selection.verdict


Found = Iterator[tuple[Record, Part, int]]
"""The values of the keys, what the rows add up to, and how many rows there are."""


def _sums(selection: Selection, keys: list[Sql]) -> Found:
    """Rows that the database can add up itself."""
    kpi = selection.kpi
    more: tuple[Sql, ...] = ()
    if kpi.measure is Measure.SHARE:
        share = selection.share
        more = (Sql(f"sum({share.text})", share.parameters),)
    elif kpi.column is not None:
        x, given = selection.source.column(kpi.column)
        more = (
            Sql(f"count({x})", given),
            Sql(f"sum({x} / {SECOND})", given),
            Sql(f"sum({x} % {SECOND})", given),
        )
    rows = selection.ask((*keys, Sql("count(*)"), *more), selection.counted_beside, _by(len(keys)))
    for row in rows:
        count, *sums = (int(value or 0) for value in row[len(keys) :])
        part = Part(population=count)
        if kpi.measure is Measure.SHARE:
            part.counted = sums[0]
        elif sums:
            part.population, part.amount = sums[0], sums[1] * SECOND + sums[2]
        yield row[: len(keys)], part, count


def _by(keys: int) -> str:
    return f" GROUP BY {', '.join(map(str, range(1, keys + 1)))}" if keys else ""


def _values(selection: Selection, keys: list[Sql]) -> Found:
    """Rows whose single values are needed: for quantiles, and to tell how many differ."""
    column, distinct = selection.kpi.column, selection.kpi.measure is Measure.DISTINCT
    assert column is not None, "only spans have none"
    rows = selection.ask((*keys, selection.source.column(column)), selection.counted_beside)
    for key, values in _by_key(rows, len(keys)).items():
        if distinct:
            known = [value for value in values if value is not None]
            yield key, Part(population=len(known), different=set(known)), len(values)
        else:
            yield key, _measured(values), len(values)


def _by_key(rows: list[Record], keys: int) -> dict[Record, list[Value]]:
    """The last values of rows by their first ones; most figures have one key or none."""
    if not keys:
        return {(): [value for (value,) in rows]} if rows else {}
    found: dict[Any, list[Value]] = defaultdict(list)
    if keys == 1:
        for key, value in rows:
            found[key].append(value)
        return {(key,): values for key, values in found.items()}
    for row in rows:
        found[row[:keys]].append(row[keys])
    return found


def _measured(values: Iterable[Value]) -> Part:
    """Values, as far as there are any, ready for every measure that is made of them."""
    known: list[int] = [value for value in values if value is not None]  # type: ignore[misc]
    known.sort()
    return Part(population=len(known), amount=sum(known), values=known)


def _spans(selection: Selection, keys: list[Sql]) -> Found:
    """Rows whose lengths are told from the facts of their service cycles."""
    for key, lengths in cycles_of(selection, keys, selection.counted_beside).items():
        yield key, _measured(lengths.values()), len(lengths)


def cycles_of(
    selection: Selection, keys: Sequence[Sql], where: Sql
) -> dict[Record, dict[Record, int | None]]:
    """For some keys: the rows of a figure over spans, each with its length, None without one."""
    span = selection.kpi.span
    assert span is not None, "other figures have columns"
    length = measuring(span)
    source = selection.source
    own = tuple(Sql(source.own(name)) for name in source.set.key)
    cycles = tuple(Sql(f"{source.cycles}.{name}") for name in ("opened", "words", "pauses"))
    found: dict[Record, dict[Record, int | None]] = defaultdict(dict)
    last, here = len(keys), len(keys) + len(own)
    for row in selection.ask((*keys, *own, *cycles), where):
        lengths, name = found[row[:last]], row[last:here]
        more = length(*row[here:])  # type: ignore[arg-type]
        known = lengths.get(name)
        lengths[name] = more if known is None else known + (more or 0)
    return found
