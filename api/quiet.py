"""Bounds the log: what is said again and again is said a few times a minute, and counted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

OFTEN: Final = 5
WINDOW: Final = 60.0
MOST_KINDS: Final = 1000


class Quiet(logging.Filter):
    """Lets each kind of message through `often` times in `window` seconds.

    The first one of the next window says how many were left out. A kind is the logger and the
    message before its arguments are filled in. Put it on handlers: a logger's filters do not see
    what comes from loggers below it.
    """

    def __init__(
        self,
        often: int = OFTEN,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing said."""
        super().__init__()
        self._often = often
        self._window = window
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a message is written."""
        now = self._clock()
        kind = (record.name, str(record.msg))
        since, count = self._said.get(kind, (now, 0))
        left_out = 0
        if now - since >= self._window:
            left_out = max(count - self._often, 0)
            since, count = now, 0
        if len(self._said) >= MOST_KINDS and kind not in self._said:
            self._said.clear()
        self._said[kind] = (since, count + 1)
        if count >= self._often:
            return False
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like this were left out)"
        return True


def write_log() -> None:
    """Write warnings and errors to the standard error stream, each kind a few times a minute."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # the feed says what it meets
    for handler in logging.getLogger().handlers:
        handler.addFilter(Quiet())
