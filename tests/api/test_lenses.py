"""Questions through a lens, as people ask them: over HTTP and of the engine; what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from api import view
from api.http import asking
from api.http.bodies import JSON
from api.http.pool import Questions
from api.lenses import LensAsked, read_lens
from api.parsing import QueryInvalid
from api.queries import cases, figures, promises
from api.queries.compared import compare
from api.view import through
from domain.kernel.refusals import Refusal
from projections.lens import Lens
from tests.support.judged import book, verdicts, versions
from tests.support.patience import patient
from tests.support.service import REPORT, World

PATIENCE = 30
until = patient(PATIENCE)


def test_another_version_of_the_rules_judges_anew(judged: World):
    strict = versions(judged)["within-10"]
    assert verdicts(judged) == {"repair-1": "met", "repair-2": "late"}
    assert verdicts(judged, as_if=strict) == {"repair-1": "late", "repair-2": "late"}
    assert judged.get("/kpis/accepted").json()["total"]["value"] == 0.5
    seen = judged.get("/kpis/accepted", as_if=strict).json()
    assert seen["total"]["value"] == 0.0
    assert (seen["lens"]["as_if"], seen["lens"]["kinds"]) == (["within-10"], [])


def test_as_of_an_instant_and_a_position(judged: World):
    first = judged.get("/cases/repair-1/history").json()["facts"]
    accepted = first[-1]
    told = verdicts(judged, as_of=accepted["recorded_at"])
    assert told == {"repair-1": "met", "repair-2": "running"}
    assert verdicts(judged, as_of=first[0]["position"]) == {"repair-1": "running"}
    board = judged.get("/board", as_of=first[0]["position"]).json()
    assert (board["open"], board["lens"]["position"]) == (1, first[0]["position"])


def test_a_history_as_if_tells_what_is_judged_and_not_recorded(judged: World):
    strict = versions(judged)["within-10"]
    told = judged.get("/cases/E1/history", as_if=strict).json()["facts"]
    assert [(fact["word"], fact["recorded"]) for fact in told] == [
        ("reported", True), ("lapsed", False), ("escalated", False), ("accepted", True),
    ]  # fmt: skip
    live = judged.get("/cases/E1/history").json()["facts"]
    assert [fact["word"] for fact in live] == ["reported", "accepted"]


def test_a_deadline_is_explained_as_if(judged: World):
    strict = versions(judged)["within-10"]
    where = "/cases/repair-1/clocks/accept/1/explanation"
    assert judged.get(where).json()["within"] == "30m"
    told = judged.get(where, as_if=strict).json()
    assert (told["within"], told["lateness"], told["verdict"]) == ("10m", 600, "late")


def test_comparing_says_which_verdicts_rungs_and_figures_differ(judged: World):
    strict = versions(judged)["within-10"]
    told = judged.get("/compare", as_if=strict).json()
    runs = told["runs"]
    assert (runs["flipped"], runs["moved"]) == (1, 1)
    assert runs["by_clock"] == [{"clock": "accept", "before": "met", "after": "late", "count": 1}]
    assert [run["case"] for run in runs["runs"]] == ["repair-1", "repair-2"]
    assert (told["escalations"]["raised"], told["escalations"]["spared"]) == (1, 0)
    (rung,) = told["escalations"]["rungs"]
    assert (rung["case"], rung["role"], rung["addressee"]) == ("repair-1", "supervisor", "sun")
    (kpi,) = told["kpis"]
    assert (kpi["before"], kpi["after"], kpi["won"], kpi["lost"]) == (0.5, 0.0, 0, 1)
    assert kpi["lost_cases"] == [{"case": "repair-1", "clock": "accept", "cycle": 1}]


def test_by_the_rules_in_force_nothing_differs(judged: World):
    told = judged.get("/compare", as_if=versions(judged)["within-30"]).json()
    assert (told["runs"]["flipped"], told["runs"]["moved"]) == (0, 0)
    assert told["escalations"]["by_role"] == []
    assert [(kpi["won"], kpi["lost"]) for kpi in told["kpis"]] == [(0, 0)]


@pytest.mark.parametrize(
    ("lens", "code", "said"),
    [
        ({"as_of": "999"}, "QueryInvalid", "the log has positions 1 to"),
        ({"as_of": "0"}, "QueryInvalid", "the log has positions 1 to"),
        ({"as_of": "2099-01-01T00:00+08:00"}, "QueryInvalid", "has not come yet"),
        ({"as_of": "2026-05-06"}, "WithoutZone", ""),
        ({"true_at": "yesterday"}, "CommandInvalid", "true_at"),
        ({"as_if": 77}, "RulesVersionUnknown", "77"),
        ({"kind": "invoice"}, "QueryInvalid", "there are complaint, repair"),
        ({"as_if": [4, 5]}, "QueryInvalid", "one rulebook only"),
        ({"as_of": "1", "site": "nowhere"}, "QueryInvalid", "there is no site 'nowhere'"),
    ],
)
def test_a_lens_that_cannot_be_is_refused(
    judged: World, lens: dict[str, Any], code: str, said: str
):
    if lens.get("as_if") == [4, 5]:
        lens = {"as_if": list(versions(judged).values())[-2:]}
    answer = judged.get("/clocks", **lens)
    assert answer.status_code in {404, 422}
    assert answer.json()["code"] == code
    assert said in answer.json()["detail"]


def test_comparing_with_nothing_is_refused(judged: World):
    answer = judged.get("/compare", as_of="1")
    assert (answer.json()["code"], "as_if" in answer.json()["detail"]) == ("QueryInvalid", True)


def test_one_replay_runs_at_a_time_whatever_is_asked(
    judged: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them have one thread, and the live tables are not asked in it."""
    threads: dict[str, int] = {}
    answer = asking.answered_through

    def noted(engine: Any, asked: LensAsked, question: Any, parameters: Any) -> Any:
        threads[f"{question.__name__} {asked.live}"] = threading.get_ident()
        return answer(engine, asked, question, parameters)

    monkeypatch.setattr(asking, "answered_through", noted)
    for path in ("/board", "/clocks", "/kpis/accepted"):
        assert judged.get(path, as_of=judged.engine.log.head()).status_code == 200
    judged.get("/board")
    live = threads.pop("board True")
    assert len(threads) == 3
    assert len(set(threads.values())) == 1
    assert live not in threads.values()


