"""One append to a SQLite log."""
# ruff: noqa: S608 - what is put into statements are our own columns and question marks

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import apsw

from store.append import AppendTransaction, ReceiptKey
from store.rows import Receipt, Row, Tail, receipt_digest
from store.sqlite_engine import raising_faults
from store.sqlite_reading import COLUMNS, RECEIPT, Reading

_INSERT_ROWS = f"INSERT INTO log ({COLUMNS}) VALUES "
_INSERT_RECEIPTS = f"INSERT INTO receipts ({RECEIPT}, number) VALUES "
_INSERT_TOPIC = (
    "INSERT INTO topics (topic, position) SELECT ?1, ?2"
    " WHERE NOT EXISTS (SELECT 1 FROM topics WHERE topic = ?1)"
)
_AT_ONCE = (64, 16, 4, 1)
"""How many rows a statement inserts: few sizes, so that prepared statements are used again."""


class SQLiteAppend(AppendTransaction):
    """The log while its one writer is inside a transaction."""

    def __init__(
        self, connection: apsw.Connection, where: str, tail: Tail, receipts: int, topics: set[str]
    ) -> None:
        super().__init__(where, tail)
        self.topics: set[str] = set()
        self._connection = connection
        self._reading = Reading(lambda: connection, where)
        self._count = receipts
        self._entered = topics

    def rows(self, after: int, limit: int) -> list[Row]:
        return self._reading.rows(after, limit)

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        return self._reading.stream(stream, after)

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        return self._reading.receipts(keys)

    def _insert(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        numbered = [
            (*receipt, receipt_digest(receipt), number)
            for number, receipt in enumerate(receipts, self._count + 1)
        ]
        with raising_faults(self.where):
            self._enter_topics(rows)
            _insert(self._connection, _INSERT_ROWS, rows)
            _insert(self._connection, _INSERT_RECEIPTS, numbered)
        self._count += len(receipts)

    def _enter_topics(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.topic not in self._entered and row.topic not in self.topics:
                self._connection.execute(_INSERT_TOPIC, (row.topic, row.position))
                self.topics.add(row.topic)


def _insert(
    connection: apsw.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows by few statements: between any two, every waiting thread may take its turn."""
    if rows:
        one = f"({','.join('?' * len(rows[0]))})"
        start = 0
        for size in _AT_ONCE:
            while len(rows) - start >= size:
                values = ",".join([one] * size)
                some = rows[start : start + size]
                connection.execute(statement + values, tuple(chain.from_iterable(some)))
                start += size
