"""What goes wrong with a store is said in one sentence, and what was stored before stays."""

import os
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from store import sqlite_engine
from store.errors import LogDamaged, NoStore, StoreBusy, StoreFault, StoreReadOnly, StoreUnknown
from store.memory import MemoryLog
from store.open import open_log
from store.postgres import PostgresLog
from store.sqlite import SQLiteLog
from tests.support.logs import append_to, fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guanjia.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed log of two thousand rows."""
    with closing(SQLiteLog(path)) as log:
        append_to(log, *(f"s{i}" for i in range(2000)), state=b'{"a": "' + b"x" * 300 + b'"}')
    return path


def test_a_file_that_is_no_database_is_told_and_left_alone(path: Path):
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(LogDamaged, match="restore it from a backup"):
        SQLiteLog(path)
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_a_broken_header_is_told_and_left_alone(filled: Path):
    damaged = b"\xa5" * 100 + filled.read_bytes()[100:]
    filled.write_bytes(damaged)
    with pytest.raises(LogDamaged):
        SQLiteLog(filled)
    assert filled.read_bytes() == damaged


def test_damage_in_the_middle_is_told_and_left_alone(filled: Path):
    whole = filled.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    damaged = whole[:middle] + b"\xa5" * 16_384 + whole[middle + 16_384 :]
    filled.write_bytes(damaged)
    with closing(SQLiteLog(filled)) as log, pytest.raises(LogDamaged):
        list(log.follow(0))
    assert filled.read_bytes() == damaged


def test_text_that_is_no_text_is_damage(path: Path):
    with closing(SQLiteLog(path)) as log:
        with closing(apsw.Connection(str(path))) as raw:
            raw.execute("INSERT INTO topics VALUES (CAST(x'ff' AS TEXT), 1)")
            raw.execute(
                "INSERT INTO log"
                " VALUES (1, 's', 1, CAST(x'ff' AS TEXT), 1, zeroblob(32), zeroblob(32), x'')"
            )
        with pytest.raises(LogDamaged):
            log.rows(0, 1)


def test_a_full_disk_loses_nothing_and_more_room_is_enough(small_disk: Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    with closing(SQLiteLog(small_disk / "guanjia.db")) as log:
        kept = fill(log)
        assert len(kept) > 10
        assert log.rows(0, 10_000) == kept
        ballast.unlink()
        kept += append_to(log, "after")
    with closing(SQLiteLog(small_disk / "guanjia.db")) as log:
        assert log.rows(0, 10_000) == kept


def test_a_file_that_may_grow_no_more_is_a_full_disk(path: Path):
    with closing(SQLiteLog(path)) as log:
        log._writer.execute("PRAGMA max_page_count = 200")
        kept = fill(log)
        assert log.rows(0, 10_000) == kept
        log._writer.execute("PRAGMA max_page_count = 100000")
        kept += append_to(log, "after")
        assert log.rows(0, 10_000) == kept


def test_a_disk_that_cannot_be_written_is_told(small_disk: Path):
    with closing(SQLiteLog(small_disk / "guanjia.db")) as log:
        append_to(log, "a")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreReadOnly, match="permissions"):
        SQLiteLog(small_disk / "guanjia.db")
    with pytest.raises(StoreReadOnly):
        SQLiteLog(small_disk / "other.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everything")
def test_a_file_that_must_not_be_written_is_told(filled: Path):
    filled.chmod(0o444)
    with pytest.raises(StoreReadOnly), closing(SQLiteLog(filled)) as log:
        append_to(log, "a")


def test_a_writer_that_does_not_let_go_is_told(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_engine, "BUSY_SECONDS", 0.2)
    with closing(SQLiteLog(path)) as one, closing(SQLiteLog(path)) as other:
        with one.transaction(), pytest.raises(StoreBusy, match="Another process"):
            append_to(other, "a")
        assert append_to(other, "b")[0].position == 1


def test_a_thread_that_ended_leaves_no_connection_behind(path: Path):
    with closing(SQLiteLog(path)) as log:
        for _ in range(20):
            thread = threading.Thread(target=log.head)
            thread.start()
            thread.join()
        assert log.head() == 0
        assert len(log._readers._all) <= 2


# Opening


def test_each_address_opens_its_engine(path: Path, empty_database: str):
    url = empty_database
    stores = {":memory:": MemoryLog, str(path): SQLiteLog, url: PostgresLog}
    stores[url.replace("postgresql://", "postgres://")] = PostgresLog
    for store, engine in stores.items():
        with closing(open_log(store)) as log:
            assert type(log) is engine


def test_folders_are_made_with_the_store_and_not_without(tmp_path: Path):
    path = tmp_path / "var" / "lib" / "guanjia.db"
    with pytest.raises(NoStore, match="guanjia init --store"):
        open_log(str(path), create=False)
    assert list(tmp_path.iterdir()) == []
    open_log(str(path)).close()
    assert path.is_file()


def test_a_log_needs_its_folder(tmp_path: Path):
    with pytest.raises(StoreFault, match="there is no folder"):
        SQLiteLog(tmp_path / "none" / "guanjia.db")


def test_an_empty_file_is_no_store(path: Path):
    path.touch()
    with pytest.raises(NoStore):
        open_log(str(path), create=False)


@pytest.mark.parametrize("store", ["", " ", "mysql://me:geheim@host/db", "file:///x.db", "a\0b"])
def test_what_is_no_address_is_refused(store: str):
    with pytest.raises(StoreUnknown) as refused:
        open_log(store)
    assert "geheim" not in str(refused.value)


def test_a_folder_is_no_store(tmp_path: Path):
    with pytest.raises(StoreFault, match="folder"):
        open_log(str(tmp_path))


def test_a_file_is_no_folder(path: Path):
    path.touch()
    with pytest.raises(StoreFault):
        open_log(str(path / "guanjia.db"))
