"""Where rows live: tables, and what their database offers on every engine."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from store.errors import StoreFault, TablesDamaged
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
