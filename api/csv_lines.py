"""Answers as lines of CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TextIO

from api.queries.cases import Answer

_LINE: Final = (
    "kpi", "by", "group", "value", "net", "unit", "population", "counted", "small", "reached",
    "now", "before",
)  # fmt: skip
_ENTRY: Final = (
    "kpi", "side", "case", "external_id", "site", "clock", "cycle", "at", "outcome", "group",
    "value",
)  # fmt: skip


def figure_lines(
    answers: Sequence[Answer], *, cases: bool
) -> tuple[Iterator[dict[str, Any]], Sequence[str]]:
    """Figures, or the rows behind them, as lines and columns of a CSV file.

    A line without ``by`` is the figure as a whole. Shares are fractions of one, durations seconds.
    """
    if cases:
        return _entries(answers), _ENTRY
    only = answers[0] if len(answers) == 1 else None
    beside = [other["kpi"] for other in only["beside"]] if only else []
    broken = list(only["total"]["breakdown"]) if only else []
    return _lines(answers, beside, broken), (*_LINE, *beside, *broken)


def _lines(
    answers: Sequence[Answer], beside: Sequence[str], broken: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for answer in answers:
        for place, row in enumerate((answer["total"], *answer["rows"])):
            others = {n: row["beside"][n]["value"] if n in row["beside"] else None for n in beside}
            counts = {name: row["breakdown"].get(name, 0) for name in broken}
            yield (
                row
                | {"kpi": answer["kpi"], "by": answer["by"] if place else None}
                | others
                | counts
            )


def _entries(answers: Sequence[Answer]) -> Iterator[dict[str, Any]]:
    for answer in answers:
        for side, listing in answer["cases"].items():
            for row in listing["cases"]:
                yield {"kpi": answer["kpi"], "side": side} | row


def write_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str], out: TextIO) -> int:
    """Write rows as CSV, instants in ISO 8601; returns how many."""
    write = csv.writer(out, lineterminator="\n").writerow
    write(columns)
    count = 0
    for row in rows:
        write([_cell(row[column]) for column in columns])
        count += 1
    return count


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"  # no spreadsheet shall take it for a formula
    return "" if value is None else value
