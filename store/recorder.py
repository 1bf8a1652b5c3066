"""What eventsourcing's applications and subscriptions ask of a recorder, on top of any log."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)

from store.errors import StoreFault
from store.rows import Row, micros

if TYPE_CHECKING:
    from store.append import AppendTransaction

POLL_SECONDS = 0.25


class Recorder(ApplicationRecorder):
    """The library's recorder interface, and the wake-up of those who wait for the log to grow."""

    def __init__(self) -> None:
        """Prepare the wake-up."""
        self._grown = Condition()
        self._wakes = 0

    @abstractmethod
    def transaction(self) -> AbstractContextManager[AppendTransaction]:
        """Hold the log and append to it."""

    @abstractmethod
    def rows(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` rows after a position, in order, of the given topics or of all."""

    @abstractmethod
    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """The rows of one stream after a version, in order."""

    @abstractmethod
    def head(self) -> int:
        """The last position, 0 for an empty log."""

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the log has grown past a position, at most `timeout` seconds; whether it has.

        Writers of this process end the wait at once. Writes of other processes are seen at once
        on PostgreSQL; elsewhere when the time is up, so choose a short timeout.
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
            with self._grown:
                self._grown.wait_for(lambda seen=seen: self._wakes != seen, left)  # type: ignore[misc]

    def wake(self) -> None:
        """Wake everybody who waits for the log to grow."""
        with self._grown:
            self._wakes += 1
            self._grown.notify_all()

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        """Append stored events, all or none, and return their positions."""
        if not stored_events:
            return []
        with self.transaction() as log:
            now = micros(log.raised(datetime.now(UTC)))
            rows = [
                Row(
                    log.head + i,
                    _text(e.originator_id),
                    e.originator_version,
                    e.topic,
                    now,
                    e.state,
                )
                for i, e in enumerate(stored_events, start=1)
            ]
            return [row.position for row in log.append(rows)]

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
    """A subscription that follows the log's wake-ups and polls every quarter second."""

    def __init__(
        self, recorder: Recorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        """Start to watch the log."""
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._watcher = Thread(target=self._watch, args=(recorder, gt or 0), daemon=True)
        self._watcher.start()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        super().__exit__(*args, **kwargs)
        self._watcher.join()

    def _watch(self, log: Recorder, seen: int) -> None:
        try:
            while not self._has_been_stopped:
                if log.wait(seen, POLL_SECONDS):
                    seen = log.head()
                    self._has_been_notified.set()
        except StoreFault as fault:  # raised in the reader, as the library does with its own
            if self._thread_error is None:
                self._thread_error = fault
            self.stop()


def _text(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id
