"""Tables that vanish with the question they were made for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw

from store.tables import TableDb
from store.tables_sqlite import SQLiteTables

Reads = Mapping[str, frozenset[str]]
"""The columns that a question reads, by table."""


class FleetingTables(SQLiteTables):
    """Tables in a file that goes with them."""

    def __init__(self) -> None:
        """Make an empty file in a folder of its own."""
        self._folder = TemporaryDirectory(prefix="guanjia-views-")
        super().__init__(Path(self._folder.name) / "views.db")

    def reads(self, question: Callable[[TableDb], object]) -> Reads:
        """What a question reads, as SQLite says when it is asked of these tables.

        A question that only counts the rows of a table reads the column "" of it.
        """
        found: dict[str, set[str]] = {}

        def note(what: int, table: str | None, column: str | None, *_: str | None) -> int:
            if what == apsw.SQLITE_READ and table is not None:
                found.setdefault(table, set()).add(column or "")
            return apsw.SQLITE_OK

        connection = self._connection()
        connection.authorizer = note
        try:
            question(self)
        finally:
            connection.authorizer = None
        return {table: frozenset(columns) for table, columns in found.items()}

    def close(self) -> None:
        """Close every connection and remove the file."""
        super().close()
        self._folder.cleanup()
