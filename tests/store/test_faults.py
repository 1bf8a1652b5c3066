"""What goes wrong with a store is said in one sentence, and what was stored before stays."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import psycopg
import pytest

from store import postgres_engine, sqlite_engine
from store.codec import Row
from store.errors import (
    CommitUnconfirmed,
    DiskFull,
    LogDamaged,
    NoStore,
    StoreAway,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
    StoreUnknown,
)
from store.log import Log
from store.memory import MemoryLog
from store.open import open_log
from store.postgres import PostgresLog
from store.postgres_engine import without_password
from store.sqlite import SQLiteLog
from tests.support.postgres import PostgresServer


def append(
    log: Log,
    *streams: str,
    state: bytes = b"{}",
    first: Callable[[], object] = bool,
    then: Callable[[], object] = bool,
) -> list[Row]:
    """Append a row to each stream; `first` and `then` happen while the log is held."""
    with log.appending() as appending:
        first()
        head = appending.head
        rows = [Row(head + i, stream, head + i, "T", state) for i, stream in enumerate(streams, 1)]
        appending.append(rows, ())
        then()
    return rows


def fill(log: Log) -> list[Row]:
    """Append until the disk is full; returns what was acknowledged."""
    return fill_with(log, lambda: b"x" * 20_000)


def fill_with(log: Log, state: Callable[[], bytes]) -> list[Row]:
    kept: list[Row] = []

    def append_on_and_on() -> None:
        for number in range(5000):
            kept.extend(append(log, f"s{number}", f"t{number}", state=state()))

    with pytest.raises(DiskFull, match="腾出空间"):
        append_on_and_on()
    return kept


# SQLite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guanjia.db"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with little room, on a file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only the superuser can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed log of two thousand rows."""
    with closing(SQLiteLog(path)) as log:
        append(log, *(f"s{i}" for i in range(2000)), state=b'{"a": "' + b"x" * 300 + b'"}')
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
            raw.execute("INSERT INTO log VALUES (1, 's', 1, CAST(x'ff' AS TEXT), x'')")
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
        kept += append(log, "after")
    with closing(SQLiteLog(small_disk / "guanjia.db")) as log:
        assert log.rows(0, 10_000) == kept


def test_a_file_that_may_grow_no_more_is_a_full_disk(path: Path):
    with closing(SQLiteLog(path)) as log:
        log._writer.execute("PRAGMA max_page_count = 200")
        kept = fill(log)
        assert log.rows(0, 10_000) == kept
        log._writer.execute("PRAGMA max_page_count = 100000")
        kept += append(log, "after")
        assert log.rows(0, 10_000) == kept


def test_a_disk_that_cannot_be_written_is_told(small_disk: Path):
    with closing(SQLiteLog(small_disk / "guanjia.db")) as log:
        append(log, "a")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreReadOnly, match="permissions"):
        SQLiteLog(small_disk / "guanjia.db")
    with pytest.raises(StoreReadOnly):
        SQLiteLog(small_disk / "other.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everything")
def test_a_file_that_must_not_be_written_is_told(filled: Path):
    filled.chmod(0o444)
    with pytest.raises(StoreReadOnly), closing(SQLiteLog(filled)) as log:
        append(log, "a")


def test_a_writer_that_does_not_let_go_is_told(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_engine, "BUSY_SECONDS", 0.2)
    with closing(SQLiteLog(path)) as one, closing(SQLiteLog(path)) as other:
        with one.appending(), pytest.raises(StoreBusy, match="Another process"):
            append(other, "a")
        assert append(other, "b")[0].position == 1


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


# PostgreSQL


@pytest.fixture
def log(empty_database: str) -> Iterator[PostgresLog]:
    log = PostgresLog(empty_database)
    yield log
    log.close()


def test_a_server_that_is_away_is_told_soon_and_found_again(
    postgres_server: PostgresServer, log: PostgresLog
):
    kept = append(log, "a")
    postgres_server.stop()
    started = time.monotonic()
    with pytest.raises(StoreAway, match="Connection refused"):
        log.rows(0, 10)
    with pytest.raises(StoreAway, match="Connection refused"):
        append(log, "b")
    with pytest.raises(StoreAway):
        log.wait(5, 10)
    assert time.monotonic() - started < 10
    postgres_server.start()
    assert log.rows(0, 10) == kept
    assert append(log, "c")[0].position == 2


def test_a_restart_between_two_requests_is_not_noticed(
    postgres_server: PostgresServer, log: PostgresLog
):
    for write in (False, True, False):
        append(log, "a")
        postgres_server.stop()
        postgres_server.start()
        if write:
            append(log, "b")
        else:
            assert log.rows(0, 10)
    assert [row.position for row in log.rows(0, 10)] == [1, 2, 3, 4]


def test_a_restarted_server_still_wakes_who_waits(
    postgres_server: PostgresServer, log: PostgresLog
):
    append(log, "a")
    assert log.wait(1, 0.1) is False
    postgres_server.stop()
    postgres_server.start()
    with closing(PostgresLog(postgres_server.url(log.where.rpartition("/")[2]))) as other:
        waiting = threading.Timer(1.5, append, (other, "b"))
        started = time.monotonic()
        waiting.start()
        assert log.wait(1, 30) is True
        assert time.monotonic() - started < 15
        waiting.join()


def test_a_connection_lost_before_the_commit_stores_nothing(
    postgres_server: PostgresServer, log: PostgresLog
):
    with pytest.raises(StoreAway) as lost:
        append(log, "a", first=postgres_server.kill)
    assert type(lost.value) is StoreAway
    postgres_server.start()
    assert log.head() == 0


