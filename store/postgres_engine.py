"""PostgreSQL itself: the statements sent to it, what its errors mean, how an address is shown."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from eventsourcing import persistence
from psycopg import errors as pg, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolTimeout

from store.append import ReceiptKey
from store.errors import (
    DiskFull,
    HeadMoved,
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
"""How long a writer waits for another process to release the log."""
FROZEN_SECONDS = 60
"""How long a writer may hold the log without a statement before the server ends its session."""

SQL = Path(__file__).with_name("sql")
READ_ONLY = "-c default_transaction_read_only=on"

_UNLESS_THE_ADDRESS_SAYS = {
    "application_name": "guanjia",
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# A host that goes away is a fault of ours; the pool's own remarks are for those who set logging up.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())


class Address:
    """Where a database is, and how that is shown."""

    def __init__(self, url: str, *, write: bool = True) -> None:
        """Read a postgresql:// address; without `write` its sessions can only read.

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
        if not write:
            options["options"] = f"{options.get('options', '')} {READ_ONLY}".strip()
        self.conninfo = make_conninfo(**{**_UNLESS_THE_ADDRESS_SAYS, **options})

    def fault_of(self, error: Exception) -> Exception:
        """What an error of PostgreSQL or of its driver means."""
        text = self.gist(error)
        state = getattr(error, "sqlstate", None) or ""
        if isinstance(error, pg.UniqueViolation) or state == VERSIONS_DO_NOT_FOLLOW:
            return persistence.IntegrityError(text)
        if state == HEAD_MOVED:
            return HeadMoved(where=self.where)
        for signs, fault in _FAULTS:
            if isinstance(error, signs):
                return fault(where=self.where, problem=text)
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
    """The statements sent to the server, with the names of one schema in them."""

    def __init__(self, schema: str) -> None:
        """Put the names in."""
        self.schema = schema
        digest = sha256(f"guanjia log {schema}".encode()).digest()
        self.key = int.from_bytes(digest[:8], signed=True)
        self.channel = f"guanjia_{digest.hex()[:16]}"
        self._names = {
            "schema": sql.Identifier(schema),
            "schema_name": sql.Literal(schema),
            "channel": sql.Identifier(self.channel),
            "key": sql.Literal(self.key),
            "format": sql.Literal(FORMAT),
            "busy": sql.Literal(f"{BUSY_SECONDS}s"),
            "frozen": sql.Literal(f"{FROZEN_SECONDS}s"),
        }
        said = self._said
        columns = (
            "SELECT position, stream, version, topic, recorded_at, state, digest, chain"
            " FROM {schema}.log"
        )
        self.rows = said(columns + " WHERE position > %s ORDER BY position LIMIT %s")
        self.rows_of = said(
            columns + " WHERE position > %s AND topic = ANY(%s) ORDER BY position LIMIT %s"
        )
        self.stream = said(columns + " WHERE stream = %s AND version > %s ORDER BY version")
        self.streams = said(
            columns + " WHERE stream = ANY(%s) AND position <= %s ORDER BY stream, version"
        )
        self.prefixed = said(columns + " WHERE stream >= %s AND stream < %s ORDER BY position")
        self.last_two = said(columns + " ORDER BY position DESC LIMIT 2")
        self.each_stream = said(
            columns + " WHERE position <= %s AND stream >= %s AND (%s::text IS NULL OR stream < %s)"
            " ORDER BY stream, version"
        )
        self.places = said(
            "SELECT stream, version FROM {schema}.log WHERE position <= %s ORDER BY stream, version"
        )
        self.facts_at = said(
            "SELECT position, stream, version FROM {schema}.log WHERE position = ANY(%s)"
        )
        self.links = said(
            "SELECT position, recorded_at, digest, chain FROM {schema}.log"
            " WHERE position > %s ORDER BY position LIMIT %s"
        )
        receipts = (
            "SELECT scope, command, fingerprint, stream, version, position, facts, digest, number"
            " FROM {schema}.receipts"
        )
        self.receipt = said(receipts + " WHERE scope = %s AND command = %s")
        self.receipts = said(file("receipts_postgres"))
        self.receipt_page = said(receipts + " WHERE number > %s ORDER BY number LIMIT %s")
        self.last_receipt = said(receipts + " ORDER BY number DESC LIMIT 1")
        self.topics = said("SELECT topic, position FROM {schema}.topics")
        self.head = said("SELECT coalesce(max(position), 0) FROM {schema}.log")
        self.tail = said(file("tail_postgres"))
        self.begin = said(file("begin_postgres"))
        self.append = said(
            "SELECT {schema}.append(%s, %s, %s, %s, %b, %s,"
            " %s::text[], %s::bigint[], %s::text[], %s::bigint[],"
            " %b::bytea[], %b::bytea[], %b::bytea[],"
            " %s::text[], %s::text[], %b::bytea[], %s::text[],"
            " %s::bigint[], %s::bigint[], %s::bigint[], %b::bytea[])"
        )
        self.lock = said("SELECT pg_advisory_xact_lock({key})")
        self.listen = said("LISTEN {channel}")
        # Asked of the catalogue's rows: to_regclass() may answer from a cache older than the lock.
        self.tables = said(
            "SELECT relname::text FROM pg_catalog.pg_class WHERE relkind <> 'i' AND relnamespace ="
            " (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {schema_name})"
        )
        self.format = said("SELECT format FROM {schema}.info")
        self.create = said(file("log_postgres") + file("functions_postgres"))
        self.shape = said(file("shape_postgres"))
        self.settings = said(
            "SELECT name, setting FROM pg_catalog.pg_settings"
            " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )

    def of_receipts(self, keys: Sequence[ReceiptKey]) -> tuple[Any, ...]:
        """The statement that finds receipts, and its parameters."""
        if len(keys) == 1:
            return self.receipt, *keys[0]
        scopes, commands = [scope for scope, _ in keys], [command for _, command in keys]
        return self.receipts, scopes, commands

    def in_schema(self, text: str) -> str:
        """A text with the names of the schema in it."""
        return sql.SQL(text).format(**self._names).as_string(None)

    def _said(self, text: str) -> bytes:
        return self.in_schema(text).encode()


def file(name: str) -> str:
    """The text of a file of statements."""
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


HEAD_MOVED, VERSIONS_DO_NOT_FOLLOW = "GJ001", "GJ003"

_KNOWN = ("Connection refused", "timeout expired", "server closed the connection")
_FAULTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[StoreFault]], ...] = (
    (pg.DiskFull, DiskFull),
    (pg.LockNotAvailable, StoreBusy),
    ((pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction), StoreReadOnly),
    ((pg.DataCorrupted, pg.IndexCorrupted), LogDamaged),
    (PoolTimeout, StoreBusy),
)
