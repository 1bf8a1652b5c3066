"""A kind of case that is only listed works at every door: nothing else has to know of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.cli import main
from api.engine import Engine
from api.http import create_app
from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.settings import Settings
from commands.envelope import CommandEnvelope
from commands.registers import OpenSite, PublishRulebook
from tests.support.command_line import Done
from tests.support.lift import LIFT_ROUTES, FreePassengers, ReportLift, RestartLift

START = datetime(2026, 5, 6, 1, tzinfo=UTC)
CASE = "lift-7"
RULES = {
    "rulebook": "lifts",
    "roles": {"supervisor": {"holders": [{"staff": "sun"}]}, "manager": {}},
    "clocks": {
        "lift.freed": {
            "title": "十五分钟内解救",
            "case": "lift",
            "where": {"floor": [3, 4, 5]},
            "starts": "stopped",
            "stops": "freed",
            "within": "15m",
            "ladder": [
                {"at": "100%", "to": "supervisor"},
                {"at": "+30m", "to": "manager", "unless": "restarted"},
            ],
        },
    },
    "kpis": {"rescues": {"of": "lift", "mean": {"from": "stopped", "to": "freed"}, "by": "lift"}},
}


class World:
    """An engine that knows lifts, by a clock that is moved by hand."""

    def __init__(self, store: str) -> None:
        self.now = START
        self.engine = Engine(store, create=True, clock=lambda: self.now, routes=LIFT_ROUTES)
        for message in (OpenSite(site="north", name="North"), PublishRulebook(document=RULES)):
            self.engine.ask(CommandEnvelope(message=message))

    def passes(self, **length: int) -> None:
        self.now += timedelta(**length)
        self.engine.timers.tick()


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "lifts.db")


@pytest.fixture
def world(store: str) -> Iterator[World]:
    world = World(store)
    yield world
    world.engine.close()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = create_app(world.engine, Settings(lang="en"), schedule=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def outage(world: World) -> None:
    """A lift that stood still for an hour and a half, with two people in it for twenty minutes."""
    world.engine.ask(
        CommandEnvelope(message=ReportLift(site="north", case=CASE, lift="B2", floor=4))
    )
    world.passes(minutes=20)
    world.engine.ask(CommandEnvelope(message=FreePassengers(case=CASE, people=2)))
    world.passes(minutes=70)
    world.engine.ask(CommandEnvelope(message=RestartLift(case=CASE)))


def test_it_is_asked_over_http_and_described_there(world: World, client: TestClient):
    said = client.post("/commands/ReportLift", json={"site": "north", "lift": "B2", "case": CASE})
    assert (said.status_code, said.json()["version"]) == (201, 1)
    refused = client.post("/commands/RestartLift", json={"case": CASE})
    assert (refused.status_code, refused.json()["code"]) == (409, "StillInside")
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["ReportLift"]["properties"]) == {"site", "case", "lift", "floor", "remark"}
    assert schemas["ReportLift"]["required"] == ["site", "lift"]


def test_it_is_on_the_board_with_its_most_pressing_promise(world: World, client: TestClient):
    client.post("/commands/ReportLift", json={"site": "north", "lift": "B2", "floor": 4})
    (row,) = client.get("/board").json()["cases"]
    assert (row["kind"], row["status"], row["clock"]) == ("lift", "stopped", "lift.freed")


def test_its_clock_lapses_and_climbs_until_a_fact_excuses_the_rung(world: World):
    outage(world)
    rows = world.engine.log.stream(CASE)
    facts = [world.engine.codec.decode(row).fact for row in rows]
    assert [fact.word for fact in facts] == ["stopped", "lapsed", "escalated", "freed", "restarted"]
    assert facts[2].addressee == "sun"


def test_it_has_a_history_and_rows_that_a_rebuild_gives_again(world: World, client: TestClient):
    outage(world)
    told = client.get(f"/cases/{CASE}/history").json()
    assert [fact["word"] for fact in told["facts"]][:2] == ["stopped", "lapsed"]
    assert told["facts"][0]["detail"] == "Lift B2 stands still at floor 4"
    assert told["facts"][1]["detail_zh"].startswith("十五分钟内解救（第 1 轮）超时，")
    projector = world.engine.projector
    projector.catch_up()
    live = {name: projector.digest(name) for name in projector.row_sets}
    projector.rebuild()
    assert {name: projector.digest(name) for name in projector.row_sets} == live
    row = projector.db.ask("SELECT lift, floor, people, closed IS NOT NULL FROM cases")
    assert row == [("B2", 4, 2, 1)]


def test_it_is_in_a_figure_by_an_attribute_of_its_own(world: World, client: TestClient):
    outage(world)
    (row,) = client.get("/kpis/on_time").json()["rows"]
    assert (row["group"], row["population"]) == ("lift.freed", 1)
    assert row["breakdown"]["late"] == 1
    (row,) = client.get("/kpis/rescues", params={"by": "floor"}).json()["rows"]
    assert (row["group"], row["value"], row["unit"]) == (4, 20 * 60, "duration")


MAPPING = """\
mapping: lifts
case: lift-{number}
times: {zone: Asia/Shanghai}
site: {id: north, name: North}
steps:
  - do: report_lift
    at: stopped
    with: {lift: "{lift}", floor: "{floor}"}
  - do: free_passengers
    at: freed
    with: {people: "{people}"}
"""


def test_it_is_imported_under_the_rules_in_force(tmp_path: Path, store: str):
    world = World(store)
    (tmp_path / "mapping.yaml").write_text(MAPPING, "utf-8")
    rows = "number,lift,floor,stopped,freed,people\n9,B1,5,2026-05-06T08:00,2026-05-06T08:20,3\n"
    (tmp_path / "rows.csv").write_text(rows, "utf-8")
    mapping = load_mapping(tmp_path / "mapping.yaml", LIFT_ROUTES)
    result = backfill(mapping, tmp_path / "rows.csv", world.engine.handler)
    assert (result.commands, result.lapses, result.rejects) == (2, 1, 0)
    assert world.engine.log.stream("lift-9")
    world.engine.close()


def test_it_is_asked_on_the_command_line(
    world: World, store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GUANJIA_LANG", "en")

    def guanjia(*words: str) -> Done:
        code = main([*words, "--store", store], routes=LIFT_ROUTES)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    words = ("ask", "ReportLift", "site=north", "lift=B2", "floor=4", f"case={CASE}")
    assert guanjia(*words, "--json").json["case"] == CASE
    assert guanjia("ask", "RestartLift", f"case={CASE}").code == 3
    assert CASE in guanjia("board").out
    assert [f["word"] for f in guanjia("history", CASE, "--json").json["facts"]] == ["stopped"]
    assert json.loads(guanjia("clocks", "--case", CASE, "--json").out)["clocks"]
    shown = guanjia("ask", "FreePassengers", "--help").out
    assert "guanjia ask FreePassengers case=lift-2026-0001 people=1" in shown
    assert "people  whole number; required" in shown