def test_a_connection_lost_during_the_commit_says_that_nobody_knows(
    postgres_server: PostgresServer, log: PostgresLog
):
    with pytest.raises(CommitUnconfirmed, match="repeat the command"):
        append(log, "a", then=postgres_server.kill)
    postgres_server.start()
    assert log.head() == 0
    assert append(log, "a")[0].position == 1


def test_nobody_at_the_address_is_told_without_the_password():
    started = time.monotonic()
    with pytest.raises(StoreAway, match="Connection refused") as away:
        PostgresLog("postgresql://me:ge%40heim@127.0.0.1:1/guanjia?connect_timeout=2")
    assert time.monotonic() - started < 10
    assert "postgresql://me@127.0.0.1:1/guanjia" in str(away.value)
    assert "heim" not in str(away.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me:geheim@[bad/x", "postgresql://me:geheim@h:1:2/x?no=%zz"]
)
def test_an_address_that_cannot_be_read_is_told_without_the_password(url: str):
    with pytest.raises(StoreUnknown) as refused:
        PostgresLog(url)
    assert "geheim" not in str(refused.value)
    assert "geheim" not in repr(refused.value)


def test_a_database_that_does_not_exist_is_told(postgres_server: PostgresServer):
    postgres_server.start()
    with pytest.raises(StoreAway, match='database "none" does not exist'):
        PostgresLog(postgres_server.url("none"))


def test_an_address_is_shown_without_password_and_options():
    url = "postgresql://me:geheim@db.example:5433/guanjia?sslpassword=geheim"
    assert without_password(url) == "postgresql://me@db.example:5433/guanjia"
    assert without_password("postgresql:///guanjia") == "postgresql:///guanjia"


def test_schemas_in_one_database_are_logs_of_their_own(empty_database: str):
    url = empty_database
    with closing(PostgresLog(url)) as one, closing(PostgresLog(url, schema='A "b" {c}')) as other:
        append(one, "a")
        with one.appending():  # one writer does not wait for the other
            assert append(other, "b")[0].position == 1
        assert [row.stream for row in other.rows(0, 10)] == ["b"]
        assert [row.stream for row in one.rows(0, 10)] == ["a"]


def test_a_writer_that_does_not_let_go_of_postgres_is_told(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "BUSY_SECONDS", 1)
    url = empty_database
    with closing(PostgresLog(url)) as one, closing(PostgresLog(url)) as other:
        with one.appending(), pytest.raises(StoreBusy):
            append(other, "a")
        assert append(other, "b")[0].position == 1


def test_a_frozen_writer_loses_the_log_to_the_others(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "FROZEN_SECONDS", 1)
    url = empty_database
    with closing(PostgresLog(url)) as frozen, closing(PostgresLog(url)) as other:
        taken_over: list[Row] = []
        with pytest.raises(StoreFault, match="idle-in-transaction"):
            append(frozen, "a", then=lambda: taken_over.extend(append(other, "b")))
        assert [row.position for row in taken_over] == [1]
        assert [row.stream for row in frozen.rows(0, 10)] == ["b"]


def test_a_role_that_may_only_read_is_told(postgres_server: PostgresServer):
    url = postgres_server.new_database()
    with closing(PostgresLog(url)) as log:
        kept = append(log, "a")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )
    with closing(PostgresLog(url, create=False)) as log:
        with pytest.raises(StoreReadOnly):
            append(log, "b")
        assert log.rows(0, 10) == kept


@pytest.mark.parametrize("setting", ["off", "local"])
def test_a_server_that_forgets_commits_is_told_to_keep_ours(empty_database: str, setting: str):
    url = f"{empty_database}?options=-csynchronous_commit%3D{setting}"
    with closing(PostgresLog(url)) as log, log.appending() as appending:
        shown = appending._connection.execute("SHOW synchronous_commit").fetchone()
    assert shown == ("on",)


def test_other_programs_see_who_is_connected(postgres_server: PostgresServer, log: PostgresLog):
    with log.appending() as appending:
        shown = appending._connection.execute("SHOW application_name").fetchone()
    assert shown == ("guanjia",)


def test_a_full_disk_under_postgres_loses_nothing(
    postgres_server: PostgresServer, small_disk: Path
):
    server, owner = postgres_server, postgres_server._owner
    assert owner is not None  # the superuser mounted the disk
    # The data directory must be reachable by the server's owner, so the disk is moved there.
    folder = Path(server._folder) / "small"
    folder.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(folder)], check=True)
    try:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        url = server.new_database()
        name = url.rpartition("/")[2]
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            admin.execute(f"ALTER DATABASE {name} SET default_tablespace = small")
        with closing(PostgresLog(url)) as log:
            kept = fill_with(log, lambda: os.urandom(1500))  # which cannot be compressed
            assert len(kept) > 10
            assert log.rows(0, 10_000) == kept
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute("ALTER TABLE guanjia.log SET TABLESPACE pg_default")
                admin.execute("ALTER INDEX guanjia.log_pkey SET TABLESPACE pg_default")
                admin.execute(
                    "ALTER INDEX guanjia.log_stream_version_key SET TABLESPACE pg_default"
                )
            kept += append(log, "after")
            assert log.rows(0, 10_000) == kept
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


WATCHED = """
import sys
from store.errors import StoreAway
from store.open import open_log
log = open_log(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
try:
    log.rows(0, 1)
except StoreAway as away:
    print(away.code, flush=True)
log.close()
"""


def test_nothing_is_printed_about_a_server_that_is_away(
    postgres_server: PostgresServer, empty_database: str
):
    command = [sys.executable, "-W", "error", "-c", WATCHED, empty_database]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        postgres_server.stop()
        out, err = child.communicate("\n", timeout=60)
    assert (out, err) == ("StoreAway\n", "")
