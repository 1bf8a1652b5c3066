"""What a rebuild promises: beside the living rows, by itself where needed, through crashes."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.kinds.rules.facts import RULES_STREAM, CalendarPublished
from store import case_loader, checkpoints, projector as projector_module
from store.errors import StoreFault
from store.memory import MemoryLog
from store.open import open_log, open_views
from store.projector import Projector
from tests.support.row_sets import (
    ENGINES,
    OPEN,
    SEEN,
    Facts,
    Place,
    Seen,
    StillOpen,
    address_of,
    happen,
    place_at,
    seen,
    tables,
)
from tests.support.scenario import CODEC, START, envelope

ROOT = Path(__file__).parents[2]

_address = pytest.fixture(params=ENGINES, name="address")(address_of)
_place = pytest.fixture(name="place")(place_at)


# ---------------------------------------------------------------------- rebuild


def test_a_rebuild_gives_the_rows_that_live_batches_gave(place: Place):
    happen(place.log, *"abcabcda", closed=["c"])
    views = place.projector()
    views.catch_up()
    live = [views.digest(name) for name in views.row_sets]
    assert views.rebuild() == 9
    assert [views.digest(name) for name in views.row_sets] == live
    assert views.position() == 9


def test_a_rebuild_mends_rows_that_were_spoilt(place: Place):
    happen(place.log, *"ab")
    views = place.projector()
    views.catch_up()
    with views.db.writing():
        views.db.run("DELETE FROM seen_g1")
    assert seen(views) == {}
    views.rebuild(["seen"])
    assert seen(views) == {"a": 1, "b": 1}


def test_readers_see_the_old_rows_until_the_swap_and_live_pages_go_on(place: Place, monkeypatch):
    monkeypatch.setattr(case_loader, "BULK", 2)
    happen(place.log, *"abcd")
    views, live = place.projector(), place.projector()
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


def test_only_the_living_tables_are_left(place: Place):
    happen(place.log, "a")
    views = place.projector()
    for _ in range(3):
        views.rebuild()
    assert tables(views) == {"seen_g4", "still_open_g4"}


def test_a_rebuild_that_fails_leaves_everything_as_it_was(place: Place):
    happen(place.log, "a")
    broken = Seen()
    views = place.projector(broken)
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
    monkeypatch.setattr(case_loader, "BULK", 1)
    happen(place.log, *"abc")
    one, other = place.projector(), place.projector()
    both = threading.Barrier(2)
    gates = [threading.Event(), threading.Event()]
    gates[first_to_end].set()

    def rebuild(number: int, views: Projector[Facts]) -> None:
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


def test_threads_that_catch_up_and_rebuild_at_once_lose_nothing(place: Place, monkeypatch):
    """Views of one process are safe to share: nobody sees another's half-done work."""
    monkeypatch.setattr(case_loader, "BULK", 4)
    views = place.projector(page=2)

    def write() -> None:
        for number in range(40):
            happen(place.log, f"c{number % 5}", f"d{number % 3}")

    def follow() -> None:
        limit = time.monotonic() + 60
        while views.position() < 80 and time.monotonic() < limit:
            views.catch_up()

    def rebuild() -> None:
        for _ in range(4):
            views.rebuild()

    with ThreadPoolExecutor() as pool:
        for work in [pool.submit(some) for some in (write, follow, follow, rebuild, rebuild)]:
            work.result()
    views.catch_up()
    live = views.digest("seen"), views.digest("still_open")
    assert sum(seen(views).values()) == 80
    views.rebuild()
    assert (views.digest("seen"), views.digest("still_open")) == live


def test_a_thread_does_not_wait_for_its_turn_for_ever(place: Place):
    """Who has little time comes back without having seen anything."""
    happen(place.log, *"abcdef")
    views = place.projector(page=2)
    with ThreadPoolExecutor() as pool, views._turn:
        assert pool.submit(views.catch_up, within=0.01).result() == 0
    assert views.catch_up(within=0.0) == 2  # the page that was begun
    assert views.catch_up() == 4


def test_a_calendar_comes_before_a_case_that_another_view_knows(place: Place):
    """A view ahead of others notes cases as unsettled that begin after the others' page."""
    happen(place.log, "a")
    views = place.projector()
    views.catch_up()
    with views.db.writing():
        views._note_unsettled(["repair-z"])
    with place.log.transaction() as log:
        document = {"name": "cn", "hours": {"mon-fri": ["09:00-17:00"]}}
        published = CalendarPublished(name="cn", version=1, document=document)
        recorded = envelope(published, 1, START, stream=RULES_STREAM)
        log.append([CODEC.encode(recorded._replace(position=log.head + 1))])
    assert views.catch_up() == 1
    assert views._unsettled_cases() == ["repair-z"]


