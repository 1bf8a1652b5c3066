"""Waits for what other threads and processes do, no longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

Until = Callable[..., bool]


def patient(patience: float) -> Until:
    """A wait until something is true, for so many seconds unless it is told otherwise."""

    def until(true: Callable[[], bool], seconds: float = patience) -> bool:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if true():
                return True
            time.sleep(0.01)
        return False

    return until
