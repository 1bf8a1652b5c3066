"""SQLite itself: its connections, its version, and what its errors mean."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import apsw
from eventsourcing import persistence

from store import time_limit
from store.errors import (
    DiskFull,
    LogDamaged,
    NoStore,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
)
from store.time_limit import TimeIsUp

FIXED = (3, 51, 3)
"""The first SQLite whose write-ahead log survives a write and a checkpoint at the same moment."""

BUSY_SECONDS = 10.0
STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: less than a millisecond."""
OWNER_ONLY = 0o600
ERRORS = (apsw.Error, UnicodeDecodeError)


def version() -> str:
    """The version of the SQLite in use."""
    return apsw.sqlite_lib_version()


def safe() -> bool:
    """Whether the SQLite in use is free of the known ways to corrupt a write-ahead log."""
    return tuple(map(int, version().split("."))) >= FIXED


WRITING = apsw.SQLITE_OPEN_READWRITE
READING = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
UNSHARED = apsw.SQLITE_OPEN_NOMUTEX
"""For a connection that one thread uses: reading a row then takes a tenth less."""


def connect(path: Path, *, must_exist: bool = False, flags: int = 0) -> apsw.Connection:
    """Open a database in write-ahead mode, durable on every commit, without implicit transactions.

    A file that is made is the owner's alone; so are the files that SQLite makes beside it.

    Raises:
        NoStore: it must exist and does not.
        LogDamaged, StoreReadOnly: the file cannot be used.
    """
    if must_exist and not path.is_file():
        raise NoStore(where=path)
    if not path.parent.is_dir():
        raise StoreFault(where=path, problem=f"there is no folder {path.parent}")
    _make(path)
    with raising_faults(path):
        connection = apsw.Connection(str(path), flags=WRITING | flags)
        try:
            connection.set_busy_timeout(int(BUSY_SECONDS * 1000))
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _tune(connection)
        except ERRORS:
            connection.close()
            raise
    return connection


def connect_to_read(path: Path, *, flags: int = 0) -> apsw.Connection:
    """Open a database that is only read; nothing is made or changed, not even a mode.

    Raises:
        NoStore: it does not exist.
        LogDamaged, StoreReadOnly: the file cannot be used.
    """
    if not path.is_file():
        raise NoStore(where=path)
    with raising_faults(path):
        try:
            return _reading(path, "mode=ro", flags)
        except apsw.CantOpenError:
            # A write-ahead log needs files beside the database, which cannot be made here. Where
            # there is none with anything in it, nobody writes, and the database is complete.
            beside = path.with_name(f"{path.name}-wal")
            if beside.exists() and beside.stat().st_size:
                raise
            return _reading(path, "mode=ro&immutable=1", flags)


def _reading(path: Path, how: str, flags: int) -> apsw.Connection:
    address = f"{path.absolute().as_uri()}?{how}"
    connection = apsw.Connection(address, flags=READING | flags)
    try:
        connection.set_busy_timeout(int(BUSY_SECONDS * 1000))
        _tune(connection)
        connection.execute("PRAGMA query_only = ON")
        number(connection, "SELECT count(*) FROM sqlite_schema")
    except ERRORS:
        connection.close()
        raise
    return connection


def _tune(connection: apsw.Connection) -> None:
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")


def _make(path: Path) -> None:
    """Make an empty file for the owner alone, where there is none."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
    except OSError as error:
        raise _fault_of_system(error, path) from error


def _fault_of_system(error: OSError, path: Path) -> StoreFault:
    problem = error.strerror or str(error)
    return (DiskFull if _no_room(path) else StoreReadOnly)(where=path, problem=problem)


def number(connection: apsw.Connection, question: str) -> int:
    """The one number that answers a question."""
    ((found,),) = connection.execute(question)
    return int(found)


@contextmanager
def raising_faults(where: object) -> Iterator[None]:
    """Turn SQLite's errors into faults, and broken uniqueness into the library's error."""
    try:
        yield
    except ERRORS as error:
        raise fault_of(error, where) from error


@contextmanager
def within_time(connection: apsw.Connection) -> Iterator[apsw.Connection]:
    """A connection whose statements end with the time of the calling thread, where it has a limit.

    Raises:
        TimeIsUp: it was over.
    """
    if not time_limit.limited():
        yield connection
        return
    time_limit.check()
    connection.set_progress_handler(time_limit.is_up, STEPS)
    try:
        yield connection
    except apsw.InterruptError as error:
        raise TimeIsUp from error
    finally:
        connection.set_progress_handler(None)


_FAULTS: dict[int, type[StoreFault]] = {
    apsw.SQLITE_CORRUPT: LogDamaged,
    apsw.SQLITE_NOTADB: LogDamaged,
    apsw.SQLITE_FULL: DiskFull,
    apsw.SQLITE_BUSY: StoreBusy,
    apsw.SQLITE_LOCKED: StoreBusy,
    apsw.SQLITE_READONLY: StoreReadOnly,
    apsw.SQLITE_PERM: StoreReadOnly,
    apsw.SQLITE_CANTOPEN: StoreReadOnly,
}
_HARDLY_ANYTHING = 1 << 20
_THERE_ALREADY = ("UNIQUE", "already")


def fault_of(error: Exception, where: object) -> Exception:
    """What an error of SQLite means."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return LogDamaged(where=where, problem=text)
    code = getattr(error, "result", apsw.SQLITE_ERROR)  # misuse of a connection carries none
    if code == apsw.SQLITE_CONSTRAINT and any(sign in text for sign in _THERE_ALREADY):
        return persistence.IntegrityError(text)
    if code == apsw.SQLITE_IOERR and _no_room(where):
        return DiskFull(where=where, problem=text)
    return _FAULTS.get(code, StoreFault)(where=where, problem=text)


def _no_room(where: object) -> bool:
    """Whether the disk has nothing left: SQLite calls some of these errors just I/O."""
    try:
        return shutil.disk_usage(Path(str(where)).parent).free < _HARDLY_ANYTHING
    except OSError:
        return False


class PerThread:
    """One connection per thread to the same file; those of ended threads are closed."""

    def __init__(self, path: Path, fresh: Callable[[Path], apsw.Connection] = connect) -> None:
        """Open nothing yet; ``fresh`` opens a connection."""
        self.path = path
        self._fresh = fresh
        self._local = threading.local()
        self._all: dict[threading.Thread, apsw.Connection] = {}
        self._lock = threading.Lock()
        self._closed = False

    def get(self) -> apsw.Connection:
        """The connection of the calling thread.

        Raises:
            StoreFault: all were closed.
        """
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None or self._closed:
            connection = self._opened()
        return connection

    def _opened(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise StoreFault(where=self.path, problem="it is closed")
            for thread in [t for t in self._all if not t.is_alive()]:
                self._all.pop(thread).close()
            connection = self._fresh(self.path)
            self._local.connection = self._all[threading.current_thread()] = connection
        return connection

    def close(self) -> None:
        """Close every thread's connection, each when its thread has read to the end."""
        with self._lock:
            self._closed = True
            for connection in self._all.values():
                _close_when_free(connection)
            self._all.clear()


def _close_when_free(connection: apsw.Connection) -> None:
    limit = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.close()
        except apsw.ThreadingViolationError:
            if monotonic() > limit:
                raise
            sleep(0.002)
        else:
            return
