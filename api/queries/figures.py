"""Answers questions for figures: any definition, by any attribute, with the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from api.parsing import QueryInvalid
from api.queries.cases import Answer, local, numbers_elsewhere
from api.queries.dimensions import columns, dimension
from api.queries.known import check_site, not_known
from api.view import View
from domain.kernel.refusals import Phrase
from domain.rulebook import Kpi
from domain.rulebook.columns import Column
from domain.rulebook.kpis import Measure, Unit
from domain.rulebook.standard import standard_kpis
from projections.figures import (
    Asked,
    Entry,
    Figure,
    Listing,
    Period,
    Question,
    Row,
    evaluate_all,
    listed,
)
from store.tables import TableDb

MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a figure is asked for. Without ``by`` it is shown by its own first dimension.

    ``cases`` asks for the rows behind it, ``limit`` of each kind from ``offset`` on.
    """

    by: str | None = None
    period: Period | None = None
    site: str | None = None
    cases: bool = False
    limit: int = 50
    offset: int = 0


def names(view: View) -> list[str]:
    """Every figure of the rulebook in force, the standard ones where it has none."""
    return list(_book(view) or standard_kpis(view.kinds))


def known_by(view: View, by: str) -> list[str]:
    """The figures that can be shown by a dimension.

    Raises:
        QueryInvalid: none can.
    """
    refused: QueryInvalid | None = None
    found = []
    for name in names(view):
        try:
            dimension(view, defined(view)[name], by)
            found.append(name)
        except QueryInvalid as error:
            refused = error
    if refused is not None and not found:
        raise refused
    return found


def figure(view: View, name: str, wanted: Wanted | None = None) -> Answer:
    """A figure by the rulebook's definition of that name, else by the standard one.

    Raises:
        QueryInvalid: there is no such figure, site or dimension, or a period is missing.
    """
    (found,) = several(view, [name], wanted)
    return found


def several(view: View, names: Sequence[str], wanted: Wanted | None = None) -> list[Answer]:
    """Some figures, asked for alike and looked up together.

    Raises:
        QueryInvalid: as for each of them.
    """
    wanted = wanted or Wanted()
    together = [_questions(view, name, wanted) for name in names]

    def evaluated(db: TableDb) -> list[list[Figure]]:
        return [evaluate_all(db, questions) for questions in together]

    # The rows behind a figure are other columns than the figure's: then all are worked out at once.
    figures = evaluated(view.tables) if wanted.cases else view.read(evaluated)
    return [
        _answer(view, questions, found, wanted)
        for questions, found in zip(together, figures, strict=True)
    ]


def _questions(view: View, name: str, wanted: Wanted) -> list[Question]:
    """A figure, and those shown beside it."""
    known = defined(view)
    if name not in known:
        raise not_known("figure", "指标", name, known)
    check_site(view, wanted.site)
    kpi = known[name]
    question = Question(kpi, _asked(view, kpi, wanted))
    return [question, *(_beside(view, known[other], question.asked) for other in kpi.beside)]


def _answer(
    view: View, questions: Sequence[Question], figures: Sequence[Figure], wanted: Wanted
) -> Answer:
    question, *beside = questions
    found, *others = figures
    shown = {q.kpi.name: (q.kpi, other) for q, other in zip(beside, others, strict=True)}
    answer = _described(question)
    answer["beside"] = [{"kpi": other.name, "title": other.title} for other, _ in shown.values()]
    answer |= _rows(question.kpi, found, shown)
    if wanted.cases:
        answer["cases"] = _behind(view, question, wanted)
    return answer


def defined(view: View) -> Mapping[str, Kpi]:
    """Every figure that can be asked for by name."""
    return {**standard_kpis(view.kinds), **_book(view)}


def _book(view: View) -> Mapping[str, Kpi]:
    rules = view.directory().rules
    return rules.rulebook(rules.version).kpis


def _asked(view: View, kpi: Kpi, wanted: Wanted) -> Asked:
    by: Column | str | None = kpi.by[0] if kpi.by else None
    if wanted.by is not None:
        by = dimension(view, kpi, wanted.by)
    if kpi.change is not None and wanted.period is None and not isinstance(by, str):
        if wanted.by is not None and by is not None:
            problem = Phrase(
                f"{kpi.name} is a change: name a period such as 2026-01 to show it by {by.name}",
                f"{kpi.name} 是同比或环比指标，按 {by.name} 查看时请指定期间，例如 2026-01",
            )
            raise QueryInvalid(problem=problem)
        by = kpi.period
    return Asked(by=by, period=wanted.period, site=wanted.site)


