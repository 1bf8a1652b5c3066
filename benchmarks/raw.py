"""A peer that only stores rows: the standard library's sqlite3 with the log's pragmas."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from store.rows import Row

ROWS_PER_COMMIT = 32

SCHEMA = """
CREATE TABLE log (
    position    INTEGER PRIMARY KEY,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    state       BLOB    NOT NULL,
    digest      BLOB    NOT NULL,
    chain       BLOB    NOT NULL,
    UNIQUE (stream, version)
)
"""


class RawRows:
    """A table of the log's shape, without its triggers, its receipts and its decisions."""

    def __init__(self, path: Path) -> None:
        """Make the file, durable on every commit."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (
            "journal_mode = WAL", "synchronous = FULL", "cache_size = -65536",
            "temp_store = MEMORY",
        ):  # fmt: skip
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(SCHEMA)
        self._head = 0

    def append(self, rows: Sequence[Row], *, at_once: int = ROWS_PER_COMMIT) -> None:
        """Store rows, so many per commit, at the next positions."""
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO log VALUES (?,?,?,?,?,?,?,?)",
                [(self._head + i, *row[1:]) for i, row in enumerate(some, start=1)],
            )
            self._connection.execute("COMMIT")
            self._head += len(some)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
