"""The thread that hears of every append to a log in PostgreSQL and wakes those who wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from store.postgres_pool import Pool

LISTEN_SECONDS = 0.25


class Listener:
    """Listens on a connection of its own, and connects again when the server was away."""

    def __init__(self, pool: Pool, listen: bytes, wake: Callable[[], None]) -> None:
        """Start to listen."""
        self._pool = pool
        self._listen_to = listen
        self._wake = wake
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guanjia-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            # Meanwhile those who wait look by themselves, and meet the fault.
            with suppress(psycopg.Error):
                self._listen()
            self._stopped.wait(LISTEN_SECONDS)

    def _listen(self) -> None:
        with self._pool.connect() as connection:
            connection.execute(self._listen_to)
            self._wake()  # for what came before
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=LISTEN_SECONDS):
                    self._wake()
