"""Frames over a local socket: a length, then so many bytes, within limits of size and time."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from math import inf
from typing import Final

LARGEST: Final = 8 << 20
"""Bytes of a frame at most."""
PATIENCE: Final = 10.0
"""Seconds in which a frame that was begun must be through."""
HEAD: Final = 4
WAIT: Final = 3600.0


class LinkLost(Exception):
    """The other process has gone, is not reading, or does not keep to the format."""


class Frames:
    """One end of a connected socket. One thread receives; any thread sends."""

    def __init__(self, connected: socket.socket, *, patience: float = PATIENCE) -> None:
        """Take over a connected socket."""
        self._in = connected
        self._out = connected.dup()  # time limits belong to the object, and there are two
        self._out.settimeout(patience)
        self._patience = patience
        self._sending = threading.Lock()

    def send(self, frame: bytes) -> None:
        """Send a frame.

        Raises:
            LinkLost: the other end has gone, or does not read; what was sent may be a part.
        """
        if len(frame) > LARGEST:
            raise LinkLost(f"a frame of {len(frame)} bytes is longer than {LARGEST}")
        with self._sending:
            try:
                self._out.sendall(len(frame).to_bytes(HEAD) + frame)
            except OSError as error:
                self.close()
                raise LinkLost(str(error)) from error

    def receive(self, patience: float = inf) -> bytes:
        """The next frame.

        Raises:
            TimeoutError: none was begun within ``patience`` seconds.
            LinkLost: the other end has gone, stopped within a frame, or sent too long a one.
        """
        begun = self._some(1, time.monotonic() + patience)
        if not begun:
            raise TimeoutError
        limit = time.monotonic() + self._patience
        length = int.from_bytes(begun + self._all(HEAD - 1, limit))
        if length > LARGEST:
            self.close()
            raise LinkLost(f"a frame of {length} bytes is longer than {LARGEST}")
        return self._all(length, limit)

    def close(self) -> None:
        """Let both ends know that it is over."""
        with suppress(OSError):
            self._in.shutdown(socket.SHUT_RDWR)
        self._in.close()
        self._out.close()

    def _all(self, count: int, limit: float) -> bytes:
        found = bytearray()
        while len(found) < count:
            some = self._some(count - len(found), limit)
            if not some:
                self.close()
                raise LinkLost("it stopped within a frame")
            found += some
        return bytes(found)

    def _some(self, count: int, limit: float) -> bytes:
        """At most so many bytes, none of them when the time is up."""
        while (left := limit - time.monotonic()) > 0:
            try:
                self._in.settimeout(min(left, WAIT))
                some = self._in.recv(min(count, 1 << 16))
            except TimeoutError:
                continue
            except OSError as error:
                raise LinkLost(str(error)) from error
            if not some:
                raise LinkLost("it has gone")
            return some
        return b""
