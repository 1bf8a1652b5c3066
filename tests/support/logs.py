"""Logs for tests: places that can be opened more than once, and what is appended to them."""

from collections.abc import Callable
from contextlib import closing

import apsw
import psycopg
import pytest

from store.codec import Row
from store.errors import DiskFull
from store.log import Answered, Log
from store.open import open_log


class Place:
    """A store that can be opened more than once, as several processes would."""

    def __init__(self, engine: str, address: str) -> None:
        self.engine = engine
        self.address = address
        self._opened: list[Log] = []

    def open(self, *, create: bool = True) -> Log:
        log = open_log(self.address, create=create)
        self._opened.append(log)
        return log

    def raw(self, statement: str) -> None:
        """Say something to the database behind the log's back."""
        if self.engine == "sqlite":
            with closing(apsw.Connection(self.address)) as connection:
                connection.execute(statement)
        else:
            with psycopg.connect(self.address, options="-c search_path=guanjia") as connection:
                connection.execute(statement.encode())

    def close(self) -> None:
        for log in self._opened:
            log.close()


def append(log: Log, *facts: tuple[str, int, str], answers: tuple[Answered, ...] = ()) -> list[Row]:
    """Append (stream, version, topic) at the next positions."""
    with log.appending() as appending:
        rows = rows_at(appending.head, *facts)
        appending.append(rows, answers)
    return rows


def rows_at(head: int, *facts: tuple[str, int, str]) -> list[Row]:
    return [
        Row(position, stream, version, topic, f"{stream} {version}".encode())
        for position, (stream, version, topic) in enumerate(facts, head + 1)
    ]


def answer(command: str, position: int = 1) -> Answered:
    return Answered(command, "complaint-1", 1, position, 1)


def append_to(
    log: Log,
    *streams: str,
    state: bytes = b"{}",
    first: Callable[[], object] = bool,
    then: Callable[[], object] = bool,
) -> list[Row]:
    """Append a row to each stream; `first` and `then` happen while the log is held."""
    with log.appending() as appending:
        first()
        head = appending.head
        rows = [Row(head + i, stream, head + i, "T", state) for i, stream in enumerate(streams, 1)]
        appending.append(rows, ())
        then()
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
