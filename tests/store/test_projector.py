"""What views promise on every engine: rows and position together, whoever projects them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.errors import StoreAway, StoreFault
from store.follower import FollowerState
from store.open import open_views, views_path
from store.projector import Projector
from store.tables_postgres import PostgresTables, translated
from tests.support.postgres import PostgresServer
from tests.support.row_sets import (
    ENGINES,
    Facts,
    Place,
    Seen,
    StillOpen,
    address_of,
    happen,
    place_at,
    seen,
)

_address = pytest.fixture(params=ENGINES, name="address")(address_of)
_place = pytest.fixture(name="place")(place_at)


# ---------------------------------------------------------------------- live


def test_a_new_database_has_seen_nothing(place: Place):
    views = place.projector()
    assert views.position() == 0
    assert seen(views) == {}
    assert views.catch_up() == 0


def test_catching_up_shows_every_fact_page_by_page(place: Place):
    happen(place.log, *"abcabca")
    views = place.projector()
    progress: list[tuple[int, int]] = []
    assert views.catch_up(lambda at, head: progress.append((at, head))) == 7
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    assert views.position() == 7
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert views.catch_up() == 0


def test_rows_that_a_case_no_longer_has_are_taken_away(place: Place):
    happen(place.log, "a", "b")
    views = place.projector()
    views.catch_up()
    happen(place.log, closed=["a"])
    views.catch_up()
    assert views.db.ask("SELECT case_id FROM still_open") == [("repair-b",)]


def test_a_view_that_fails_leaves_neither_rows_nor_position_of_any(place: Place):
    happen(place.log, *"abc")
    broken = Seen()
    views = place.projector(StillOpen(), broken)
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
    place.projector().catch_up()
    happen(place.log, *"ab")
    again = place.projector()
    assert again.position() == 4
    assert again.catch_up() == 2
    assert seen(again) == {"a": 3, "b": 2, "c": 1}


def test_a_page_that_another_process_wrote_is_not_written_again(place: Place):
    happen(place.log, *"abc")
    one, other = place.projector(), place.projector()
    page = place.log.rows(0, 3)
    assert one._project(page, 0) is True
    assert other._project(page, 0) is False
    assert one._project(page, 0) is False
    assert (one.position(), other.position()) == (3, 3)


def test_what_another_process_saw_first_is_not_forgotten(place: Place):
    happen(place.log, "a")
    one, other = place.projector(), place.projector()
    one.catch_up()
    for _ in range(4):
        happen(place.log, "a", "b")
        other.catch_up()
        happen(place.log, "a")
        one.catch_up()
    assert seen(one) == {"a": 9, "b": 4}


def test_two_processes_and_their_threads_race_and_lose_nothing(place: Place):
    racing = [place.projector(page=2), place.projector(page=3)]

    def write() -> None:
        for number in range(60):
            happen(place.log, f"c{number % 7}", f"d{number % 3}")

    def follow(views: Projector[Facts]) -> int:
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
    views = place.projector()
    views.catch_up()
    with views.db.writing():
        views.db.run("UPDATE seen_g1 SET facts = ?", (7,))
        assert seen(views) == {"a": 7}
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(seen, views).result() == {"a": 1}
    assert seen(views) == {"a": 7}


def test_a_server_that_went_away_is_told_and_asked_again(postgres_server: PostgresServer):
    address = postgres_server.new_database()
    place = Place(lambda: PostgresTables(address))
    happen(place.log, *"ab")
    views = place.projector()
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


# ---------------------------------------------------------------------- life, digests, addresses


def test_signs_of_life_are_seen_by_other_processes(place: Place):
    one, other = place.projector(), place.projector()
    now = datetime.now(UTC)
    assert other.signs.noted(now) == {}
    happen(place.log, "a", "b", "c")
    one.signs.note([state("timers", 2), state("courier", None)])
    one.signs.note([state("courier", 3, fault="gone")])
    found = other.signs.noted(datetime.now(UTC) + timedelta(seconds=60))
    assert {name: (s.position, s.lag, s.fault) for name, s in found.items()} == {
        "timers": (2, 1, None),
        "courier": (3, 0, "gone"),
    }
    assert all(61.5 <= s.last_tick_age < 90 and s.taken == 7 for s in found.values())


def state(name: str, position: int | None, fault: str | None = None) -> FollowerState:
    return FollowerState(
        name=name, position=position, lag=None, last_tick_age=1.5, taken=7, fault=fault
    )


def test_tables_of_an_older_program_get_what_followers_note(place: Place):
    one = place.projector()
    with one.db.writing():
        one.db.run("DROP TABLE followers")
    happen(place.log, "a")
    one.catch_up()
    other = place.projector()
    other.signs.note([state("timers", 1)])
    assert set(one.signs.noted(datetime.now(UTC))) == {"timers"}
    assert other.position() == 1


def test_a_digest_is_the_same_on_every_engine(tmp_path: Path, postgres_server: PostgresServer):
    digests = set()
    for address in (str(tmp_path / "g.db"), postgres_server.new_database(), ":memory:"):
        place = Place(lambda address=address: open_views(address))
        happen(place.log, "é", "Z", "a", "乙", "é", "é")
        views = place.projector()
        views.catch_up()
        digests.add((views.digest("seen"), views.digest("still_open")))
        place.close()
    assert len(digests) == 1


def test_a_digest_tells_rows_apart(place: Place):
    happen(place.log, "a")
    views = place.projector()
    views.catch_up()
    before = views.digest("seen")
    happen(place.log, "a")
    views.catch_up()
    assert views.digest("seen") != before


def test_question_marks_and_percent_signs_in_texts_stay_what_they_are(place: Place):
    views = place.projector()
    found = views.db.ask("SELECT '50%?', ? || '%s', 7 % 4 WHERE 'a?' LIKE ?", ("x?%", "a%"))
    assert found == [("50%?", "x?%%s", 3)]


def test_statements_are_translated_outside_of_quotes_only():
    said = translated("""SELECT '?', "a?b", x % 2 FROM t WHERE y = ? AND z LIKE '%it''s?'""")
    assert said == b"""SELECT '?', "a?b", x %% 2 FROM t WHERE y = %s AND z LIKE '%%it''s?'"""


def test_sums_are_whole_and_averages_are_not(place: Place):
    happen(place.log, *"aab")
    views = place.projector()
    views.catch_up()
    ((total, mean, share),) = views.db.ask("SELECT sum(facts), avg(facts), max(share) FROM seen")
    assert (total, mean, share) == (3, 1.5, 1.0)
    assert [type(value) for value in (total, mean, share)] == [int, float, float]


def test_a_transaction_is_kept_whole_or_not_at_all(place: Place):
    views = place.projector()

    def write(then: Callable[[], object]) -> None:
        with views.db.writing():
            views.db.run("INSERT INTO unsettled (case_id) VALUES ('x')")
            then()

    with pytest.raises(ZeroDivisionError):
        write(lambda: 1 / 0)
    assert views.db.ask("SELECT * FROM unsettled") == []
    with pytest.raises(StoreFault):
        write(lambda: views.db.run("INSERT INTO nowhere VALUES (1)"))
    assert views.db.ask("SELECT * FROM unsettled") == []


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
    place.projector().catch_up()
    place.close()
    for file in tmp_path.glob("g.views.db*"):
        file.unlink()
    views = place.projector()
    views.catch_up()
    assert seen(views) == {"a": 2, "b": 1}
    place.close()


def test_nothing_is_written_outside_a_transaction(postgres_server: PostgresServer):
    db = open_views(postgres_server.new_database())
    with pytest.raises(StoreFault, match="outside a transaction"):
        db.run("CREATE TABLE x (y bigint)")
    db.close()
