"""The feed publishes every fact, each stream in order, and goes on where the topic says."""

import gc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from domain.kernel.facts import Recorded
from domain.kinds.site.facts import SiteOpened
from scheduler import feed as feeding
from scheduler.cloud_events import Event, event, place
from scheduler.feed import Feed, TopicForeign
from scheduler.kafka_topic import BrokerAway, KafkaTopic
from store.codec import Codec, Row
from store.lease import open_lease
from store.log import Log
from store.memory import MemoryLog
from tests.support.broker import Broker
from tests.support.topics import duplicates, records

AT = datetime(2026, 11, 24, 4, 5, 6, 789, tzinfo=UTC)
CODEC = Codec()
PARTITIONS = 3


def happen(log: Log, *streams: str) -> None:
    """Append the next fact of each stream."""
    with log.transaction() as appending:
        versions: dict[str, int] = {}
        rows = []
        for position, stream in enumerate(streams, appending.head + 1):
            before = versions.get(stream, len(appending.stream(stream)))
            versions[stream] = before + 1
            fact = SiteOpened(name=f"甲{position}", zone="Asia/Shanghai")
            recorded = Recorded(
                stream, before + 1, position, fact, AT, AT, "test", f"c{position}", "a", 1, None,
                None,
            )  # fmt: skip
            rows.append(CODEC.encode(recorded))
        appending.append(rows, ())


class Granted:
    """A lease that a test gives and takes."""

    def __init__(self) -> None:
        self.ours = True

    def held(self) -> bool:
        return self.ours

    def close(self) -> None:
        self.ours = False


class Shelf:
    """A topic in memory. Asked to fail, it keeps of each partition as much as a test says."""

    name = "shelf"

    def __init__(self) -> None:
        self.partitions: list[list[Event]] = [[] for _ in range(PARTITIONS)]
        self.kept: Sequence[int] | None = None
        self.looks = 0

    def tails(self, count: int) -> Iterator[list[Any]]:
        self.looks += 1
        for partition in self.partitions:
            yield [event.headers for event in partition[-count:]]

    def publish(self, events: Sequence[Event]) -> None:
        parts: list[list[Event]] = [[] for _ in range(PARTITIONS)]
        for one in events:
            parts[sum(one.key) % PARTITIONS].append(one)
        kept, self.kept = self.kept, None
        for number, part in enumerate(parts):
            self.partitions[number] += part if kept is None else part[: kept[number]]
        if kept is not None:
            raise BrokerAway(brokers="there", problem="gone")

    def close(self) -> None:
        pass

    def facts(self) -> list[list[tuple[str, int]]]:
        """Stream and version of each record, by partition."""
        found = [[place(event.headers) for event in part] for part in self.partitions]
        return [[(p.stream, p.version) for p in part if p] for part in found]


def fed(log: Log, shelf: Any, lease: Any = None) -> Feed:
    return Feed(log, CODEC, shelf, lease or Granted())


def test_a_fact_is_a_cloud_event() -> None:
    """Binary mode: the document as the log keeps it, everything else in headers."""
    row = Row(17, "site-花园", 3, "SiteOpened", 0, '{"a":"甲"}'.encode())
    made = event(row, source="/guanjia/garden", occurred=AT, after=16)
    assert made.key == "site-花园".encode()
    assert made.value == row.state
    assert {name: value.decode() for name, value in made.headers} == {
        "ce_specversion": "1.0",
        "ce_id": "site-花园/3",
        "ce_source": "/guanjia/garden",
        "ce_type": "guanjia.SiteOpened",
        "ce_time": "2026-11-24T04:05:06.000789+00:00",
        "ce_subject": "site-花园",
        "ce_version": "3",
        "ce_position": "17",
        "ce_after": "16",
        "content-type": "application/json",
    }
    assert place(made.headers) == (17, "site-花园", 3, 16)


@pytest.mark.parametrize("headers", [[], [("ce_position", b"x")], [("ce_subject", b"a")]])
def test_a_record_of_others_has_no_place(headers: list[tuple[str, bytes]]) -> None:
    """Whatever headers it has."""
    assert place(headers) is None


def test_everything_is_published_once_and_then_what_comes() -> None:
    """Nothing is read from the topic again as long as all goes well."""
    log, shelf = MemoryLog(), Shelf()
    happen(log, *"abcabca")
    feed = fed(log, shelf)
    assert feed.position() is None
    assert feed.tick() == 7
    happen(log, *"ad")
    assert feed.tick() == 2
    assert (feed.position(), feed.lag(), shelf.looks) == (9, 0, 1)
    assert sorted(fact for part in shelf.facts() for fact in part) == [
        ("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1), ("b", 2), ("c", 1), ("c", 2), ("d", 1),
    ]  # fmt: skip


@settings(max_examples=150)
@given(
    streams=st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=60),
    at_once=st.integers(1, 8),
    crashes=st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), max_size=6),
    before=st.lists(st.integers(0, 60), min_size=6, max_size=6),
    anew=st.booleans(),
)
def test_whatever_part_of_a_batch_was_kept_each_fact_is_there_once_in_order(
    streams: list[str], at_once: int, crashes: list[list[int]], before: list[int], *, anew: bool
) -> None:
    """The same feed going on and a new one: both continue with exactly what is missing."""
    log, shelf = MemoryLog(), Shelf()
    feed = fed(log, shelf)
    feed.batch = at_once
    for kept, count in zip(crashes, before, strict=False):
        some, streams = streams[:count], streams[count:]
        happen(log, *some)
        shelf.kept = kept
        if log.head() > (feed.position() or 0):
            with pytest.raises(BrokerAway):
                feed.tick()
            if anew:
                feed = fed(log, shelf)
                feed.batch = at_once
        shelf.kept = None
    happen(log, *streams)
    feed.tick()
    found = [fact for part in shelf.facts() for fact in part]
    assert sorted(found) == sorted((r.stream, r.version) for page in log.follow(0) for r in page)
    for part in shelf.facts():
        for stream in {name for name, _ in part}:
            versions = [version for name, version in part if name == stream]
            assert versions == sorted(versions)


