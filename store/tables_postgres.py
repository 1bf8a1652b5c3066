"""Tables in the log's PostgreSQL database: a schema of their own, written by one at a time."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg, sql
from psycopg.types.numeric import NumericBinaryLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from store.errors import StoreFault, TablesDamaged
from store.postgres_engine import BUSY_SECONDS, CONNECT_SECONDS, FROZEN_SECONDS, Address
from store.tables import Column, Record, Table, TableDb, Value
from store.time_limit import TimeIsUp, left, limited

MOST_CONNECTIONS = 10
LENT_SECONDS = 1.0
LONGEST_SECONDS = 3600.0
_TIMEOUT = b"SELECT set_config('statement_timeout', %s, true)"

_TYPES = {"TEXT": "text", "INTEGER": "bigint", "REAL": "double precision"}
_FOREIGN = (
    pg.UndefinedTable, pg.UndefinedColumn, pg.DuplicateTable, pg.WrongObjectType, pg.DataCorrupted,
    pg.IndexCorrupted,
)  # fmt: skip
"""Errors of tables that are missing, foreign or damaged."""
_QUOTED_OR_SPECIAL = re.compile(r"'[^']*'|\"[^\"]*\"|\?|%")

Connection = psycopg.Connection[tuple[Any, ...]]
Found = TypeVar("Found")


class PostgresTables(TableDb):
    """Row sets in a schema of a PostgreSQL database; readers never wait for whoever writes.

    A writer holds an advisory lock from the first statement of his transaction to its end, so what
    he reads of the row sets' positions stays true until he has moved them.
    """

    def __init__(self, url: str, *, schema: str = "guanjia_views", write: bool = True) -> None:
        """Open the schema, or make it; without `write` nothing is made or changed.

        Raises:
            StoreUnknown: the address cannot be read.
            StoreAway: the server does not answer.
        """
        super().__init__()
        self.address = Address(url, write=write)
        self.where = self.address.where
        self._begin = _beginning(schema)
        self._schema = sql.Identifier(schema)
        self._writing = threading.RLock()
        self._writer: Connection | None = None
        self._owner: int | None = None
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self.address.conninfo,
            kwargs={"autocommit": True},
            configure=self._configure,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            reconnect_timeout=0,  # give up at once: the next who asks tries again
            name="guanjia-views",
            open=False,
        )
        try:
            with self._told():
                self._connect().close()
            self._pool.open()
            if write:
                self._make(schema)
        except BaseException:
            self.close()
            raise

    def _make(self, schema: str) -> None:
        with self.writing():
            if not self.ask("SELECT 1 FROM pg_namespace WHERE nspname = ?", (schema,)):
                statement = sql.SQL("CREATE SCHEMA {schema}").format(schema=self._schema)
                self._connection().execute(statement)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; another thread or process that writes is waited for.

        Raises:
            StoreBusy: it did not end in time.
            StoreAway: the server does not answer.
        """
        with self._writing, self._told():
            connection = self._lent_for(self._begun)
            self._writer, self._owner = connection, threading.get_ident()
            try:
                yield
                done = connection.execute("COMMIT").statusmessage
                if done != "COMMIT":
                    raise StoreFault(
                        where=self.where, problem=f"the commit was answered with {done}"
                    )
            finally:
                self._writer = self._owner = None
                _roll_back(connection)
                self._pool.putconn(connection)

    def run(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        """Run a statement inside `writing`."""
        self._connection().execute(translated(statement), parameters)

    @property
    def inside(self) -> bool:
        """Whether the calling thread is inside `writing`."""
        return self._owner == threading.get_ident()

    def rows_of(self, query: str, parameters: Sequence[Value]) -> list[Record]:
        """The rows of a query: inside `writing` on its connection, elsewhere on a pooled one."""
        said = translated(query)
        if self.inside:
            return self._connection().execute(said, parameters, binary=True).fetchall()
        found: list[Record] = []

        def read(connection: Connection) -> None:
            if not limited():
                found[:] = connection.execute(said, parameters, binary=True).fetchall()
                return
            milliseconds = max(1, int(left(LONGEST_SECONDS) * 1000))
            with connection.pipeline():  # one transaction and one round trip
                connection.execute(_TIMEOUT, (str(milliseconds),))
                cursor = connection.execute(said, parameters, binary=True)
            found[:] = cursor.fetchall()

        with self._told():
            self._pool.putconn(self._lent_for(read))
        return found

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Record]) -> None:
        """Put rows into a table that has none of their keys."""
        statement = f"COPY {table} ({','.join(columns)}) FROM STDIN".encode()
        with self._connection().cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def replace(self, table: Table, physical: str, rows: Sequence[Record]) -> None:
        """Put rows into a table, over those with the same keys; equal ones stay untouched."""
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._connection().execute(_upsert(table, physical), columns)

    def remove(self, physical: str, cases: Sequence[str]) -> None:
        """Take the rows of some cases away."""
        statement = f"DELETE FROM {physical} WHERE case_id = ANY(%s)".encode()
        self._connection().execute(statement, (list(cases),))

    def index(self, table: Table, physical: str) -> None:
        """Make a table's key and indexes, and let the planner know what is in it."""
        super().index(table, physical)
        self.run(f"ANALYZE {physical}")

    def type_of(self, column: Column) -> str:
        """The engine's name for a column's type; texts are ordered by their bytes, as on SQLite."""
        return _TYPES[column.type] + (' COLLATE "C"' if column.type == "TEXT" else "")

    def clear(self) -> None:
        """Drop the schema with all tables in it and begin an empty one."""
        self.epoch += 1
        with self.writing():
            for statement in ("DROP SCHEMA {schema} CASCADE", "CREATE SCHEMA {schema}"):
                self._connection().execute(sql.SQL(statement).format(schema=self._schema))

    def json_text(self, column: str, key: str) -> tuple[str, tuple[Value, ...]]:
        """The text under a key."""
        return f"(CAST({column} AS json) ->> CAST(? AS text))", (key,)

    def close(self) -> None:
        """Give back every connection."""
        self._pool.close(timeout=CONNECT_SECONDS)

    def _connection(self) -> Connection:
        if self._writer is None or self._owner != threading.get_ident():
            raise StoreFault(where=self.where, problem="nothing is written outside a transaction")
        return self._writer

    def _configure(self, connection: Connection) -> None:
        """Let a new connection see the schema, and numbers as SQLite would give them."""
        connection.adapters.register_loader("numeric", _Number)
        statement = sql.SQL("SET search_path TO {schema}").format(schema=self._schema)
        connection.execute(statement)

    def _connect(self) -> Connection:
        return psycopg.connect(self.address.conninfo, autocommit=True)

    def _begun(self, connection: Connection) -> None:
        connection.execute(self._begin)

    def _lent_for(self, first: Callable[[Connection], None]) -> Connection:
        """A connection of the pool, on which something went well, and which the caller puts back.

        A connection that died while it lay idle is replaced, once.
        """
        connection = self._lent()
        try:
            first(connection)
        except BaseException:
            died = connection.closed
            _roll_back(connection)
            self._pool.putconn(connection)
            if not died:
                raise
        else:
            return connection
        self._pool.check()
        connection = self._lent()
        try:
            first(connection)
        except BaseException:
            _roll_back(connection)
            self._pool.putconn(connection)
            raise
        return connection

    def _lent(self) -> Connection:
        """The pool says that it has no connection, not why: a try of our own finds out."""
        try:
            return self._pool.getconn(LENT_SECONDS)
        except PoolTimeout:
            self._connect().close()
            return self._pool.getconn(BUSY_SECONDS)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _FOREIGN as error:
            problem = self.address.gist(error)
            raise TablesDamaged(where=self.where, problem=problem) from error
        except psycopg.Error as error:
            if isinstance(error, pg.QueryCanceled) and limited():
                raise TimeIsUp from error
            raise self.address.fault_of(error) from error


