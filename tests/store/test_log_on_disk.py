"""What a log promises that outlives its process: reopening, formats, append-only, closing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import psycopg
import pytest

from store.errors import LogFromNewerVersion, LogFromOlderVersion, NoStore, StoreFault
from store.log import FORMAT
from store.open import open_log
from store.postgres import PostgresLog
from store.rows import sealed
from store.sqlite_engine import ERRORS
from tests.support.logs import BEGUN, Place, append, key, receipt, rows_at


def test_opened_again_it_holds_everything(on_disk: Place):
    first = on_disk.open()
    rows = append(first, ("a", 1, "T"), ("b", 1, "T"), receipts=(receipt("c1", "b", 1, 2, 2),))
    first.close()
    again = on_disk.open(create=False)
    assert again.rows(0, 10) == rows
    assert again.receipts([key("c1")]) == {key("c1"): receipt("c1", "b", 1, 2, 2)}
    with again.transaction() as transaction:
        assert transaction.head == 2


def test_several_may_make_it_at_the_same_moment(on_disk: Place):
    together = threading.Barrier(6)

    def open_and_append(writer: int) -> int:
        together.wait()
        return append(on_disk.open(), (f"s{writer}", 1, "T"))[0].position

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(open_and_append, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_log_of_a_newer_version_is_refused_and_left_alone(on_disk: Place):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"))
    set_format = {
        "sqlite": "PRAGMA user_version = {}",
        "postgres": "UPDATE info SET format = {}",
    }[on_disk.engine]
    on_disk.raw(set_format.format(FORMAT + 1))
    with pytest.raises(LogFromNewerVersion, match=f"format {FORMAT + 1}"):
        on_disk.open()
    on_disk.raw(set_format.format(FORMAT))
    assert on_disk.open().rows(0, 10) == rows


def test_a_log_that_is_not_there_is_not_made_unasked(on_disk: Place):
    with pytest.raises(NoStore):
        on_disk.open(create=False)
    on_disk.open()
    assert on_disk.open(create=False).head() == 0


def test_a_log_of_an_older_format_is_refused_and_left_alone(on_disk: Place):
    rows = append(on_disk.open(), ("a", 1, "T"))
    set_format = {
        "sqlite": "PRAGMA user_version = {}",
        "postgres": "UPDATE info SET format = {}",
    }[on_disk.engine]
    on_disk.raw(set_format.format(FORMAT - 1))
    with pytest.raises(LogFromOlderVersion, match=f"format {FORMAT - 1}"):
        on_disk.open()
    on_disk.raw(set_format.format(FORMAT))
    assert on_disk.open().rows(0, 10) == rows


def test_a_log_as_the_first_format_made_it_is_told(tmp_path: Path):
    path = tmp_path / "guanjia.db"
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE log (position); CREATE TABLE answered (command)")
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(LogFromOlderVersion, match="format 1"):
        open_log(str(path))


CHANGES = [
    "UPDATE log SET topic = 'X'",
    "UPDATE log SET position = position + 10",
    "DELETE FROM log",
    "UPDATE topics SET position = 0",
    "DELETE FROM topics",
    "UPDATE receipts SET facts = 0",
    "DELETE FROM receipts",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_itself_refuses_to_change_or_take_away(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), receipts=(receipt("c1"),))
    with pytest.raises((*ERRORS, psycopg.Error), match="append-only"):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows
    assert log.receipts([key("c1")]) == {key("c1"): receipt("c1")}
    assert on_disk.open().fault is None


LOG = "INSERT OR REPLACE INTO log VALUES ({}, {}, {}, 'T', {}, zeroblob(32), zeroblob(32), x'')"
RECEIPT = (
    "INSERT OR REPLACE INTO receipts"
    " VALUES ({}, 'someone', '{}', zeroblob(16), 'x', 9, {}, 9, zeroblob(32))"
)


@pytest.mark.parametrize("on_disk", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        LOG.format(1, "'x'", 1, BEGUN * 2),
        LOG.format(2, "'a'", 1, BEGUN * 2),
        LOG.format(3, "'x'", 1, BEGUN * 2),
        LOG.format(2, "'x'", 2, BEGUN * 2),
        LOG.format(2, "'x'", -1, BEGUN * 2),
        LOG.format(2, "'x'", 1, BEGUN),
        LOG.format(2, "'x'", 1, BEGUN * 2).replace("'T'", "'unknown'"),
        LOG.format(2, "'x'", 1, BEGUN * 2).replace("zeroblob(32)", "zeroblob(31)"),
        LOG.format(2, "'x'", 1, "'soon'"),
        LOG.format(2, "x'ff'", 1, BEGUN * 2),
        RECEIPT.format(1, "c1", 1),
        RECEIPT.format(2, "c1", 1),
        RECEIPT.format(1, "c2", 1),
        RECEIPT.format(3, "c2", 1),
        RECEIPT.format(2, "c2", 2),
        "INSERT OR REPLACE INTO topics VALUES ('T', 9)",
    ],
)
def test_sqlite_itself_refuses_replacement_gaps_and_disorder(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), receipts=(receipt("c1"),))
    with pytest.raises(ERRORS):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows
    assert log.receipts([key("c1")]) == {key("c1"): receipt("c1")}
    assert on_disk.open().fault is None


@pytest.mark.parametrize("on_disk", ["sqlite"], indirect=True)
@pytest.mark.parametrize("right", [LOG.format(2, "'x'", 1, BEGUN * 2), RECEIPT.format(2, "c2", 1)])
def test_what_sqlite_refuses_is_refused_for_its_one_fault(on_disk: Place, right: str):
    append(on_disk.open(), ("a", 1, "T"), receipts=(receipt("c1"),))
    on_disk.raw(right)


@pytest.mark.parametrize("on_disk", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE log",
        "TRUNCATE receipts",
        "TRUNCATE topics",
        "SET session_replication_role = replica; DELETE FROM log",
    ],
)
def test_postgres_itself_refuses_to_empty(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), receipts=(receipt("c1"),))
    with pytest.raises(psycopg.Error, match="append-only"):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows


@pytest.mark.parametrize("on_disk", ["postgres"], indirect=True)
def test_the_function_of_postgres_itself_refuses_to_go_back_in_time(on_disk: Place):
    log = on_disk.open()
    assert isinstance(log, PostgresLog)
    append(log, ("a", 1, "T"))
    (row,) = sealed(rows_at(1, ("b", 1, "T")), log.tail().chain)
    params = log.append_params(log.tail(), [row._replace(recorded_at=BEGUN)], [])
    with pytest.raises(StoreFault, match="recorded_at never decreases"):
        log.pool.execute_alone(log.statements.append, params)
    assert log.head() == 1


def test_closed_it_says_so(on_disk: Place):
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    log.close()
    log.close()
    with pytest.raises(StoreFault):
        log.rows(0, 10)
    with pytest.raises(StoreFault), log.transaction():
        pass


def test_closing_waits_for_who_reads(on_disk: Place):
    log = on_disk.open()
    append(log, *((f"s{i}", 1, "T") for i in range(500)))
    begun = threading.Event()

    def read() -> int:
        for times in range(100_000):
            begun.set()
            try:
                assert len(log.rows(0, 500)) == 500
            except StoreFault:
                return times
        return -1

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read) for _ in range(4)]
        assert begun.wait(10)
        log.close()
        assert all(future.result() >= 0 for future in reading)


def test_closing_ends_every_thread(on_disk: Place):
    before = set(threading.enumerate())
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    assert log.wait(0, 1)
    log.close()
    assert set(threading.enumerate()) <= before