def answers(ask: Callable[[], Any]) -> bool:
    """Whether a question finds a thread."""
    status: int = ask().status_code
    return status == 200


def test_a_replay_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one by drafts. It ends at the next batch, and its thread is free for the next one."""
    world = World(tmp_path, replaying=Questions(threads=1, waiting=0, budget=0.2))
    world.ask("ReportRepair", REPORT)
    go, replayed = threading.Event(), view.replayed

    def slow(*arguments: Any) -> Any:
        assert go.wait(PATIENCE)
        return replayed(*arguments)

    monkeypatch.setattr(view, "replayed", slow)

    def ask() -> Any:
        return world.get("/board", as_of="3")

    def ask_by_draft() -> Any:
        return world.ask_as_if("/board", orjson.dumps(book(15)), JSON)

    for asked, free in ((ask, ask_by_draft), (ask_by_draft, ask)):
        go.clear()
        answer = asked()
        assert (answer.status_code, answer.json()["code"]) == (503, "QuestionTooSlow")
        assert free().json()["code"] == "TooManyQuestions"
        go.set()
        assert until(partial(answers, free))
    assert world.get("/board").status_code == 200
    world.engine.close()


def test_files_judge_as_well_as_versions(judged: World):
    """The engine takes documents that were never published; live tables stay as they are."""
    engine = judged.engine
    lens = read_lens(engine, LensAsked(as_if=(book(15),), case="E1"))
    with through(engine, lens) as view:
        (run,) = promises.runs(view, case="repair-1")
        assert (run["verdict"], run["target"]) == ("late", "15m")
        assert figures.figure(view, "accepted")["total"]["population"] == 1
        assert cases.board(view)["open"] == 1
    assert verdicts(judged)["repair-1"] == "met"


def test_an_instant_may_have_a_space_before_its_clock_time(judged: World):
    """A plus sign that came as a space is a matter of HTTP alone."""
    at = judged.engine.now()
    for text in (f"{at:%Y-%m-%d %H:%M:%S}Z", f"{at:%Y-%m-%d %H:%M:%S}+00:00"):
        assert read_lens(judged.engine, LensAsked(as_of=text)).known_at == at.replace(microsecond=0)
    spaced = f"{at:%Y-%m-%dT%H:%M:%S} 00:00"
    assert judged.client.get("/board", params={"as_of": spaced}).status_code == 200


def test_what_cannot_be_told_is_refused_by_the_engine(judged: World):
    for lens in (Lens(), Lens(kinds=frozenset({"repair"}))):
        with pytest.raises(QueryInvalid):
            compare(judged.engine, lens)
    with pytest.raises(Refusal):
        read_lens(judged.engine, LensAsked(as_of="1", case="repair-9"))
