"""Logs for tests: places that can be opened more than once, and what is appended to them."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing

import apsw
import psycopg
import pytest

from store.append import AppendTransaction
from store.errors import DiskFull
from store.log import Log, Receipt
from store.open import open_log
from store.rows import Row

BEGUN = 1_772_440_215_250_000
"""When the first row of a test is recorded; each further one a second later."""


class Place:
    """A store that can be opened more than once, as several processes would."""

    def __init__(self, engine: str, address: str) -> None:
        self.engine = engine
        self.address = address
        self._opened: list[Log] = []

    def open(
        self, *, create: bool = True, write: bool = True, topics: frozenset[str] | None = None
    ) -> Log:
        log = open_log(self.address, create=create, write=write, topics=topics)
        self._opened.append(log)
        return log

    def raw(self, *statements: str) -> None:
        """Run statements in the database behind the log's back."""
        if self.engine == "sqlite":
            with closing(apsw.Connection(self.address)) as connection:
                for statement in statements:
                    connection.execute(statement)
        else:
            with psycopg.connect(self.address, options="-c search_path=guanjia") as connection:
                for statement in statements:
                    connection.execute(statement.encode())

    def close(self) -> None:
        for log in self._opened:
            log.close()


def append(log: Log, *facts: tuple[str, int, str], receipts: tuple[Receipt, ...] = ()) -> list[Row]:
    """Append (stream, version, topic) at the next positions."""
    with log.transaction() as transaction:
        return transaction.append(rows_at(transaction.head, *facts), receipts)


def rows_at(head: int, *facts: tuple[str, int, str]) -> list[Row]:
    return [
        Row(position, stream, version, topic, recorded_at(position), f"{stream} {version}".encode())
        for position, (stream, version, topic) in enumerate(facts, head + 1)
    ]


def recorded_at(position: int) -> int:
    return BEGUN + position * 1_000_000


def receipt(
    command: str, stream: str = "a", version: int = 1, position: int = 1, facts: int = 1
) -> Receipt:
    """The receipt of one who asked for the rows before a position."""
    fingerprint = command.encode().ljust(16, b".")[:16]
    return Receipt("someone", command, fingerprint, stream, version, position, facts)


def key(command: str) -> tuple[str, str]:
    return "someone", command


def refuses(log: Log, fault: type[Exception], match: str) -> None:
    """Nothing can be written, and the log says why; what was there can be read."""
    before = log.head()
    for after in (None, log.tail()):
        with pytest.raises(fault, match=match), log.transaction(after):
            pass
    assert log.head() == before


def append_to(
    log: Log,
    *streams: str,
    state: bytes = b"{}",
    first: Callable[[], object] = bool,
    then: Callable[[], object] = bool,
) -> list[Row]:
    """Append a row to each stream; `first` and `then` happen while the log is held."""
    with log.transaction() as transaction:
        first()
        rows = transaction.append(next_rows(transaction, *streams, state=state))
        then()
    return rows


def next_rows(transaction: AppendTransaction, *streams: str, state: bytes = b"{}") -> list[Row]:
    """The next row of each stream named."""
    known = Counter({name: len(transaction.stream(name)) for name in set(streams)})
    rows = []
    for position, name in enumerate(streams, transaction.head + 1):
        known[name] += 1
        rows.append(Row(position, name, known[name], "T", recorded_at(position), state))
    return rows


def fill(log: Log) -> list[Row]:
    """Append until the disk is full; returns what was acknowledged."""
    return fill_with(log, lambda: b"x" * 20_000)


def fill_with(log: Log, state: Callable[[], bytes]) -> list[Row]:
    kept: list[Row] = []

    def append_on_and_on() -> None:
        for number in range(5000):
            kept.extend(append_to(log, f"s{number}", f"t{number}", state=state()))

    with pytest.raises(DiskFull, match="腾出空间"):
        append_on_and_on()
    return kept
