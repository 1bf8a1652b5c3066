"""Deadlines are recorded once each, whatever is killed with -9 while they fall due."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.engine import engine
from store.open import open_log
from tests.support.deadlines import in_a_moment, judge, prepare
from tests.support.postgres import PostgresServer
from tests.support.serving import Serving, running

COUNT = 20_000
REPORTED = COUNT + 2
PATIENCE = 90


def until(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, what
        time.sleep(0.005)


def after(store: str, facts: int) -> None:
    """Wait until so many facts were recorded about deadlines."""
    with closing(open_log(store, create=False)) as log:
        until(lambda: log.head() >= REPORTED + facts, f"{facts} facts are not recorded")


def rows_are_as_rebuilt(store: str) -> None:
    """What followers wrote while they were killed is what the log says."""
    with engine(store) as opened:
        opened.settle(60)
        names = list(opened.projector.row_sets)
        live = [opened.projector.digest(name) for name in names]
        opened.projector.rebuild()
        assert [opened.projector.digest(name) for name in names] == live


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[str, datetime]:
    store = str(tmp_path / "g.db")
    due = in_a_moment(6)
    prepare(store, COUNT, due)
    return store, due


def test_killed_followers_lose_and_double_nothing(
    tmp_path: Path, prepared: tuple[str, datetime]
) -> None:
    """Killed four times in the middle, each time started again by the server, which goes on."""
    store, due = prepared
    moments = random.Random(20261124)
    serving = Serving(tmp_path, "--store", store)
    try:
        killed: list[int] = []
        for quarter in range(4):
            after(store, quarter * COUNT // 2 + moments.randrange(1000, 5000))
            killed.append(serving.followers())
            os.kill(killed[-1], signal.SIGKILL)
            until(lambda: not running(killed[-1]), "it is not dead")
            asked = serving.ask("ReportRepair", site="a", household="h", category="late")
            assert asked["facts"] == 1
            assert serving.get("/board?site=a&limit=1")["open"] == COUNT + quarter + 1
        after(store, 2 * COUNT + 4)
        assert len({*killed, serving.followers()}) == 5
        until(lambda: serving.health()["status"] == "ok", "it is not well")
    finally:
        code = serving.end(signal.SIGTERM)
    assert code == 0, serving.said.read_text()
    judge(store, COUNT, due)
    rows_are_as_rebuilt(store)


def test_a_killed_server_takes_its_followers_along_and_loses_and_doubles_nothing(
    tmp_path: Path, prepared: tuple[str, datetime]
) -> None:
    """Killed three times in the middle; the followers of the dead end, those of the next go on."""
    store, due = prepared
    moments = random.Random(20261125)
    for third in range(3):
        serving = Serving(tmp_path, "--store", store)
        followers = serving.followers()
        after(store, third * COUNT // 2 + moments.randrange(1000, 5000))
        serving.end(signal.SIGKILL)
        until(lambda pid=followers: not running(pid), "the followers outlive their server")
    serving = Serving(tmp_path, "--store", store)
    try:
        after(store, 2 * COUNT)
    finally:
        assert serving.end(signal.SIGTERM) == 0, serving.said.read_text()
    judge(store, COUNT, due)
    rows_are_as_rebuilt(store)


def test_followers_that_do_not_move_keep_no_reader_waiting_for_ever(tmp_path: Path) -> None:
    """Stopped by a signal: what was written is on the board all the same, read by who asks."""
    serving = Serving(tmp_path, "--demo")
    try:
        before = serving.get("/board")["open"]
        until(lambda: serving.health()["followers"][0]["position"] is not None, "no word")
        os.kill(serving.followers(), signal.SIGSTOP)
        begun = time.monotonic()
        serving.ask("ReportRepair", site="huayuan", household="h", category="other")
        assert serving.get("/board")["open"] == before + 1
        assert time.monotonic() - begun < 10
        assert serving.end(signal.SIGTERM) == 0
    finally:
        serving.end(signal.SIGKILL)


def test_killed_followers_on_postgresql_lose_and_double_nothing(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """There they write by themselves, beside the server."""
    store, count = postgres_server.new_database(), 4000
    due = in_a_moment(4)
    prepare(store, count, due)
    serving = Serving(tmp_path, "--store", store)
    try:
        with closing(open_log(store, create=False)) as log:
            for half in range(2):
                until(lambda h=half: log.head() > count + 2 + h * count, "nothing is recorded")
                os.kill(serving.followers(), signal.SIGKILL)
            until(lambda: log.head() >= 3 * count + 2, "not all are recorded")
    finally:
        assert serving.end(signal.SIGTERM) == 0, serving.said.read_text()
    judge(store, count, due)
    assert datetime.now(UTC) > due
