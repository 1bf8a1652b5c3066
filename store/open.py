"""Opens a log and its views by one address: a file path, a PostgreSQL database, or memory."""

from __future__ import annotations

import re
from pathlib import Path

from store.errors import StoreFault, StoreReadOnly, StoreUnknown
from store.fleeting import FleetingTables
from store.log import Log
from store.memory import MemoryLog
from store.sqlite import SQLiteLog
from store.tables import TableDb
from store.tables_sqlite import SQLiteTables

MEMORY = ":memory:"
POSTGRES = ("postgresql://", "postgres://")


def open_log(
    store: str,
    *,
    create: bool = True,
    write: bool = True,
    topics: frozenset[str] | None = None,
) -> Log:
    """The log at an address; the caller closes it.

    ``topics`` are the stored names the caller can read; a log with others is not written to.
    Without ``write`` the log is only read, and nothing is made or changed to do so. What keeps an
    open log from being written is in its ``fault``.

    Raises:
        StoreUnknown: the address is neither a path nor a PostgreSQL address.
        NoStore: there is none, and `create` or `write` is off.
        StoreFault: it cannot be used, for the reason its class says.
    """
    create = create and write
    if store == MEMORY:
        return MemoryLog(topics)
    if store.startswith(POSTGRES):
        from store.postgres import PostgresLog  # noqa: PLC0415 - only those who use it wait for it

        return PostgresLog(store, create=create, write=write, topics=topics)
    return SQLiteLog(_file(store, create=create), create=create, write=write, topics=topics)


def open_views(store: str, *, write: bool = True) -> TableDb:
    """The database of the views of the log at an address; the caller closes it.

    It is made where it is missing: what is in it can be had from the log again. Without ``write``
    nothing is made or changed.

    Raises:
        StoreFault: it cannot be used, for the reason its class says.
    """
    if store == MEMORY:
        return FleetingTables()
    if store.startswith(POSTGRES):
        from store.tables_postgres import PostgresTables  # noqa: PLC0415 - as above

        return PostgresTables(store, write=write)
    return SQLiteTables(views_path(str(_file(store, create=write))), write=write)


def views_path(store: str) -> Path:
    """The file beside a SQLite log in which its views live."""
    path = Path(store).expanduser()
    return path.with_name(f"{path.stem}.views{path.suffix or '.db'}")


def _file(store: str, *, create: bool) -> Path:
    if not store.strip() or "\0" in store or "://" in store:
        raise StoreUnknown(where=re.sub("//.*@", "//", store) or "''")
    path = Path(store).expanduser()
    if path.is_dir():
        raise StoreFault(where=path, problem="it is a folder, name a file in it")
    if create:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = error.strerror or str(error)
            raise StoreReadOnly(where=path, problem=problem) from error
    return path
