"""Whose files a log is, whether they are still there, and how it is read without writing."""

import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import apsw
import psycopg
import pytest

from store import postgres_checks
from store.checks import check_whole
from store.errors import (
    LogDamaged,
    NoStore,
    StoreAway,
    StoreExposed,
    StoreMoved,
    StoreReadOnly,
)
from store.open import open_log, open_views
from store.postgres import PostgresLog
from tests.support.logs import Place, append, key, receipt, refuses, rows_at
from tests.support.postgres import PostgresServer

sqlite_only = pytest.mark.parametrize("on_disk", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("on_disk", ["postgres"], indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guanjia.db"


def test_files_are_their_owners_alone(path: Path):
    before = os.umask(0o000)
    try:
        with closing(open_log(str(path))) as log, closing(open_views(str(path))) as views:
            append(log, ("a", 1, "T"))
            with views.writing():
                views.run("CREATE TABLE t (a TEXT)")
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) == 6


def test_a_file_that_others_may_write_is_read_and_not_written(path: Path):
    with closing(open_log(str(path))) as log:
        rows = append(log, ("a", 1, "T"))
    path.chmod(0o620)
    with closing(open_log(str(path))) as log:
        assert log.rows(0, 9) == rows
        refuses(log, StoreExposed, "chmod 600")
        assert [(remark.subject, remark.fine) for remark in log.remarks()] == [
            ("sqlite", True),
            ("permissions", False),
        ]
    path.chmod(0o640)
    with closing(open_log(str(path))) as log:
        append(log, ("a", 2, "T"))
        assert "chmod 600" in log.remarks()[1].sentence
    path.chmod(0o600)
    with closing(open_log(str(path))) as log:
        assert log.remarks()[1].fine


@pytest.mark.parametrize("name", ["guanjia.db", "guanjia.db-wal", "guanjia.db-shm"])
@pytest.mark.parametrize("replaced", [True, False])
def test_files_that_were_moved_or_replaced_are_noticed(path: Path, name: str, replaced: bool):
    with closing(open_log(str(path))) as log:
        append(log, ("a", 1, "T"))
        log.probe()
        file = path.with_name(name)
        file.rename(path.with_name("elsewhere"))
        if replaced:
            shutil.copy(path.with_name("elsewhere"), file)
        with pytest.raises(StoreMoved, match="put the file back"):
            log.probe()
        with pytest.raises(StoreMoved), log.transaction():
            pass
        with pytest.raises(StoreMoved):
            list(log.each_stream(1))
        with ThreadPoolExecutor(1) as threads, pytest.raises(StoreMoved):
            threads.submit(log.head).result()
        path.with_name("elsewhere").rename(file)
        log.probe()
        append(log, ("a", 2, "T"))


def test_a_copy_that_sqlite_makes_is_a_log(path: Path):
    with closing(open_log(str(path))) as log:
        rows = append(log, ("a", 1, "T"))
        with closing(apsw.Connection(str(path))) as source:
            source.execute("VACUUM INTO ?", (str(path.with_name("backup.db")),))
        append(log, ("a", 2, "T"))
    with closing(open_log(str(path.with_name("backup.db")), create=False)) as copy:
        assert copy.fault is None
        assert copy.rows(0, 9) == rows
        assert check_whole(copy).facts == 1


def test_a_log_replaced_by_an_older_copy_of_itself_is_noticed(path: Path):
    """Copied over the file in place, it keeps its inode."""
    log = open_log(str(path))
    append(log, ("a", 1, "T"))
    log.close()
    older = path.read_bytes()
    log = open_log(str(path))
    append(log, ("a", 2, "T"))
    with closing(apsw.Connection(str(path))) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(older)
    with pytest.raises(LogDamaged), log.transaction() as transaction:
        transaction.append([])
    log.close()


def test_a_server_that_is_away_is_noticed_by_a_probe(
    postgres_server: PostgresServer, empty_database: str
):
    with closing(PostgresLog(empty_database)) as log:
        log.probe()
        postgres_server.stop()
        with pytest.raises(StoreAway):
            log.probe()
        postgres_server.start()
        log.probe()


# Reading only


def test_a_log_opened_for_reading_is_read_and_left_alone(on_disk: Place):
    with pytest.raises(NoStore):
        on_disk.open(write=False)
    writing = on_disk.open()
    rows = append(writing, ("a", 1, "T"), receipts=(receipt("c"),))
    log = on_disk.open(write=False)
    assert log.fault is None
    assert log.rows(0, 9) == rows
    assert log.receipts([key("c")]) == {key("c"): receipt("c")}
    assert list(log.each_stream(1)) == [("a", rows)]
    assert check_whole(log)[:2] == (1, 1)
    log.probe()
    refuses(log, StoreReadOnly, "opened for reading")
    append(writing, ("a", 2, "T"))
    assert log.head() == 2


@sqlite_only
def test_opening_for_reading_makes_no_files_and_changes_none(on_disk: Place):
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    log.close()
    path = Path(on_disk.address)
    whole = path.read_bytes()
    path.chmod(0o640)
    reading = on_disk.open(write=False)
    assert reading.head() == 1
    reading.close()
    assert path.read_bytes() == whole
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@sqlite_only
def test_a_log_in_another_mode_keeps_it_when_it_is_only_read(on_disk: Place):
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    log.close()
    on_disk.raw("PRAGMA journal_mode = DELETE")
    whole = Path(on_disk.address).read_bytes()
    reading = on_disk.open(write=False)
    assert reading.head() == 1
    reading.close()
    assert Path(on_disk.address).read_bytes() == whole


def test_a_log_on_a_disk_that_cannot_be_written_is_read(small_disk: Path):
    path = small_disk / "guanjia.db"
    with closing(open_log(str(path))) as log:
        rows = append(log, ("a", 1, "T"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with closing(open_log(str(path), write=False)) as log:
        assert log.rows(0, 9) == rows
        assert check_whole(log).facts == 1
    with pytest.raises(StoreReadOnly):
        open_log(str(path))


@postgres_only
def test_a_session_for_reading_cannot_write_whatever_is_asked(on_disk: Place):
    on_disk.open()
    log = on_disk.open(write=False)
    assert isinstance(log, PostgresLog)
    with pytest.raises(StoreReadOnly):
        log.pool.read(b"CREATE TABLE guanjia.notes (text text)")


# What is around it


@postgres_only
def test_the_settings_of_the_server_are_judged(on_disk: Place):
    log = on_disk.open()
    assert [(remark.subject, remark.fine) for remark in log.remarks()] == [
        ("fsync", True),
        ("full_page_writes", True),
        ("synchronous_commit", True),
    ]


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_commits_is_told(name: str):
    settings = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "off", name: "off"}
    wrong = [remark for remark in postgres_checks.remarks(settings) if not remark.fine]
    assert [remark.subject for remark in wrong] == [name]
    assert f"set {name} = on" in wrong[0].sentence
    assert f"{name} 已关闭" in wrong[0].sentence.zh


def test_a_weaker_commit_of_the_server_is_overruled(empty_database: str):
    """The setting in force at the end of the transaction decides; a late trigger sees it."""
    with closing(PostgresLog(f"{empty_database}?options=-csynchronous_commit%3Doff")) as log:
        with psycopg.connect(empty_database) as connection:
            connection.execute("CREATE TABLE seen (setting text)")
            connection.execute(
                "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO"
                " seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$"
            )
            connection.execute(
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON guanjia.log"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION see()"
            )
        append(log, ("a", 1, "T"))
        with log.transaction(log.tail()) as transaction:
            transaction.append(rows_at(1, ("a", 2, "T")))
        with psycopg.connect(empty_database) as connection:
            assert connection.execute("SELECT setting FROM seen").fetchall() == [("on",), ("on",)]
            connection.execute("DROP TABLE seen; DROP FUNCTION see() CASCADE")
