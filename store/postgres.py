"""The log in PostgreSQL: many processes, one writer at a time, positions in commit order."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any, cast

import psycopg

from store import postgres_checks, postgres_engine
from store.append import AppendTransaction, ReceiptKey
from store.checks import check_grown, check_receipts, check_tail
from store.damage import noting_damage
from store.errors import (
    HeadMoved,
    LogAltered,
    LogDamaged,
    LogFromNewerVersion,
    LogFromOlderVersion,
    NoStore,
    NotOurStore,
    StoreFault,
    StoreReadOnly,
)
from store.log import FORMAT, Log, Remark
from store.pending import PendingTransaction
from store.postgres_append import PostgresAppend, as_stored, columns, receipts_by_key
from store.postgres_checks import check_end, check_shape
from store.postgres_engine import Address, Statements
from store.postgres_listener import Listener
from store.postgres_pool import Connection, Pool
from store.rows import (
    Link,
    Receipt,
    Row,
    Stored,
    Tail,
    as_row,
    checked,
    checked_page,
    checked_stream,
    checked_streams,
    receipt_digest,
)

SHAPE_SECONDS = 10.0
"""After how long tables, triggers and functions are looked at again, which takes milliseconds."""


class PostgresLog(Log):
    """The log in a schema of a PostgreSQL database.

    A writer holds an advisory lock from before it reads the head until its commit is visible,
    so a reader who has seen a position has seen, or can see, every smaller one.
    """

    def __init__(
        self,
        url: str,
        *,
        schema: str = "guanjia",
        create: bool = True,
        write: bool = True,
        topics: frozenset[str] | None = None,
    ) -> None:
        """Open the log, or make it; without `write` nothing is made or changed.

        Raises:
            StoreUnknown: the address cannot be read.
            StoreAway: the server does not answer.
            NoStore: the log is not there and must not be made.
            NotOurStore: the schema holds something else.
            LogFromNewerVersion, LogFromOlderVersion: it has another format.
        """
        super().__init__(topics)
        self.address = Address(url, write=write)
        self.where = self.address.where
        self.statements = Statements(schema)
        self._write = write
        self._writing = threading.Lock()
        self._seen = Tail()
        self._entered: set[str] = set()
        self._shape_seen = monotonic()
        self._listener: Listener | None = None
        self._starting = threading.Lock()
        self.pool = Pool(self.address)
        try:
            self._prepare(create=create and write)
            self.fault = self._found_wrong()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self, after: Tail | None = None) -> Iterator[AppendTransaction]:
        """Hold the log; another process that holds it is waited for.

        Given its end, nothing is held: what was appended is sent when the block is left, in one
        round trip that stores it if the log still ends there.

        Raises:
            StoreAway: the server does not answer; nothing was stored.
            CommitUnconfirmed: it went away during the commit, which may have been stored.
            HeadMoved: the log ended elsewhere than was given; nothing was stored.
        """
        with self._writing, self.stopped_by_damage():
            self._must_be_writable()
            if not self._write:
                raise StoreReadOnly(where=self.where, problem="it was opened for reading")
            self._look_at_shape()
            opened = self._locked() if after is None else self._optimistic(after)
            with opened as transaction:
                yield transaction
            self._seen = transaction.tail
        if transaction.grown:
            self.wake()

    @contextmanager
    def _locked(self) -> Iterator[AppendTransaction]:
        """Take the log, so that what is read and decided in the block stays true."""
        connection, found = self.pool.tried(self._begin)
        try:
            tail, _ = check_tail(found, self.where)
            self._look_at(tail)
            transaction = PostgresAppend(self, connection, tail)
            yield transaction
            transaction.raise_refusal()
            self._commit(connection)
            self._entered.update(transaction.topics)
        finally:
            self.pool.put_back(connection)

    @contextmanager
    def _optimistic(self, tail: Tail) -> Iterator[AppendTransaction]:
        """Take no lock; the end is compared when the block is left."""
        if tail != self._seen and tail.position <= self._seen.position:
            raise HeadMoved(where=self.where)
        self._look_at(tail)
        transaction = PendingTransaction(self, tail)
        yield transaction
        transaction.raise_refusal()
        rows, receipts = transaction.new_rows, list(transaction.new_receipts.values())
        if rows or receipts:
            params = self.append_params(tail, rows, receipts)
            self.pool.execute_alone(self.statements.append, params)
            self._entered.update(row.topic for row in rows)
        elif self.tail() != tail:
            raise HeadMoved(where=self.where)

    def append_params(
        self, tail: Tail, rows: Sequence[Row], receipts: Sequence[Receipt]
    ) -> tuple[Any, ...]:
        """What the function that appends is called with."""
        _, streams, versions, topics, times, states, digests, chains = columns(rows, 8)
        sums = [receipt_digest(receipt) for receipt in receipts]
        return (
            f"{postgres_engine.BUSY_SECONDS}s", self.statements.key, self.statements.channel,
            tail.position, tail.chain, not self._entered.issuperset(topics),
            streams, versions, topics, times, states, digests, chains,
            *columns(receipts, 7), sums,
        )  # fmt: skip

    def _begin(self, connection: Connection) -> tuple[Any, ...]:
        """Take the log; returns what the last of the statements finds."""
        cursor = connection.execute(self.statements.begin)
        *_, last = (result.fetchone() for result in cursor.results() if result.description)
        assert last is not None
        return last

    def _look_at_shape(self) -> None:
        """Check tables, triggers and functions, if that was not done a moment ago."""
        now = monotonic()
        if now - self._shape_seen >= SHAPE_SECONDS:
            connection, _ = self.pool.tried(
                lambda connection: check_shape(connection, self.statements, self.where)
            )
            self.pool.put_back(connection)
            self._shape_seen = now

    def _look_at(self, tail: Tail) -> None:
        """Check what other processes may have done since the last append."""
        if tail != self._seen:
            check_grown(self._seen, tail, self.links(self._seen.position - 1, 1), self.where)
            self._entered = set(self.topics())
            if fault := self._unknown_topic(self._entered):
                raise fault

    @noting_damage
    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        if topics:
            found = self.pool.read(self.statements.rows_of, after, list(topics), limit)
            return checked(as_stored(found), self.where)
        return checked_page(self.stored(after, limit), max(after, 0), self.where)

    @noting_damage
    def stored(self, after: int, limit: int) -> list[Stored]:
        """Rows after a position, unchecked."""
        return cast("list[Stored]", self.pool.read(self.statements.rows, after, limit))

    @noting_damage
    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        found = self.pool.read(self.statements.stream, stream, after)
        return checked_stream(as_stored(found), after, self.where)

    @noting_damage
    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        found = self.pool.read(self.statements.streams, list(streams), until)
        each = checked_streams(as_stored(found), self.where)
        return [as_row(row) for _, rows in each for row in rows]

    @noting_damage
    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return checked(as_stored(self.pool.read(self.statements.prefixed, prefix, end)), self.where)

    def _each_stream(
        self, until: int, first: str, end: str | None
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        # Closed here, also when damage is met: a traceback would keep the transaction open.
        query = self.statements.each_stream
        with closing(self.pool.read_long(query, until, first, end, end)) as found:
            yield from checked_streams(as_stored(found), self.where)

    def places(self, until: int) -> Iterator[tuple[str, int]]:
        """Stream and version of every row up to a position, in this order."""
        found = self.pool.read_long(self.statements.places, until)
        return cast("Iterator[tuple[str, int]]", found)

    @noting_damage
    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""
        return receipts_by_key(self.pool.read(*self.statements.of_receipts(keys)), self.where)

    @noting_damage
    def head(self) -> int:
        """The last position."""
        return int(self.pool.read(self.statements.head)[0][0])

    @noting_damage
    def tail(self) -> Tail:
        """Where the log ends."""
        return check_tail(self.pool.read(self.statements.tail)[0], self.where)[0]

    def probe(self) -> None:
        """Check that the server answers and the log is there."""
        if not self.pool.read(self.statements.format):
            raise NoStore(where=self.where)

    @noting_damage
    def links(self, after: int, limit: int) -> list[Link]:
        """Links of the chain after a position."""
        return cast("list[Link]", self.pool.read(self.statements.links, after, limit))

    @noting_damage
    def receipt_page(self, after: int, limit: int) -> list[tuple[int, Receipt]]:
        """Receipts with their numbers, after a number."""
        found = self.pool.read(self.statements.receipt_page, after, limit)
        numbers = [row[-1] for row in found]
        return list(zip(numbers, check_receipts(found, self.where), strict=True))

    @noting_damage
    def facts_at(self, positions: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Stream and version of the rows at some positions."""
        found = self.pool.read(self.statements.facts_at, list(positions))
        return {position: (stream, version) for position, stream, version in found}

    @noting_damage
    def topics(self) -> dict[str, int]:
        """Each topic with the position of its first use."""
        return dict(self.pool.read(self.statements.topics))

    def remarks(self) -> list[Remark]:
        """Judgements of the server's settings."""
        found = self.pool.read(self.statements.settings)
        return postgres_checks.remarks(dict(found))

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the log has grown past a position; writers of every process end the wait."""
        with self._starting:
            if self._listener is None and not self.pool.closed:
                self._listener = Listener(self.pool, self.statements.listen, self.wake)
        return super().wait(after, timeout)

    def close(self) -> None:
        """Give back every connection and end the listening thread."""
        with self._starting:
            self.pool.close()
            if self._listener is not None:
                self._listener.stop()
                self._listener = None
        self.wake()

    def _commit(self, connection: Connection) -> None:
        try:
            done = connection.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            raise self.pool.fault_of_commit(connection, error) from error
        if done != "COMMIT":
            raise StoreFault(where=self.where, problem=f"the commit was answered with {done}")

    def _prepare(self, *, create: bool) -> None:
        """Find the tables, or make them.

        Of something else in the schema nothing is known but that it is not ours.
        """
        if not self._is_made():
            if not create:
                raise NoStore(where=self.where)
            self._create()
        found = self.pool.read(self.statements.format)
        format_ = int(found[0][0]) if found else 0
        if format_ < FORMAT:
            raise LogFromOlderVersion(where=self.where, format=format_, reads=FORMAT)
        if format_ > FORMAT:
            raise LogFromNewerVersion(where=self.where, what=f"format {format_}")

    def _is_made(self) -> bool:
        """Whether there is a log, of whatever format."""
        found = sorted(name for (name,) in self.pool.read(self.statements.tables))
        if found and not {"info", "log"}.issubset(found):
            raise NotOurStore(where=self.where, problem=", ".join(found[:3]))
        return bool(found)

    def _create(self) -> None:
        def create(connection: Connection) -> None:
            with connection.transaction():
                connection.execute(self.statements.lock)
                # Another process may have been quicker.
                if not connection.execute(self.statements.tables).fetchall():
                    connection.execute(self.statements.create)

        connection, _ = self.pool.tried(create)
        self.pool.put_back(connection)

    def _found_wrong(self) -> StoreFault | None:
        """Why nothing can be written."""

        def look(connection: Connection) -> None:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                check_shape(connection, self.statements, self.where)
                self._seen = check_end(connection, self.statements, self.where)
                self._entered = {topic for topic, _ in connection.execute(self.statements.topics)}

        try:
            connection, _ = self.pool.tried(look)
        except (LogAltered, LogDamaged) as fault:
            return fault
        self.pool.put_back(connection)
        return self._unknown_topic(self._entered)
