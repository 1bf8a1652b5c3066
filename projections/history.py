"""For "what happened to this case?": an index of all cases; the facts themselves are read from the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from domain.facts import Recorded
from domain.personal import Personal
from projections.dossier import Dossier, micros, optional_micros
from store.codec import Codec
from store.log import Log
from store.view_db import Column, Table, ViewDb
from store.views import Rows

CASES = Table(
    name="cases",
    columns=(
        Column("case_id", "TEXT"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("external_id", "TEXT", required=False),
        Column("status", "TEXT"),
        Column("opened", "INTEGER"),
        Column("closed", "INTEGER", required=False),
        Column("facts", "INTEGER"),
        Column("position", "INTEGER"),
    ),
    key=("case_id",),
    indexes=("(external_id) WHERE external_id IS NOT NULL",),
)


class History:
    """The index of cases."""

    name = "history"
    version = 1
    tables = (CASES,)

    def rows(self, case: Dossier) -> Rows:
        """One row per case."""
        last = case.facts[-1]
        return {
            "cases": (
                (
                    case.case, case.kind, case.site, case.external_id, case.status,
                    micros(case.opened), optional_micros(case.closed), last.version, last.position,
                ),
            )
        }  # fmt: skip


class Entry(NamedTuple):
    """One fact of a case's history: who, what, when it happened, when it was recorded, what it changed."""

    version: int
    position: int
    fact: str
    word: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    changed: dict[str, Any]


def find_case(db: ViewDb, name: str) -> str | None:
    """The case of that number, or the one whose number elsewhere (external id) it is."""
    rows = db.ask(
        "SELECT case_id FROM cases WHERE case_id = ? OR external_id = ? ORDER BY case_id LIMIT 2",
        (name, name),
    )
    return str(rows[0][0]) if len(rows) == 1 else None


def history(
    log: Log, codec: Codec, case: str, *, as_of: datetime | None = None
) -> Iterator[Entry]:
    """Every fact of a case in order; with `as_of`, what was known at that instant."""
    known: dict[str, Any] = {}
    for row in log.stream(case):
        recorded = codec.decode(row)
        if as_of is None or recorded.recorded_at <= as_of:
            yield _entry(recorded, known)


def _entry(recorded: Recorded, known: dict[str, Any]) -> Entry:
    changed = {}
    for name, value in _data(recorded).items():
        if known.get(name) != value:
            known[name] = changed[name] = value
    return Entry(
        recorded.version, recorded.position, recorded.type, recorded.fact.word, recorded.actor,
        recorded.occurred_at, recorded.recorded_at, changed,
    )  # fmt: skip


def _data(recorded: Recorded) -> dict[str, Any]:
    data = {f.name: getattr(recorded.fact, f.name) for f in fields(recorded.fact)}  # type: ignore[arg-type]
    return {
        name: value.text if isinstance(value, Personal) else value
        for name, value in data.items()
        if value is not None and value != {} and value != ()
    }
