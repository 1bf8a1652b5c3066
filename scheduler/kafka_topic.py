"""A topic of Kafka: what its ends hold, and sending so that it is there when the call returns."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from domain.kernel.refusals import UserFacingError
from scheduler.cloud_events import Event, Header

MILLISECONDS: Final = 4000
"""How long one request to a broker may take."""
DELIVERY: Final = 10.0
"""Seconds in which everything that is sent at once must be acknowledged, retries included."""
CLOSING: Final = 3.0
LARGEST: Final = 4 << 20
"""Bytes of a record: a fact is no larger than the body of a command, with its envelope."""
MADE_WITH: Final = {"retention.ms": "-1", "max.message.bytes": str(LARGEST)}
"""How a missing topic is made: what it holds stays, else nothing would show where to go on."""


class BrokerAway(UserFacingError):
    """The Kafka brokers {brokers} cannot be used ({problem}): start them or correct the setting
    `kafka`; the feed goes on by itself where it was.
    """  # noqa: D205 - a docstring is the sentence shown

    zh = "Kafka {brokers} 无法使用（{problem}），请启动它或更正设置 kafka；恢复后会自动从断点继续。"


class KafkaTopic:
    """One topic, for one producer at a time."""

    def __init__(self, brokers: Sequence[str], name: str) -> None:
        """Connect to nothing yet."""
        self.name = name
        self._brokers = list(brokers)
        self._producer: KafkaProducer | None = None

    def tails(self, count: int) -> Iterator[list[Sequence[Header]]]:
        """The headers of the last records of each partition, at most so many of each.

        A missing topic is made.

        Raises:
            BrokerAway: no broker answers.
        """
        with self._told(), self._consumer() as consumer:
            yield from _tails(consumer, self._partitions(consumer), count)

    def publish(self, events: Sequence[Event]) -> None:
        """Send records; when it returns every in-sync replica has them, in order for each key.

        Raises:
            BrokerAway: not all were acknowledged; some may be there.
        """
        with self._told():
            producer = self._producer = self._producer or self._made()
            sent = [
                producer.send(self.name, key=e.key, value=e.value, headers=list(e.headers))
                for e in events
            ]
            producer.flush(DELIVERY + CLOSING)
            _await(sent)

    def close(self) -> None:
        """Give the connections back; what was not acknowledged is given up."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=CLOSING)
        except KafkaError:  # it does not close while anything is on its way
            producer._sender.force_close()  # noqa: SLF001 - its thread would go on sending

    def _made(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._brokers, client_id="guanjia-feed", acks="all",
            enable_idempotence=True, allow_auto_create_topics=False, linger_ms=2,
            max_request_size=LARGEST, request_timeout_ms=MILLISECONDS, max_block_ms=MILLISECONDS,
            bootstrap_timeout_ms=MILLISECONDS, delivery_timeout_ms=int(DELIVERY * 1000),
        )  # fmt: skip

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        consumer = KafkaConsumer(
            bootstrap_servers=self._brokers, client_id="guanjia-feed", group_id=None,
            enable_auto_commit=False, auto_offset_reset="earliest",
            allow_auto_create_topics=False, request_timeout_ms=MILLISECONDS,
            bootstrap_timeout_ms=MILLISECONDS,
        )  # fmt: skip
        try:
            yield consumer
        finally:
            consumer.close()

    def _partitions(self, consumer: KafkaConsumer) -> list[Any]:
        numbers = consumer.partitions_for_topic(self.name)
        if not numbers:
            self._make()
            numbers = consumer.partitions_for_topic(self.name)
        if not numbers:  # taken for an empty topic, it would be given everything again
            raise KafkaTimeoutError(f"the partitions of {self.name} are not known yet")
        return [TopicPartition(self.name, number) for number in sorted(numbers)]

    def _make(self) -> None:
        admin = KafkaAdminClient(
            bootstrap_servers=self._brokers, request_timeout_ms=MILLISECONDS,
            bootstrap_timeout_ms=MILLISECONDS,
        )  # fmt: skip
        try:
            with suppress(TopicAlreadyExistsError):
                admin.create_topics(
                    [NewTopic(self.name, topic_configs=dict(MADE_WITH))], wait_for_metadata=True
                )
        finally:
            admin.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the library's errors into a sentence; the producer is not used again after one."""
        try:
            yield
        except (KafkaError, OSError) as error:
            self.close()
            problem = str(error) or type(error).__name__
            raise BrokerAway(brokers=",".join(self._brokers), problem=problem) from error


def _await(futures: Sequence[Any]) -> None:
    """Wait until it is known of every record whether it was taken; raise the first failure.

    The producer itself gives up after the time for a delivery. To go on before that would let
    records of this try arrive among those of the next.
    """
    limit = time.monotonic() + DELIVERY + CLOSING
    failures = []
    for future in futures:
        try:
            future.get(max(limit - time.monotonic(), 0.0))
        except KafkaError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _tails(
    consumer: KafkaConsumer, partitions: Sequence[Any], count: int
) -> Iterator[list[Sequence[Header]]]:
    ends, begins = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
    for partition in partitions:
        found: list[Sequence[Header]] = []
        end = ends[partition]
        consumer.assign([partition])
        consumer.seek(partition, max(begins[partition], end - count))
        limit = time.monotonic() + DELIVERY
        while consumer.position(partition) < end:
            if time.monotonic() > limit:
                raise KafkaTimeoutError(f"the end of {partition.topic} could not be read")
            for records in consumer.poll(timeout_ms=MILLISECONDS).values():
                found += [record.headers for record in records if record.offset < end]
        yield found
