"""What a log promises that outlives its process: reopening, formats, append-only, closing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store.errors import LogFromNewerVersion, NoStore, StoreFault
from store.log import FORMAT
from store.sqlite_engine import ERRORS
from tests.support.logs import Place, answer, append


def test_opened_again_it_holds_everything(on_disk: Place):
    first = on_disk.open()
    rows = append(first, ("a", 1, "T"), ("b", 1, "T"), answers=(answer("c1"),))
    first.close()
    again = on_disk.open(create=False)
    assert again.rows(0, 10) == rows
    with again.appending() as appending:
        assert appending.head == 2
        assert appending.answered(["c1"]) == {"c1": answer("c1")}


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


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET topic = 'X'",
        "UPDATE log SET position = position + 10",
        "DELETE FROM log",
        "UPDATE answered SET facts = 0",
        "DELETE FROM answered",
    ],
)
def test_the_database_itself_refuses_to_change_or_take_away(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), answers=(answer("c1"),))
    with pytest.raises((*ERRORS, psycopg.Error), match="append-only"):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows
    with log.appending() as appending:
        assert appending.answered(["c1"]) == {"c1": answer("c1")}


@pytest.mark.parametrize("on_disk", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO log VALUES (1, 'x', 1, 'X', 'x')",
        "INSERT OR REPLACE INTO log VALUES (2, 'a', 1, 'X', 'x')",
        "INSERT INTO log VALUES (3, 'x', 1, 'X', 'x')",
        "INSERT OR REPLACE INTO answered VALUES ('c1', 'x', 9, 9, 9)",
    ],
)
def test_sqlite_itself_refuses_replacement_and_gaps(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), answers=(answer("c1"),))
    with pytest.raises(ERRORS):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows
    with log.appending() as appending:
        assert appending.answered(["c1"]) == {"c1": answer("c1")}


@pytest.mark.parametrize("on_disk", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE log",
        "TRUNCATE answered",
        "SET session_replication_role = replica; DELETE FROM log",
    ],
)
def test_postgres_itself_refuses_to_empty(on_disk: Place, statement: str):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"), answers=(answer("c1"),))
    with pytest.raises(psycopg.Error, match="append-only"):
        on_disk.raw(statement)
    assert log.rows(0, 10) == rows


def test_closed_it_says_so(on_disk: Place):
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    log.close()
    log.close()
    with pytest.raises(StoreFault):
        log.rows(0, 10)
    with pytest.raises(StoreFault), log.appending():
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
