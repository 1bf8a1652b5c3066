"""How long the calling thread may still read; who reads for longer is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


class TimeIsUp(Exception):
    """The calling thread has read for as long as it may."""


class _Limit(threading.local):
    at: float | None = None


_LIMIT = _Limit()


@contextmanager
def limited_until(at: float | None) -> Iterator[None]:
    """Let the thread read until an instant of the monotonic clock; None is as long as it takes."""
    before, _LIMIT.at = _LIMIT.at, at
    try:
        yield
    finally:
        _LIMIT.at = before


def unlimited() -> AbstractContextManager[None]:
    """Let the thread end what others need as well, such as tables that are being mended."""
    return limited_until(None)


def limited() -> bool:
    """Whether the thread has a limit."""
    return _LIMIT.at is not None


def left(most: float) -> float:
    """The seconds that are left, at most so many.

    Raises:
        TimeIsUp: there are none.
    """
    if _LIMIT.at is None:
        return most
    seconds = _LIMIT.at - time.monotonic()
    if seconds <= 0:
        raise TimeIsUp
    return min(seconds, most)


def is_up() -> bool:
    """Whether nothing is left."""
    return _LIMIT.at is not None and time.monotonic() >= _LIMIT.at


def check() -> None:
    """See that something is left.

    Raises:
        TimeIsUp: nothing is.
    """
    if is_up():
        raise TimeIsUp
