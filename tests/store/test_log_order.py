"""What every log promises of order and hashes, and to a writer who knows where it ends."""

from contextlib import suppress
from hashlib import sha256

import pytest
from eventsourcing.persistence import IntegrityError

from store import checks
from store.checks import check_chain, check_whole
from store.errors import HeadMoved, LogDamaged, RecordedBackwards
from store.log import Log, Tail
from store.memory import MemoryLog
from store.rows import Row, instant
from tests.support.logs import Place, append, receipt, recorded_at, rows_at


def test_what_is_recorded_never_goes_back_in_time(log: Log):
    (first,) = append(log, ("a", 1, "T"))
    early = rows_at(1, ("b", 1, "T"))[0]._replace(recorded_at=first.recorded_at - 1)
    with pytest.raises(RecordedBackwards) as refused, log.transaction() as transaction:
        transaction.append([early])
    assert "2026-03-02T08:30:16.250000+00:00" in refused.value.sentence
    assert "2026-03-02T08:30:16.249999+00:00" in refused.value.sentence_zh
    two = rows_at(1, ("b", 1, "T"), ("c", 1, "T"))
    with pytest.raises(RecordedBackwards), log.transaction() as transaction:
        transaction.append([two[0], two[1]._replace(recorded_at=two[0].recorded_at - 1)])
    assert log.head() == 1
    same = [row._replace(recorded_at=first.recorded_at) for row in two]
    with log.transaction() as transaction:
        assert transaction.last_recorded_at == first.recorded_at
        transaction.append(same)
    assert log.tail().recorded_at == first.recorded_at


def test_an_empty_log_may_begin_at_any_time(log: Log):
    with log.transaction() as transaction:
        assert instant(transaction.last_recorded_at).year == 1
        transaction.append([Row(1, "a", 1, "T", transaction.last_recorded_at, b"")])
    assert log.head() == 1


@pytest.mark.parametrize("versions", [(2,), (1, 3), (-1,), (1, 2, 2), (0, 2), (1, 0), (2, 1)])
def test_versions_of_a_stream_follow_each_other(log: Log, versions: tuple[int, ...]):
    with pytest.raises(IntegrityError):
        append(log, *(("a", version, "T") for version in versions))
    assert log.head() == 0


def test_versions_follow_what_is_there_and_may_begin_with_0(log: Log):
    append(log, ("a", 1, "T"), ("b", 0, "T"), ("b", 1, "T"))
    for stream, version in (("a", 3), ("b", 3), ("b", 0), ("a", 0)):
        with pytest.raises(IntegrityError):
            append(log, (stream, version, "T"))
    append(log, ("a", 2, "T"), ("b", 2, "T"))
    assert [row.version for row in log.stream("b", -1)] == [0, 1, 2]


# Hashes


def packed(*values: object) -> bytes:
    """MessagePack by hand, as its specification says."""
    parts = [bytes([0x90 | len(values)])]
    for value in values:
        if isinstance(value, int):
            assert 0 <= value < 128 or value > 2**32
            parts.append(bytes([value]) if value < 128 else b"\xcf" + value.to_bytes(8))
        elif isinstance(value, str):
            assert len(value.encode()) < 32
            parts.append(bytes([0xA0 | len(value.encode())]) + value.encode())
        else:
            assert isinstance(value, bytes)
            assert len(value) < 256
            parts.append(b"\xc4" + bytes([len(value)]) + value)
    return b"".join(parts)


def test_rows_are_hashed_as_documented(log: Log):
    rows = append(log, ("投诉-1", 1, "A"), ("b", 1, "B"))
    chain = b""
    for row, (stream, topic) in zip(rows, [("投诉-1", "A"), ("b", "B")], strict=True):
        at = recorded_at(row.position)
        digest = sha256(packed(row.position, stream, 1, topic, at, row.state)).digest()
        chain = sha256(chain + digest).digest()
        assert (row.digest, row.chain) == (digest, chain)


def test_the_same_rows_have_the_same_hashes_on_every_engine_however_they_are_appended(log: Log):
    facts = [(f"s{i}", 1, "T") for i in range(6)]
    for start, end in ((0, 1), (1, 4), (4, 6)):
        rows = append(log, *facts[start:end])
    assert rows[-1].chain.hex() == (append(MemoryLog(), *facts)[-1].chain.hex())