def _beside(view: View, kpi: Kpi, asked: Asked) -> Question:
    """How a figure beside another is asked for: as a whole where the dimension is not its own."""
    by = asked.by
    if isinstance(by, Column) and by.origin != "label":
        by = columns(view, kpi).find(by.name)
    if kpi.change is not None and asked.period is None and not isinstance(by, str):
        by = None
    return Question(kpi, Asked(by=by, period=asked.period, site=asked.site))


# ---------------------------------------------------------------------- answers


def _described(question: Question) -> Answer:
    """What was asked, and by which definition."""
    kpi, asked = question
    by = asked.by.name if isinstance(asked.by, Column) else asked.by
    return {
        "kpi": kpi.name,
        "title": kpi.title,
        "of": kpi.rows,
        "measure": str(kpi.measure),
        "unit": str(kpi.unit),
        "change": kpi.change,
        "by": by,
        "period": asked.period and asked.period.name,
        "site": asked.site,
        "target": kpi.target and {"value": kpi.target.written, "period": kpi.period},
        "definition": dict(kpi.written),
    }


def _rows(kpi: Kpi, figure: Figure, others: Mapping[str, tuple[Kpi, Figure]]) -> Answer:
    """The figure as a whole and by its groups, each with the figures shown beside it."""
    whole = {name: _figure_row(other, found.total) for name, (other, found) in others.items()}
    rows = []
    grouped = {
        name: {row.group: _figure_row(other, row) for row in found.rows}
        for name, (other, found) in others.items()
    }
    for row in figure.rows:
        beside = {name: known[row.group] for name, known in grouped.items() if row.group in known}
        rows.append(_row(kpi, row) | {"beside": beside})
    return {"total": _row(kpi, figure.total) | {"beside": whole}, "rows": rows}


def _row(kpi: Kpi, row: Row) -> Answer:
    return {
        "group": row.group,
        **_figure_row(kpi, row),
        "counted": row.counted,
        "breakdown": dict(row.breakdown),
        "now": amount(row.now, kpi.unit),
        "before": amount(row.before, kpi.unit),
    }


def _figure_row(kpi: Kpi, row: Row) -> Answer:
    return {
        "value": amount(row.value, kpi.judged_in),
        "net": amount(row.net, kpi.judged_in),
        "unit": str(kpi.judged_in),
        "population": row.population,
        "small": row.small,
        "reached": row.reached,
    }


def amount(value: Fraction | None, unit: Unit) -> float | int | None:
    """A figure as plain data: shares of one, seconds, or a number; None where not measured."""
    if value is None:
        return None
    if unit is Unit.DURATION:
        value /= MICROSECONDS
    whole = unit is not Unit.PERCENT and value.denominator == 1
    return int(value) if whole else float(value)


def _behind(view: View, question: Question, wanted: Wanted) -> Answer:
    """The rows that count for a share and those that count against it, else all of them."""
    sides: Mapping[str, bool | None] = {"rows": None}
    if question.kpi.measure is Measure.SHARE:
        sides = {"for": True, "against": False}
    return {
        name: _page(view, question.kpi, listed(
            view.tables, *question, counted=counted, limit=wanted.limit,
            offset=wanted.offset,
        ))
        for name, counted in sides.items()
    }  # fmt: skip


def _page(view: View, kpi: Kpi, listing: Listing) -> Answer:
    numbers = numbers_elsewhere(view, (str(entry.key[0]) for entry in listing.entries))
    cases = [_entry(view, kpi, entry, numbers) for entry in listing.entries]
    return {"total": listing.total, "cases": cases}


def _entry(view: View, kpi: Kpi, entry: Entry, numbers: Mapping[str, str]) -> dict[str, Any]:
    case, *rest = entry.key
    *clock, cycle = rest or (None,)
    value = entry.value
    return {
        "case": case,
        "external_id": numbers.get(str(case)),
        "site": entry.site,
        "clock": clock[0] if clock else None,
        "cycle": cycle,
        "at": local(entry.at, view.directory().zone(entry.site)),
        "outcome": entry.outcome,
        "group": entry.group,
        "value": amount(Fraction(value), kpi.unit) if isinstance(value, int) else value,
    }
