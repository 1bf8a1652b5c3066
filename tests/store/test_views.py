"""What views promise on every engine: rows and position together, and right after any crash."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from domain.facts import HouseholdId
from domain.repair import RepairClosed, RepairReported
from store import view_books, view_fold, views as views_module
from store.codec import Codec
from store.errors import StoreAway, StoreFault
from store.log import Log
from store.memory import MemoryLog
from store.open import open_log, open_views, views_path
from store.view_db import ViewDb
from store.view_db_postgres import PostgresViewDb, translated
from store.views import View, Views
from tests.support.postgres import PostgresServer
from tests.support.scenario import START, envelope
from tests.support.views import OPEN, SEEN, Facts, Seen, StillOpen, some_views

ROOT = Path(__file__).parents[2]
CODEC = Codec()


class Place:
    """A log in memory and a database for views that can be opened more than once."""

    def __init__(self, open_db: Callable[[], ViewDb]) -> None:
        self.log = MemoryLog()
        self._open = open_db
        self._opened: list[ViewDb] = []

    def db(self) -> ViewDb:
        db = self._open()
        self._opened.append(db)
        return db

    def views(self, *views: View[Facts], page: int = 3, log: Log | None = None) -> Views[Facts]:
        return some_views(log or self.log, self.db(), *views, page=page)

    def close(self) -> None:
        for db in self._opened:
            with suppress(StoreFault):
                db.close()


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return str(request.getfixturevalue("tmp_path") / "guanjia.db")
    return request.getfixturevalue("postgres_server").new_database()


@pytest.fixture
def place(address: str) -> Iterator[Place]:
    place = Place(lambda: open_views(address))
    yield place
    place.close()


def happen(log: Log, *cases: str, closed: Sequence[str] = ()) -> None:
    """One more fact for each case named, a closing for those that are to be closed."""
    reported = RepairReported(household=HouseholdId("h-1"), category="water")
    with log.appending() as appending:
        rows = []
        for case in (*cases, *closed):
            fact = RepairClosed() if case in closed else reported
            before = len(appending.stream(f"repair-{case}"))
            version = before + sum(row.stream == f"repair-{case}" for row in rows) + 1
            recorded = envelope(fact, version, START, stream=f"repair-{case}")
            rows.append(CODEC.encode(recorded._replace(position=appending.head + len(rows) + 1)))
        appending.append(rows, ())


def seen(views: Views[Facts]) -> dict[str, int]:
    found = views.db.ask("SELECT case_id, facts FROM seen ORDER BY case_id")
    return {str(case).removeprefix("repair-"): int(n or 0) for case, n in found}


def tables(views: Views[Facts]) -> set[str]:
    """The tables of all generations that are really there."""
    found = set()
    for table in ("seen", "still_open"):
        for generation in range(1, 12):
            with suppress(StoreFault):
                views.db.ask(f"SELECT count(*) FROM {table}_g{generation}")
                found.add(f"{table}_g{generation}")
    return found


# ---------------------------------------------------------------------- live


def test_a_new_database_has_seen_nothing(place: Place):
    views = place.views()
    assert views.position() == 0
    assert seen(views) == {}
    assert views.catch_up() == 0


def test_catching_up_shows_every_fact_page_by_page(place: Place):
    happen(place.log, *"abcabca")
    views = place.views()
    progress: list[tuple[int, int]] = []
    assert views.catch_up(lambda at, head: progress.append((at, head))) == 7
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    assert views.position() == 7
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert views.catch_up() == 0


def test_rows_that_a_case_no_longer_has_are_taken_away(place: Place):
    happen(place.log, "a", "b")
    views = place.views()
    views.catch_up()
    happen(place.log, closed=["a"])
    views.catch_up()
    assert views.db.ask("SELECT case_id FROM still_open") == [("repair-b",)]


def test_a_view_that_fails_leaves_neither_rows_nor_position_of_any(place: Place):
    happen(place.log, *"abc")
    broken = Seen()
    views = place.views(StillOpen(), broken)
    views.catch_up()
    happen(place.log, *"abd")
    broken.fails = True
    with pytest.raises(ZeroDivisionError):
        views.catch_up()
    assert views.position() == 3
    assert views.db.ask("SELECT count(*) FROM still_open") == [(3,)]
    broken.fails = False
    assert views.catch_up() == 3
    assert seen(views) == {"a": 2, "b": 2, "c": 1, "d": 1}


def test_opened_again_views_go_on_where_they_were(place: Place):
    happen(place.log, *"abca")
    place.views().catch_up()
    happen(place.log, *"ab")
    again = place.views()
    assert again.position() == 4
    assert again.catch_up() == 2
    assert seen(again) == {"a": 3, "b": 2, "c": 1}


def test_a_page_that_another_process_wrote_is_not_written_again(place: Place):
    happen(place.log, *"abc")
    one, other = place.views(), place.views()
    page = place.log.rows(0, 3)
    assert one._project(page, 0) is True
    assert other._project(page, 0) is False
    assert one._project(page, 0) is False
    assert (one.position(), other.position()) == (3, 3)


def test_what_another_process_saw_first_is_not_forgotten(place: Place):
    happen(place.log, "a")
    one, other = place.views(), place.views()
    one.catch_up()
    for _ in range(4):
        happen(place.log, "a", "b")
        other.catch_up()
        happen(place.log, "a")
        one.catch_up()
    assert seen(one) == {"a": 9, "b": 4}


def test_two_processes_and_their_threads_race_and_lose_nothing(place: Place):
    racing = [place.views(page=2), place.views(page=3)]

    def write() -> None:
        for number in range(60):
            happen(place.log, f"c{number % 7}", f"d{number % 3}")

    def follow(views: Views[Facts]) -> int:
        facts = 0
        limit = time.monotonic() + 60
        while (views.position() < 120) and time.monotonic() < limit:
            facts += views.catch_up()
        return facts

    with ThreadPoolExecutor(5) as threads:
        writing = threads.submit(write)
        following = [threads.submit(follow, views) for views in racing * 2]
        writing.result()
        assert sum(future.result() for future in following) == 120
    live = racing[0].digest("seen")
    racing[1].rebuild()
    assert racing[0].digest("seen") == live


def test_another_thread_reads_the_rows_as_they_were_before_a_page(place: Place):
    happen(place.log, "a")
    views = place.views()
    views.catch_up()
    with views.db.writing():
        views.db.run("UPDATE seen_g1 SET facts = ?", (7,))
        assert seen(views) == {"a": 7}
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(seen, views).result() == {"a": 1}
    assert seen(views) == {"a": 7}


# ---------------------------------------------------------------------- rebuild


def test_a_rebuild_gives_the_rows_that_live_batches_gave(place: Place):
    happen(place.log, *"abcabcda", closed=["c"])
    views = place.views()
    views.catch_up()
    live = [views.digest(name) for name in views.views]
    assert views.rebuild() == 9
    assert [views.digest(name) for name in views.views] == live
    assert views.position() == 9


def test_a_rebuild_mends_rows_that_were_spoilt(place: Place):
    happen(place.log, *"ab")
    views = place.views()
    views.catch_up()
    with views.db.writing():
        views.db.run("DELETE FROM seen_g1")
    assert seen(views) == {}
    views.rebuild(["seen"])
    assert seen(views) == {"a": 1, "b": 1}


def test_readers_see_the_old_rows_until_the_swap_and_live_pages_go_on(place: Place, monkeypatch):
    monkeypatch.setattr(view_fold, "BULK", 2)
    happen(place.log, *"abcd")
    views, live = place.views(), place.views()
    views.catch_up()
    stages = []

    def in_between(_at: int, _until: int) -> None:
        happen(place.log, "a", "e")
        live.catch_up()
        stages.append((seen(live), views.position()))

    assert views.rebuild(progress=in_between) == 4
    assert len(stages) == 3
    for number, (rows, position) in enumerate(stages, 1):
        assert rows == {"a": 1 + number, "b": 1, "c": 1, "d": 1, "e": number}
        assert position == 4 + 2 * number
    assert views.position() == 10  # never less than before
    assert seen(views) == {"a": 4, "b": 1, "c": 1, "d": 1, "e": 3}


def test_only_the_living_generation_is_left(place: Place):
    happen(place.log, "a")
    views = place.views()
    for _ in range(3):
        views.rebuild()
    assert tables(views) == {"seen_g4", "still_open_g4"}


def test_a_rebuild_that_fails_leaves_everything_as_it_was(place: Place):
    happen(place.log, "a")
    broken = Seen()
    views = place.views(broken)
    views.catch_up()
    broken.fails = True
    with pytest.raises(ZeroDivisionError):
        views.rebuild()
    assert seen(views) == {"a": 1}
    assert tables(views) == {"seen_g1"}


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_two_rebuilds_at_once_the_later_stays_and_both_go_well(
    place: Place, monkeypatch, first_to_end: int
):
    monkeypatch.setattr(view_fold, "BULK", 1)
    happen(place.log, *"abc")
    one, other = place.views(), place.views()
    both = threading.Barrier(2)
    gates = [threading.Event(), threading.Event()]
    gates[first_to_end].set()

    def rebuild(number: int, views: Views[Facts]) -> None:
        met = False

        def pause(_at: int, _until: int) -> None:
            nonlocal met
            if not met:
                met = True
                both.wait(30)
                gates[number].wait(30)

        views.rebuild(progress=pause)
        gates[1 - number].set()

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(rebuild, n, v) for n, v in enumerate((one, other))]:
            future.result()
    assert seen(one) == {"a": 1, "b": 1, "c": 1}
    assert len(tables(one)) == 2


def test_tables_of_a_rebuild_that_was_killed_are_dropped_when_nobody_can_be_at_it(
    place: Place, monkeypatch
):
    happen(place.log, "a")
    views = place.views()
    views.catch_up()
    with views.db.writing():
        views._books.make(views.views["still_open"])
    assert "still_open_g2" in tables(views)
    views.rebuild(["seen"])
    assert "still_open_g2" in tables(views)  # somebody may be filling it
    monkeypatch.setattr(view_books, "LOST_AFTER", -1)
    views.rebuild(["seen"])
    assert tables(views) == {"seen_g3", "still_open_g1"}


# ---------------------------------------------------------------------- definitions and logs


def test_a_new_definition_is_built_beside_the_old_one_by_itself(place: Place):
    happen(place.log, *"aab")
    place.views(Seen(version=1)).catch_up()
    newer = place.views(Seen(version=2, weight=10))
    assert newer.position() == 0
    assert seen(newer) == {"a": 2, "b": 1}  # the old rows answer until then
    assert newer.catch_up() == 3
    assert seen(newer) == {"a": 20, "b": 10}
    assert newer.position() == 3
    assert tables(newer) == {"seen_g2"}


def test_an_older_program_leaves_a_newer_definition_alone(place: Place):
    happen(place.log, "a")
    older = place.views(Seen(version=1), StillOpen())
    older.catch_up()
    newer = place.views(Seen(version=2, weight=10), StillOpen())
    newer.catch_up()
    happen(place.log, "a")
    older.catch_up()
    assert seen(older) == {"a": 10}
    assert older.db.ask("SELECT count(*) FROM still_open") == [(2,)]
    assert older.position() == 1
    newer.catch_up()
    assert seen(newer) == {"a": 20}


def test_an_older_program_that_rebuilds_does_not_put_its_definition_back(place: Place):
    happen(place.log, "a")
    older = place.views(Seen(version=1))
    place.views(Seen(version=2, weight=10)).catch_up()
    older.rebuild()
    assert seen(older) == {"a": 10}
    assert tables(older) == {"seen_g2"}


def test_a_table_that_a_new_definition_no_longer_has_goes_with_the_old(place: Place):
    class Before(Seen):
        tables = (SEEN, OPEN)

    happen(place.log, "a")
    place.views(Before()).catch_up()
    views = place.views(Seen(version=2))
    views.catch_up()
    assert tables(views) == {"seen_g2"}
    with pytest.raises(StoreFault):
        views.db.ask("SELECT * FROM still_open")


def test_a_further_view_is_filled_while_the_others_wait(place: Place):
    happen(place.log, *"abcabca")
    place.views(Seen(), page=5).catch_up()
    views = place.views(Seen(), StillOpen(), page=5)
    assert views.position() == 0
    views.catch_up()
    assert views.position() == 7
    live = views.digest("still_open")
    views.rebuild()
    assert views.digest("still_open") == live
    assert seen(views) == {"a": 3, "b": 2, "c": 2}


def test_a_long_log_before_an_empty_view_is_read_in_bulk(place: Place, monkeypatch):
    monkeypatch.setattr(views_module, "BULK", 5)
    happen(place.log, *"abcabca")
    views = place.views()
    assert views.catch_up() == 7
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    assert tables(views) == {"seen_g2", "still_open_g2"}


def test_a_shorter_log_put_back_from_a_backup_rebuilds_the_views(place: Place):
    happen(place.log, *"abcde")
    place.views().catch_up()
    restored = MemoryLog()
    happen(restored, *"ab")
    views = place.views(log=restored)
    views.catch_up()
    assert seen(views) == {"a": 1, "b": 1}
    assert views.position() == 2


def test_another_log_that_grew_as_long_rebuilds_the_views(place: Place):
    happen(place.log, *"abcde")
    place.views().catch_up()
    restored = MemoryLog()
    happen(restored, *"abxyz")
    views = place.views(log=restored)
    views.catch_up()
    assert seen(views) == {"a": 1, "b": 1, "x": 1, "y": 1, "z": 1}


def test_an_empty_log_where_there_was_one_empties_the_views(place: Place):
    happen(place.log, *"ab")
    place.views().catch_up()
    views = place.views(log=MemoryLog())
    views.rebuild()
    assert (seen(views), views.position()) == ({}, 0)


# ---------------------------------------------------------------------- crashes


@pytest.mark.parametrize("point", ["page", "bulk", "swap", "begin"])
def test_killed_at_any_point_it_is_right_after_the_next_start(
    address: str, point: str, monkeypatch
):
    log = open_log(address)
    happen(log, *"abcabca")
    command = [sys.executable, "-m", "tests.support.killed_views", address, point]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    place = Place(lambda: open_views(address))
    views = place.views(log=log)
    views.catch_up()
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    monkeypatch.setattr(view_books, "LOST_AFTER", -1)
    views.rebuild()
    assert len(tables(views)) == 2
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    place.close()
    log.close()


def test_a_server_that_went_away_is_told_and_asked_again(postgres_server: PostgresServer):
    address = postgres_server.new_database()
    place = Place(lambda: PostgresViewDb(address))
    happen(place.log, *"ab")
    views = place.views()
    views.catch_up()
    happen(place.log, *"ab")
    postgres_server.kill()
    with pytest.raises(StoreAway):
        views.catch_up()
    with pytest.raises(StoreAway):
        views.position()
    postgres_server.start()
    assert views.catch_up() == 2
    assert seen(views) == {"a": 2, "b": 2}
    postgres_server.stop()
    postgres_server.start()
    assert views.position() == 4  # a connection that died while it lay idle is replaced
    place.close()


# ---------------------------------------------------------------------- pulses, digests, addresses


def test_signs_of_life_are_seen_by_other_processes(place: Place):
    one, other = place.views(), place.views()
    assert other.pulses() == {}
    one.note_pulse("deadlines", 1_800_000_000_000_000)
    one.note_pulse("courier", 5)
    one.note_pulse("courier", 6)
    assert other.pulses() == {"deadlines": 1_800_000_000_000_000, "courier": 6}


def test_a_digest_is_the_same_on_every_engine(tmp_path: Path, postgres_server: PostgresServer):
    digests = set()
    for address in (str(tmp_path / "g.db"), postgres_server.new_database(), ":memory:"):
        place = Place(lambda address=address: open_views(address))
        happen(place.log, "é", "Z", "a", "乙", "é", "é")
        views = place.views()
        views.catch_up()
        digests.add((views.digest("seen"), views.digest("still_open")))
        place.close()
    assert len(digests) == 1


def test_a_digest_tells_rows_apart(place: Place):
    happen(place.log, "a")
    views = place.views()
    views.catch_up()
    before = views.digest("seen")
    happen(place.log, "a")
    views.catch_up()
    assert views.digest("seen") != before


def test_question_marks_and_percent_signs_in_texts_stay_what_they_are(place: Place):
    views = place.views()
    found = views.db.ask("SELECT '50%?', ? || '%s', 7 % 4 WHERE 'a?' LIKE ?", ("x?%", "a%"))
    assert found == [("50%?", "x?%%s", 3)]


def test_statements_are_translated_outside_of_quotes_only():
    said = translated("""SELECT '?', "a?b", x % 2 FROM t WHERE y = ? AND z LIKE '%it''s?'""")
    assert said == b"""SELECT '?', "a?b", x %% 2 FROM t WHERE y = %s AND z LIKE '%%it''s?'"""


def test_sums_are_whole_and_averages_are_not(place: Place):
    happen(place.log, *"aab")
    views = place.views()
    views.catch_up()
    ((total, mean, share),) = views.db.ask("SELECT sum(facts), avg(facts), max(share) FROM seen")
    assert (total, mean, share) == (3, 1.5, 1.0)
    assert [type(value) for value in (total, mean, share)] == [int, float, float]


def test_a_transaction_is_kept_whole_or_not_at_all(place: Place):
    views = place.views()

    def write(then: Callable[[], object]) -> None:
        with views.db.writing():
            views.db.run("INSERT INTO pulses (name, at) VALUES ('x', 1)")
            then()

    with pytest.raises(ZeroDivisionError):
        write(lambda: 1 / 0)
    assert views.pulses() == {}
    with pytest.raises(StoreFault):
        write(lambda: views.db.run("INSERT INTO nowhere VALUES (1)"))
    assert views.pulses() == {}


def test_views_lie_beside_their_log(tmp_path: Path):
    assert views_path("some/guanjia.db") == Path("some/guanjia.views.db")
    assert views_path("guanjia") == Path("guanjia.views.db")
    open_views(str(tmp_path / "new" / "g.db")).close()
    assert (tmp_path / "new" / "g.views.db").exists()


def test_views_of_a_log_in_memory_go_with_it():
    db = open_views(":memory:")
    file = Path(db.where)
    assert file.exists()
    db.close()
    assert not file.parent.exists()


def test_a_deleted_view_database_is_made_again(tmp_path: Path):
    address = str(tmp_path / "g.db")
    place = Place(lambda: open_views(address))
    happen(place.log, *"aab")
    place.views().catch_up()
    place.close()
    for file in tmp_path.glob("g.views.db*"):
        file.unlink()
    views = place.views()
    views.catch_up()
    assert seen(views) == {"a": 2, "b": 1}
    place.close()


def test_nothing_is_written_outside_a_transaction(postgres_server: PostgresServer):
    db = open_views(postgres_server.new_database())
    with pytest.raises(StoreFault, match="outside a transaction"):
        db.run("CREATE TABLE x (y bigint)")
    db.close()
