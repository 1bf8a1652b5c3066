"""What a topic of Kafka holds, read by a consumer of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from store.rows import Row
from tests.support.broker import Broker


class Record(NamedTuple):
    """A record of a topic; ``headers`` are texts."""

    partition: int
    key: str
    value: bytes
    headers: dict[str, str]

    @property
    def fact(self) -> tuple[str, int]:
        """Which fact it carries."""
        return self.headers["ce_subject"], int(self.headers["ce_version"])


def records(broker: Broker, topic: str) -> list[Record]:
    """Everything on a topic, partition by partition, each in its order."""
    consumer = KafkaConsumer(
        bootstrap_servers=[broker.address], group_id=None, enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    try:
        numbers = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions) if partitions else {}
        consumer.seek_to_beginning()
        found: list[Record] = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for some in consumer.poll(timeout_ms=2000).values():
                found += map(_record, some)
    finally:
        consumer.close()
    return sorted(found, key=lambda record: record.partition)


def _record(found: Any) -> Record:
    headers = {name: value.decode() for name, value in found.headers}
    return Record(found.partition, found.key.decode(), found.value, headers)


def duplicates(found: list[Record], rows: Iterable[Row]) -> int:
    """How many records repeat others; every fact of the log is there, each stream in order.

    Records of a fact that came before are left out, as a consumer does.
    """
    seen: dict[str, int] = {}
    fresh = 0
    for record in found:
        stream, version = record.fact
        assert record.key == stream
        if version > seen.get(stream, 0):
            assert version == seen.get(stream, 0) + 1, f"{stream} goes on with {version}"
            seen[stream] = version
            fresh += 1
    wanted: dict[str, int] = {}
    for row in rows:
        wanted[row.stream] = row.version
    assert seen == wanted
    return len(found) - fresh
