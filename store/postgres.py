"""For the log in PostgreSQL: many processes, one writer at a time, positions in commit order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import psycopg
from eventsourcing import persistence
from psycopg import errors as pg, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from store.codec import Row
from store.errors import (
    CommitUnconfirmed,
    DiskFull,
    LogDamaged,
    LogFromNewerVersion,
    NoStore,
    StoreAway,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
    StoreUnknown,
)
from store.log import FORMAT, Answered, Log, Whole

if TYPE_CHECKING:
    from store.log import Appending

SCHEMA = Path(__file__).with_name("sql") / "log_postgres.sql"
MOST_CONNECTIONS = 10
CONNECT_SECONDS = 5
LENT_SECONDS = 1.0
BUSY_SECONDS = 10
FROZEN_SECONDS = 60
LISTEN_SECONDS = 0.25

_UNLESS_THE_ADDRESS_SAYS = {
    "application_name": "guanjia",
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# A host that goes away is told by a fault; the pool's own remarks are for those who set logging up.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())

Connection = psycopg.Connection[tuple[Any, ...]]


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
        try:
            address = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise StoreUnknown(where=without_password(url)) from None
        self.where = without_password(url)
        self.schema = schema
        self._secret = str(address.get("password", ""))
        said = {name: str(value) for name, value in address.items() if value is not None}
        self._conninfo = make_conninfo(**{**_UNLESS_THE_ADDRESS_SAYS, **said})
        self._statements = _Statements(schema)
        self._writing = threading.Lock()
        self._listener: _Listener | None = None
        self._starting = threading.Lock()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            reconnect_timeout=0,  # give up at once: the next who asks tries again
            name="guanjia",
            open=False,
        )
        try:
            with self._told():
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
            found = self._read(self._statements.rows_of, after, list(topics), limit)
        else:
            found = self._read(self._statements.rows, after, limit)
        return list(map(Row._make, found))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        return list(map(Row._make, self._read(self._statements.stream, stream, after)))

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        found = self._read(self._statements.streams, list(streams), until)
        return list(map(Row._make, found))

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return list(map(Row._make, self._read(self._statements.prefixed, prefix, end)))

    def by_stream(self, until: int) -> Iterator[Row]:
        """All rows up to a position, ordered by stream and version."""
        connection = self._fresh()
        try:
            with (
                self._told(),
                connection.transaction(),
                connection.cursor("by_stream", binary=True) as cursor,
            ):
                cursor.itersize = 5000
                yield from map(Row._make, cursor.execute(self._statements.by_stream, (until,)))
        finally:
            self._pool.putconn(connection)

    def head(self) -> int:
        """The last position."""
        return int(self._read(self._statements.head)[0][0])

    def wait(self, after: int, timeout: float) -> bool:
        """Sleep until the log has grown past a position; every process's writers wake the sleeper."""
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
        return psycopg.connect(self._conninfo, autocommit=True)

    def fault_of(self, error: Exception) -> Exception:
        """What an error of PostgreSQL or of its driver means."""
        text = _short(error, self._secret)
        if isinstance(error, pg.UniqueViolation):
            return persistence.IntegrityError(text)
        for signs, fault in _FAULTS:
            if isinstance(error, signs):
                return fault(where=self.where, problem=text)
        state = getattr(error, "sqlstate", None) or ""
        away = isinstance(error, psycopg.OperationalError) and not state
        kind = StoreAway if away or state.startswith(("08", "57P")) else StoreFault
        return kind(where=self.where, problem=text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self.fault_of(error) from error

    def _lent(self) -> Connection:
        """A connection of the pool, which the caller puts back.

        The pool says that it has none, not why: a try of our own finds out.
        """
        with self._told():
            try:
                return self._pool.getconn(LENT_SECONDS)
            except PoolTimeout:
                self.connect().close()
                return self._pool.getconn(BUSY_SECONDS)

    def _read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        """What a statement finds; a connection that died while it lay idle is replaced, once."""
        connection = self._lent()
        try:
            with self._told():
                return connection.execute(statement, params, binary=True).fetchall()
        except StoreFault:
            if not connection.closed:
                raise
        finally:
            self._pool.putconn(connection)
        connection = self._fresh()
        try:
            with self._told():
                return connection.execute(statement, params, binary=True).fetchall()
        finally:
            self._pool.putconn(connection)

    def _fresh(self) -> Connection:
        """A connection that was just tried."""
        self._pool.check()
        return self._lent()

    def _begun(self) -> tuple[Connection, int]:
        """A connection inside a transaction that holds the log, and the log's head."""
        connection = self._lent()
        try:
            return connection, self._begin(connection)
        except StoreFault:
            died = connection.closed
            _roll_back(connection)
            self._pool.putconn(connection)
            if not died:
                raise
        connection = self._fresh()
        try:
            return connection, self._begin(connection)
        except BaseException:
            _roll_back(connection)
            self._pool.putconn(connection)
            raise

    def _begin(self, connection: Connection) -> int:
        # A statement sees what was committed before it began: the lock comes before the head.
        with self._told():
            with connection.pipeline():
                connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                connection.execute(self._statements.settings)
                connection.execute(self._statements.lock)
                found = connection.execute(self._statements.head)
            row = found.fetchone()
        assert row is not None
        return int(row[0])

    def _commit(self, connection: Connection) -> None:
        try:
            done = connection.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if connection.closed:
                problem = _short(error, self._secret)
                raise CommitUnconfirmed(where=self.where, problem=problem) from error
            raise self.fault_of(error) from error
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
        if self._read(self._statements.has_info, self._statements.info)[0][0] is None:
            return None
        rows = self._read(self._statements.format)
        return int(rows[0][0]) if rows else None

    def _create(self) -> None:
        connection = self._lent()
        try:
            with self._told(), connection.transaction():
                connection.execute(self._statements.lock)
                there = connection.execute(
                    self._statements.has_info, (self._statements.info,)
                ).fetchone()
                if there == (None,):  # nobody else was quicker
                    connection.execute(self._statements.create)
        finally:
            self._pool.putconn(connection)


class _PostgresAppending(Whole):
    """The log while its one writer is inside a transaction."""

    def __init__(self, log: PostgresLog, connection: Connection, head: int) -> None:
        self._log = log
        self._connection = connection
        self.head = head

    def rows(self, after: int, limit: int) -> list[Row]:
        return list(map(Row._make, self._read(self._log._statements.rows, after, limit)))  # noqa: SLF001 - two halves of one thing

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        return list(map(Row._make, self._read(self._log._statements.stream, stream, after)))  # noqa: SLF001

    def answered(self, commands: Sequence[str]) -> dict[str, Answered]:
        found = self._read(self._log._statements.answered, list(commands))  # noqa: SLF001
        return {row[0]: Answered._make(row) for row in found}

    def append(self, rows: Sequence[Row], answers: Sequence[Answered]) -> None:
        statements = self._log._statements  # noqa: SLF001
        with self.growing(rows), self._log._told(), self._connection.pipeline():  # noqa: SLF001
            if rows:
                columns = [list(column) for column in zip(*rows, strict=True)]
                self._connection.execute(statements.append, columns)
                self._connection.execute(statements.notify, (str(rows[-1].position),))
            if answers:
                columns = [list(column) for column in zip(*answers, strict=True)]
                self._connection.execute(statements.answer, columns)

    def _read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        with self._log._told():  # noqa: SLF001
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
            connection.execute(self._log._statements.listen)  # noqa: SLF001 - two halves of one thing
            self._log.wake()  # for what came before
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=LISTEN_SECONDS):
                    self._log.wake()


