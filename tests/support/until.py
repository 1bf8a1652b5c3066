"""A log as it was when it ended at a position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from store.log import Log
from store.rows import Row, Stored


class LogUntil:
    """Reads another log up to ``until``, which only rises."""

    def __init__(self, log: Log, until: int = 0) -> None:
        self._log = log
        self.until = until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def head(self) -> int:
        return self.until

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        return [row for row in self._log.rows(after, limit, topics) if row.position <= self.until]

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        return [row for row in self._log.stream(stream, after) if row.position <= self.until]

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        return self._log.streams(streams, min(until, self.until))

    def prefixed(self, prefix: str) -> list[Row]:
        return [row for row in self._log.prefixed(prefix) if row.position <= self.until]

    def each_stream(
        self, until: int, part: int = 1, of: int = 1
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        return self._log.each_stream(min(until, self.until), part, of)
