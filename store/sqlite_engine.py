"""For SQLite itself: which build is used, how it is judged, and what its errors mean to a person."""

from __future__ import annotations

import shutil
import sqlite3 as plain
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eventsourcing import persistence

from store.errors import (
    DiskFull,
    LogDamaged,
    NoStore,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
)

if TYPE_CHECKING:
    import sqlite3 as sqlite3  # noqa: PLC0414 - others import it from here
else:
    try:  # the system's SQLite may carry the WAL bug that `judged` names
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        sqlite3 = plain

FIXED = (3, 51, 3)
"""The first SQLite whose write-ahead log survives a write and a checkpoint at the same moment."""

BUSY_SECONDS = 10.0
ERRORS = (sqlite3.Error, plain.Error)


def version() -> str:
    """The version of the SQLite in use."""
    return sqlite3.sqlite_version


def judged() -> bool:
    """Whether the SQLite in use is free of the known ways to corrupt a write-ahead log."""
    return tuple(map(int, version().split("."))) >= FIXED


def connect(path: Path, *, must_exist: bool = False) -> sqlite3.Connection:
    """Open a database in write-ahead mode, durable on every commit, without implicit transactions.

    Raises:
        NoStore: it must exist and does not.
        LogDamaged, StoreReadOnly: the file cannot be used.
    """
    if must_exist and not path.is_file():
        raise NoStore(where=path)
    if not path.parent.is_dir():
        raise StoreFault(where=path, problem=f"there is no folder {path.parent}")
    with told(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -65536")
            connection.execute("PRAGMA temp_store = MEMORY")
        except ERRORS:
            connection.close()
            raise
    return connection


@contextmanager
def told(where: object) -> Iterator[None]:
    """Turn SQLite's errors into faults a person understands; broken uniqueness into the library's error."""
    try:
        yield
    except ERRORS as error:
        raise fault_of(error, where) from error


_FAULTS: dict[int, type[StoreFault]] = {
    plain.SQLITE_CORRUPT: LogDamaged,
    plain.SQLITE_NOTADB: LogDamaged,
    plain.SQLITE_FULL: DiskFull,
    plain.SQLITE_BUSY: StoreBusy,
    plain.SQLITE_LOCKED: StoreBusy,
    plain.SQLITE_READONLY: StoreReadOnly,
    plain.SQLITE_PERM: StoreReadOnly,
    plain.SQLITE_CANTOPEN: StoreReadOnly,
}
_HARDLY_ANYTHING = 1 << 20


def fault_of(error: Exception, where: object) -> Exception:
    """What an error of SQLite means."""
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == plain.SQLITE_CONSTRAINT and "append-only" not in text:
        return persistence.IntegrityError(text)
    if code == plain.SQLITE_IOERR and _no_room(where):
        return DiskFull(where=where, problem=text)
    if "Could not decode to UTF-8" in text:
        return LogDamaged(where=where, problem=text)
    return _FAULTS.get(code, StoreFault)(where=where, problem=text)


def _no_room(where: object) -> bool:
    """Whether the disk has nothing left: SQLite calls some of these errors just I/O."""
    try:
        return shutil.disk_usage(Path(str(where)).parent).free < _HARDLY_ANYTHING
    except OSError:
        return False


class PerThread:
    """One connection per thread to the same file, all closed together; a thread's end closes its own."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self.path = path
        self._local = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._closed = False

    def get(self) -> sqlite3.Connection:
        """The connection of the thread that asks.

        Raises:
            StoreFault: all were closed.
        """
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None or self._closed:
            connection = self._opened()
        return connection

    def _opened(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreFault(where=self.path, problem="it is closed")
            for thread in [t for t in self._all if not t.is_alive()]:
                self._all.pop(thread).close()
            connection = connect(self.path)
            self._local.connection = self._all[threading.current_thread()] = connection
        return connection

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            self._closed = True
            for connection in self._all.values():
                connection.close()
            self._all.clear()
