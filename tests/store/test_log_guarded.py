"""A log is not written to where it is not what this program made: sentences that say why."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import apsw
import psycopg
import pytest

from store import postgres, postgres_checks, sqlite_checks
from store.checks import check_chain, check_whole
from store.errors import (
    LogAltered,
    LogDamaged,
    LogFromNewerVersion,
    NotOurStore,
)
from store.log import Log
from store.open import open_log, open_views, views_path
from store.postgres import PostgresLog
from store.postgres_engine import Statements
from tests.support import damage
from tests.support.logs import Place, append, receipt, refuses
from tests.support.postgres import PostgresServer

sqlite_only = pytest.mark.parametrize("on_disk", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("on_disk", ["postgres"], indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guanjia.db"


# Tables and triggers

NO_TRIGGER_ON_SQLITE = """DROP TRIGGER log_loses_nothing;
CREATE TRIGGER log_loses_nothing BEFORE DELETE ON log BEGIN SELECT 1; END"""
NO_TRIGGER_ON_POSTGRES = """CREATE OR REPLACE FUNCTION append_only() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"""
ALTERED = {
    "sqlite": [
        ("DROP TRIGGER log_keeps_rows", "trigger log_keeps_rows is missing"),
        ("DROP TRIGGER receipts_end_with_the_log", "trigger receipts_end_with_the_log is missing"),
        ("CREATE TABLE notes (text)", "table notes is not ours"),
        ("CREATE VIEW recent AS SELECT * FROM log", "view recent is not ours"),
        ("CREATE INDEX by_topic ON log (topic)", "index by_topic is not ours"),
        (
            "CREATE TRIGGER log_copies AFTER INSERT ON log BEGIN SELECT 1; END",
            "trigger log_copies is not ours",
        ),
        ("ALTER TABLE receipts ADD COLUMN note TEXT", "table receipts was changed"),
        (NO_TRIGGER_ON_SQLITE, "trigger log_loses_nothing was changed"),
        ("DROP TABLE topics", "table topics is missing"),
    ],
    "postgres": [
        ("DROP TRIGGER append_only ON log", "trigger log append_only is missing"),
        ("ALTER TABLE log DISABLE TRIGGER append_only", "trigger log append_only was changed"),
        ("ALTER TABLE topics ENABLE TRIGGER append_only", "topics append_only was changed"),
        ("CREATE TABLE notes (text text)", "notes"),
        ("CREATE VIEW recent AS SELECT * FROM log", "recent"),
        ("ALTER TABLE receipts ADD COLUMN note text", "column receipts.note is not ours"),
        ("ALTER TABLE log ALTER COLUMN topic DROP NOT NULL", "column log.topic was changed"),
        ("ALTER TABLE log SET UNLOGGED", "relation log"),
        ("ALTER TABLE log ENABLE ROW LEVEL SECURITY", "relation log was changed"),
        ("ALTER TABLE log DROP CONSTRAINT log_stream_version_key", "log_stream_version_key"),
        (NO_TRIGGER_ON_POSTGRES, "function append_only was changed"),
        ("CREATE RULE nothing AS ON UPDATE TO log DO INSTEAD NOTHING", "relation log was changed"),
        ("DROP TABLE topics", "topics"),
    ],
}


@pytest.mark.parametrize(
    ("on_disk", "statement", "said"),
    [(engine, *change) for engine, changes in ALTERED.items() for change in changes],
    indirect=["on_disk"],
)
def test_a_log_whose_tables_were_changed_is_read_and_not_written(
    on_disk: Place, statement: str, said: str
):
    log = on_disk.open()
    rows = append(log, ("a", 1, "T"))
    log.close()
    on_disk.raw(statement)
    again = on_disk.open()
    assert isinstance(again.fault, LogAltered)
    assert said in again.fault.sentence
    assert "。" in again.fault.sentence_zh
    assert again.rows(0, 9) == rows
    refuses(again, LogAltered, said)


def test_a_change_under_a_running_program_stops_the_next_append(
    on_disk: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres, "SHAPE_SECONDS", 0.0)
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    on_disk.raw("CREATE TABLE notes (text text)")
    refuses(log, LogAltered, "notes.* is not ours")
    refuses(log, LogAltered, "notes.* is not ours")
    on_disk.raw("DROP TABLE notes")
    assert append(log, ("a", 2, "T"))[0].position == 2


def test_statistics_of_the_database_are_no_change(on_disk: Place):
    append(on_disk.open(), ("a", 1, "T"))
    on_disk.raw("ANALYZE")
    assert on_disk.open().fault is None


def test_the_tables_of_this_format_stay_as_they_are():
    """Another layout is another format: logs that exist would count as changed."""
    shape = sorted(sqlite_checks._expected().items())
    assert sha256(repr(shape).encode()).hexdigest() == SHAPE_ON_SQLITE
    shape = sorted(postgres_checks.expected_shape(Statements("guanjia")).items())
    assert sha256(repr(shape).encode()).hexdigest() == SHAPE_ON_POSTGRES


SHAPE_ON_SQLITE = "6eccca1cb9d2d70f6610ecb019d569d3a3d5f7d87ce281c2808fd5707bcb9f84"
SHAPE_ON_POSTGRES = "1ada9f4dae2a33aa79bd8745200c26ab24a6959313ce298c13a92cc24ca17201"


@postgres_only
def test_a_log_moved_by_dump_and_restore_is_whole(
    on_disk: Place, postgres_server: PostgresServer, tmp_path: Path
):
    append(on_disk.open(), ("a", 1, "T"), receipts=(receipt("c"),))
    tools = postgres_server._binaries
    dump, url = str(tmp_path / "dump"), postgres_server.new_database()
    subprocess.run(
        [tools / "pg_dump", "-Fc", "-n", "guanjia", "-f", dump, on_disk.address], check=True
    )
    subprocess.run([tools / "pg_restore", "-d", url, dump], check=True)
    with closing(open_log(url, create=False)) as log:
        assert log.fault is None
        append(log, ("a", 2, "T"))
        assert check_whole(log)[:2] == (2, 2)


# Somebody else's


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE invoices (id)", "invoices"),
        ("PRAGMA application_id = 1196444487", "1196444487"),
    ],
)
def test_another_programs_database_is_refused_and_left_alone(path: Path, statement: str, said: str):
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(statement)
    whole = path.read_bytes()
    for create in (True, False):
        with pytest.raises(NotOurStore, match=said):
            open_log(str(path), create=create)
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def test_views_are_no_log(path: Path):
    open_log(str(path)).close()
    with closing(open_views(str(path))) as views, views.writing():
        views.run("CREATE TABLE views (name TEXT)")
    with pytest.raises(NotOurStore, match="views"):
        open_log(str(views_path(str(path))))


def test_our_files_say_whose_they_are(path: Path):
    open_log(str(path)).close()
    assert path.read_bytes()[68:72] == b"gjia"


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE guanjia.invoices (id int)", "CREATE SEQUENCE guanjia.log"],
)
def test_a_schema_with_other_tables_is_refused(empty_database: str, statement: str):
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE SCHEMA guanjia")
        connection.execute(statement.encode())
    for create in (True, False):
        with pytest.raises(NotOurStore):
            PostgresLog(empty_database, create=create)


def test_an_empty_schema_is_taken(empty_database: str):
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE SCHEMA guanjia")
    with closing(PostgresLog(empty_database)) as log:
        assert log.fault is None


# Newer topics


def test_a_log_with_unknown_topics_is_read_and_not_written(on_disk: Place):
    rows = append(on_disk.open(), ("a", 1, "Old"), ("a", 2, "New"))
    older = on_disk.open(topics=frozenset({"Old"}))
    assert isinstance(older.fault, LogFromNewerVersion)
    assert older.rows(0, 9) == rows
    refuses(older, LogFromNewerVersion, "New")
    append(on_disk.open(topics=frozenset({"Old", "New", "Newer"})), ("a", 3, "New"))


def test_topics_that_a_newer_program_writes_meanwhile_stop_an_older_one(on_disk: Place):
    older = on_disk.open(topics=frozenset({"Old"}))
    newer = on_disk.open()
    append(older, ("a", 1, "Old"))
    append(newer, ("a", 2, "Old"))
    append(older, ("a", 3, "Old"))
    append(newer, ("a", 4, "New"))
    refuses(older, LogFromNewerVersion, "New")


# Damage that is met


EDIT = "UPDATE log SET recorded_at = recorded_at - 1 WHERE position = 2"
READERS: dict[str, Callable[[Log], object]] = {
    "loading a case": lambda log: log.stream("a"),
    "loading some cases": lambda log: log.streams(["a", "b1"], 6),
    "reading on": lambda log: log.rows(1, 1),
    "reading by topic": lambda log: log.rows(0, 9, ["T"]),
    "reading registers": lambda log: log.prefixed("a"),
    "rebuilding": lambda log: list(log.each_stream(6)),
    "checking the whole": check_whole,
    "loading a case to decide": lambda log: load_in_a_block(log, "a"),
}


def load_in_a_block(log: Log, stream: str) -> None:
    with log.transaction() as transaction:
        transaction.stream(stream)


@pytest.mark.parametrize("read", READERS)
def test_damage_that_anybody_meets_stops_the_writing(on_disk: Place, read: str):
    """A damaged log is not written to: what follows damage could not be trusted either."""
    append(on_disk.open(), ("a", 1, "T"), ("a", 2, "T"), *((f"b{i}", 1, "T") for i in range(4)))
    damage.run(on_disk, [EDIT])
    log = on_disk.open()
    assert log.fault is None  # in the middle, where opening does not look
    assert log.stream("b1")
    for _ in range(2):
        with pytest.raises(LogDamaged, match="position 2 of stream a was changed"):
            READERS[read](log)
    refuses(log, LogDamaged, "position 2 of stream a was changed.*restore it from a backup")


def test_a_broken_chain_stops_the_writing(on_disk: Place):
    append(on_disk.open(), ("a", 1, "T"), ("a", 2, "T"), *((f"b{i}", 1, "T") for i in range(4)))
    damage.run(on_disk, [f"UPDATE log SET chain = {damage.blob(bytes(32))} WHERE position = 2"])
    log = on_disk.open()
    assert log.stream("a")  # each row is as it was, only their order is in doubt
    with pytest.raises(LogDamaged, match="position 2 does not follow"):
        check_chain(log)
    refuses(log, LogDamaged, "position 2 does not follow")


def test_a_log_replaced_by_another_that_is_longer_is_noticed(on_disk: Place):
    """It has rows where the old one ended, but others."""
    log = on_disk.open()
    append(log, ("a", 1, "T"))
    tables = ("log", "receipts", "topics")
    damage.run(on_disk, [f"DELETE FROM {table}" for table in tables])
    append(on_disk.open(), ("b", 1, "T"), ("b", 2, "T"))
    with pytest.raises(LogDamaged, match="position 1 does not follow"):
        append(log, ("a", 2, "T"))
    assert isinstance(log.fault, LogDamaged)
    assert on_disk.open().head() == 2
