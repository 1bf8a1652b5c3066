"""For where views live: tables in a SQLite file beside the log, or in the log's PostgreSQL."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from store.errors import LogDamaged, ViewsDamaged
from store.sqlite_engine import PerThread, connect, raising_faults

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


class ViewDb(ABC):
    """A database for views. Statements are written with ``?`` for their parameters."""

    where: str

    @contextmanager
    @abstractmethod
    def writing(self) -> Iterator[None]:
        """One transaction: everything done inside is kept together, or nothing."""

    @abstractmethod
    def run(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        """Run a statement inside `writing`."""

    @abstractmethod
    def ask(self, query: str, parameters: Sequence[Value] = ()) -> list[Record]:
        """The rows of a query, inside `writing` or on its own."""

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
    def close(self) -> None:
        """Give back every connection."""

    def create(self, table: Table, physical: str) -> None:
        """Make an empty table; it is filled faster without key and indexes, which `index` adds."""
        columns = ", ".join(
            f"{c.name} {self.type_of(c)}{' NOT NULL' if c.required else ''}" for c in table.columns
        )
        self.run(f"CREATE TABLE {physical} ({columns})")

    def index(self, table: Table, physical: str) -> None:
        """Make a table's key and indexes, each the text behind ON: ``(due) WHERE due > 0``."""
        self.run(f"CREATE UNIQUE INDEX {physical}_key ON {physical} ({', '.join(table.key)})")
        for number, index in enumerate(table.indexes, start=1):
            self.run(f"CREATE INDEX {physical}_{number} ON {physical} {index}")

    def type_of(self, column: Column) -> str:
        """The engine's name for a column's type."""
        return column.type


class SQLiteViewDb(ViewDb):
    """Views in a SQLite file of their own, so that they never wait for the log.

    Losing it loses nothing.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self.where = str(path)
        self._writing = threading.RLock()
        with self._told():
            self._writer = connect(path)
            self._writer.execute("PRAGMA synchronous = NORMAL")  # a lost tail is projected again
        self._readers = PerThread(path)
        self._owner: int | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, waiting for other writers."""
        with self._writing, self._told():
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

    def ask(self, query: str, parameters: Sequence[Value] = ()) -> list[Record]:
        """The rows of a query."""
        with self._told():
            return self._connection().execute(query, parameters).fetchall()

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

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self._writer.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell damage as the views' own: unlike a log they need no backup."""
        try:
            with raising_faults(self.where):
                yield
        except LogDamaged as fault:
            raise ViewsDamaged(**fault.details) from fault.__cause__

    def _connection(self) -> apsw.Connection:
        inside = self._owner == threading.get_ident()
        return self._writer if inside else self._readers.get()
