"""For the log: what every engine must offer, and the subscription that works on each of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Condition, Thread
from time import monotonic
from typing import NamedTuple, Protocol
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)

from store.codec import Row
from store.errors import StoreFault

__all__ = [
    "FORMAT",
    "Answered",
    "Appending",
    "IntegrityError",
    "Log",
    "PollingSubscription",
    "Whole",
]

FORMAT = 1
"""The layout of the log's tables; a store with a higher number was written by a newer version."""

READ_AT_ONCE = 500


class Answered(NamedTuple):
    """How a command was answered: where stream and log stood then, and how many facts it stored."""

    command: str
    stream: str
    version: int
    position: int
    facts: int


class Appending(Protocol):
    """The log while one writer holds it: what is read here stays true until the append is done.

    What was appended in the block can be read in it. After a refused append the block stores
    nothing at all: leaving it raises the refusal again, even where it was caught inside.
    """

    head: int

    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows of any stream after a position."""

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""

    def answered(self, commands: Sequence[str]) -> dict[str, Answered]:
        """Which of the commands were answered before, and how."""

    def append(self, rows: Sequence[Row], answers: Sequence[Answered]) -> None:
        """Store rows at the positions they name, which follow the head without a gap.

        Raises:
            IntegrityError: a version of a stream, or a command, is there already.
            ValueError: the positions do not follow the head.
        """


class Whole:
    """What keeps a block whole: after a refused append nothing of the block is stored."""

    head: int
    refused: Exception | None = None
    grown = False

    @contextmanager
    def growing(self, rows: Sequence[Row]) -> Iterator[None]:
        """Append inside; the head moves on when it went well."""
        try:
            _must_follow(self.head, rows)
            yield
        except Exception as refusal:
            self.refused = refusal
            raise
        self.head += len(rows)
        self.grown = self.grown or bool(rows)

    def insist(self) -> None:
        """Raise the refusal of an earlier append, if there was one."""
        if self.refused is not None:
            raise self.refused


class Log(ApplicationRecorder):
    """An append-only log of rows. Engines differ in where rows live, never in what they promise."""

    where: str

    def __init__(self) -> None:
        """Prepare the wake-up of readers."""
        self._grown = Condition()
        self._wakes = 0

    @abstractmethod
    def appending(self) -> AbstractContextManager[Appending]:
        """Hold the log; what is appended is durable when the block is left, or not there at all."""

    @abstractmethod
    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` rows after a position, in order, of the given topics or of all."""

    @abstractmethod
    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """The rows of one stream after a version, in order."""

    @abstractmethod
    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """The rows of several streams up to a position, ordered by stream and version."""

    @abstractmethod
    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with an ASCII prefix, ordered by position."""

    @abstractmethod
    def documents(self, until: int) -> Iterator[tuple[str, int, bytes]]:
        """Each stream up to a position, by name: how many rows, their documents as a JSON array."""

    @abstractmethod
    def head(self) -> int:
        """The last position, 0 for an empty log."""

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""

    def wait(self, after: int, timeout: float) -> bool:
        """Sleep until the log has grown past a position, at most `timeout` seconds; whether it has.

        Writers of this process wake the sleeper at once. Other processes' writes are seen at
        once on PostgreSQL; elsewhere when the time is up, so callers choose a timeout they can
        live with.
        """
        limit = monotonic() + timeout
        while True:
            with self._grown:
                seen = self._wakes
            if self.head() > after:
                return True
            left = limit - monotonic()
            if left <= 0:
                return False
            self._sleep(seen, left)

    def _sleep(self, wakes: int, timeout: float) -> None:
        with self._grown:
            self._grown.wait_for(lambda: self._wakes != wakes, timeout)

    def wake(self) -> None:
        """Wake everybody who waits for the log to grow."""
        with self._grown:
            self._wakes += 1
            self._grown.notify_all()

    def follow(self, after: int, limit: int = 5000) -> Iterator[list[Row]]:
        """Pages of rows after a position up to the end of the log."""
        while page := self.rows(after, limit):
            yield page
            after = page[-1].position

    # What eventsourcing's applications and subscriptions ask of a recorder.

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        """Append stored events, all or none, and return their positions."""
        if not stored_events:
            return []
        with self.appending() as log:
            positions = range(log.head + 1, log.head + 1 + len(stored_events))
            rows = [
                Row(position, _text(e.originator_id), e.originator_version, e.topic, e.state)
                for position, e in zip(positions, stored_events, strict=True)
            ]
            log.append(rows, ())
        return list(positions)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The stored events of one stream."""
        rows = self.stream(_text(originator_id), -1 if gt is None else gt)
        chosen = [row for row in rows if lte is None or row.version <= lte]
        if desc:
            chosen.reverse()
        return [StoredEvent(r.stream, r.version, r.topic, r.state) for r in chosen[:limit]]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Stored events of all streams with their positions."""
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        rows = self.rows(after, limit, topics)
        return [
            Notification(
                id=r.position,
                originator_id=r.stream,
                originator_version=r.version,
                topic=r.topic,
                state=r.state,
            )
            for r in rows
            if stop is None or r.position <= stop
        ]

    def max_notification_id(self) -> int | None:
        """The last position, None for an empty log."""
        return self.head() or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Stored events as they come, after a position."""
        return PollingSubscription(recorder=self, gt=gt, topics=topics)


class PollingSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """A subscription woken by what wakes the log's readers, and looking every quarter second."""

    def __init__(self, recorder: Log, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        """Start to watch the log."""
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._watcher = Thread(target=self._watch, args=(recorder, gt or 0), daemon=True)
        self._watcher.start()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        super().__exit__(*args, **kwargs)
        self._watcher.join()

    def _watch(self, log: Log, seen: int) -> None:
        try:
            while not self._has_been_stopped:
                if log.wait(seen, 0.25):
                    seen = log.head()
                    self._has_been_notified.set()
        except StoreFault as fault:  # told to the reader, as the library does with its own thread's
            if self._thread_error is None:
                self._thread_error = fault
            self.stop()


def _must_follow(head: int, rows: Sequence[Row]) -> None:
    for expected, row in enumerate(rows, head + 1):
        if row.position != expected:
            raise ValueError(f"position {row.position} where {expected} follows")


def _text(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id
