"""Finds what a figure is asked by, and refuses names that do not exist with those that do."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from typing import Final

import msgspec

from api.queries.known import not_known
from api.view import View
from domain.rulebook import Kpi
from domain.rulebook.columns import LABEL, Column, Columns, Type
from domain.rulebook.figures import columns_of
from domain.rulebook.kpis import PERIODS
from store.tables import TableDb

CASES_READ: Final = 1000
"""How many cases are looked at for the names of their labels, to name some in a refusal."""


def columns(view: View, kpi: Kpi) -> Columns:
    """What a figure's rows can be asked for."""
    return columns_of(kpi.rows, kpi.kinds, view.kinds)


def dimension(view: View, kpi: Kpi, name: str) -> Column | str:
    """A period, an attribute, or a label that some case has.

    Raises:
        QueryInvalid: it is none of them.
    """
    if name in PERIODS:
        return name
    known = columns(view, kpi)
    column = known.find(name)
    if column is None or column.origin == "label":
        column = Column(name.removeprefix(LABEL), Type.TEXT, "label")
        if _some_case_has(view.tables, column.name):
            return column
    elif column.groups:
        return column
    labels = (f"{LABEL}{label}" for label in _labels(view.tables))
    raise not_known("dimension", "维度", name, (*known.dimensions, *PERIODS, *labels))


def _some_case_has(db: TableDb, label: str) -> bool:
    text, parameters = db.json_text("labels", label)
    return bool(db.ask(f"SELECT 1 FROM cases WHERE {text} IS NOT NULL LIMIT 1", parameters))


def _labels(db: TableDb) -> list[str]:
    rows = db.ask(f"SELECT labels FROM cases WHERE labels IS NOT NULL LIMIT {CASES_READ}")
    return sorted({name for (labels,) in rows for name in msgspec.json.decode(str(labels))})
