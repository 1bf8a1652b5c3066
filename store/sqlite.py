"""For the log in one SQLite file: durable commits, one writer at a time, positions without gaps."""
# ruff: noqa: S608 - what is put into statements are our own columns and question marks

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import msgspec

from store.codec import Row
from store.errors import LogFromNewerVersion, NoStore
from store.log import FORMAT, Answered, Log, Whole
from store.sqlite_engine import PerThread, connect, number, told

if TYPE_CHECKING:
    from store.log import Appending

SCHEMA = Path(__file__).with_name("sql") / "log_sqlite.sql"
_COLUMNS = "position, stream, version, topic, state"
_INSERT_ROWS = f"INSERT INTO log ({_COLUMNS}) VALUES "
_INSERT_ANSWERS = "INSERT INTO answered (command, stream, version, position, facts) VALUES "
_FIVE = "(?,?,?,?,?)"
_AT_ONCE = (64, 16, 4, 1)
"""How many rows a statement inserts: few sizes, so that prepared statements are used again."""
_ANSWERED = (
    "SELECT command, stream, version, position, facts FROM answered"
    " WHERE command IN (SELECT value FROM json_each(?))"
)


class SQLiteLog(Log):
    """The log in a SQLite file; readers never wait for the writer."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the log, or make it.

        Raises:
            NoStore: it is not there and must not be made.
            LogFromNewerVersion: a newer version has written it.
            LogDamaged: the file is damaged.
        """
        super().__init__()
        self.where = str(path)
        self.path = path
        self._writing = threading.Lock()
        self._writer = connect(path, must_exist=not create)
        self._readers = PerThread(path)
        try:
            self._prepare(create=create)
        except BaseException:
            self._writer.close()
            raise

    def _prepare(self, *, create: bool) -> None:
        with told(self.where):
            found = number(self._writer, "PRAGMA user_version")
            if found > FORMAT:
                raise LogFromNewerVersion(where=self.where, what=f"format {found}")
            if found < FORMAT and not create:
                raise NoStore(where=self.where)
            if found < FORMAT:
                self._writer.execute(SCHEMA.read_text("utf-8"))
                self._writer.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """Hold the log; another process that holds it is waited for."""
        with self._writing:
            with told(self.where):
                self._writer.execute("BEGIN IMMEDIATE")
            try:
                appending = _SQLiteAppending(self._writer, self.where)
                yield appending
                appending.insist()
                with told(self.where):
                    self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        if appending.grown:
            self.wake()

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        return _rows(self._readers.get(), self.where, after, limit, topics)

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        with told(self.where):
            return _stream(self._readers.get(), stream, after)

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        found: list[Row] = []
        chosen = sorted(set(streams))
        with told(self.where):
            for start in range(0, len(chosen), 500):
                some = chosen[start : start + 500]
                marks = ",".join("?" * len(some))
                cursor = self._readers.get().execute(
                    f"SELECT {_COLUMNS} FROM log WHERE stream IN ({marks}) AND position <= ?"
                    " ORDER BY stream, version",
                    (*some, until),
                )
                found.extend(map(Row._make, cursor))
        return found

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        with told(self.where):
            cursor = self._readers.get().execute(
                f"SELECT {_COLUMNS} FROM log WHERE stream >= ? AND stream < ? ORDER BY position",
                (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)),
            )
            return list(map(Row._make, cursor))

    # Long reads have a connection of their own: this thread's would not see the head meanwhile.

    def documents(self, until: int) -> Iterator[tuple[str, int, bytes]]:
        """Every stream up to a position as one JSON array, gathered by SQLite in index order."""
        with told(self.where), closing(connect(self.path)) as connection:
            yield from connection.execute(
                "SELECT stream, count(*), CAST('[' || group_concat(state, ',') || ']' AS BLOB) FROM"
                " (SELECT stream, state FROM log WHERE position <= ? ORDER BY stream, version)"
                " GROUP BY stream ORDER BY stream",
                (until,),
            )

    def head(self) -> int:
        """The last position."""
        with told(self.where):
            return _head(self._readers.get())

    def close(self) -> None:
        """Close every connection."""
        with self._writing:
            self._readers.close()
            self._writer.close()


class _SQLiteAppending(Whole):
    """The log while its one writer is inside a transaction."""

    def __init__(self, connection: apsw.Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        with told(where):
            self.head = _head(connection)

    def rows(self, after: int, limit: int) -> list[Row]:
        return _rows(self._connection, self._where, after, limit, ())

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        with told(self._where):
            return _stream(self._connection, stream, after)

    def answered(self, commands: Sequence[str]) -> dict[str, Answered]:
        with told(self._where):
            found = self._connection.execute(_ANSWERED, (msgspec.json.encode(commands),)).fetchall()
        return {answered.command: answered for answered in map(Answered._make, found)}

    def append(self, rows: Sequence[Row], answers: Sequence[Answered]) -> None:
        with self.growing(rows), told(self._where):
            _insert(self._connection, _INSERT_ROWS, rows)
            _insert(self._connection, _INSERT_ANSWERS, answers)


def _insert(
    connection: apsw.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows by few statements: between any two, every waiting thread may take its turn."""
    start = 0
    for size in _AT_ONCE:
        while len(rows) - start >= size:
            values = ",".join([_FIVE] * size)
            some = rows[start : start + size]
            connection.execute(statement + values, tuple(chain.from_iterable(some)))
            start += size


def _head(connection: apsw.Connection) -> int:
    return number(connection, "SELECT coalesce(max(position), 0) FROM log")


def _rows(
    connection: apsw.Connection, where: str, after: int, limit: int, topics: Sequence[str]
) -> list[Row]:
    chosen = f" AND topic IN ({','.join('?' * len(topics))})" if topics else ""
    with told(where):
        cursor = connection.execute(
            f"SELECT {_COLUMNS} FROM log WHERE position > ?{chosen} ORDER BY position LIMIT ?",
            (after, *topics, limit),
        )
        return list(map(Row._make, cursor))


def _stream(connection: apsw.Connection, stream: str, after: int) -> list[Row]:
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM log WHERE stream = ? AND version > ? ORDER BY version",
        (stream, after),
    )
    return list(map(Row._make, cursor))
