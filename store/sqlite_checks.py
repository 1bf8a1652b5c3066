"""Checks of a SQLite log: its tables and triggers, its end, its pages."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import apsw

from domain.kernel.refusals import Phrase
from store.checks import check_last_link, check_receipts, check_tail
from store.errors import LogAltered
from store.rows import Tail, checked

_SQL = Path(__file__).with_name("sql")
SCHEMA = (_SQL / "log_sqlite.sql").read_text("utf-8")
_TAIL = (_SQL / "tail_sqlite.sql").read_text("utf-8")

_PARTS = (
    "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema"
    " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_KINDS = {"table": "表", "trigger": "触发器", "index": "索引", "view": "视图"}
_LAST_TWO = (
    "SELECT position, stream, version, topic, recorded_at, state, digest, chain FROM log"
    " ORDER BY position DESC LIMIT 2"
)
_LAST_RECEIPT = (
    "SELECT scope, command, fingerprint, stream, version, position, facts, digest"
    " FROM receipts ORDER BY number DESC LIMIT 1"
)


def check_shape(connection: apsw.Connection, where: object) -> None:
    """Check that tables and triggers are exactly those we make.

    Raises:
        LogAltered: one is missing, changed, or not ours.
    """
    found = _parts(connection)
    expected = _expected()
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            problem = _problem(name, there=name in found, ours=name in expected)
            raise LogAltered(where=where, problem=problem)


def _problem(part: str, *, there: bool, ours: bool) -> Phrase:
    kind, _, name = part.partition(" ")
    chinese = f"{_KINDS.get(kind, kind)} {name}"
    if not there:
        return Phrase(f"the {part} is missing", f"{chinese}缺失")
    if not ours:
        return Phrase(f"the {part} is not ours", f"{chinese}不属于本程序")
    return Phrase(f"the {part} was changed", f"{chinese}被改动")


def _parts(connection: apsw.Connection) -> dict[str, str]:
    found = connection.execute(_PARTS)
    return {str(name): " ".join(str(text).split()) for name, text in found}


@cache
def _expected() -> dict[str, str]:
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute(SCHEMA)
        return _parts(connection)


def tail_of(connection: apsw.Connection, where: object) -> tuple[Tail, int]:
    """Where the log ends, and how many receipts there are.

    Raises:
        LogDamaged: log and receipts end at different positions.
    """
    return check_tail(connection.execute(_TAIL).fetchall()[0], where)


def check_end(connection: apsw.Connection, where: object) -> Tail:
    """Check the hashes of the last row, and that the last receipt belongs to this log.

    Returns where the log ends. It is asked in one transaction, as of one moment.

    Raises:
        LogDamaged: they do not match.
    """
    tail, _ = tail_of(connection, where)
    check_last_link(checked(_ask(connection, _LAST_TWO), where), where)
    check_receipts(_ask(connection, _LAST_RECEIPT), where)
    return tail


def _ask(connection: apsw.Connection, query: str) -> list[Any]:
    return connection.execute(query).fetchall()
