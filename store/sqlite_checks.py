"""Checks of a SQLite log: its tables and triggers, its end, its pages."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import apsw

from domain.refusals import Phrase
from store.checks import check_count, check_last_link, check_receipts
from store.damage import ends_elsewhere, endless
from store.errors import LogAltered
from store.rows import Receipt, Tail, checked

SCHEMA = (Path(__file__).with_name("sql") / "log_sqlite.sql").read_text("utf-8")

_PARTS = (
    "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema"
    " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_KINDS = {"table": "表", "trigger": "触发器", "index": "索引", "view": "视图"}
_TAIL = (
    "SELECT tail.position, tail.receipts, log.position, log.recorded_at, log.chain"
    " FROM tail LEFT JOIN log ON log.position = (SELECT max(position) FROM log)"
)
_LAST_TWO = (
    "SELECT position, stream, version, topic, recorded_at, state, digest, chain FROM log"
    " ORDER BY position DESC LIMIT 2"
)
_LAST_RECEIPT = (
    "SELECT scope, command, fingerprint, stream, version, position, facts, digest, number"
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
            raise LogAltered(where=where, problem=_problem(name, name in found, name in expected))


def _problem(part: str, there: bool, ours: bool) -> Phrase:
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
        LogDamaged: it ends elsewhere than was noted with the last append.
    """
    noted = _ask(connection, _TAIL)
    if len(noted) != 1:
        raise endless(where)
    position, receipts, last, recorded_at, chain = noted[0]
    if position != (last or 0):
        raise ends_elsewhere(position, last or 0, where)
    return (Tail(last, recorded_at, chain) if last else Tail()), receipts


def check_end(connection: apsw.Connection, where: object) -> None:
    """Check the hashes of the last row, and that the last receipt belongs to this log.

    It is asked in one transaction, so that nobody appends in between.

    Raises:
        LogDamaged: they do not match.
    """
    tail, receipts = tail_of(connection, where)
    check_last_link(checked(_ask(connection, _LAST_TWO), where), where)
    last = _ask(connection, _LAST_RECEIPT)
    check_count(receipts, last[0][-1] if last else 0, where)
    check_receipts(((Receipt(*r[:7]), r[7]) for r in last), where, tail.position)


def _ask(connection: apsw.Connection, query: str) -> list[Any]:
    return connection.execute(query).fetchall()
