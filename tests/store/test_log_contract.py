"""What every log promises, whatever engine it is kept by."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from eventsourcing.persistence import IntegrityError

from store.codec import Row
from store.log import Answered, Log
from store.memory import MemoryLog
from tests.support.logs import Place, answer, append, rows_at


def append_and_break(log: Log) -> None:
    with log.appending() as appending:
        appending.append(rows_at(appending.head, ("c", 1, "T")), ())
        raise KeyError


def append_and_swallow(log: Log) -> None:
    with log.appending() as appending:
        appending.append(rows_at(appending.head, ("b", 1, "T")), ())
        with suppress(IntegrityError):
            appending.append(rows_at(appending.head, ("c", 1, "T"), ("a", 1, "T")), ())


def test_an_empty_log_has_nothing(log: Log):
    assert log.head() == 0
    assert log.rows(0, 10) == []
    assert log.stream("complaint-1") == []
    assert log.streams(["complaint-1"], 10) == []
    assert log.prefixed("complaint-") == []
    assert list(log.documents(10)) == []
    assert list(log.follow(0)) == []
    assert log.max_notification_id() is None


def test_rows_come_back_as_they_were_in_the_order_of_their_positions(log: Log):
    rows = append(log, ("复诉-甲", 1, "A"), ("b", 1, "B")) + append(log, ("复诉-甲", 2, "C"))
    assert log.rows(0, 10) == rows
    assert [row.position for row in rows] == [1, 2, 3]
    assert log.head() == 3


def test_every_byte_of_a_state_is_kept(log: Log):
    state = bytes(range(256)) * 300
    with log.appending() as appending:
        appending.append([Row(1, "s", 1, "T", state)], ())
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


def test_the_documents_of_each_stream_come_as_one_array(log: Log):
    with log.appending() as appending:
        states = [b'{"a":1}', b'{"b":"' + "乙".encode() + b'"}', b"3", b"4"]
        named = zip(states, ["b", "é", "b", "b"], [1, 1, 3, 2], strict=True)
        rows = [Row(i, s, v, "T", state) for i, (state, s, v) in enumerate(named, 1)]
        appending.append(rows, ())
    assert list(log.documents(3)) == [("b", 2, b'[{"a":1},3]'), ("é", 1, b'[{"b":"\xe4\xb9\x99"}]')]
    assert next(iter(log.documents(4))) == ("b", 3, b'[{"a":1},4,3]')


def test_the_documents_of_a_whole_log_come_stream_by_stream_in_the_order_of_names(log: Log):
    names = [f"{letter}{i:04}" for letter in ("é", "z", "Z") for i in range(700)]
    append(log, *((name, version, "T") for version in (1, 2) for name in names))
    found = list(log.documents(10_000))
    assert [name for name, _, _ in found] == sorted(names)
    assert {rows for _, rows, _ in found} == {2}


def test_an_unfinished_read_keeps_nobody_from_seeing_what_is_new(log: Log):
    append(log, ("a", 1, "T"), ("b", 1, "T"))
    unfinished = log.documents(2)
    next(unfinished)
    append(log, ("a", 2, "T"))
    assert log.head() == 3
    assert [stream for stream, _, _ in unfinished] == ["b"]


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
    with pytest.raises(ValueError, match="where 2 follows"), log.appending() as appending:
        appending.append([Row(position, "b", 1, "T", b"")], ())
    assert log.head() == 1


def test_what_is_appended_is_seen_inside_at_once_and_outside_when_it_is_done(log: Log):
    append(log, ("a", 1, "T"))
    with log.appending() as appending:
        new = rows_at(appending.head, ("a", 2, "T"), ("b", 1, "T"))
        appending.append(new, [answer("c1")])
        assert appending.head == 3
        assert appending.rows(1, 10) == new
        assert appending.stream("a", 1) == [new[0]]
        assert appending.answered(["c1"]) == {"c1": answer("c1")}
        assert log.head() == 1
        assert log.stream("b") == []
    assert log.head() == 3
    assert log.stream("b") == [new[1]]


def test_the_holder_reads_what_was_there_before(log: Log):
    rows = append(log, ("a", 1, "T"), ("b", 1, "T"))
    with log.appending() as appending:
        assert appending.head == 2
        assert appending.rows(0, 1) == rows[:1]
        assert appending.stream("b") == [rows[1]]


def test_answers_are_kept_and_found_by_command(log: Log):
    given = {f"c{i}": Answered(f"c{i}", f"s{i}", i, i * 2, 0) for i in range(1100)}
    with log.appending() as appending:
        appending.append((), list(given.values()))
    with log.appending() as appending:
        assert appending.answered(["c3", "c1099", "unknown"]) == {
            "c3": given["c3"],
            "c1099": given["c1099"],
        }
        assert appending.answered(list(given)) == given
        assert appending.answered([]) == {}


def test_a_command_is_answered_once(log: Log):
    append(log, ("a", 1, "T"), answers=(answer("c1"),))
    with pytest.raises(IntegrityError):
        append(log, ("a", 2, "T"), answers=(answer("c1", 2),))
    assert log.head() == 1
    with log.appending() as appending:
        assert appending.answered(["c1"]) == {"c1": answer("c1")}


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