def test_tables_of_a_rebuild_that_was_killed_are_dropped_when_nobody_can_be_at_it(
    place: Place, monkeypatch
):
    happen(place.log, "a")
    views = place.projector()
    views.catch_up()
    with views.db.writing():
        views._checkpoints.make(views.row_sets["still_open"])
    assert "still_open_g2" in tables(views)
    views.rebuild(["seen"])
    assert "still_open_g2" in tables(views)  # somebody may be filling it
    monkeypatch.setattr(checkpoints, "LOST_AFTER", -1)
    views.rebuild(["seen"])
    assert tables(views) == {"seen_g3", "still_open_g1"}


# ---------------------------------------------------------------------- definitions and logs


def test_a_new_definition_is_built_beside_the_old_one_by_itself(place: Place):
    happen(place.log, *"aab")
    place.projector(Seen(version=1)).catch_up()
    newer = place.projector(Seen(version=2, weight=10))
    assert newer.position() == 0
    assert seen(newer) == {"a": 2, "b": 1}  # the old rows answer until then
    assert newer.catch_up() == 3
    assert seen(newer) == {"a": 20, "b": 10}
    assert newer.position() == 3
    assert tables(newer) == {"seen_g2"}


def test_an_older_program_leaves_a_newer_definition_alone(place: Place):
    happen(place.log, "a")
    older = place.projector(Seen(version=1), StillOpen())
    older.catch_up()
    newer = place.projector(Seen(version=2, weight=10), StillOpen())
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
    older = place.projector(Seen(version=1))
    place.projector(Seen(version=2, weight=10)).catch_up()
    older.rebuild()
    assert seen(older) == {"a": 10}
    assert tables(older) == {"seen_g2"}


def test_a_table_that_a_new_definition_no_longer_has_goes_with_the_old(place: Place):
    class Before(Seen):
        tables = (SEEN, OPEN)

    happen(place.log, "a")
    place.projector(Before()).catch_up()
    views = place.projector(Seen(version=2))
    views.catch_up()
    assert tables(views) == {"seen_g2"}
    with pytest.raises(StoreFault):
        views.db.ask("SELECT * FROM still_open")


def test_a_further_view_is_filled_while_the_others_wait(place: Place):
    happen(place.log, *"abcabca")
    place.projector(Seen(), page=5).catch_up()
    views = place.projector(Seen(), StillOpen(), page=5)
    assert views.position() == 0
    views.catch_up()
    assert views.position() == 7
    live = views.digest("still_open")
    views.rebuild()
    assert views.digest("still_open") == live
    assert seen(views) == {"a": 3, "b": 2, "c": 2}


def test_a_long_log_before_an_empty_view_is_read_in_bulk(place: Place, monkeypatch):
    monkeypatch.setattr(projector_module, "BULK", 5)
    happen(place.log, *"abcabca")
    views = place.projector()
    assert views.catch_up() == 7
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    assert tables(views) == {"seen_g2", "still_open_g2"}


def test_a_shorter_log_put_back_from_a_backup_rebuilds_the_views(place: Place):
    happen(place.log, *"abcde")
    place.projector().catch_up()
    restored = MemoryLog()
    happen(restored, *"ab")
    views = place.projector(log=restored)
    views.catch_up()
    assert seen(views) == {"a": 1, "b": 1}
    assert views.position() == 2


def test_another_log_that_grew_as_long_rebuilds_the_views(place: Place):
    happen(place.log, *"abcde")
    place.projector().catch_up()
    restored = MemoryLog()
    happen(restored, *"abxyz")
    views = place.projector(log=restored)
    views.catch_up()
    assert seen(views) == {"a": 1, "b": 1, "x": 1, "y": 1, "z": 1}


def test_an_empty_log_where_there_was_one_empties_the_views(place: Place):
    happen(place.log, *"ab")
    place.projector().catch_up()
    views = place.projector(log=MemoryLog())
    views.rebuild()
    assert (seen(views), views.position()) == ({}, 0)


# ---------------------------------------------------------------------- crashes


@pytest.mark.parametrize("point", ["page", "bulk", "swap", "begin"])
def test_killed_at_any_point_it_is_right_after_the_next_start(
    address: str, point: str, monkeypatch
):
    log = open_log(address)
    happen(log, *"abcabca")
    command = [sys.executable, "-m", "tests.support.killed_projector", address, point]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    place = Place(lambda: open_views(address))
    views = place.projector(log=log)
    views.catch_up()
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    monkeypatch.setattr(checkpoints, "LOST_AFTER", -1)
    views.rebuild()
    assert len(tables(views)) == 2
    assert seen(views) == {"a": 3, "b": 2, "c": 2}
    place.close()
    log.close()
