"""The doctor reads and changes nothing, and finds damage wherever it is."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import psycopg
import pytest

from api.engine import Engine
from api.queries import doctor
from store.open import views_path
from tests.support import damage
from tests.support.command_line import CASE, Done, Guanjia
from tests.support.logs import Place
from tests.support.postgres import PostgresServer


def finding(done: Done, subject: str) -> dict[str, str]:
    """What was found of one thing."""
    (found,) = [f for f in done.json["findings"] if f["subject"] == subject]
    return dict(found)


@pytest.fixture
def edited(made: Guanjia, store: str) -> Guanjia:
    """A log in whose middle a fact was edited by somebody who put the triggers back."""
    report = ("ask", "ReportRepair", "site=main", "household=h", "category=lift")
    for number in range(3):
        assert made(*report, f"case=repair-x{number}").code == 0
    assert made("board").code == 0  # the tables have seen it whole
    state = "CAST(replace(CAST(state AS TEXT), 'zhang', 'zhong') AS BLOB)"
    statement = f"UPDATE log SET state = {state} WHERE stream = '{CASE}'"
    damage.run(Place("sqlite", store), [statement])
    return made


def test_a_log_edited_in_its_middle_is_found_when_it_is_read_whole(edited: Guanjia) -> None:
    """Opening looks at the end only, and says nothing of the middle."""
    assert finding(edited("doctor", "--json"), "store")["ok"]
    deep = edited("doctor", "--deep", "--json")
    assert deep.code == 1
    found = finding(deep, "hashes")
    assert f"of stream {CASE} was changed" in found["detail"]
    assert "restore it from a backup" in found["detail"]
    assert f"（流 {CASE}）的事实被改动" in found["detail_zh"]


def test_a_case_that_was_edited_is_neither_shown_nor_written(edited: Guanjia) -> None:
    """Nor is the log as a whole rebuilt from, or written by whoever has met the damage."""
    for words in (
        ("history", CASE), ("ask", "CompleteRepair", f"case={CASE}"), ("rebuild",),
    ):  # fmt: skip
        done = edited(*words)
        assert (done.code, done.err.split(":")[0]) == (4, "LogDamaged"), words
    assert edited("history", "repair-x1").code == 0


def test_a_whole_log_is_said_to_be_whole(made: Guanjia) -> None:
    """With the hash its chain ends in, which can be noted elsewhere."""
    found = finding(made("doctor", "--deep", "--json"), "hashes")
    assert found["ok"]
    assert found["detail"].startswith("All 5 facts and 5 receipts match their hashes; the chain")
    assert len(found["detail"].split()[-1].rstrip(".")) == 64
    assert "全部 5 条事实和 5 条回执与哈希一致" in found["detail_zh"]
    assert made("doctor", "--json").json["findings"] == made("doctor", "--json").json["findings"]


def test_rows_that_were_exchanged_break_a_rebuild(made: Guanjia, store: str) -> None:
    """Each row is as it was written: only the chain says that their order is not."""
    chain = damage.blob(bytes(32))
    damage.run(Place("sqlite", store), [f"UPDATE log SET chain = {chain} WHERE position = 2"])
    done = made("rebuild")
    assert (done.code, done.err.split(":")[0]) == (4, "LogDamaged")
    assert "position 2 does not follow the one before it" in done.err


def state_of(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file with its content, time and permissions, but for what SQLite shares memory by."""
    return {
        f.name: (f.read_bytes(), f.stat().st_mtime_ns, f.stat().st_mode)
        for f in folder.iterdir()
        if not (f.name.endswith("-shm") or (f.name.endswith("-wal") and not f.stat().st_size))
    }


def test_the_doctor_changes_no_file_and_makes_none(made: Guanjia, store: str) -> None:
    """Not beside the log, and not for tables that are missing."""
    views_path(store).unlink()
    Path(store).chmod(0o400)
    before = state_of(Path(store).parent)
    done = made("doctor", "--deep", "--json")
    assert finding(done, "hashes")["ok"]
    assert "the next question builds them" in finding(done, "views")["detail"]
    assert state_of(Path(store).parent) == before


def test_the_doctor_makes_no_store(guanjia: Guanjia, store: str) -> None:
    """Nor a folder for one."""
    elsewhere = str(Path(store).parent / "elsewhere" / "guanjia.db")
    for address in (store, elsewhere):
        done = guanjia("doctor", "--store", address)
        assert (done.code, done.err.split(":")[0]) == (4, "NoStore")
    assert list(Path(store).parent.iterdir()) == []


@pytest.fixture
def reader(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a store in PostgreSQL for a role that may only read it."""
    url = postgres_server.new_database()
    with closing(Engine(url, create=True)) as engine:
        engine.settle()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        for schema in ("guanjia", "guanjia_views"):
            connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader".encode())
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader".encode())
    yield url.replace("postgres@", "reader@")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")


def test_the_doctor_needs_no_right_to_write_in_postgresql(reader: str) -> None:
    """It judges the server's settings as well."""
    with doctor.inspected(reader) as looked:
        found = {finding.subject: finding for finding in doctor.examine(looked)}
        assert doctor.examine_whole(looked.log).fine
    assert {"store", "fsync", "full_page_writes", "views", "scheduler"} <= set(found)
    assert found["store"].fine
    assert (
        found["views"].sentence
        == "The row sets are 0 facts behind the log; queries catch up first."
    )


def test_files_that_name_people_are_their_owners_alone(made: Guanjia, tmp_path: Path) -> None:
    """Verdicts here; rejected rows are written in the same way."""
    out = tmp_path / "judged.csv"
    assert made("judge", "--out", str(out)).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    out.chmod(0o644)
    assert made("judge", "--out", str(out)).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o644


def test_a_program_older_than_the_log_answers_and_does_not_write(made: Guanjia, store: str) -> None:
    """A fact it does not know may mean that what it would store is wrong."""
    with closing(apsw.Connection(store)) as raw:
        raw.execute("INSERT INTO topics (topic, position) VALUES ('LiftTeleported', 5)")
    assert made("board", "--json").code == 0
    refused = made("ask", "ResumeRepair", f"case={CASE}")
    assert (refused.code, refused.err.split(":")[0]) == (4, "LogFromNewerVersion")
    assert "LiftTeleported" in finding(made("doctor", "--json"), "store")["detail"]


def test_init_leaves_another_programs_database_alone(guanjia: Guanjia, store: str) -> None:
    """And a folder or a file that is no database."""
    with closing(apsw.Connection(store)) as raw:
        raw.execute("CREATE TABLE invoices (number)")
    before = state_of(Path(store).parent)
    done = guanjia("init")
    assert (done.code, done.err.split(":")[0]) == (4, "NotOurStore")
    assert "invoices" in done.err
    assert state_of(Path(store).parent) == before
