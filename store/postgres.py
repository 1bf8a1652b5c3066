"""For the log in PostgreSQL: many processes, one writer at a time, positions in commit order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg_pool import ConnectionPool, PoolTimeout

from store.codec import Row
from store.errors import CommitUnconfirmed, LogFromNewerVersion, NoStore, StoreFault
from store.log import FORMAT, Answered, Log, Whole
from store.postgres_engine import BUSY_SECONDS, CONNECT_SECONDS, Address, Statements

if TYPE_CHECKING:
    from store.log import Appending

MOST_CONNECTIONS = 10
LENT_SECONDS = 1.0
LISTEN_SECONDS = 0.25

Connection = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")


class PostgresLog(Log):
    """The log in a schema of a PostgreSQL database.

    A writer holds an advisory lock from before it reads the head until its commit is visible,
    so a reader who has seen a position has seen, or can see, every smaller one.
    """

    def __init__(self, url: str, *, schema: str = "guanjia", create: bool = True) -> None:
        """Open the log, or make it.

        Raises:
            StoreUnknown: the address cannot be read.
            StoreAway: the server does not answer.
            NoStore: the log is not there and must not be made.
            LogFromNewerVersion: a newer version has written it.
        """
        super().__init__()
        self.address = Address(url)
        self.where = self.address.where
        self.statements = Statements(schema)
        self._writing = threading.Lock()
        self._listener: _Listener | None = None
        self._starting = threading.Lock()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self.address.conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            reconnect_timeout=0,  # give up at once: the next who asks tries again
            name="guanjia",
            open=False,
        )
        try:
            with self.told():
                self.connect().close()
            self._pool.open()
            self._prepare(create=create)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """Hold the log; another process that holds it is waited for.

        Raises:
            StoreAway: the server does not answer; nothing was stored.
            CommitUnconfirmed: it went away during the commit, which may have been stored.
        """
        with self._writing:
            connection, head = self._begun()
            try:
                appending = _PostgresAppending(self, connection, head)
                yield appending
                appending.insist()
                self._commit(connection)
            finally:
                _roll_back(connection)
                self._pool.putconn(connection)
        if appending.grown:
            self.wake()

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        if topics:
            found = self._read(self.statements.rows_of, after, list(topics), limit)
        else:
            found = self._read(self.statements.rows, after, limit)
        return list(map(Row._make, found))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        return list(map(Row._make, self._read(self.statements.stream, stream, after)))

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        found = self._read(self.statements.streams, list(streams), until)
        return list(map(Row._make, found))

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return list(map(Row._make, self._read(self.statements.prefixed, prefix, end)))

    def documents(self, until: int) -> Iterator[tuple[str, int, bytes]]:
        """Every stream up to a position as one JSON array, which PostgreSQL gathers."""
        return ((a, b, c) for a, b, c in self._long_read(self.statements.documents, until))

    def head(self) -> int:
        """The last position."""
        return int(self._read(self.statements.head)[0][0])

    def wait(self, after: int, timeout: float) -> bool:
        """Sleep until the log has grown past a position; writers of every process wake him."""
        with self._starting:
            if self._listener is None and not self._pool.closed:
                self._listener = _Listener(self)
        return super().wait(after, timeout)

    def close(self) -> None:
        """Give back every connection and end the listening thread."""
        with self._starting:
            self._pool.close(timeout=CONNECT_SECONDS)
            if self._listener is not None:
                self._listener.stop()
                self._listener = None
        self.wake()

    def connect(self) -> Connection:
        """A connection of one's own, which the caller closes."""
        return psycopg.connect(self.address.conninfo, autocommit=True)

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self.address.fault_of(error) from error

    def _lent(self) -> Connection:
        """A connection of the pool, which the caller puts back.

        The pool says that it has none, not why: a try of our own finds out.
        """
        with self.told():
            try:
                return self._pool.getconn(LENT_SECONDS)
            except PoolTimeout:
                self.connect().close()
                return self._pool.getconn(BUSY_SECONDS)

    def _read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        connection, found = self._tried(
            lambda connection: connection.execute(statement, params, binary=True).fetchall()
        )
        self._pool.putconn(connection)
        return found

    def _long_read(self, statement: bytes, *params: object) -> Iterator[tuple[Any, ...]]:
        """What a statement finds, too much to be held at once, as of one moment."""
        connection = self._fresh()
        try:
            with (
                self.told(),
                connection.transaction(),
                connection.cursor("long_read", binary=True) as cursor,
            ):
                cursor.itersize = 5000
                yield from cursor.execute(statement, params)
        finally:
            self._pool.putconn(connection)

    def _fresh(self) -> Connection:
        """A connection that was just tried."""
        self._pool.check()
        return self._lent()

    def _begun(self) -> tuple[Connection, int]:
        """A connection inside a transaction that holds the log, and the log's head."""

        def begin(connection: Connection) -> int:
            found = connection.execute(self.statements.begin)
            *_, last = (result.fetchone() for result in found.results() if result.description)
            assert last is not None
            return int(last[0])

        return self._tried(begin)

    def _tried(self, do: Callable[[Connection], T]) -> tuple[Connection, T]:
        """What is done first on a connection, and the connection, which the caller puts back.

        A connection that died while it lay idle is replaced, once.
        """
        connection = self._lent()
        for first in (True, False):
            try:
                with self.told():
                    return connection, do(connection)
            except BaseException as error:
                died = connection.closed and isinstance(error, StoreFault)
                _roll_back(connection)
                self._pool.putconn(connection)
                if not (first and died):
                    raise
            connection = self._fresh()
        raise AssertionError

    def _commit(self, connection: Connection) -> None:
        try:
            done = connection.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            known = isinstance(error, pg.IdleInTransactionSessionTimeout)
            if connection.closed and not known:
                problem = self.address.gist(error)
                raise CommitUnconfirmed(where=self.where, problem=problem) from error
            raise self.address.fault_of(error) from error
        if done != "COMMIT":
            raise StoreFault(where=self.where, problem=f"the commit was answered with {done}")

    def _prepare(self, *, create: bool) -> None:
        found = self._format()
        if found is None and not create:
            raise NoStore(where=self.where)
        if found is None:
            self._create()
            found = self._format()
        if found is None or found > FORMAT:
            raise LogFromNewerVersion(where=self.where, what=f"format {found}")

    def _format(self) -> int | None:
        if not self._read(self.statements.made):
            return None
        rows = self._read(self.statements.format)
        return int(rows[0][0]) if rows else None

    def _create(self) -> None:
        connection = self._lent()
        try:
            with self.told(), connection.transaction():
                connection.execute(self.statements.lock)
                # Somebody may have been quicker.
                if not connection.execute(self.statements.made).fetchall():
                    connection.execute(self.statements.create)
        finally:
            self._pool.putconn(connection)


