"""One append to a log in PostgreSQL that is held meanwhile, and rows as its driver takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from store.append import AppendTransaction, ReceiptKey
from store.checks import check_receipts
from store.postgres_pool import Connection
from store.rows import Receipt, Row, Stored, Tail, checked_page, checked_stream

if TYPE_CHECKING:
    from store.postgres import PostgresLog


class PostgresAppend(AppendTransaction):
    """The log while its one writer is inside a transaction."""

    def __init__(self, log: PostgresLog, connection: Connection, tail: Tail) -> None:
        super().__init__(log.where, tail)
        self.topics: set[str] = set()
        self._log = log
        self._connection = connection

    def rows(self, after: int, limit: int) -> list[Row]:
        found = self._read(self._log.statements.rows, after, limit)
        return checked_page(as_stored(found), max(after, 0), self.where)

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        found = self._read(self._log.statements.stream, stream, after)
        return checked_stream(as_stored(found), after, self.where)

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        found = self._read(*self._log.statements.of_receipts(keys))
        return receipts_by_key(found, self.where)

    def _insert(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        with self._log.pool.raising_faults():
            params = self._log.append_params(self.tail, rows, receipts)
            self._connection.execute(self._log.statements.append, params)
        self.topics.update(row.topic for row in rows)

    def _read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        with self._log.pool.raising_faults():
            return self._connection.execute(statement, params, binary=True).fetchall()


def receipts_by_key(found: Iterable[tuple[Any, ...]], where: str) -> dict[ReceiptKey, Receipt]:
    """Receipts by who asked and command."""
    return {(r.scope, r.command): r for r in check_receipts(found, where)}


def as_stored(found: Iterable[tuple[Any, ...]]) -> Iterable[Stored]:
    return cast("Iterable[Stored]", found)


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
