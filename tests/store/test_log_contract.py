"""What every log promises, whatever engine it is kept by."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from eventsourcing.persistence import IntegrityError

from store.log import Log, Receipt, Tail
from store.memory import MemoryLog
from store.rows import Row
from tests.support.logs import Place, append, key, receipt, recorded_at, rows_at


def append_and_break(log: Log) -> None:
    with log.transaction() as transaction:
        transaction.append(rows_at(transaction.head, ("c", 1, "T")))
        raise KeyError


def append_and_swallow(log: Log) -> None:
    with log.transaction() as transaction:
        transaction.append(rows_at(transaction.head, ("b", 1, "T")))
        with suppress(IntegrityError):
            transaction.append(rows_at(transaction.head, ("c", 1, "T"), ("a", 1, "T")))


def test_an_empty_log_has_nothing(log: Log):
    assert log.head() == 0
    assert log.rows(0, 10) == []
    assert log.stream("complaint-1") == []
    assert log.streams(["complaint-1"], 10) == []
    assert log.prefixed("complaint-") == []
    assert list(log.each_stream(10)) == []
    assert log.receipts([key("c")]) == {}
    assert log.tail() == Tail()
    assert list(log.follow(0)) == []
    assert log.max_notification_id() is None


def test_rows_come_back_as_they_were_in_the_order_of_their_positions(log: Log):
    rows = append(log, ("复诉-甲", 1, "A"), ("b", 1, "B")) + append(log, ("复诉-甲", 2, "C"))
    assert log.rows(0, 10) == rows
    assert [row.position for row in rows] == [1, 2, 3]
    assert log.head() == 3


def test_every_byte_of_a_state_is_kept(log: Log):
    state = bytes(range(256)) * 300
    with log.transaction() as transaction:
        transaction.append([Row(1, "s", 1, "T", 5, state)])
    assert log.rows(0, 1)[0].state == state


def test_a_page_begins_after_a_position_and_is_no_longer_than_asked(log: Log):
    rows = append(log, *((f"s{i}", 1, "T") for i in range(10)))
    assert log.rows(3, 4) == rows[3:7]
    assert log.rows(10, 4) == []


def test_following_reads_all_pages(log: Log):
    rows = append(log, *((f"s{i}", 1, "T") for i in range(10)))
    assert list(log.follow(2, 3)) == [rows[2:5], rows[5:8], rows[8:]]


def test_only_the_topics_asked_for_are_read_and_the_limit_counts_only_them(log: Log):
    rows = append(log, *((f"s{i}", 1, "ABC"[i % 3]) for i in range(9)))
    assert log.rows(0, 4, ["A", "C"]) == [rows[0], rows[2], rows[3], rows[5]]
    assert log.rows(3, 9, ["B"]) == [rows[4], rows[7]]
    assert log.rows(0, 9, ["D"]) == []


def test_a_stream_is_read_by_version_after_a_version(log: Log):
    rows = append(log, ("a", 1, "T"), ("b", 1, "T"), ("a", 2, "T"), ("a", 3, "T"))
    assert log.stream("a") == [rows[0], rows[2], rows[3]]
    assert log.stream("a", 2) == [rows[3]]
    assert log.stream("a", 3) == []


def test_streams_come_by_name_and_version_up_to_a_position(log: Log):
    rows = append(log, ("Z", 1, "T"), ("é", 1, "T"), ("a", 1, "T"), ("Z", 2, "T"), ("a", 2, "T"))
    assert log.streams(["é", "a", "Z", "a", "none"], 4) == [rows[0], rows[3], rows[2], rows[1]]


def test_very_many_streams_come_in_one_order(log: Log):
    names = [f"s{i:04}" for i in range(1200)]
    append(log, *((name, 1, "T") for name in names))
    assert [row.stream for row in log.streams(names[::-1], 5000)] == names


def test_streams_are_found_by_how_their_names_begin(log: Log):
    rows = append(log, ("site-苑", 1, "T"), ("sitf", 1, "T"), ("site-A", 1, "T"), ("site", 1, "T"))
    assert log.prefixed("site-") == [rows[0], rows[2]]


def test_each_stream_comes_with_its_rows_in_the_order_of_names_up_to_a_position(log: Log):
    rows = append(log, ("b", 1, "T"), ("é", 1, "T"), ("b", 2, "T"), ("b", 3, "T"))
    assert list(log.each_stream(3)) == [("b", [rows[0], rows[2]]), ("é", [rows[1]])]
    assert next(iter(log.each_stream(4))) == ("b", [rows[0], rows[2], rows[3]])
    assert len(list(log.each_stream(10_000))) == 2


def test_each_stream_of_a_large_log_comes_once_whole_and_in_order(log: Log):
    names = [f"{letter}{i:04}" for letter in ("é", "z", "Z") for i in range(700)]
    append(log, *((name, version, "T") for version in (1, 2) for name in names))
    found = list(log.each_stream(4200))
    assert [name for name, _ in found] == sorted(names)
    assert {tuple(row[2] for row in rows) for _, rows in found} == {(1, 2)}


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_parts_share_the_streams_and_are_of_about_one_size(log: Log, parts: int):
    lengths = [(f"s{i:04}", 1 + i * 7 % 9) for i in range(400)]
    facts = [(name, v, "T") for name, length in lengths for v in range(1, length + 1)]
    rows = append(log, *facts)
    found = [list(log.each_stream(len(rows), part, parts)) for part in range(1, parts + 1)]
    assert [name for part in found for name, _ in part] == [name for name, _ in lengths]
    sizes = [sum(len(rows) for _, rows in part) for part in found]
    assert sum(sizes) == len(rows)
    assert max(sizes) < 1.35 * len(rows) / parts


def test_one_stream_larger_than_a_part_is_in_one_part_alone(log: Log):
    rows = append(log, ("a", 1, "T"), *(("b", v, "T") for v in range(1, 100)), ("c", 1, "T"))
    found = [list(log.each_stream(len(rows), part, 4)) for part in (1, 2, 3, 4)]
    assert [name for part in found for name, _ in part] == ["a", "b", "c"]


def test_parts_of_an_empty_log_are_empty(log: Log):
    assert [list(log.each_stream(0, part, 2)) for part in (1, 2)] == [[], []]


@pytest.mark.parametrize(("part", "of"), [(0, 2), (3, 2), (-1, 1), (1, 0)])
def test_a_part_that_there_is_not_is_refused(log: Log, part: int, of: int):
    with pytest.raises(ValueError, match="part"):
        log.each_stream(1, part, of)


def test_an_unfinished_read_keeps_nobody_from_seeing_what_is_new(log: Log):
    append(log, ("a", 1, "T"), ("b", 1, "T"))
    unfinished = log.each_stream(2)
    next(unfinished)
    append(log, ("a", 2, "T"))
    assert log.head() == 3
    assert [stream for stream, _ in unfinished] == ["b"]


def test_an_append_is_stored_whole_or_not_at_all(log: Log):
    append(log, ("a", 1, "T"))
    with pytest.raises(IntegrityError):
        append(log, ("b", 1, "T"), ("a", 1, "T"), ("c", 1, "T"))
    assert [row.stream for row in log.rows(0, 10)] == ["a"]


def test_one_append_cannot_hold_the_same_version_twice(log: Log):
    with pytest.raises(IntegrityError):
        append(log, ("a", 1, "T"), ("a", 1, "T"))
    assert log.head() == 0


def test_positions_have_no_gap_after_a_refused_or_broken_append(log: Log):
    append(log, ("a", 1, "T"))
    with pytest.raises(IntegrityError):
        append(log, ("b", 1, "T"), ("a", 1, "T"))
    with pytest.raises(KeyError):
        append_and_break(log)
    append(log, ("d", 1, "T"))
    assert [(row.position, row.stream) for row in log.rows(0, 10)] == [(1, "a"), (2, "d")]


def test_a_refusal_that_is_swallowed_inside_still_stores_nothing(log: Log):
    append(log, ("a", 1, "T"))
    with pytest.raises(IntegrityError):
        append_and_swallow(log)
    assert [row.stream for row in log.rows(0, 10)] == ["a"]


@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_position_that_does_not_follow_the_head_is_refused(log: Log, position: int):
    append(log, ("a", 1, "T"))
    with pytest.raises(ValueError, match="where 2 follows"), log.transaction() as transaction:
        transaction.append([Row(position, "b", 1, "T", recorded_at(9), b"")])
    assert log.head() == 1


def test_what_is_appended_is_seen_inside_at_once_and_outside_when_it_is_done(log: Log):
    append(log, ("a", 1, "T"))
    with log.transaction() as transaction:
        new = rows_at(transaction.head, ("a", 2, "T"), ("b", 1, "T"))
        new = transaction.append(new, [receipt("c1", "b", 1, 3, 2)])
        assert transaction.head == 3
        assert transaction.last_recorded_at == recorded_at(3)
        assert transaction.rows(1, 10) == new
        assert transaction.stream("a", 1) == [new[0]]
        assert transaction.receipts([key("c1")]) == {key("c1"): receipt("c1", "b", 1, 3, 2)}
        assert log.head() == 1
        assert log.stream("b") == []
        assert log.receipts([key("c1")]) == {}
    assert log.head() == 3
    assert log.stream("b") == [new[1]]
    assert log.tail() == transaction.tail == (3, recorded_at(3), new[1].chain)


def test_the_holder_reads_what_was_there_before(log: Log):
    rows = append(log, ("a", 1, "T"), ("b", 1, "T"))
    with log.transaction() as transaction:
        assert transaction.head == 2
        assert transaction.rows(0, 1) == rows[:1]
        assert transaction.stream("b") == [rows[1]]


def test_receipts_are_kept_and_found_by_who_asked_and_command(log: Log):
    given = {key(f"c{i}"): receipt(f"c{i}", f"s{i}", i, 0, 0) for i in range(1100)}
    other = receipt("c3", facts=0, position=0)._replace(scope="another")
    with log.transaction() as transaction:
        transaction.append([], [*given.values(), other])
    assert log.receipts([key("c3"), key("c1099"), key("unknown"), ("another", "c3")]) == {
        key("c3"): given[key("c3")],
        key("c1099"): given[key("c1099")],
        ("another", "c3"): other,
    }
    assert log.receipts([("another", "c1")]) == {}
    assert log.receipts(list(given)) == given
    assert log.receipts([]) == {}


def test_a_command_has_one_receipt_for_who_asked(log: Log):
    append(log, ("a", 1, "T"), receipts=(receipt("c1"),))
    with pytest.raises(IntegrityError):
        append(log, ("a", 2, "T"), receipts=(receipt("c1", "a", 2, 2),))
    assert log.head() == 1
    assert log.receipts([key("c1")]) == {key("c1"): receipt("c1")}
    append(log, ("a", 2, "T"), receipts=(receipt("c1", "a", 2, 2)._replace(scope="another"),))
    with pytest.raises(IntegrityError):
        append(log, receipts=(receipt("c2", facts=0, position=2),) * 2)


@pytest.mark.parametrize(
    "untrue",
    [
        receipt("c", "b", 1, 3),  # beyond the head
        receipt("c", "a", 1, 1),  # of rows that were there before
        receipt("c", "b", 1, 2, 2),  # of more rows than were appended
        receipt("c", "b", 2, 2),  # of another version
        receipt("c", "a", 1, 2),  # of another stream
        receipt("c", "b", 1, 1, 0),  # that leaves a row uncounted
        receipt("c", "b", 1, 2, -1),
        receipt("c", "b", 1, 0, 0),
        receipt("c", "b", 1, 2)._replace(fingerprint=b"short"),
    ],
)
def test_a_receipt_that_cannot_be_true_is_refused(log: Log, untrue: Receipt):
    append(log, ("a", 1, "T"))
    with pytest.raises(ValueError, match=r"receipt|fingerprint"):
        append(log, ("b", 1, "T"), receipts=(untrue,))
    assert log.head() == 1


def test_rows_without_a_receipt_get_one(log: Log):
    append(log, ("a", 1, "T"), ("b", 1, "T"))
    append(log, ("a", 2, "T"))
    made = [(r.stream, r.version, r.position, r.facts) for _, r in log.receipt_page(0, 9)]
    assert made == [("b", 1, 2, 2), ("a", 2, 3, 1)]


def test_receipts_in_another_order_than_their_rows_are_refused(log: Log):
    receipts = (receipt("c1", "b", 1, 2), receipt("c2", "a", 1, 1))
    with pytest.raises(ValueError, match="c1"):
        append(log, ("a", 1, "T"), ("b", 1, "T"), receipts=receipts)
    append(log, ("a", 1, "T"), ("b", 1, "T"), receipts=receipts[::-1])


def test_writers_of_several_threads_leave_no_gap_and_a_reader_misses_nothing(log: Log):
    by_several_writers([log, log, log, log])


def test_writers_of_several_processes_leave_no_gap_and_a_reader_misses_nothing(on_disk: Place):
    by_several_writers([on_disk.open() for _ in range(3)])


def by_several_writers(logs: list[Log], appends: int = 40) -> None:
    seen: list[Row] = []
    total = len(logs) * appends * 3

    def write(writer: int) -> None:
        for version in range(1, appends + 1):
            facts = [(f"s{writer}-{part}", version, "T") for part in range(3)]
            append(logs[writer], *facts)

    def tail() -> None:
        deadline = time.monotonic() + 60
        while len(seen) < total and time.monotonic() < deadline:
            seen.extend(logs[0].rows(seen[-1].position if seen else 0, 7))

    with ThreadPoolExecutor(len(logs) + 1) as threads:
        futures = [threads.submit(tail), *(threads.submit(write, i) for i in range(len(logs)))]
    for future in futures:
        future.result()
    assert [row.position for row in seen] == list(range(1, total + 1))
    assert len({(row.stream, row.version) for row in seen}) == total
    for start in range(0, total, 3):
        assert len({row.stream.partition("-")[0] for row in seen[start : start + 3]}) == 1


def test_who_waits_is_woken_by_a_writer_of_the_same_process(log: Log):
    assert took(lambda: log.wait(0, 30), lambda: append(log, ("a", 1, "T"))) < 10


def test_who_waits_on_postgres_is_woken_by_another_process(
    empty_database: str, request: pytest.FixtureRequest
):
    place = Place("postgres", empty_database)
    request.addfinalizer(place.close)
    waiting, writing = place.open(), place.open()
    assert took(lambda: waiting.wait(0, 30), lambda: append(writing, ("a", 1, "T"))) < 10


def took(wait: Callable[[], bool], write: Callable[[], object]) -> float:
    """How long somebody waited who began half a second before the writer, and was told."""
    with ThreadPoolExecutor(1) as threads:
        started = time.monotonic()
        waiting = threads.submit(wait)
        time.sleep(0.5)
        assert not waiting.done()
        write()
        assert waiting.result() is True
        return time.monotonic() - started


def test_waiting_ends_with_the_time(log: Log):
    append(log, ("a", 1, "T"))
    started = time.monotonic()
    assert log.wait(1, 0.2) is False
    assert 0.2 <= time.monotonic() - started < 5


def test_nobody_waits_for_what_is_there(log: Log):
    append(log, ("a", 1, "T"))
    started = time.monotonic()
    assert log.wait(0, 30) is True
    assert time.monotonic() - started < 10


def test_a_subscription_hears_of_other_processes_too(on_disk: Place):
    reading, writing = on_disk.open(), on_disk.open()
    append(writing, ("a", 1, "T"))
    with reading.subscribe(gt=0) as subscription:
        assert next(subscription).originator_version == 1
        append(writing, ("a", 2, "T"))
        assert next(subscription).id == 2


def test_a_log_in_memory_is_nobody_elses():
    one, other = MemoryLog(), MemoryLog()
    append(one, ("a", 1, "T"))
    assert other.head() == 0
