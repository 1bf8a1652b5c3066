"""Replays shared among processes: the same rows, and nothing hidden when one of them dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.kinds import KINDS
from projections.lens import Focus, Lens, focus
from projections.parallel import WorkerLost, processes, shared
from projections.replay import ALL, Batch, batches, fill, sets_named
from store.log import Log
from store.open import MEMORY, open_log, open_views
from store.register_reader import DirectoryReader
from tests.support.lensed import Dump, dump
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


def filled(found: Iterator[Batch], names: tuple[str, ...], until: int) -> Dump:
    tables = open_views(MEMORY)
    fill(tables, sets_named(names, KINDS), found, lambda *_: None, until)
    try:
        return dump(tables)
    finally:
        tables.close()


@pytest.mark.parametrize("lens", [Lens(), Lens(rulebook=RULES), Lens(kinds=frozenset({"repair"}))])
def test_two_processes_make_the_rows_that_one_makes(store: tuple[str, Log], lens: Lens):
    path, log = store
    focused = held(log, lens)
    alone = filled(batches(focused, log, CODEC, ALL), ALL, focused.until)
    assert filled(shared(path, focused, ALL, 2), ALL, focused.until) == alone
    assert alone["cases"]


def test_a_worker_that_dies_is_said_and_none_stays_behind(store: tuple[str, Log]):
    path, log = store
    before = set(children())
    found = shared(path, held(log, Lens()), ALL, 2)
    first = next(found)
    assert first.facts
    for child in set(children()) - before:
        os.kill(child, signal.SIGKILL)
    with pytest.raises(WorkerLost):
        list(found)
    assert set(children()) == before


def test_a_question_given_up_ends_its_workers(store: tuple[str, Log]):
    path, log = store
    before = set(children())
    found = shared(path, held(log, Lens()), ALL, 2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert set(children()) == before


def test_short_logs_and_single_cases_are_replayed_here(store: tuple[str, Log]):
    path, log = store
    focused = held(log, Lens())
    assert processes(path, focused) == 1
    assert processes(MEMORY, focused) == 1


def children() -> list[int]:
    """The processes this one started."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
