"""The feed: publishes every fact of the log on a topic of Kafka, in the order of its stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from domain.kernel.refusals import UserFacingError
from scheduler.cloud_events import Event, Header, Place, event, place
from store.codec import Codec
from store.follower import Batch, Follower
from store.lease import Lease
from store.log import Log

AT_ONCE: Final = 500
"""Facts that are sent before all of them must be acknowledged."""


class TopicForeign(UserFacingError):
    """The topic {topic} holds {what}, which is no fact of this log: name another topic, or an empty
    one, in the setting `kafka_topic`.
    """  # noqa: D205 - a docstring is the sentence shown

    zh = "主题 {topic} 中的 {what} 不属于本日志，请在设置 kafka_topic 中改用其他主题或空主题。"


class Topic(Protocol):
    """Where facts are published."""

    name: str

    def tails(self, count: int) -> Iterator[list[Sequence[Header]]]:
        """The headers of the last records of each partition, at most so many of each."""

    def publish(self, events: Sequence[Event]) -> None:
        """Send records; when it returns they are there."""

    def close(self) -> None:
        """Give the connections back."""


class Feed(Follower):
    """Publishes facts; where it goes on is read from the topic itself.

    A batch is acknowledged as a whole before the next is begun, and each record says up to which
    position (``ce_after``) that had been done. So the highest such position on the topic is
    proven, and beyond it only records of one batch may be there: they are read, and not sent
    again. At the broker this is at least once: what a killed process had handed to the network
    may arrive after its successor has looked.
    """

    name = "kafka-feed"
    batch = AT_ONCE
    rest = 0.02

    def __init__(self, log: Log, codec: Codec, topic: Topic, lease: Lease) -> None:
        """Follow a log; of all processes of a store the one with the lease publishes."""
        super().__init__(log)
        self._codec = codec
        self._topic = topic
        self._lease = lease
        self._at: int | None = None
        self._there: frozenset[int] = frozenset()

    def position(self) -> int | None:
        """Up to where the topic holds every fact; None where that was not read yet."""
        return self._at

    def step(self) -> int | None:
        """Publish the next batch, None at the end of the log or where another process does."""
        if not self._lease.held():
            self._at = None
            return None
        if self._at is None:
            self._at, self._there = self._proven()
        return super().step()

    def take(self, batch: Batch) -> None:
        """Publish a batch, except what is there."""
        source = f"/guanjia/{self._topic.name}"
        events = [
            event(
                row, source=source, occurred=self._codec.decode(row).occurred_at, after=batch.after
            )
            for row in batch.rows
            if row.position not in self._there
        ]
        self._at = None  # until it is known that all of it is there
        self._topic.publish(events)
        self._at, self._there = batch.until, frozenset()

    def close(self) -> None:
        """Close the connections, and let another process publish."""
        self._topic.close()
        self._lease.close()

    def _proven(self) -> tuple[int, frozenset[int]]:
        """Up to where the topic holds every fact, and which it holds beyond."""
        places = [
            self._known(headers) for tail in self._topic.tails(2 * AT_ONCE) for headers in tail
        ]
        proven = max((found.after for found in places), default=0)
        beyond = [found for found in places if found.position > proven]
        self._check(max(places, default=None))
        return proven, frozenset(found.position for found in beyond)

    def _known(self, headers: Iterable[tuple[str, bytes]]) -> Place:
        found = place(headers)
        if found is None:
            raise TopicForeign(topic=self._topic.name, what="a record without our headers")
        return found

    def _check(self, found: Place | None) -> None:
        """Compare a record with the log: another log's facts have other streams at the place."""
        if found is None:
            return
        rows = self.log.rows(found.position - 1, 1)
        known = [(row.position, row.stream, row.version) for row in rows]
        if known != [(found.position, found.stream, found.version)]:
            what = f"{found.stream}/{found.version} at position {found.position}"
            raise TopicForeign(topic=self._topic.name, what=what)
