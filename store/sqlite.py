"""The log in one SQLite file: durable commits, one writer at a time, positions without gaps."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from store import sqlite_files, sqlite_reading
from store.append import AppendTransaction, ReceiptKey
from store.checks import check_grown
from store.damage import noting_damage
from store.errors import LogAltered, LogDamaged, NoStore, StoreFault, StoreReadOnly
from store.log import FORMAT, Log, Remark
from store.rows import Link, Receipt, Row, Stored, Tail
from store.sqlite_append import SQLiteAppend
from store.sqlite_checks import SCHEMA, check_end, check_shape, tail_of
from store.sqlite_engine import (
    UNSHARED,
    PerThread,
    connect,
    connect_to_read,
    number,
    raising_faults,
)
from store.sqlite_files import APPLICATION_ID, Files
from store.sqlite_reading import Reading


class SQLiteLog(Log):
    """The log in a SQLite file. Reading does not wait for writing."""

    def __init__(
        self,
        path: Path,
        *,
        create: bool = True,
        write: bool = True,
        topics: frozenset[str] | None = None,
    ) -> None:
        """Open the log, or make it; without `write` nothing is made or changed.

        Raises:
            NoStore: it is not there and must not be made.
            NotOurStore: the file is another program's.
            LogFromNewerVersion, LogFromOlderVersion: it has another format.
            LogDamaged: the file is no database.
        """
        super().__init__(topics)
        self.where = str(path)
        self.path = path
        self._writing = threading.Lock()
        self._seen = Tail()
        self._entered: set[str] = set()
        self._shape = -1
        if not sqlite_files.is_made(path) and not (create and write):
            raise NoStore(where=path)
        self._readers = PerThread(path, self._opened)
        self._files: Files | None = None
        self._reading = Reading(self._readers.get, self.where)
        self._write = write
        self._writer = connect(path) if write else None
        try:
            if self._writer is not None:
                self._make(self._writer)
            self.fault = self._found_wrong(self._writer or self._readers.get())
            self._files = Files(path, all_of_them=write)
        except BaseException:
            self.close()
            raise

    def _make(self, connection: apsw.Connection) -> None:
        """Make the tables where there are none, all of them or nothing."""
        with raising_faults(self.where):
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not sqlite_files.is_made_in(connection, self.path):
                    connection.execute(SCHEMA)
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _found_wrong(self, connection: apsw.Connection) -> StoreFault | None:
        """Why nothing can be written."""
        try:
            with raising_faults(self.where), connection:  # as of one moment
                self._look_at_shape(connection)
                self._seen = check_end(connection, self.where)
                self._enter_topics(connection)
        except (LogAltered, LogDamaged) as fault:
            return fault
        return sqlite_files.exposed(self.path) or self._unknown_topic(self._entered)

    def _look_at_shape(self, connection: apsw.Connection) -> None:
        """Check tables and triggers, if any changed since they were last looked at."""
        shape = number(connection, "PRAGMA schema_version")
        if shape != self._shape:
            check_shape(connection, self.where)
            self._shape = shape

    def _enter_topics(self, connection: apsw.Connection) -> None:
        self._entered = {str(topic) for (topic,) in connection.execute("SELECT topic FROM topics")}

    @contextmanager
    def transaction(self, after: Tail | None = None) -> Iterator[AppendTransaction]:  # noqa: ARG002 - the end costs little to look up
        """Hold the log; another process that holds it is waited for."""
        with self._writing, self.stopped_by_damage():
            self._must_be_writable()
            writer = self._writer
            if writer is None:
                raise StoreReadOnly(where=self.where, problem="it was opened for reading")
            self.probe()
            with raising_faults(self.where):
                writer.execute("BEGIN IMMEDIATE")
            try:
                transaction = self._begun(writer)
                yield transaction
                transaction.raise_refusal()
                with raising_faults(self.where):
                    writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
            self._seen = transaction.tail
            self._entered.update(transaction.topics)
        if transaction.grown:
            self.wake()

    def _begun(self, writer: apsw.Connection) -> SQLiteAppend:
        """Check what other programs may have done since the last append."""
        with raising_faults(self.where):
            self._look_at_shape(writer)
            tail, receipts = tail_of(writer, self.where)
            if tail != self._seen:
                reading = Reading(lambda: writer, self.where)
                links = reading.links(self._seen.position - 1, 1)
                check_grown(self._seen, tail, links, self.where)
                self._enter_topics(writer)
                if fault := self._unknown_topic(self._entered):
                    raise fault
        return SQLiteAppend(writer, self.where, tail, receipts, self._entered)

    @noting_damage
    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        return self._reading.rows(after, limit, topics)

    @noting_damage
    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        return self._reading.stream(stream, after)

    @noting_damage
    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        return self._reading.streams(streams, until)

    @noting_damage
    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        return self._reading.prefixed(prefix)

    @noting_damage
    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""
        return self._reading.receipts(keys)

    def _own(self) -> apsw.Connection:
        """A connection for one long read, on which this thread's would not see the head."""
        self.probe()
        return connect_to_read(self.path, flags=UNSHARED)

    def _opened(self, path: Path) -> apsw.Connection:
        """A thread's connection for reading, to the same file that the others have."""
        self.probe()
        return connect(path, must_exist=True) if self._write else connect_to_read(path)

    def _each_stream(
        self, until: int, first: str, end: str | None
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        connection = self._own()
        return sqlite_reading.each_stream(connection, self.where, until, first, end)

    def places(self, until: int) -> Iterator[tuple[str, int]]:
        """Stream and version of every row up to a position, from the index."""
        return sqlite_reading.places(self._own(), self.where, until)

    @noting_damage
    def head(self) -> int:
        """The last position."""
        with raising_faults(self.where):
            return number(self._readers.get(), "SELECT coalesce(max(position), 0) FROM log")

    @noting_damage
    def tail(self) -> Tail:
        """Where the log ends."""
        with raising_faults(self.where):
            return tail_of(self._readers.get(), self.where)[0]

    def probe(self) -> None:
        """Check that the files are still those that were opened."""
        if self._files is not None:  # else it is being opened
            self._files.must_be_there()

    @noting_damage
    def stored(self, after: int, limit: int) -> list[Stored]:
        """Rows after a position, unchecked."""
        return self._reading.stored(after, limit)

    @noting_damage
    def links(self, after: int, limit: int) -> list[Link]:
        """Links of the chain after a position."""
        return self._reading.links(after, limit)

    @noting_damage
    def receipt_page(self, after: int, limit: int) -> list[tuple[int, Receipt]]:
        """Receipts with their numbers, after a number."""
        return self._reading.receipt_page(after, limit)

    @noting_damage
    def facts_at(self, positions: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Stream and version of the rows at some positions."""
        return self._reading.facts_at(positions)

    @noting_damage
    def topics(self) -> dict[str, int]:
        """Each topic with the position of its first use."""
        return dict(self._reading.ask("SELECT topic, position FROM topics"))

    @noting_damage
    def integrity(self) -> list[str]:
        """What SQLite finds wrong with its pages and indexes."""
        with raising_faults(self.where), closing(self._own()) as connection:
            found = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(10)")]
        return [] if found == ["ok"] else found

    def remarks(self) -> list[Remark]:
        """What is to be said of the SQLite in use and of the file's permissions."""
        return sqlite_files.remarks(self.path)

    def close(self) -> None:
        """Close every connection."""
        with self._writing:
            self._readers.close()
            if self._writer is not None:
                self._writer.close()
