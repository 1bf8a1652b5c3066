"""Where rows live: tables in a SQLite file beside the log, or in the log's PostgreSQL."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

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
from store.time_limit import left, unlimited

MEND_SECONDS = 600.0
"""How long a question waits for tables that are being built anew."""

Value = str | int | float | None
Record = tuple[Value, ...]


class Column(NamedTuple):
    """A column of TEXT, INTEGER (64 bit; instants are microseconds since 1970, UTC) or REAL."""

    name: str
    type: str
    required: bool = True


class Table(NamedTuple):
    """A table of a view. Its key begins with the case, so that a case's rows are replaced together.

    ``keeps`` says that a case's rows, once there, are only ever replaced, never taken away.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[str, ...] = ()
    keeps: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


class TableDb(ABC):
    """A database of tables that can be had from the log again.

    Statements are written with ``?`` for their parameters.
    """

    where: str
    mend: Callable[[int], None] | None = None
    """What builds the tables anew when a question finds them damaged, missing or foreign.

    It is told the epoch in which that was found, so that many who find it mend once.
    """

    def __init__(self) -> None:
        """Begin whole."""
        self.epoch = 0
        self._whole = threading.Event()
        self._whole.set()
        self._mender: int | None = None

    @contextmanager
    def being_mended(self) -> Iterator[None]:
        """Let other threads' questions wait meanwhile: empty tables would answer them wrongly."""
        self._mender = threading.get_ident()
        self._whole.clear()
        try:
            yield
        finally:
            self._mender = None
            self._whole.set()

    @contextmanager
    @abstractmethod
    def writing(self) -> Iterator[None]:
        """One transaction: everything done inside is kept together, or nothing."""

    @abstractmethod
    def run(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        """Run a statement inside `writing`."""

    def ask(self, query: str, parameters: Sequence[Value] = ()) -> list[Record]:
        """The rows of a query, inside `writing` or on its own.

        Outside, tables that cannot be read are mended first, and the query is asked again.

        Raises:
            TimeIsUp: the time of the calling thread was over.
        """
        if self.inside or self._mender == threading.get_ident():
            return self.rows_of(query, parameters)
        self._whole.wait(left(MEND_SECONDS))
        epoch = self.epoch
        try:
            return self.rows_of(query, parameters)
        except StoreFault as fault:
            if self.mend is None or not (isinstance(fault, TablesDamaged) or self.epoch != epoch):
                raise
            with unlimited():
                self.mend(epoch)
            return self.rows_of(query, parameters)

    @property
    @abstractmethod
    def inside(self) -> bool:
        """Whether the calling thread is inside `writing`."""

    @abstractmethod
    def rows_of(self, query: str, parameters: Sequence[Value]) -> list[Record]:
        """The rows of a query, asked once."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Record]) -> None:
        """Put rows into a table that has none of their keys."""

    @abstractmethod
    def replace(self, table: Table, physical: str, rows: Sequence[Record]) -> None:
        """Put rows into a table, over those with the same keys."""

    @abstractmethod
    def remove(self, physical: str, cases: Sequence[str]) -> None:
        """Take the rows of some cases away."""

    @abstractmethod
    def clear(self) -> None:
        """Throw everything away, also what cannot be read any more."""

    def replaced(self) -> bool:
        """Whether the tables in use are no longer those at the address: another process cleared."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""

    def create(self, table: Table, physical: str) -> None:
        """Make an empty table; it is filled faster without key and indexes, which `index` adds."""
        columns = ", ".join(
            f"{c.name} {self.type_of(c)}{' NOT NULL' if c.required else ''}" for c in table.columns
        )
        self.run(f"CREATE TABLE {physical} ({columns})")

    def index(self, table: Table, physical: str) -> None:
        """Make a table's key, if any, and its indexes, each the text behind ON: ``(due)``."""
        if table.key:
            key = ", ".join(table.key)
            self.run(f"CREATE UNIQUE INDEX {physical}_key ON {physical} ({key})")
        for count, index in enumerate(table.indexes, start=1):
            self.run(f"CREATE INDEX {physical}_{count} ON {physical} {index}")

    def type_of(self, column: Column) -> str:
        """The engine's name for a column's type."""
        return column.type

    @abstractmethod
    def json_text(self, column: str, key: str) -> tuple[str, tuple[Value, ...]]:
        """The text that a JSON object in a column has under a key, and its parameters."""


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
