"""For PostgreSQL itself: what is said to it, what its errors mean to a person, how it is shown."""

from __future__ import annotations

import logging
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from eventsourcing import persistence
from psycopg import errors as pg, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolTimeout

from store.errors import (
    DiskFull,
    LogDamaged,
    StoreAway,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
    StoreUnknown,
)
from store.log import FORMAT

CONNECT_SECONDS = 5
BUSY_SECONDS = 10
"""How long a writer waits for another process to let go of the log."""
FROZEN_SECONDS = 60
"""How long a writer may hold the log without a word before the server takes it from him."""

SQL = Path(__file__).with_name("sql")

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


class Address:
    """Where a database is, and how that is shown."""

    def __init__(self, url: str) -> None:
        """Read a postgresql:// address.

        Raises:
            StoreUnknown: it cannot be read.
        """
        self.where = without_password(url)
        try:
            said = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise StoreUnknown(where=self.where) from None
        options = {name: str(value) for name, value in said.items() if value is not None}
        self._password = options.get("password", "")
        self.conninfo = make_conninfo(**{**_UNLESS_THE_ADDRESS_SAYS, **options})

    def fault_of(self, error: Exception) -> Exception:
        """What an error of PostgreSQL or of its driver means."""
        text = self.gist(error)
        if isinstance(error, pg.UniqueViolation):
            return persistence.IntegrityError(text)
        for signs, fault in _FAULTS:
            if isinstance(error, signs):
                return fault(where=self.where, problem=text)
        state = getattr(error, "sqlstate", None) or ""
        away = isinstance(error, psycopg.OperationalError) and not state
        kind = StoreAway if away or state.startswith(("08", "57P")) else StoreFault
        return kind(where=self.where, problem=text)

    def gist(self, error: Exception) -> str:
        """An error in one line, without the password."""
        said = str(error).strip() or type(error).__name__
        text = next((known for known in _KNOWN if known in said), said.splitlines()[0])
        for shown in filter(None, (self._password, quote(self._password, safe=""))):
            text = text.replace(shown, "***")
        return text.rstrip(".:")[:200]


class Statements:
    """What is said to the server, with the names of one schema in it."""

    def __init__(self, schema: str) -> None:
        """Put the names in."""
        digest = sha256(f"guanjia log {schema}".encode()).digest()
        names = {
            "schema": sql.Identifier(schema),
            "schema_name": sql.Literal(schema),
            "channel": sql.Identifier(f"guanjia_{digest.hex()[:16]}"),
            "channel_name": sql.Literal(f"guanjia_{digest.hex()[:16]}"),
            "key": sql.Literal(int.from_bytes(digest[:8], signed=True)),
            "format": sql.Literal(FORMAT),
            "busy": sql.Literal(f"{BUSY_SECONDS}s"),
            "frozen": sql.Literal(f"{FROZEN_SECONDS}s"),
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
        self.documents = said(
            "SELECT stream, count(*), '['::bytea || string_agg(state, ',' ORDER BY version) || ']'"
            " FROM {schema}.log WHERE position <= %s GROUP BY stream ORDER BY stream"
        )
        self.head = said("SELECT coalesce(max(position), 0) FROM {schema}.log")
        self.answered = said(
            "SELECT command, stream, version, position, facts FROM {schema}.answered"
            " WHERE command = ANY(%s)"
        )
        self.append = said(_file("append_postgres"))
        self.begin = said(_file("begin_postgres"))
        self.lock = said("SELECT pg_advisory_xact_lock({key})")
        self.listen = said("LISTEN {channel}")
        # Asked of the catalogue's rows: to_regclass() may answer from a cache older than the lock.
        self.made = said(
            "SELECT 1 FROM pg_catalog.pg_tables"
            " WHERE schemaname = {schema_name} AND tablename = 'info'"
        )
        self.format = said("SELECT format FROM {schema}.info")
        self.create = said(_file("log_postgres"))


def _file(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


def without_password(url: str) -> str:
    """An address as it may be shown: host, port and database, without password and options."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "postgresql://…"
    place = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    return f"{parts.scheme}://{user and f'{user}@'}{place}{parts.path}"


_KNOWN = ("Connection refused", "timeout expired", "server closed the connection")
_FAULTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[StoreFault]], ...] = (
    (pg.DiskFull, DiskFull),
    (pg.LockNotAvailable, StoreBusy),
    ((pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction), StoreReadOnly),
    ((pg.DataCorrupted, pg.IndexCorrupted), LogDamaged),
    (PoolTimeout, StoreBusy),
)
