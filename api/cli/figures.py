"""The commands about verdicts and figures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

import orjson

from api.cli import figure_tables
from api.cli.context import Context
from api.csv_lines import figure_lines, write_csv
from api.parsing import read_period
from api.private_files import open_private
from api.queries import figures, promises
from api.queries.cases import Answer


def judge(context: Context) -> int:
    """One line per run of every clock: CSV, or JSON lines."""
    asked = context.asked
    with context.engine() as engine:
        rows = promises.judged(engine, asked.clock)
        if asked.out is None:
            count = _write(rows, context, sys.stdout)
        else:
            with open_private(asked.out) as file:
                count = _write(rows, context, file)
            context.line(f"已写入 {count} 行：{asked.out}", f"{count} lines written to {asked.out}")
    return 0


def _write(rows: Iterator[Answer], context: Context, out: TextIO) -> int:
    if not context.json:
        return write_csv(rows, promises.JUDGED, out)
    count = 0
    for row in rows:
        out.write(orjson.dumps(row).decode() + "\n")
        count += 1
    return count


def kpi(context: Context) -> int:
    """Figures by the rulebook's definitions; without a name an overview of all of them."""
    asked = context.asked
    wanted = figures.Wanted(
        by=asked.by,
        period=read_period(asked.period),
        site=asked.site,
        cases=asked.cases,
        limit=asked.limit,
        offset=asked.offset,
    )
    with context.engine() as engine:
        if asked.name:
            names = [asked.name]
        else:
            names = figures.known_by(engine, asked.by) if asked.by else figures.names(engine)
        answers = [figures.figure(engine, name, wanted) for name in names]
    if context.json:
        context.data(answers[0] if asked.name else answers)
    elif asked.csv:
        write_csv(*figure_lines(answers, cases=asked.cases), sys.stdout)
    elif asked.name or asked.by or asked.cases:
        for answer in answers:
            figure_tables.show(answer, context)
    else:
        figure_tables.overview(answers, context)
    return 0
