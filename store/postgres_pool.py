"""The connections to one PostgreSQL database: lent, tried, replaced when the server was away."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg_pool import ConnectionPool, PoolTimeout

from store.errors import CommitUnconfirmed, StoreFault
from store.postgres_engine import BUSY_SECONDS, CONNECT_SECONDS, Address

MOST_CONNECTIONS = 10
LENT_SECONDS = 1.0
AT_ONCE = 5000

Connection = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")


class Pool:
    """Connections in autocommit mode. Errors of the server are raised as faults."""

    def __init__(self, address: Address) -> None:
        """Connect once, to find out whether the server answers.

        Raises:
            StoreAway: it does not.
        """
        self.address = address
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            address.conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            reconnect_timeout=0,  # give up at once: the next request tries again
            name="guanjia",
            open=False,
        )
        with self.raising_faults():
            self.connect().close()
        self._pool.open()

    @property
    def closed(self) -> bool:
        """Whether every connection was given back for good."""
        return self._pool.closed

    def close(self) -> None:
        """Close every connection."""
        self._pool.close(timeout=CONNECT_SECONDS)

    def connect(self) -> Connection:
        """A connection outside the pool, which the caller closes."""
        return psycopg.connect(self.address.conninfo, autocommit=True)

    @contextmanager
    def raising_faults(self) -> Iterator[None]:
        """Turn PostgreSQL's errors into faults, and broken uniqueness into the library's error."""
        try:
            yield
        except psycopg.Error as error:
            raise self.address.fault_of(error) from error

    def read(self, statement: bytes, *params: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        connection, found = self.tried(
            lambda connection: connection.execute(statement, params, binary=True).fetchall()
        )
        self.put_back(connection)
        return found

    def read_long(self, statement: bytes, *params: object) -> Generator[tuple[Any, ...]]:
        """The rows of a query, too many to be held at once, as of one moment."""
        connection = self._fresh()
        try:
            with (
                self.raising_faults(),
                connection.transaction(),
                connection.cursor("long_read", binary=True) as cursor,
            ):
                cursor.itersize = AT_ONCE
                yield from cursor.execute(statement, params)
        finally:
            self.put_back(connection)

    def execute_alone(self, statement: bytes, params: tuple[Any, ...]) -> None:
        """A statement that is a transaction of its own, in one round trip, never sent twice.

        Raises:
            CommitUnconfirmed: the connection was lost; the statement may have been committed.
        """
        connection = self._alive()
        try:
            connection.execute(statement, params)
        except psycopg.Error as error:
            raise self.fault_of_commit(connection, error) from error
        finally:
            self.put_back(connection)

    def fault_of_commit(self, connection: Connection, error: psycopg.Error) -> Exception:
        """What an error means that came while something was committed."""
        if connection.closed and not isinstance(error, pg.IdleInTransactionSessionTimeout):
            problem = self.address.gist(error)
            return CommitUnconfirmed(where=self.address.where, problem=problem)
        return self.address.fault_of(error)

    def tried(self, do: Callable[[Connection], T]) -> tuple[Connection, T]:
        """What is done first on a connection, and the connection, which the caller puts back.

        A connection that died while it was idle is replaced, once.
        """
        connection = self._lent()
        for first in (True, False):
            try:
                with self.raising_faults():
                    return connection, do(connection)
            except BaseException as error:
                died = connection.closed and isinstance(error, StoreFault)
                self.put_back(connection)
                if not (first and died):
                    raise
            connection = self._fresh()
        raise AssertionError

    def put_back(self, connection: Connection) -> None:
        """Give a connection back, outside any transaction."""
        if not connection.closed and connection.info.transaction_status:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
        self._pool.putconn(connection)

    def _lent(self) -> Connection:
        """A connection of the pool, which the caller puts back.

        The pool says that it has none, not why: a connection of our own finds out.
        """
        with self.raising_faults():
            try:
                return self._pool.getconn(LENT_SECONDS)
            except PoolTimeout:
                self.connect().close()
                return self._pool.getconn(BUSY_SECONDS)

    def _fresh(self) -> Connection:
        """A connection that was just tried."""
        self._pool.check()
        return self._lent()

    def _alive(self) -> Connection:
        """A connection that the server has not closed, as far as can be seen without asking it."""
        connection = self._lent()
        try:
            for _ in range(2):  # the first may read a farewell, the second then the end
                connection.pgconn.consume_input()
        except psycopg.Error:
            self.put_back(connection)
            return self._fresh()
        return connection
