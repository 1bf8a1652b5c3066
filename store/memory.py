"""The log in memory: the same guarantees, for tests and trials, gone with the process."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice

from eventsourcing.persistence import IntegrityError

from store.append import AppendTransaction, ReceiptKey
from store.log import Log
from store.pending import PendingTransaction
from store.rows import Link, Receipt, Row, Stored, Tail


class MemoryLog(Log):
    """The log as a list of rows."""

    def __init__(self, topics: frozenset[str] | None = None) -> None:
        """Begin with an empty log."""
        super().__init__(topics)
        self.where = "memory"
        self._writing = threading.Lock()
        self._looking = threading.Lock()
        self._rows: list[Row] = []
        self._streams: dict[str, list[Row]] = {}
        self._receipts: dict[ReceiptKey, Receipt] = {}

    @contextmanager
    def transaction(self, after: Tail | None = None) -> Iterator[AppendTransaction]:  # noqa: ARG002 - the end costs nothing to look up
        """Hold the log; what was appended is stored when the block is left without an error."""
        with self._writing:
            self._must_be_writable()
            transaction = _MemoryTransaction(self, self.tail())
            yield transaction
            transaction.raise_refusal()
            self._store(transaction)
        if transaction.grown:
            self.wake()

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        start = max(after, 0)
        with self._looking:
            if not topics:
                return self._rows[start : start + limit]
            later = islice(self._rows, start, None)
            return list(islice((row for row in later if row.topic in topics), limit))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        with self._looking:
            rows = self._streams.get(stream, [])
            return rows[bisect_right(rows, after, key=lambda row: row.version) :]

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        with self._looking:
            return [
                row
                for stream in sorted(set(streams))
                for row in self._streams.get(stream, ())
                if row.position <= until
            ]

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        with self._looking:
            chosen = [rows for name, rows in self._streams.items() if name.startswith(prefix)]
            return sorted(chain.from_iterable(chosen))

    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""
        with self._looking:
            return {key: self._receipts[key] for key in keys if key in self._receipts}

    def head(self) -> int:
        """The last position."""
        return len(self._rows)

    def tail(self) -> Tail:
        """Where the log ends."""
        with self._looking:
            if not self._rows:
                return Tail()
            last = self._rows[-1]
            return Tail(last.position, last.recorded_at, last.chain)

    def probe(self) -> None:
        """It cannot go anywhere."""

    def close(self) -> None:
        """Nothing to give back."""

    def stored(self, after: int, limit: int) -> list[Stored]:
        """Rows after a position."""
        return list(self.rows(after, limit))

    def links(self, after: int, limit: int) -> list[Link]:
        """Links of the chain after a position."""
        return [(r.position, r.recorded_at, r.digest, r.chain) for r in self.rows(after, limit)]

    def places(self, until: int) -> Iterator[tuple[str, int]]:
        """Stream and version of every row up to a position."""
        for row in self.streams(list(self._streams), until):
            yield row.stream, row.version

    def receipt_page(self, after: int, limit: int) -> list[tuple[int, Receipt]]:
        """Receipts with their numbers, after a number."""
        with self._looking:
            some = islice(self._receipts.values(), after, after + limit)
            return list(enumerate(some, after + 1))

    def facts_at(self, positions: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Stream and version of the rows at some positions."""
        with self._looking:
            rows = [self._rows[p - 1] for p in positions if 1 <= p <= len(self._rows)]
            return {row.position: (row.stream, row.version) for row in rows}

    def topics(self) -> dict[str, int]:
        """Each topic in the log, with the position of its first use."""
        with self._looking:
            return {row.topic: row.position for row in reversed(self._rows)}

    def _each_stream(
        self, until: int, first: str, end: str | None
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        with self._looking:
            names = sorted(n for n in self._streams if n >= first and (end is None or n < end))
        for name in names:
            rows = self.streams([name], until)
            if rows:
                yield name, rows

    def _store(self, transaction: PendingTransaction) -> None:
        with self._looking:
            self._rows.extend(transaction.new_rows)
            self._receipts.update(transaction.new_receipts)
            for row in transaction.new_rows:
                self._streams.setdefault(row.stream, []).append(row)


class _MemoryTransaction(PendingTransaction):
    """Refuses at once what a database would refuse."""

    def _insert(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        first = {row.stream: row for row in reversed(rows)}
        for stream, row in first.items():
            there = self.stream(stream, -1)
            last = there[-1].version if there else min(row.version, 1) - 1
            if row.version != last + 1:
                raise IntegrityError(f"version {row.version} of {stream} where {last + 1} follows")
        keys = [(receipt.scope, receipt.command) for receipt in receipts]
        if self.receipts(keys) or len(set(keys)) < len(keys):
            raise IntegrityError(f"one of the commands {keys} has a receipt")
        super()._insert(rows, receipts)