def test_a_whole_log_is_checked_with_its_receipts(log: Log):
    rows = append(log, ("a", 1, "A"), ("b", 1, "B"), receipts=(receipt("c1", "b", 1, 2, 2),))
    append(log, receipts=(receipt("c2", position=2, facts=0),))
    told: list[tuple[int, int]] = []
    assert check_whole(log, lambda done, of: told.append((done, of))) == (2, 2, rows[-1].chain)
    assert check_whole(MemoryLog()) == (0, 0, b"")
    assert told == [(2, 2)]


def test_the_chain_is_checked_whole_or_in_ranges_with_progress(log: Log, monkeypatch):
    monkeypatch.setattr(checks, "PAGE", 3)
    rows = append(log, *((f"s{i}", 1, "T") for i in range(8)))
    told: list[tuple[int, int]] = []
    assert check_chain(log, progress=lambda *done: told.append(done)) == rows[-1].chain
    assert told == [(3, 8), (6, 8), (8, 8)]
    assert check_chain(log, 2, 7) == rows[6].chain
    assert check_chain(log, 8) == rows[7].chain
    assert check_chain(MemoryLog()) == b""
    with pytest.raises(LogDamaged, match="position 8"):
        check_chain(log, 0, 9)
    with pytest.raises(LogDamaged, match="position 8"):
        check_chain(log, 9, 10)


def test_topics_are_known_with_their_first_position(log: Log):
    append(log, ("a", 1, "A"), ("b", 1, "B"))
    append(log, ("a", 2, "A"), ("a", 3, "C"), ("a", 4, "C"))
    assert log.topics() == {"A": 1, "B": 2, "C": 4}


# Believing where the log ends


def test_a_writer_that_knows_the_end_appends_after_it(log: Log):
    append(log, ("a", 1, "T"))
    tail = log.tail()
    for version in (2, 3):
        with log.transaction(tail) as transaction:
            assert transaction.head == version - 1
            (row,) = transaction.append(rows_at(version - 1, ("a", version, "T")))
            assert transaction.stream("a", version - 1) == [row]
            assert transaction.rows(version - 1, 5) == [row]
        tail = transaction.tail
    assert log.tail() == tail
    assert check_whole(log).facts == 3


def test_a_writer_that_knows_the_end_is_refused_what_is_there(log: Log):
    append(log, ("a", 1, "T"), receipts=(receipt("c"),))
    tail = log.tail()
    for facts, receipts in (
        ([("a", 1, "T")], ()),
        ([("a", 3, "T")], ()),
        ([("a", 2, "T")], (receipt("c", "a", 2, 2),)),
    ):
        with pytest.raises(IntegrityError), log.transaction(tail) as transaction:
            transaction.append(rows_at(1, *facts), receipts)
    assert (log.head(), log.tail()) == (1, tail)


def test_a_block_left_with_an_error_stores_nothing_where_the_end_was_believed(log: Log):
    append(log, ("a", 1, "T"))
    with pytest.raises(KeyError):
        append_and_break(log)
    with pytest.raises(ValueError, match="follows"):
        append_a_gap_and_swallow(log)
    assert log.head() == 1


@pytest.mark.parametrize("anywhere", ["postgres"], indirect=True)
@pytest.mark.parametrize("facts", [[], [("b", 1, "T")]])
def test_a_writer_that_is_mistaken_about_the_end_stores_nothing(
    anywhere: Place, facts: list[tuple[str, int, str]]
):
    one, other = anywhere.open(), anywhere.open()
    tail = one.tail()
    append(other, ("a", 1, "T"))
    with pytest.raises(HeadMoved):
        append_after(one, tail, *facts)
    assert [row.stream for row in one.rows(0, 9)] == ["a"]
    append(one, ("b", 1, "T"))
    for mistaken in (tail, Tail(2, recorded_at(2), b"?" * 32), Tail(3, recorded_at(3), b"?" * 32)):
        with pytest.raises(HeadMoved):
            append_after(one, mistaken, *facts)
    append_after(one, one.tail(), ("c", 1, "T"))
    assert one.head() == 3


def append_and_break(log: Log) -> None:
    with log.transaction(log.tail()) as transaction:
        transaction.append(rows_at(1, ("b", 1, "T")))
        raise KeyError


def append_after(log: Log, tail: Tail, *facts: tuple[str, int, str]) -> None:
    with log.transaction(tail) as transaction:
        assert transaction.head == tail.position
        transaction.append(rows_at(tail.position, *facts))


def append_a_gap_and_swallow(log: Log) -> None:
    with log.transaction(log.tail()) as transaction, suppress(ValueError):
        transaction.append(rows_at(7, ("b", 1, "T")))
