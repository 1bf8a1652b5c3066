"""Rulebooks over HTTP: every version whole, what each changed, and titles as they were then."""

from copy import deepcopy
from datetime import timedelta

import pytest

from api.cli.stores import RULEBOOK
from api.imports.mapping import load_rulebook
from api.queries.what_if import compare
from domain.kinds import KINDS
from domain.rulebook import read_strictly
from tests.support.service import CASE, REPORT, World

BOOK = load_rulebook(RULEBOOK)


def with_clock(**words: object) -> dict[str, object]:
    """The shipped rulebook with `repair.response` changed."""
    document = deepcopy(BOOK)
    document["clocks"]["repair.response"].update(words)
    return document


def publish(world: World, document: object, reason: str = "revision") -> int:
    """Publish a rulebook; the version of the rules it made."""
    answer = world.ask("PublishRulebook", {"document": document, "reason": reason})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


def test_every_publication_is_told_and_whole(world: World) -> None:
    """With who published it, when and why; what changed is told apart."""
    later = with_clock(within="20m")
    assert publish(world, later) == 3
    told = world.get("/rulebooks").json()["publications"]
    assert [(p["version"], p["what"], p["in_force"], p["reason"]) for p in told] == [
        (1, "calendar", True, None),
        (2, "rulebook", False, None),
        (3, "rulebook", True, "revision"),
    ]
    assert [p["position"] for p in told] == sorted(p["position"] for p in told)
    assert world.get("/rulebooks/2").json()["document"] == BOOK
    assert world.get("/rulebooks/3").json()["document"] == later
    assert world.get("/rulebooks/1").json()["document"]["name"] == "cn"
    changed = world.get("/rulebooks/3/changes").json()
    assert (changed["version"], changed["since"]) == (3, 2)
    assert [c["detail"] for c in changed["changes"]] == ["clock repair.response: within: 30m → 20m"]
    assert world.get("/rulebooks/2/changes").json() == {"version": 2, "since": None, "changes": []}
    back = world.get("/rulebooks/2/changes", since=3).json()
    assert [c["detail_zh"] for c in back["changes"]] == ["时钟 repair.response：时限：20m → 30m"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/rulebooks/9", 404, "RulesVersionUnknown"),
        ("/rulebooks/0", 404, "RulesVersionUnknown"),
        ("/rulebooks/-1", 404, "RulesVersionUnknown"),
        ("/rulebooks/99999999999999999999", 404, "RulesVersionUnknown"),
        ("/rulebooks/x", 422, "QueryInvalid"),
        ("/rulebooks/2/changes?since=9", 404, "RulesVersionUnknown"),
        ("/rulebooks/2/changes?since=1", 422, "NotComparable"),
    ],
)
def test_a_version_that_is_not_there_is_refused(
    world: World, path: str, status: int, code: str
) -> None:
    """With the versions there are."""
    answer = world.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 404:
        assert "1 to 2" in answer.json()["detail"]


