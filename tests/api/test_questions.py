"""Questions have threads and a time of their own: a slow one never stands in a command's way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.pool import Questions
from api.queries import cases
from tests.support.patience import patient
from tests.support.service import CASE, REPORT, World

PATIENCE = 30
until = patient(PATIENCE)


class Jam:
    """A board that is answered only when it is let go."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()
        self.threads: list[threading.Thread] = []
        board = cases.board

        def slow(*arguments: object, **named: object) -> object:
            self.begun.release()
            assert self.go.wait(PATIENCE)
            return board(*arguments, **named)

        monkeypatch.setattr(cases, "board", slow)

    def ask(self) -> None:
        """Ask for the board in a thread, and wait until it is being answered."""
        self.threads.append(threading.Thread(target=self.world.get, args=("/board",)))
        self.threads[-1].start()
        assert self.begun.acquire(timeout=PATIENCE)

    def end(self) -> None:
        self.go.set()
        for thread in self.threads:
            thread.join(PATIENCE)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[World]:
    """A service that answers one question at a time, and lets none wait."""
    world = World(tmp_path, Questions(threads=1, waiting=0, budget=PATIENCE))
    yield world
    world.engine.close()


@pytest.fixture
def jam(narrow: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jam]:
    jam = Jam(narrow, monkeypatch)
    yield jam
    jam.end()


def test_commands_and_health_are_answered_while_all_questions_are_slow(jam: Jam) -> None:
    """The pool of the questions is full; it is not theirs."""
    jam.ask()
    jam.world.engine.timers.tick()
    assert jam.world.ask("ReportRepair", {**REPORT, "case": CASE}).status_code == 201
    assert jam.world.get("/health").status_code == 200
    assert jam.world.client.get("/docs").status_code == 200


def test_a_question_beyond_the_pool_is_refused_at_once(jam: Jam) -> None:
    """503 with a word when to come back; later it is answered."""
    jam.ask()
    for path in ("/kpis", "/"):
        refused = jam.world.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "TooManyQuestions")
        assert refused.headers["retry-after"] == "1"
    jam.end()
    assert jam.world.get("/kpis").status_code == 200


def test_a_question_that_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread is busy until it ends, then the next question is answered."""
    world = World(tmp_path, Questions(threads=1, waiting=0, budget=0.2))
    jam = Jam(world, monkeypatch)
    refused = world.get("/board")
    assert (refused.status_code, refused.json()["code"]) == (503, "QuestionTooSlow")
    assert "0.2" in refused.json()["detail"]
    assert world.get("/kpis").json()["code"] == "TooManyQuestions"
    jam.end()
    while (answer := world.get("/kpis")).status_code != 200:
        assert answer.json()["code"] == "TooManyQuestions"
    world.engine.close()


def test_a_question_that_waited_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for its answer any more, so it is not begun."""
    world = World(tmp_path, Questions(threads=1, waiting=1, budget=0.2))
    jam = Jam(world, monkeypatch)
    assert world.get("/board").json()["code"] == "QuestionTooSlow"
    assert jam.begun.acquire(timeout=PATIENCE)
    assert world.get("/board").json()["code"] == "QuestionTooSlow"
    assert world.get("/kpis").json()["code"] == "QuestionTooSlow"
    jam.end()
    assert world.get("/kpis").status_code == 200
    assert not jam.begun.acquire(blocking=False)
    world.engine.close()


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)"
    " SELECT count(*) FROM n"
)


def test_the_budget_ends_the_work_and_not_only_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite would be busy for days; its thread answers the next question."""
    world = World(tmp_path, Questions(threads=1, waiting=0, budget=0.3))
    monkeypatch.setattr(cases, "board", lambda view, **_: view.tables.ask(ENDLESS))
    for _ in range(2):
        refused = world.get("/board")
        assert (refused.status_code, refused.json()["code"]) == (503, "QuestionTooSlow")
        assert until(lambda: world.get("/kpis").status_code == 200)
    world.engine.close()


def test_a_thread_that_caught_up_for_a_question_is_not_stopped_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it projects is needed by others as well, and has a time of its own."""
    world = World(tmp_path, Questions(threads=1, waiting=0, budget=0.1))
    settle, seen = world.engine.settle, []

    def slow() -> bool:
        while time.monotonic() < over:
            pass
        seen.append(world.engine.tables.ask("SELECT count(*) FROM cases"))
        return settle()

    with monkeypatch.context() as patched:
        patched.setattr(world.engine, "settle", slow)
        over = time.monotonic() + 0.3
        assert world.get("/board").json()["code"] == "QuestionTooSlow"
        assert until(lambda: seen == [[(0,)]])
    assert until(lambda: world.get("/kpis").status_code == 200)
    world.engine.close()
