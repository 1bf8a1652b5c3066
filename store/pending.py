"""An append transaction that keeps what is appended in memory until its block is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from store.append import AppendTransaction, ReceiptKey
from store.rows import Receipt, Row, Tail


class Readable(Protocol):
    """What is read of the log beneath."""

    where: str

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows of any stream after a position."""

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""


class PendingTransaction(AppendTransaction):
    """Reads the log, and in front of it what was appended in the block."""

    def __init__(self, log: Readable, tail: Tail) -> None:
        """Begin with nothing pending."""
        super().__init__(log.where, tail)
        self.new_rows: list[Row] = []
        self.new_receipts: dict[ReceiptKey, Receipt] = {}
        self._log = log

    def rows(self, after: int, limit: int) -> list[Row]:
        own = [row for row in self.new_rows if row.position > after]
        return [*self._log.rows(after, limit), *own][:limit]

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        own = [row for row in self.new_rows if row.stream == stream and row.version > after]
        return [*self._log.stream(stream, after), *own]

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        own = {key: self.new_receipts[key] for key in keys if key in self.new_receipts}
        return self._log.receipts(keys) | own

    def _insert(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        self.new_rows.extend(rows)
        self.new_receipts.update(((r.scope, r.command), r) for r in receipts)