def test_a_rulebook_that_says_what_can_never_hold_is_refused_with_the_place(world: World) -> None:
    """And one that replaces another without a reason."""
    document = with_clock(where={"chanel": "app"})
    answer = world.ask("PublishRulebook", {"document": document, "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "DocumentRefused")
    assert "clocks.repair.response.where.chanel" in answer.json()["detail"]
    assert "did you mean channel?" in answer.json()["detail"]
    assert "unknown attribute" not in answer.json()["detail_zh"]
    answer = world.ask("PublishRulebook", {"document": with_clock(within="20m")})
    assert (answer.status_code, answer.json()["code"]) == (422, "ReasonRequired")


def test_what_is_not_declared_is_refused_over_http(world: World) -> None:
    """Nothing is stored, and the answer lists what is declared."""
    for more, code in [
        ({"category": "smell"}, "ValueNotDeclared"),
        ({"labels": {"colour": "red"}}, "LabelNotDeclared"),
    ]:
        answer = world.ask("ReportRepair", {**REPORT, "case": CASE, **more})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert world.get(f"/cases/{CASE}/history").status_code == 404


def test_a_runs_title_is_that_of_the_rulebook_that_started_it(world: World) -> None:
    """In lists, on the board, on the page, and where somebody was called."""
    world.ask("ReportRepair", {**REPORT, "channel": "phone", "case": CASE})
    document = with_clock(title="报修二十分钟内响应", within="20m")
    document["roles"]["head_of_department"]["title"] = "新部门主管"  # type: ignore[index]
    document["kinds"]["repair"]["fields"]["category"]["water_pipe"] = "给水管"  # type: ignore[index]
    publish(world, document)
    world.ask("ReportRepair", {**REPORT, "channel": "phone", "case": "repair-2"})
    old, new = BOOK["clocks"]["repair.response"]["title"], "报修二十分钟内响应"
    rows = world.get("/clocks", clock="repair.response").json()["clocks"]
    assert {row["case"]: row["title"] for row in rows} == {CASE: old, "repair-2": new}
    board = world.get("/board").json()["cases"]
    assert {row["case"]: row["clock_title"] for row in board} == {CASE: old, "repair-2": new}
    assert {row["category_title"] for row in board} == {"给水管"}  # as it is called now
    world.now += timedelta(minutes=31)
    world.engine.timers.tick()
    called = world.get("/escalations").json()["escalations"]
    assert {row["case"]: (row["clock_title"], row["title"]) for row in called} == {
        CASE: (old, "部门主管"),
        "repair-2": (new, "新部门主管"),
    }
    page = world.client.get("/").text
    assert old in page
    assert new in page
    assert "给水管" in page


def test_under_the_same_rulebook_nothing_would_be_different(world: World) -> None:
    """Whatever happened: lapses, rungs, pauses, a second service, clocks of an earlier rulebook."""
    world.ask("ReportRepair", {**REPORT, "case": CASE, "simple": True})
    world.ask("AcceptRepair", {"case": CASE, "technician": "wu"})
    world.now += timedelta(hours=1)
    world.engine.timers.tick()
    world.ask("PauseRepair", {"case": CASE, "reason": "resident"})
    world.now += timedelta(hours=9)
    world.ask("ResumeRepair", {"case": CASE})
    world.engine.timers.tick()
    world.ask("CompleteRepair", {"case": CASE})
    world.ask("RateService", {"case": CASE, "rating": "dissatisfied"})
    world.now += timedelta(hours=3)
    world.engine.timers.tick()
    engine = world.engine
    engine.settle()
    same = engine.directory().under(read_strictly(BOOK, kinds=KINDS))
    found = compare(engine, same, world.now, limit=10)
    assert (found.looked_at, found.otherwise, found.gained, found.lost) == (1, [], [], [])
    shorter = engine.directory().under(read_strictly(with_clock(within="1m"), kinds=KINDS))
    found = compare(engine, shorter, world.now, limit=10)
    assert (found.otherwise, found.gained, found.lost) == ([], [], [])  # that clock was met


def test_what_is_overdue_by_now_is_told_as_such(world: World) -> None:
    """Under a longer target the same clock would still be running."""
    world.ask("ReportRepair", {**REPORT, "channel": "phone", "case": CASE})
    world.now += timedelta(minutes=40)
    world.engine.timers.tick()
    world.engine.settle()
    book = read_strictly(with_clock(within="2h"), kinds=KINDS)
    found = compare(world.engine, world.engine.directory().under(book), world.now, limit=10)
    (row,) = found.otherwise
    assert (row["clock"], row["before"]["verdict"], row["after"]["verdict"]) == (
        "repair.response", "lapsed", "running",
    )  # fmt: skip
    assert row["after"]["due"] - row["before"]["due"] == timedelta(minutes=90)


def test_a_case_without_clocks_would_gain_some(world: World) -> None:
    """A case that no clock was started for, under a rulebook that starts one."""
    publish(world, {"rulebook": "empty", "clocks": {}})
    world.ask("ReportRepair", {**REPORT, "channel": "phone", "case": CASE})
    world.engine.settle()
    heard: list[tuple[int, int]] = []
    under = world.engine.directory().under(read_strictly(BOOK, kinds=KINDS))
    found = compare(
        world.engine, under, world.now, limit=10, heard=lambda *seen: heard.append(seen)
    )
    assert [(row["clock"], row["before"]) for row in found.gained] == [("repair.response", None)]
    assert heard == [(1, 1)]
    assert found.labels == set()
