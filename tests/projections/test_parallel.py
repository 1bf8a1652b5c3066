"""Replays shared among processes: the same rows, and nothing hidden when one of them dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.kinds import KINDS
from projections import parallel
from projections.lens import Focus, Lens, focus
from projections.parallel import WORTH_IT, Job, WorkerLost, processes, shared, sharing
from projections.replay import ALL, Wanted, batches, fill
from projections.row_sets import row_sets
from store.errors import LogDamaged
from store.log import Log
from store.open import MEMORY, open_log, open_views
from store.register_reader import DirectoryReader
from store.row_set import CaseRows
from tests.support import damage
from tests.support.lensed import Dump, dump
from tests.support.logs import Place
from tests.support.neighbourhood import RULES, Neighbourhood
from tests.support.scenario import CODEC


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[str, Log]]:
    """Forty repairs and complaints in a file."""
    path = str(tmp_path / "guanjia.db")
    place = Neighbourhood(open_log(path))
    for number in range(20):
        place.fixed(external_id=f"e-{number}")
        case = place.complaint()
        place.wait("25h")
        place.tick(case)
    yield path, place.log
    place.close()


def held(log: Log, lens: Lens) -> Focus:
    (last,) = log.rows(log.head() - 1, 1)
    now = CODEC.decode(last).recorded_at + timedelta(hours=1)
    return focus(lens, log, DirectoryReader(log, CODEC), KINDS, now)


def job(path: str, focused: Focus) -> Job:
    return Job(path, KINDS, focused.lens, focused.until, focused.instant, Wanted())


def filled(found: Iterator[CaseRows], until: int) -> Dump:
    tables = open_views(MEMORY)
    fill(tables, Wanted().sets(KINDS), found, lambda *_: None, until)
    try:
        return dump(tables)
    finally:
        tables.close()


@pytest.mark.parametrize("lens", [Lens(), Lens(rulebook=RULES), Lens(kinds=frozenset({"repair"}))])
def test_two_processes_make_the_rows_that_one_makes(store: tuple[str, Log], lens: Lens):
    path, log = store
    focused = held(log, lens)
    alone = filled(batches(focused, log, CODEC, Wanted()), focused.until)
    assert filled(shared(job(path, focused), 2), focused.until) == alone
    assert alone["cases"]


KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
KILL_AFTER_A_BATCH = """
import os, signal
from projections import parallel

def first(*asked, whole=parallel.batches, **more):
    yield next(whole(*asked, **more))
    os.kill(os.getpid(), signal.SIGKILL)

parallel.batches = first
parallel.work()
"""


def test_a_worker_that_is_killed_in_its_work_is_said_and_none_stays_behind(
    store: tuple[str, Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = store
    before = set(children())
    monkeypatch.setattr(parallel, "START", KILL_AFTER_A_BATCH)
    found = shared(job(path, held(log, Lens())), 2)
    first = next(found)
    assert first.facts
    with pytest.raises(WorkerLost) as lost:
        list(found)
    assert lost.value.details["code"] == -signal.SIGKILL
    assert set(children()) == before


def test_a_worker_that_is_killed_before_its_work_is_said_as_well(
    store: tuple[str, Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = store
    before = set(children())
    monkeypatch.setattr(parallel, "START", KILL)
    with pytest.raises(WorkerLost):
        list(shared(job(path, held(log, Lens())), 2))
    assert set(children()) == before


def test_a_question_given_up_ends_its_workers(store: tuple[str, Log]):
    path, log = store
    before = set(children())
    found = shared(job(path, held(log, Lens())), 2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert set(children()) == before


def test_short_logs_and_single_cases_are_replayed_here(store: tuple[str, Log]):
    path, log = store
    assert processes(path, log.head()) == 1
    assert processes(MEMORY, 10 * WORTH_IT) == 1
    assert sharing(path, KINDS)(ALL, log.head()) is None


def test_a_rebuild_by_two_processes_gives_the_rows_of_one(
    store: tuple[str, Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = store
    alone = row_sets(log, open_views(MEMORY))
    alone.rebuild()
    monkeypatch.setattr(parallel, "processes", lambda *_: 2)
    together = row_sets(log, open_views(MEMORY), share=sharing(path, KINDS))
    assert together.rebuild() == log.head()
    assert dump(together.db) == dump(alone.db)
    unsettled = "SELECT case_id FROM unsettled ORDER BY 1"
    assert together.db.ask(unsettled) == alone.db.ask(unsettled)
    for projector in (alone, together):
        projector.db.close()


def test_a_rebuild_by_several_processes_checks_the_chain(
    store: tuple[str, Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is as it was, only their order is in doubt: no process alone can see it."""
    path, log = store
    harm = [f"UPDATE log SET chain = {damage.blob(bytes(32))} WHERE position = 9"]
    damage.run(Place("sqlite", path), harm)
    monkeypatch.setattr(parallel, "processes", lambda *_: 2)
    together = row_sets(log, open_views(MEMORY), share=sharing(path, KINDS))
    with pytest.raises(LogDamaged, match="position 9 does not follow"):
        together.rebuild()
    assert together.db.ask("SELECT count(*) FROM cases") == [(0,)]
    together.db.close()


def children() -> list[int]:
    """The processes this one started."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