class _PostgresAppending(Whole):
    """The log while its one writer is inside a transaction."""

    def __init__(self, log: PostgresLog, connection: Connection, head: int) -> None:
        self._log = log
        self._connection = connection
        self.head = head

    def rows(self, after: int, limit: int) -> list[Row]:
        return list(map(Row._make, self._read(self._log.statements.rows, after, limit)))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        return list(map(Row._make, self._read(self._log.statements.stream, stream, after)))

    def answered(self, commands: Sequence[str]) -> dict[str, Answered]:
        found = self._read(self._log.statements.answered, list(commands))
        return {row[0]: Answered._make(row) for row in found}

    def append(self, rows: Sequence[Row], answers: Sequence[Answered]) -> None:
        heard = [str(row.position) for row in rows[-1:]]
        with self.growing(rows), self._log.told():
            columns = (*_columns(rows, 5), *_columns(answers, 5), heard)
            self._connection.execute(self._log.statements.append, columns)

    def _read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        with self._log.told():
            return self._connection.execute(statement, params, binary=True).fetchall()


class _Listener:
    """The thread that hears of every append to the log and wakes those who wait."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guanjia-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            # Meanwhile those who wait look by themselves, and are told what is wrong.
            with suppress(psycopg.Error):
                self._listen()
            self._stopped.wait(LISTEN_SECONDS)

    def _listen(self) -> None:
        with self._log.connect() as connection:
            connection.execute(self._log.statements.listen)
            self._log.wake()  # for what came before
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=LISTEN_SECONDS):
                    self._log.wake()


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _roll_back(connection: Connection) -> None:
    if not connection.closed and connection.info.transaction_status:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK")
