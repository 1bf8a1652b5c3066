"""For the log in memory: the same promises, for tests and try-outs, gone with the process."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import ChainMap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING

from eventsourcing.persistence import IntegrityError

from store.codec import Row
from store.log import Answered, Log, Whole

if TYPE_CHECKING:
    from store.log import Appending


class MemoryLog(Log):
    """The log as a list of rows."""

    def __init__(self) -> None:
        """Begin with an empty log."""
        super().__init__()
        self.where = "memory"
        self._writing = threading.Lock()
        self._looking = threading.Lock()
        self._rows: list[Row] = []
        self._streams: dict[str, list[Row]] = {}
        self._answers: dict[str, Answered] = {}

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """Hold the log; what was appended is taken over when the block is left without an error."""
        with self._writing:
            appending = _MemoryAppending(self)
            yield appending
            appending.insist()
            self._take_over(appending)
        if appending.grown:
            self.wake()

    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """Rows of any stream after a position."""
        start = max(after, 0)
        with self._looking:
            if not topics:
                return self._rows[start : start + limit]
            later = islice(self._rows, start, None)
            return list(islice((row for row in later if row.topic in topics), limit))

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""
        with self._looking:
            rows = self._streams.get(stream, [])
            return rows[bisect_right(rows, after, key=lambda row: row.version) :]

    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """Rows of several streams up to a position."""
        with self._looking:
            return [
                row
                for stream in sorted(set(streams))
                for row in self._streams.get(stream, ())
                if row.position <= until
            ]

    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with a prefix."""
        with self._looking:
            chosen = [rows for name, rows in self._streams.items() if name.startswith(prefix)]
            return sorted(chain.from_iterable(chosen))

    def documents(self, until: int) -> Iterator[tuple[str, int, bytes]]:
        """Every stream up to a position as one JSON array."""
        for stream, rows in groupby(
            self.streams(list(self._streams), until), key=lambda row: row.stream
        ):
            states = [row.state for row in rows]
            yield stream, len(states), b"[" + b",".join(states) + b"]"

    def head(self) -> int:
        """The last position."""
        return len(self._rows)

    def close(self) -> None:
        """Nothing to give back."""

    def _take_over(self, appending: _MemoryAppending) -> None:
        with self._looking:
            self._rows.extend(appending.new)
            self._answers.update(appending.answers)
            for row in appending.new:
                stream = self._streams.setdefault(row.stream, [])
                stream.append(row)
                if len(stream) > 1 and stream[-2].version > row.version:
                    stream.sort(key=lambda row: row.version)


class _MemoryAppending(Whole):
    """The log in memory while one writer holds it; nobody else sees it before it is taken over."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self.head = log.head()
        self.new: list[Row] = []
        self.answers: dict[str, Answered] = {}

    def rows(self, after: int, limit: int) -> list[Row]:
        own = [row for row in self.new if row.position > after]
        return [*self._log.rows(after, limit), *own][:limit]

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        own = [row for row in self.new if row.stream == stream and row.version > after]
        return sorted([*self._log.stream(stream, after), *own], key=lambda row: row.version)

    def answered(self, commands: Sequence[str]) -> dict[str, Answered]:
        known = ChainMap(self.answers, self._log._answers)  # noqa: SLF001 - two halves of one thing
        return {command: known[command] for command in commands if command in known}

    def append(self, rows: Sequence[Row], answers: Sequence[Answered]) -> None:
        with self.growing(rows):
            taken = {(row.stream, row.version) for row in self.new}
            for row in rows:
                key = (row.stream, row.version)
                there = self._log.stream(row.stream, row.version - 1)
                if key in taken or (there and there[0].version == row.version):
                    raise IntegrityError(f"version {row.version} of {row.stream} is there already")
                taken.add(key)
            for answer in answers:
                if self.answered((answer.command,)):
                    raise IntegrityError(f"command {answer.command} was answered already")
                self.answers[answer.command] = answer
            self.new.extend(rows)