def test_without_the_lease_nothing_is_published_and_with_it_the_topic_is_read_anew() -> None:
    """Another process may have published meanwhile."""
    log, shelf, mine, theirs = MemoryLog(), Shelf(), Granted(), Granted()
    one, other = fed(log, shelf, mine), fed(log, shelf, theirs)
    mine.ours = False
    happen(log, *"ab")
    assert (one.tick(), one.position()) == (0, None)
    assert (other.tick(), other.position()) == (2, 2)
    for streams in ("c", "aad", "b"):
        mine.ours, theirs.ours = theirs.ours, mine.ours
        happen(log, *streams)
        one.tick()
        other.tick()
        assert {one.position(), other.position()} == {None, log.head()}
    published = [fact for part in shelf.facts() for fact in part]
    assert len(published) == len(set(published)) == log.head() == 7


def test_a_topic_of_another_log_is_not_written_to() -> None:
    """Neither one whose facts are others, nor one that is ahead of a log put back."""
    log, other, shelf = MemoryLog(), MemoryLog(), Shelf()
    happen(log, *"abc")
    happen(other, *"abx")
    fed(log, shelf).tick()
    with pytest.raises(TopicForeign, match="c/1 at position 3"):
        fed(other, shelf).tick()
    shorter = MemoryLog()
    happen(shorter, "a")
    with pytest.raises(TopicForeign, match="shelf"):
        fed(shorter, shelf).tick()
    assert sum(map(len, shelf.partitions)) == 3


def test_a_topic_with_records_of_others_is_not_written_to() -> None:
    """They would be taken for facts."""
    log, shelf = MemoryLog(), Shelf()
    happen(log, "a")
    shelf.partitions[1].append(Event(b"k", b"v", [("other", b"1")]))
    with pytest.raises(TopicForeign, match="without our headers"):
        fed(log, shelf).tick()


# With a real broker.


@pytest.fixture
def kafka(broker: Broker) -> Iterator[Broker]:
    """A broker that runs; sockets that the library leaves to the collector are collected here."""
    broker.start()
    yield broker
    gc.collect()


leaves_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Marks tests of kafka-python's clients: closed, they sometimes leave a socket to the collector."""


@leaves_sockets
def test_a_broker_has_every_fact_in_the_order_of_its_stream(kafka: Broker, tmp_path: Path) -> None:
    """More than one batch; the topic is made where it is missing, and keeps what it holds."""
    log, name = MemoryLog(), kafka.new_topic()
    happen(log, *(f"site-{n % 40}" for n in range(1200)))
    lease = open_lease(str(tmp_path / "g.db"), "feed")
    feed = Feed(log, CODEC, KafkaTopic([kafka.address], name), lease)
    assert feed.tick() == 1200
    rows = [row for page in log.follow(0) for row in page]
    found = records(kafka, name)
    assert duplicates(found, rows) == 0
    assert len({record.partition for record in found}) > 1
    documents = {(row.stream, row.version): row.state for row in rows}
    assert all(record.value == documents[record.fact] for record in found)
    assert all(record.headers["ce_id"] == "{}/{}".format(*record.fact) for record in found)
    feed.close()


@leaves_sockets
def test_a_new_feed_goes_on_where_the_topic_says(kafka: Broker) -> None:
    """From the highest position proven on the topic, whichever partition has it."""
    log, name = MemoryLog(), kafka.new_topic()
    for count in (3, 700, 1, 0, 600):
        happen(log, *(f"site-{n % 7}" for n in range(count)))
        feed = Feed(log, CODEC, KafkaTopic([kafka.address], name), open_lease(":memory:", "feed"))
        feed.tick()
        assert feed.position() == log.head()
        feed.close()
    assert duplicates(records(kafka, name), [r for page in log.follow(0) for r in page]) == 0


@leaves_sockets
def test_a_broker_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence with its address; nothing counts as published."""
    log = MemoryLog()
    happen(log, "a")
    monkeypatch.setattr("scheduler.kafka_topic.MILLISECONDS", 500)
    feed = fed(log, KafkaTopic(["127.0.0.1:1"], "nowhere"))
    with pytest.raises(BrokerAway, match=r"127\.0\.0\.1:1"):
        feed.tick()
    assert (feed.position(), feeding.AT_ONCE) == (None, 500)
    feed.close()
