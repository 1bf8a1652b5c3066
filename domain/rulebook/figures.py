"""The figures of a rulebook, read: its section `kpis`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from domain.kernel.documents import DocumentInvalid, Path, Section, listed, plain, unknown, whole
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase
from domain.promises.rules import ClockRule
from domain.rulebook.columns import OWN, Column, Columns, RowSet, Type
from domain.rulebook.criteria import criteria
from domain.rulebook.kpis import (
    CHANGES,
    PERIODS,
    Comparison,
    Criteria,
    Criterion,
    Kpi,
    Measure,
    Span,
    Unit,
)
from domain.rulebook.targets import target

_NAME: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


class _Made(NamedTuple):
    """What a figure is made of, and the unit that gives."""

    measure: Measure
    unit: Unit
    share: Criteria = ()
    column: Column | None = None
    span: Span | None = None


def read_kpis(
    part: Section, kinds: Kinds, clocks: Mapping[str, ClockRule] | None = None
) -> dict[str, Kpi]:
    """Every figure of a section by name; without ``clocks`` any clock may be named.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    found = {name: FigureReader(kinds, clocks).read(name, kpi) for name, kpi in part.sections()}
    for name, kpi in found.items():
        for index, other in enumerate(kpi.beside):
            if other == name or other not in found:
                path = (*part.at(name), "beside", index)
                raise DocumentInvalid(path, unknown("figure", other, found.keys() - {name}))
    return found


def columns_of(
    rows: RowSet, chosen: Iterable[str], kinds: Kinds, clocks: Iterable[str] | None = None
) -> Columns:
    """The columns a figure over these rows of these kinds of case can be asked for."""
    return Columns(
        rows, [kinds.cases[name] for name in chosen], among=sorted(kinds.cases), clocks=clocks
    )


class FigureReader:
    """Reads one figure with what it may refer to at hand."""

    def __init__(self, kinds: Kinds, clocks: Mapping[str, ClockRule] | None) -> None:
        self.kinds = kinds
        self.clocks = clocks

    def read(self, name: str, part: Section) -> Kpi:
        """The figure of a name.

        Raises:
            DocumentInvalid: it cannot be taken.
        """
        if not _NAME.fullmatch(name):
            raise DocumentInvalid(
                part.path,
                Phrase(
                    "a figure's name is lower case words joined by dots or underscores.",
                    "指标名应为小写单词，以点或下划线连接。",
                ),
            )
        rows, kinds = self._rows(part)
        clocks = None
        if self.clocks is not None:
            clocks = [clock for clock, rule in self.clocks.items() if rule.kinds & kinds]
        columns = columns_of(rows, sorted(kinds), self.kinds, clocks)
        made = _made(part, rows, columns)
        of_kinds = () if part.get("of") == rows else (_of_kinds(kinds, columns),)
        change = _choice(part, "change", CHANGES)
        unit = made.unit if change is None else Unit.PERCENT
        wanted, period = part.get("target"), _choice(part, "period", PERIODS)
        if period is None and (wanted is not None or change is not None):
            raise DocumentInvalid(
                part.path,
                Phrase(
                    "a target or a change needs a period: say for which, such as month.",
                    "目标或同环比需要周期，请写明 period，例如 month。",
                ),
            )
        kpi = Kpi(
            name=name,
            title=part.text("title", ""),
            rows=rows,
            kinds=kinds,
            of=of_kinds,
            where=criteria(part, "where", columns),
            **made._asdict(),
            target=None if wanted is None else target(wanted, part.at("target"), unit),
            period=period,
            by=tuple(_dimension(value, path, columns) for value, path in part.entries("by")),
            breakdown=_breakdown(part, rows, columns),
            beside=tuple(_text(value, path) for value, path in part.entries("beside")),
            change=change,
            obligations=tuple(whole(n, path) for n, path in part.entries("obligations")),
            written=plain(part.value),
        )
        part.finish()
        return kpi

    def _rows(self, part: Section) -> tuple[RowSet, frozenset[str]]:
        """The row set a figure is over, and which kinds of case can be among its rows."""
        every = frozenset(self.kinds.cases)
        of = [(_text(value, path), path) for value, path in part.entries("of", needed=True)]
        if len(of) == 1 and of[0][0] in OWN:
            rows = cast("RowSet", of[0][0])
            return rows, every & _named(part.section("where").get("kind")) or every
        for name, path in of:
            if name not in every:
                known = every if len(of) > 1 else (*OWN, *every)
                raise DocumentInvalid(path, unknown("row set or kind", name, known))
        return "cases", frozenset(name for name, _ in of)


