"""Runs the commands about verdicts and figures."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TextIO

import orjson

from api.cli import figure_tables
from api.cli.context import Context
from api.cli.declared import FIRST, Option, Page, Site
from api.cli.lens import NOW, LensOptions, seen, with_lens
from api.csv_lines import figure_lines, write_csv
from api.parsing import read_period
from api.private_files import open_private
from api.queries import figures, promises
from api.queries.cases import Answer
from api.view import View
from domain.kernel.refusals import Phrase

OfClock = Annotated[str | None, Option(Phrase("only this clock", "仅此时钟"), "NAME")]
Out = Annotated[
    Path | None, Option(Phrase("a file instead of the terminal", "写入文件而不是终端"), "F")
]
Name = Annotated[
    str | None,
    Option(
        Phrase(
            "of the rulebook, or first_time_fix, satisfaction, on_time; without it an overview",
            "规则手册中的指标，或 first_time_fix、satisfaction、on_time；不填则显示总览",
        )
    ),
]
By = Annotated[
    str | None,
    Option(
        Phrase(
            "an attribute such as building, a label, or day, week, month, quarter, half_year, year",
            "分组：楼栋（building）等属性、标签，或 day、week、month、quarter、half_year、year",
        ),
        "DIMENSION",
    ),
]
OfPeriod = Annotated[
    str | None,
    Option(
        Phrase(
            "2026-01, 2026-Q1, 2026, 2026-W03, 2026-01-31, or a span 2026-01..2026-03",
            "期间：2026-01、2026-Q1、2026、2026-W03、2026-01-31，或区间 2026-01..2026-03",
        ),
        "P[..P]",
    ),
]
Cases = Annotated[
    bool, Option(Phrase("list what counts for and against", "列出计入和未计入的工单"))
]
Csv = Annotated[bool, Option(Phrase("answer in CSV", "以 CSV 回答"))]


def judge(
    context: Context,
    *,
    clock: OfClock = None,
    site: Site = None,
    out: Out = None,
    lens: LensOptions = NOW,
) -> int:
    """One line per run of every clock: CSV, or JSON lines."""
    with seen(context, lens, site=site) as view:
        rows = promises.judged(view, clock, site)
        if out is None:
            count = _write(rows, context, sys.stdout)
        else:
            with open_private(out) as file:
                count = _write(rows, context, file)
            context.line(f"已写入 {count} 行：{out}", f"{count} lines written to {out}")
    return 0


def _write(rows: Iterator[Answer], context: Context, out: TextIO) -> int:
    if not context.json:
        return write_csv(rows, promises.JUDGED, out)
    count = 0
    for row in rows:
        out.write(orjson.dumps(row).decode() + "\n")
        count += 1
    return count


def _overviewed(view: View, by: str | None) -> Sequence[str]:
    """The figures of an overview: all, or those that can be asked by a dimension."""
    return figures.known_by(view, by) if by else figures.names(view)


def kpi(
    context: Context,
    name: Name = None,
    /,
    *,
    by: By = None,
    period: OfPeriod = None,
    site: Site = None,
    cases: Cases = False,
    csv: Csv = False,
    lens: LensOptions = NOW,
    page: Page = FIRST,
) -> int:
    """Figures by the rulebook's definitions; without a name an overview of all of them."""
    wanted = figures.Wanted(
        by=by,
        period=read_period(period),
        site=site,
        cases=cases,
        limit=page.limit,
        offset=page.offset,
    )
    with seen(context, lens, site=site) as view:
        names = [name] if name else _overviewed(view, by)
        answers = [with_lens(view, one) for one in figures.several(view, names, wanted)]
    if context.json:
        context.data(answers[0] if name else answers)
    elif csv:
        write_csv(*figure_lines(answers, cases=cases), sys.stdout)
    elif name or by or cases:
        for place, answer in enumerate(answers):
            if place:
                context.line("", "")
            figure_tables.show(answer, context)
    else:
        figure_tables.overview(answers, context)
    return 0
