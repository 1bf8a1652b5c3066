"""What is read of a SQLite log, by any of its connections; every row's digest is checked."""
# ruff: noqa: S608 - what is put into statements are our own columns and question marks

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, cast

import apsw
import msgspec

from store.append import ReceiptKey
from store.checks import check_receipts
from store.rows import (
    Link,
    Receipt,
    Row,
    Stored,
    as_row,
    checked,
    checked_page,
    checked_stream,
    checked_streams,
)
from store.sqlite_engine import raising_faults

COLUMNS = "position, stream, version, topic, recorded_at, state, digest, chain"
RECEIPT = "scope, command, fingerprint, stream, version, position, facts, digest"
AT_ONCE = 500

_SELECT = f"SELECT {COLUMNS} FROM log"
_EACH = f"{_SELECT} INDEXED BY sqlite_autoindex_log_1 WHERE position <= ? AND stream >= ?"
_PLACES = (
    "SELECT stream, version FROM log INDEXED BY sqlite_autoindex_log_1"
    " WHERE position <= ? ORDER BY stream, version"
)
_RECEIPTS = (
    f"SELECT {', '.join('r.' + name for name in RECEIPT.split(', '))}"
    " FROM json_each(?) AS asked CROSS JOIN receipts AS r"
    " ON r.scope = asked.value ->> 0 AND r.command = asked.value ->> 1"
)
_RECEIPT_PAGE = f"SELECT {RECEIPT}, number FROM receipts WHERE number > ? ORDER BY number LIMIT ?"


class Reading:
    """The questions that a log and its transactions ask alike, on a connection each."""

    def __init__(self, connection: Callable[[], apsw.Connection], where: str) -> None:
        """Ask on whatever connection is given at the moment."""
        self._connection = connection
        self.where = where

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with raising_faults(self.where):
            return self._connection().execute(query, values).fetchall()

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        if topics:
            chosen = f" AND topic IN ({','.join('?' * len(topics))})"
            query = f"{_SELECT} WHERE position > ?{chosen} ORDER BY position LIMIT ?"
            return checked(self._stored(query, (after, *topics, limit)), self.where)
        return checked_page(self.stored(after, limit), max(after, 0), self.where)

    def stored(self, after: int, limit: int) -> list[Stored]:
        """Rows after a position, unchecked."""
        query = f"{_SELECT} WHERE position > ? ORDER BY position LIMIT ?"
        return self._stored(query, (after, limit))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        query = f"{_SELECT} WHERE stream = ? AND version > ? ORDER BY version"
        return checked_stream(self._stored(query, (stream, after)), after, self.where)

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        found: list[Row] = []
        chosen = sorted(set(streams))
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = (
                f"{_SELECT} WHERE stream IN ({marks}) AND position <= ? ORDER BY stream, version"
            )
            stored = self._stored(query, (*some, until))
            for _, rows in checked_streams(stored, self.where):
                found.extend(map(as_row, rows))
        return found

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        query = f"{_SELECT} WHERE stream >= ? AND stream < ? ORDER BY position"
        return checked(self._stored(query, (prefix, end)), self.where)

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""
        found = self.ask(_RECEIPTS, (msgspec.json.encode(keys),))
        return {(r.scope, r.command): r for r in check_receipts(found, self.where)}

    def receipt_page(self, after: int, limit: int) -> list[tuple[int, Receipt]]:
        """Receipts with their numbers, after a number."""
        found = self.ask(_RECEIPT_PAGE, (after, limit))
        numbers = [row[-1] for row in found]
        return list(zip(numbers, check_receipts(found, self.where), strict=True))

    def links(self, after: int, limit: int) -> list[Link]:
        """Links of the chain after a position."""
        query = (
            "SELECT position, recorded_at, digest, chain FROM log"
            " WHERE position > ? ORDER BY position LIMIT ?"
        )
        return cast("list[Link]", self.ask(query, (after, limit)))

    def facts_at(self, positions: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Stream and version of the rows at some positions."""
        query = (
            "SELECT position, stream, version FROM log"
            " WHERE position IN (SELECT value FROM json_each(?))"
        )
        found = self.ask(query, (msgspec.json.encode(positions),))
        return {position: (stream, version) for position, stream, version in found}

    def _stored(self, query: str, values: Sequence[Any]) -> list[Stored]:
        return cast("list[Stored]", self.ask(query, values))


def each_stream(
    connection: apsw.Connection, where: str, until: int, first: str, end: str | None
) -> Iterator[tuple[str, Sequence[Stored]]]:
    """Each stream up to a position from one name on, before another; closes the connection."""
    query, values = (_EACH, [until, first])
    if end is not None:
        query, values = f"{query} AND stream < ?", [*values, end]
    with raising_faults(where), closing(connection):
        found = connection.execute(f"{query} ORDER BY stream, version", values)
        yield from checked_streams(cast("Iterable[Stored]", found), where)


def places(connection: apsw.Connection, where: str, until: int) -> Iterator[tuple[str, int]]:
    """Stream and version of every row up to a position, from the index; closes the connection."""
    with raising_faults(where), closing(connection):
        yield from cast("Iterable[tuple[str, int]]", connection.execute(_PLACES, (until,)))
