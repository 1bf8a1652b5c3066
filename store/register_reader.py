"""The directory of registers, read once per process and followed as the log grows."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from domain.kernel.facts import Recorded
from domain.kinds.directory import REGISTER_FACTS, Directory
from domain.kinds.rules.facts import RULES_STREAM
from domain.kinds.site.facts import SITE_KIND
from store.codec import Codec, topic_of
from store.log import Log
from store.rows import Row

REGISTER_TOPICS: Final = frozenset(map(topic_of, REGISTER_FACTS))
PAGE: Final = 5000
KEPT_VIEWS: Final = 64


class DirectoryReader:
    """The one reader of registers of a process; threads may share it.

    It hands out views of the directory that never change, the same one as long as no register
    fact comes in between.
    """

    def __init__(self, log: Log, codec: Codec) -> None:
        """Read nothing yet."""
        self._log = log
        self._codec = codec
        self._lock = threading.Lock()
        self._making = 0
        self._begin()

    def _begin(self) -> None:
        self._making += 1
        self._directory = Directory(self._codec.kinds)
        self._positions: list[int] = []
        self._followed = -1
        self._views: OrderedDict[int, Directory] = OrderedDict()

    def forget(self) -> None:
        """Read everything anew when next asked: the log may not hold what was taken from it."""
        with self._lock:
            self._begin()

    def newest(self) -> Directory:
        """The directory at the head of the log."""
        return self.at(self._log.head())

    def at(self, position: int) -> Directory:
        """The directory at a position of the log."""
        while True:
            with self._lock:
                if self._followed >= position:
                    return self._view(position)
                followed, making = self._followed, self._making
            # The log is read without the lock: whoever holds the log may be waiting for it.
            rows, until = self._first() if followed < 0 else self._further(followed, position)
            with self._lock:
                if self._making == making:
                    self._take_rows(rows)
                    self._followed = max(self._followed, until)

    def _first(self) -> tuple[list[Row], int]:
        """All register facts up to the head, from their own short streams."""
        head = self._log.head()
        rows = [*self._log.stream(RULES_STREAM), *self._log.prefixed(f"{SITE_KIND}-")]
        return sorted(row for row in rows if row.position <= head), head

    def _further(self, followed: int, position: int) -> tuple[list[Row], int]:
        """The next register facts, and the position up to which those are all."""
        rows = self._log.rows(followed, PAGE, tuple(REGISTER_TOPICS))
        return rows, rows[-1].position if len(rows) == PAGE else position

    def _view(self, position: int) -> Directory:
        """The view of a position; those between the same two register facts share one."""
        count = bisect_right(self._positions, position)
        view = self._views.get(count)
        if view is None:
            view = self._directory.as_of(self._positions[count - 1] if count else 0)
            self._views[count] = view
            if len(self._views) > KEPT_VIEWS:
                self._views.popitem(last=False)
        return view

    def take_page(self, page: Sequence[Row], after: int) -> bool:
        """Take the register facts of the rows that follow a position; whether there are any."""
        news = [row for row in page if row.topic in REGISTER_TOPICS]
        with self._lock:
            if self._followed >= after:
                self._take_rows(news)
                self._followed = max(self._followed, page[-1].position)
        return bool(news)

    def take(self, recorded: Recorded) -> None:
        """Take a register fact that is being stored by whoever holds the log.

        If it is not stored after all, whoever took it has to `forget`.
        """
        with self._lock:
            self._take(recorded)
            self._followed = max(self._followed, recorded.position)

    def stored(self, after: int, head: int) -> None:
        """Note that no register fact was stored after a position but those taken."""
        with self._lock:
            if self._followed >= after:
                self._followed = max(self._followed, head)

    def _take_rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if not self._positions or row.position > self._positions[-1]:
                self._take(self._codec.decode(row))

    def _take(self, recorded: Recorded) -> None:
        position = recorded.position
        self._directory.take(recorded.stream, recorded.version, recorded.fact, position)
        self._positions.append(position)


def read_directory(log: Log, codec: Codec) -> Directory:
    """The directory at the head of the log."""
    return DirectoryReader(log, codec).newest()
