"""Tables in a SQLite file beside the log."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw

from store.errors import LogDamaged, StoreFault, StoreReadOnly, TablesDamaged
from store.sqlite_engine import (
    PerThread,
    connect,
    connect_to_read,
    number,
    raising_faults,
    within_time,
)
from store.tables import Record, Table, TableDb, Value


class SQLiteTables(TableDb):
    """Tables in a SQLite file of their own, so that they never wait for the log.

    Losing it loses nothing: a file that is damaged, or no database at all, is made anew.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        """Open the file, or make it; without `write` nothing is made or changed."""
        super().__init__()
        self.where = str(path)
        self.path = path
        self._connect = connect if write else connect_to_read
        self._write = write
        self._writing = threading.RLock()
        self._owner: int | None = None
        try:
            self._open()
        except TablesDamaged:
            if not write:
                raise
            self._delete()
            self._open()

    def _open(self) -> None:
        with self._told():
            self._writer = self._connect(self.path)
            if self._write:
                # A lost tail is projected again.
                self._writer.execute("PRAGMA synchronous = NORMAL")
            number(self._writer, "SELECT count(*) FROM sqlite_master")
        self._readers = PerThread(self.path, self._connect)
        self._file = _identity(self.path)

    def _delete(self) -> None:
        for tail in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + tail).unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete the file and begin an empty one, unless another process has just done so."""
        with self._writing:
            self._must_be_writable()
            replaced = self.replaced()
            self.epoch += 1
            self.close()
            if not replaced:
                self._delete()
            self._open()

    def replaced(self) -> bool:
        """Whether the file in use is no longer the one at its path."""
        return _identity(self.path) != self._file

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, waiting for other writers."""
        with self._writing, self._told():
            self._must_be_writable()
            self._writer.execute("BEGIN IMMEDIATE")
            self._owner = threading.get_ident()
            try:
                yield
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._owner = None

    def run(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        """Run a statement inside `writing`."""
        self._writer.execute(statement, parameters)

    @property
    def inside(self) -> bool:
        """Whether the calling thread is inside `writing`."""
        return self._owner == threading.get_ident()

    def rows_of(self, query: str, parameters: Sequence[Value]) -> list[Record]:
        """The rows of a query, asked once."""
        with self._told(), within_time(self._connection()) as connection:
            return connection.execute(query, parameters).fetchall()

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Record]) -> None:
        """Put rows into a table that has none of their keys."""
        marks = ",".join("?" * len(columns))
        self._writer.executemany(
            f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows
        )

    def replace(self, table: Table, physical: str, rows: Sequence[Record]) -> None:
        """Put rows into a table, over those with the same keys; equal ones stay untouched."""
        marks = ",".join("?" * len(table.columns))
        others = [name for name in table.names if name not in table.key]
        fresh = ", ".join(f"excluded.{name}" for name in others)
        change = (
            f"UPDATE SET ({', '.join(others)}) = ({fresh})"
            f" WHERE ({', '.join(others)}) IS NOT ({fresh})"
        )
        self._writer.executemany(
            f"INSERT INTO {physical} ({','.join(table.names)}) VALUES ({marks})"
            f" ON CONFLICT ({','.join(table.key)}) DO {change if others else 'NOTHING'}",
            rows,
        )

    def remove(self, physical: str, cases: Sequence[str]) -> None:
        """Take the rows of some cases away."""
        self._writer.executemany(
            f"DELETE FROM {physical} WHERE case_id = ?", ((case,) for case in cases)
        )

    def json_text(self, column: str, key: str) -> tuple[str, tuple[Value, ...]]:
        """The text under a key; a key that could be taken for a path is looked for among all."""
        if _PLAIN_KEY.fullmatch(key):
            return f"({column} ->> CAST(? AS TEXT))", (key,)
        return f"(SELECT j.value FROM json_each({column}) AS j WHERE j.key = ?)", (key,)

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self._writer.close()

    def _must_be_writable(self) -> None:
        if not self._write:
            raise StoreReadOnly(where=self.where, problem="it was opened for reading")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's errors into faults; damage here is mended, unlike that of a log."""
        try:
            with raising_faults(self.where):
                yield
        except LogDamaged as fault:
            raise TablesDamaged(**fault.details) from fault.__cause__
        except StoreFault as fault:
            if _FOREIGN.match(str(fault.details.get("problem", ""))):
                raise TablesDamaged(**fault.details) from fault.__cause__
            raise

    def _connection(self) -> apsw.Connection:
        return self._writer if self.inside else self._readers.get()


_PLAIN_KEY = re.compile(r"[^\W\d]\w*")
_FOREIGN = re.compile(
    r"(SQLError: )?(no such (table|column)|table \w+ has no column|there is already)"
)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is at a path, None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
