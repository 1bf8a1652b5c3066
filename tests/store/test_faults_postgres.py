"""A PostgreSQL that is away, full, busy or misspelt is told, and what was stored stays."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from store import postgres_engine
from store.checks import check_whole
from store.errors import (
    CommitUnconfirmed,
    StoreAway,
    StoreBusy,
    StoreFault,
    StoreReadOnly,
    StoreUnknown,
)
from store.log import Tail
from store.postgres import PostgresLog
from store.postgres_engine import Address, without_password
from store.rows import Row
from tests.support.logs import append_to, fill_with, next_rows, receipt, rows_at
from tests.support.postgres import PostgresServer


@pytest.fixture
def log(empty_database: str) -> Iterator[PostgresLog]:
    log = PostgresLog(empty_database)
    yield log
    log.close()


def test_a_server_that_is_away_is_told_soon_and_found_again(
    postgres_server: PostgresServer, log: PostgresLog
):
    kept = append_to(log, "a")
    postgres_server.stop()
    started = time.monotonic()
    with pytest.raises(StoreAway, match="Connection refused"):
        log.rows(0, 10)
    with pytest.raises(StoreAway, match="Connection refused"):
        append_to(log, "b")
    with pytest.raises(StoreAway):
        log.wait(5, 10)
    assert time.monotonic() - started < 10
    postgres_server.start()
    assert log.rows(0, 10) == kept
    assert append_to(log, "c")[0].position == 2


def test_a_restart_between_two_requests_is_not_noticed(
    postgres_server: PostgresServer, log: PostgresLog
):
    for write in (False, True, False):
        append_to(log, "a")
        postgres_server.stop()
        postgres_server.start()
        if write:
            append_to(log, "b")
        else:
            assert log.rows(0, 10)
    assert [row.position for row in log.rows(0, 10)] == [1, 2, 3, 4]


def test_a_restarted_server_still_wakes_who_waits(
    postgres_server: PostgresServer, log: PostgresLog
):
    append_to(log, "a")
    assert log.wait(1, 0.1) is False
    postgres_server.stop()
    postgres_server.start()
    with closing(PostgresLog(postgres_server.url(log.where.rpartition("/")[2]))) as other:
        waiting = threading.Timer(1.5, append_to, (other, "b"))
        started = time.monotonic()
        waiting.start()
        assert log.wait(1, 30) is True
        assert time.monotonic() - started < 15
        waiting.join()


def test_a_connection_lost_before_the_commit_stores_nothing(
    postgres_server: PostgresServer, log: PostgresLog
):
    with pytest.raises(StoreAway) as lost:
        append_to(log, "a", first=postgres_server.kill)
    assert type(lost.value) is StoreAway
    postgres_server.start()
    assert log.head() == 0


def test_a_connection_lost_during_the_commit_says_that_nobody_knows(
    postgres_server: PostgresServer, log: PostgresLog
):
    with pytest.raises(CommitUnconfirmed, match="repeat the command"):
        append_to(log, "a", then=postgres_server.kill)
    postgres_server.start()
    assert log.head() == 0
    assert append_to(log, "a")[0].position == 1


def append_after(log: PostgresLog, tail: Tail, *streams: str) -> Tail:
    with log.transaction(tail) as transaction:
        transaction.append(next_rows(transaction, *streams))
    return transaction.tail


def test_an_append_after_a_known_end_takes_one_statement(
    log: PostgresLog, monkeypatch: pytest.MonkeyPatch
):
    append_to(log, "a")
    said: list[object] = []
    execute = psycopg.Connection.execute

    def counted(connection: psycopg.Connection, statement: object, *args: object, **named: object):
        said.append(statement)
        return execute(connection, statement, *args, **named)

    rows = rows_at(1, ("b", 1, "T"), ("c", 1, "T"))
    tail = log.tail()
    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    with log.transaction(tail) as transaction:
        transaction.append(rows, [receipt("c1", "b", 1, 2), receipt("c2", "c", 1, 3)])
    assert said == [log.statements.append]
    assert log.head() == 3


def test_a_restart_before_an_append_after_a_known_end_is_not_noticed(
    postgres_server: PostgresServer, log: PostgresLog
):
    append_to(log, "a")
    tail = log.tail()
    for _ in range(2):
        postgres_server.stop()
        postgres_server.start()
        tail = append_after(log, tail, "b")
    postgres_server.kill()
    postgres_server.start()
    assert append_after(log, tail, "c").position == 4
    assert check_whole(log).facts == 4


def test_a_server_lost_under_an_append_after_a_known_end_says_that_nobody_knows(
    postgres_server: PostgresServer, log: PostgresLog
):
    append_to(log, "a")
    with (
        closing(PostgresLog(postgres_server.url(log.where.rpartition("/")[2]))) as other,
        ThreadPoolExecutor(1) as threads,
        suppress(StoreFault),
        other.transaction(),  # so that the append waits inside the server
    ):
        waiting = threads.submit(append_after, log, log.tail(), "b")
        wait_until_it_waits(postgres_server)
        postgres_server.kill()
        with pytest.raises(CommitUnconfirmed, match="repeat the command"):
            waiting.result(60)
    postgres_server.start()
    assert log.head() == 1


def test_a_log_that_is_held_too_long_is_told_to_who_appends_after_a_known_end(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "BUSY_SECONDS", 1)
    with closing(PostgresLog(empty_database)) as one, closing(PostgresLog(empty_database)) as other:
        tail = one.tail()
        with one.transaction(), pytest.raises(StoreBusy):
            append_after(other, tail, "a")
        assert append_after(other, tail, "b").position == 1


def wait_until_it_waits(server: PostgresServer) -> None:
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    limit = time.monotonic() + 30
    with psycopg.connect(server.url(), autocommit=True) as connection:
        while connection.execute(asked).fetchone() == (0,):
            assert time.monotonic() < limit


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


def test_the_gist_of_an_error_is_one_line_without_the_password():
    address = Address("postgresql://me:ge%40heim@db.example/guanjia")
    error = psycopg.OperationalError("no ge@heim, no ge%40heim.\nmore")
    assert address.gist(error) == "no ***, no ***"


def test_an_address_is_shown_without_password_and_options():
    url = "postgresql://me:geheim@db.example:5433/guanjia?sslpassword=geheim"
    assert without_password(url) == "postgresql://me@db.example:5433/guanjia"
    assert without_password("postgresql:///guanjia") == "postgresql:///guanjia"


def test_schemas_in_one_database_are_logs_of_their_own(empty_database: str):
    url = empty_database
    with closing(PostgresLog(url)) as one, closing(PostgresLog(url, schema='A "b" {c}')) as other:
        append_to(one, "a")
        with one.transaction():  # one writer does not wait for the other
            assert append_to(other, "b")[0].position == 1
        assert [row.stream for row in other.rows(0, 10)] == ["b"]
        assert [row.stream for row in one.rows(0, 10)] == ["a"]


def test_a_writer_that_does_not_let_go_of_postgres_is_told(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "BUSY_SECONDS", 1)
    url = empty_database
    with closing(PostgresLog(url)) as one, closing(PostgresLog(url)) as other:
        with one.transaction(), pytest.raises(StoreBusy):
            append_to(other, "a")
        assert append_to(other, "b")[0].position == 1


def test_a_frozen_writer_loses_the_log_to_the_others(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "FROZEN_SECONDS", 1)
    url = empty_database
    with closing(PostgresLog(url)) as frozen, closing(PostgresLog(url)) as other:
        taken_over: list[Row] = []
        with pytest.raises(StoreFault, match="idle-in-transaction"):
            append_to(frozen, "a", then=lambda: taken_over.extend(append_to(other, "b")))
        assert [row.position for row in taken_over] == [1]
        assert [row.stream for row in frozen.rows(0, 10)] == ["b"]


def test_a_role_that_may_only_read_is_told(postgres_server: PostgresServer):
    url = postgres_server.new_database()
    with closing(PostgresLog(url)) as log:
        kept = append_to(log, "a")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )
    with closing(PostgresLog(url, create=False)) as log:
        with pytest.raises(StoreReadOnly):
            append_to(log, "b")
        assert log.rows(0, 10) == kept


@pytest.mark.parametrize("setting", ["off", "local"])
def test_a_server_that_forgets_commits_is_told_to_keep_ours(empty_database: str, setting: str):
    url = f"{empty_database}?options=-csynchronous_commit%3D{setting}"
    with closing(PostgresLog(url)) as log, log.transaction() as transaction:
        shown = transaction._connection.execute("SHOW synchronous_commit").fetchone()
    assert shown == ("on",)


def test_other_programs_see_who_is_connected(postgres_server: PostgresServer, log: PostgresLog):
    with log.transaction() as transaction:
        shown = transaction._connection.execute("SHOW application_name").fetchone()
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
            kept += append_to(log, "after")
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