class _Number(NumericBinaryLoader):
    """Sums of whole numbers are whole, averages are not."""

    def load(self, data: psycopg.abc.Buffer) -> Any:  # noqa: ANN401 - int or float, where a Decimal is promised
        number = super().load(data)
        exponent = number.as_tuple().exponent
        return int(number) if isinstance(exponent, int) and exponent >= 0 else float(number)


@lru_cache(maxsize=1000)
def translated(statement: str) -> bytes:
    """A statement with ``?`` for its parameters, as psycopg wants it; quoted ones stay."""

    def special(found: re.Match[str]) -> str:
        return "%s" if found[0] == "?" else found[0].replace("%", "%%")

    return _QUOTED_OR_SPECIAL.sub(special, statement).encode()


@lru_cache(maxsize=1000)
def _upsert(table: Table, physical: str) -> bytes:
    names = ", ".join(table.names)
    arrays = ", ".join(f"%s::{_TYPES[column.type]}[]" for column in table.columns)
    fresh = ", ".join(f"EXCLUDED.{name}" for name in table.names)
    stored = ", ".join(f"{physical}.{name}" for name in table.names)
    return (
        f"INSERT INTO {physical} ({names}) SELECT * FROM unnest({arrays})"
        f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET ({names}) = ROW ({fresh})"
        f" WHERE ({stored}) IS DISTINCT FROM ({fresh})"
    ).encode()


def _beginning(schema: str) -> bytes:
    """What is said to begin: whoever writes already is waited for, before anything is read."""
    key = int.from_bytes(sha256(f"guanjia views {schema}".encode()).digest()[:8], signed=True)
    text = (
        "BEGIN ISOLATION LEVEL READ COMMITTED;"
        " SELECT set_config('lock_timeout', {busy}, true),"
        " set_config('idle_in_transaction_session_timeout', {frozen}, true);"
        " SELECT pg_advisory_xact_lock({key});"
    )
    return (
        sql.SQL(text)
        .format(key=key, busy=f"{BUSY_SECONDS}s", frozen=f"{FROZEN_SECONDS}s")
        .as_bytes(None)
    )


def _roll_back(connection: Connection) -> None:
    if not connection.closed and connection.info.transaction_status:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK")