class _Statements:
    """What is said to the server, with the names of one schema in it."""

    def __init__(self, schema: str) -> None:
        digest = sha256(f"guanjia log {schema}".encode()).digest()
        names = {
            "schema": sql.Identifier(schema),
            "channel": sql.Identifier(f"guanjia_{digest.hex()[:16]}"),
            "channel_name": sql.Literal(f"guanjia_{digest.hex()[:16]}"),
            "key": sql.Literal(int.from_bytes(digest[:8], signed=True)),
            "format": sql.Literal(FORMAT),
        }

        def said(text: str) -> bytes:
            return sql.SQL(text).format(**names).as_bytes(None)

        columns = "SELECT position, stream, version, topic, state FROM {schema}.log"
        self.rows = said(columns + " WHERE position > %s ORDER BY position LIMIT %s")
        self.rows_of = said(
            columns + " WHERE position > %s AND topic = ANY(%s) ORDER BY position LIMIT %s"
        )
        self.stream = said(columns + " WHERE stream = %s AND version > %s ORDER BY version")
        self.streams = said(
            columns + " WHERE stream = ANY(%s) AND position <= %s ORDER BY stream, version"
        )
        self.prefixed = said(columns + " WHERE stream >= %s AND stream < %s ORDER BY position")
        self.by_stream = said(columns + " WHERE position <= %s ORDER BY stream, version")
        self.head = said("SELECT coalesce(max(position), 0) FROM {schema}.log")
        self.answered = said(
            "SELECT command, stream, version, position, facts FROM {schema}.answered"
            " WHERE command = ANY(%s)"
        )
        self.append = said(
            "INSERT INTO {schema}.log (position, stream, version, topic, state) SELECT * FROM"
            " unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %b::bytea[])"
        )
        self.answer = said(
            "INSERT INTO {schema}.answered (command, stream, version, position, facts) SELECT *"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])"
        )
        # A weaker durability of the server's is raised, a stronger one is kept.
        self.settings = said(
            f"SELECT set_config('lock_timeout', '{BUSY_SECONDS}s', true),"
            f" set_config('idle_in_transaction_session_timeout', '{FROZEN_SECONDS}s', true),"
            " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
            " THEN set_config('synchronous_commit', 'on', true) END"
        )
        self.lock = said("SELECT pg_advisory_xact_lock({key})")
        self.notify = said("SELECT pg_notify({channel_name}, %s)")
        self.listen = said("LISTEN {channel}")
        self.info = sql.Identifier(schema, "info").as_string(None)
        self.has_info = b"SELECT to_regclass(%s)::text"
        self.format = said("SELECT format FROM {schema}.info")
        self.create = said(SCHEMA.read_text("utf-8"))


_FAULTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[StoreFault]], ...] = (
    (pg.DiskFull, DiskFull),
    (pg.LockNotAvailable, StoreBusy),
    ((pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction), StoreReadOnly),
    ((pg.DataCorrupted, pg.IndexCorrupted), LogDamaged),
    (PoolTimeout, StoreBusy),
    (PoolClosed, StoreFault),
)


def without_password(url: str) -> str:
    """An address as it may be shown: host, port and database, without password and options."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "postgresql://…"
    place = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    return f"{parts.scheme}://{user and f'{user}@'}{place}{parts.path}"


def _short(error: Exception, secret: str) -> str:
    """The gist of an error in one line, without the password."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[0].rstrip(".:")
    for known in ("Connection refused", "timeout expired", "server closed the connection"):
        if known in str(error):
            text = known
    for shown in filter(None, (secret, quote(secret, safe=""))):
        text = text.replace(shown, "***")
    return text[:200]


def _roll_back(connection: Connection) -> None:
    if not connection.closed and connection.info.transaction_status:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK")