def _of_kinds(kinds: frozenset[str], columns: Columns) -> Criterion:
    return Criterion(columns.known["kind"], tuple(Comparison("=", kind) for kind in sorted(kinds)))


def _named(values: object) -> frozenset[str]:
    return frozenset(value for value in listed(values) if isinstance(value, str))


def _made(part: Section, rows: RowSet, columns: Columns) -> _Made:
    """What the figure is made of: exactly one of the measures."""
    found = [measure for measure in Measure if measure in part]
    if len(found) != 1:
        raise DocumentInvalid(
            part.path,
            Phrase(
                f"say exactly one of: {', '.join(Measure)}.",
                f"请写且只写一项：{'、'.join(Measure)}。",
            ),
        )
    (measure,) = found
    value, path = part.need(measure), part.at(measure)
    if measure is Measure.SHARE:
        share = criteria(part, measure, columns)
        if not share:
            raise DocumentInvalid(
                path,
                Phrase(
                    "a share without a condition is always 100 %: add one.",
                    "没有条件的占比总是 100%，请补充条件。",
                ),
            )
        return _Made(measure, Unit.PERCENT, share=share)
    if measure is Measure.COUNT:
        if value != "rows":
            raise DocumentInvalid(
                path,
                Phrase(
                    "what is counted are rows: write `count: rows`.",
                    "计数的对象是行，请写 `count: rows`。",
                ),
            )
        return _Made(measure, Unit.NUMBER)
    if isinstance(value, Mapping) and measure is not Measure.DISTINCT:
        return _Made(measure, Unit.DURATION, span=_span(Section(value, path), rows, columns))
    column = _column(value, path, columns)
    if measure is Measure.DISTINCT:
        if not column.groups:
            raise DocumentInvalid(
                path,
                Phrase(
                    f"{column.name} is no value that could differ.",
                    f"{column.name} 不是可以区分的取值。",
                ),
            )
        return _Made(measure, Unit.NUMBER, column=column)
    if not column.measurable:
        known = [name for name, one in columns.known.items() if one.measurable]
        raise DocumentInvalid(path, unknown("amount", column.name, known))
    unit = Unit.DURATION if column.type is Type.LENGTH else Unit.NUMBER
    return _Made(measure, unit, column=column)


def _span(part: Section, rows: RowSet, columns: Columns) -> Span:
    if rows == "clocks":
        raise DocumentInvalid(
            part.path,
            Phrase(
                "a run of a clock has no facts of its own: name a column.",
                "时钟的一次运行没有自己的事实，请写列名。",
            ),
        )
    span = Span(part.text("from"), part.text("to"), net=part.flag("net"))
    for key, word in (("from", span.start), ("to", span.end)):
        if word not in columns.words:
            raise DocumentInvalid(part.at(key), unknown("fact", word, columns.words))
    if span.start == span.end:
        raise DocumentInvalid(
            part.path,
            Phrase(
                "a span lasts from one fact to another: name two.",
                "时段从一条事实到另一条事实，请写两条不同的事实。",
            ),
        )
    part.finish()
    return span


def _column(value: object, path: Path, columns: Columns) -> Column:
    column = columns.find(value) if isinstance(value, str) else None
    if column is None:
        raise DocumentInvalid(path, unknown("attribute", value, columns.names))
    return column


def _dimension(value: object, path: Path, columns: Columns) -> Column:
    column = _column(value, path, columns)
    if not column.groups:
        raise DocumentInvalid(path, unknown("dimension", value, columns.dimensions))
    return column


def _breakdown(part: Section, rows: RowSet, columns: Columns) -> Column | None:
    """The column whose every value is counted beside; of clocks it is the verdict."""
    value = part.get("breakdown", "verdict" if rows == "clocks" else None)
    if value is None:
        return None
    column = _column(value, part.at("breakdown"), columns)
    if column.values is None:
        known = [name for name, one in columns.known.items() if one.values is not None]
        raise DocumentInvalid(part.at("breakdown"), unknown("breakdown", value, known))
    return column


def _choice(part: Section, key: str, known: Iterable[str]) -> str | None:
    value: Any = part.get(key)
    if value is not None and value not in tuple(known):
        raise DocumentInvalid(part.at(key), unknown(key, value, known))
    return cast("str | None", value)


def _text(value: object, path: Path) -> str:
    if not isinstance(value, str):
        raise DocumentInvalid(path, Phrase(f"{value!r} must be a text.", f"{value!r} 应为文本。"))
    return value
