"""A lease: of all processes that use a store, one at a time may do a certain thing."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from store.errors import StoreReadOnly
from store.open import MEMORY, POSTGRES

if TYPE_CHECKING:
    import psycopg

if sys.platform != "win32":
    import fcntl


class Lease(Protocol):
    """The right to do something alone. It ends with the process that holds it, however it ends."""

    def held(self) -> bool:
        """Whether it is ours, after trying to get it; asked before each thing that needs it."""

    def close(self) -> None:
        """Give it back."""


def open_lease(store: str, name: str) -> Lease:
    """The lease of a name at a store's address; nothing is taken yet."""
    if store == MEMORY or sys.platform == "win32":
        return _Granted()
    if store.startswith(POSTGRES):
        return _PostgresLease(store, name)
    path = Path(store).expanduser()
    return _FileLease(path.with_name(f"{path.stem}.{name}.lock"))


class _Granted:
    """The lease where there is one process."""

    def held(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _FileLease:
    """A locked file beside the store. It stays there, empty: who deleted it would let two in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def held(self) -> bool:
        if self._file is not None:
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            problem = error.strerror or str(error)
            raise StoreReadOnly(where=self._path, problem=problem) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _PostgresLease:
    """An advisory lock of a connection of its own, which is looked at each time."""

    def __init__(self, url: str, name: str) -> None:
        from store.postgres_engine import Address  # noqa: PLC0415 - only those who use it wait

        self._address = Address(url)
        self._key = int.from_bytes(
            sha256(f"guanjia lease {name}".encode()).digest()[:8], signed=True
        )
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._held = False

    def held(self) -> bool:
        import psycopg  # noqa: PLC0415 - as above

        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._address.conninfo, autocommit=True)
            ask = "SELECT 1" if self._held else f"SELECT pg_try_advisory_lock({self._key})::int"
            row = self._connection.execute(ask.encode()).fetchone()
            self._held = row == (1,)
        except psycopg.Error as error:
            self.close()
            raise self._address.fault_of(error) from error
        return self._held

    def close(self) -> None:
        connection, self._connection = self._connection, None
        held, self._held = self._held, False
        if connection is None:
            return
        with suppress(Exception):
            if held:  # the server would notice a moment after the connection was closed
                connection.execute(f"SELECT pg_advisory_unlock({self._key})".encode())
        connection.close()
