"""Health is what the service can do: it reads what questions and commands read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.engine import Engine
from api.http.probe import Probe
from store.errors import LogDamaged, StoreAway
from store.open import views_path
from tests.support import damage
from tests.support.logs import Place
from tests.support.service import REPORT, World


def faults(world: World) -> list[tuple[str, str]]:
    """What `/health` finds, which is 503 where it finds anything."""
    answer = world.get("/health")
    found = answer.json()["faults"]
    assert answer.status_code == (503 if found else 200)
    assert answer.json()["status"] == ("failing" if found else "ok")
    return [(fault["part"], fault["code"]) for fault in found]


@pytest.fixture
def looked(reported: World) -> World:
    """A service whose scheduler has looked a moment ago."""
    reported.engine.timers.tick()
    return reported


def test_all_is_well(looked: World) -> None:
    """Positions and rules are said as well."""
    assert faults(looked) == []
    found = looked.get("/health").json()
    assert found["position"] == found["views"]["position"] == looked.engine.log.head()
    assert (found["views"]["lag"], found["rules"]) == (0, 2)


def test_views_that_lag_are_not_failing(looked: World) -> None:
    """Questions catch up first."""
    looked.ask("CloseCase", {"case": "repair-1", "reason": "moved"})
    found = looked.get("/health")
    assert (found.status_code, found.json()["views"]["lag"]) == (200, 1)


def test_a_table_that_is_missing_is_found_and_built_anew(looked: World) -> None:
    """Every table is read; what cannot be read is made from the log by whoever finds it."""
    db = looked.engine.projector.db
    with db.writing():
        db.run("DROP VIEW services")
    assert looked.get("/health").json()["views"]["lag"] == 0
    assert db.ask("SELECT count(*) FROM services") == [(1,)]


def test_tables_that_cannot_be_read_are_found(
    looked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that does not answer is a fault of the tables alone."""

    def away(*_: Any) -> Any:
        raise StoreAway(where="here", problem="gone")

    monkeypatch.setattr(looked.engine.projector.db, "ask", away)
    assert [part for part, _ in faults(looked)] == ["views"]
    assert looked.get("/health").json()["views"] == {"position": None, "lag": None}


def test_a_last_fact_that_cannot_be_read_is_found(
    looked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head alone says nothing of what lies before it."""
    rows = looked.engine.log.rows

    def torn(after: int, limit: int, topics: Any = ()) -> Any:
        return [row._replace(state=b"{") for row in rows(after, limit, topics)]

    monkeypatch.setattr(looked.engine.log, "rows", torn)
    assert ("log", "LogDamaged") in faults(looked)
    assert looked.get("/health").json()["position"] is None


def test_a_store_that_is_away_is_found(looked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer keeps its shape: its reader needs no second way of reading it."""

    def away() -> int:
        raise LogDamaged(where="here", problem="gone")

    monkeypatch.setattr(looked.engine.log, "head", away)
    assert faults(looked) == [("log", "LogDamaged"), ("registers", "LogDamaged")]


@pytest.mark.parametrize("name", [str, lambda store: str(views_path(store))])
def test_a_file_that_was_moved_away_is_found(looked: World, name: Callable[[str], str]) -> None:
    """So is one that was put in its place; back in its place it is the same again."""
    file = Path(name(looked.engine.store))
    away = file.with_name("away")
    file.rename(away)
    assert faults(looked) == [("files", "FileMoved")]
    assert not file.exists()
    file.touch()
    assert faults(looked) == [("files", "FileMoved")]
    away.replace(file)
    assert faults(looked) == []


def test_a_scheduler_that_is_silent_or_failing_is_found(
    looked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fault says more than its silence."""
    monkeypatch.setattr(type(looked.engine.timers), "last_tick_age", 20.0)
    assert faults(looked) == [("scheduler", "SchedulerSilent")]
    assert "20 seconds" in looked.get("/health").json()["faults"][0]["detail"]
    looked.engine.timers.fault = "The disk is full."
    assert faults(looked) == [("scheduler", "SchedulerFailed")]


def test_a_log_in_memory_has_no_files(tmp_path: Path) -> None:
    """There is nothing that could be moved."""
    engine = Engine(":memory:", create=True)
    engine.timers.tick()
    assert Probe(engine).look()["status"] == "ok"
    engine.close()


def test_damage_that_anybody_met_is_found(looked: World) -> None:
    """The service answers what it can, and writes no more."""
    looked.ask("AcceptRepair", {"case": "repair-1", "technician": "li"})
    looked.ask("ReportRepair", REPORT | {"case": "repair-2"})
    assert faults(looked) == []
    edit = "UPDATE log SET recorded_at = recorded_at - 1 WHERE stream = 'repair-1' AND version = 1"
    damage.run(Place("sqlite", looked.engine.store), [edit])
    assert looked.get("/cases/repair-1/history").status_code == 503
    assert faults(looked) == [("log", "LogDamaged")]
    refused = looked.ask("AcceptRepair", {"case": "repair-2", "technician": "li"})
    assert (refused.status_code, refused.json()["code"]) == (503, "LogDamaged")
