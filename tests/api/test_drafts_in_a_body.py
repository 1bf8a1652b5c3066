"""Drafts in the body of a POST judge a question and are not stored; faulty ones are refused."""

from __future__ import annotations

import orjson
import pytest
import yaml

from api.http.bodies import JSON
from api.http.drafts import YAML
from tests.support.judged import HOURS, book, verdicts, versions
from tests.support.service import World


def test_comparing_lists_what_a_lapse_had_caused_that_would_not_have_been(judged: World):
    """Who acknowledged a rung and why a breach was waived stay in the history."""
    world, case = judged, "repair-2"
    rung = {"case": case, "clock": "accept", "rung": 1, "by": "sun"}
    assert world.ask("AcknowledgeEscalation", rung, **{"Guanjia-Actor": "sun"}).status_code == 201
    waiver = {"case": case, "clock": "accept", "by": "li", "reason": "暴雨"}
    assert world.ask("WaiveBreach", waiver, **{"Guanjia-Actor": "li"}).status_code == 201
    told = world.ask_as_if("/compare", orjson.dumps(book(60)), JSON).json()["without_cause"]
    assert told["count"] == 2
    acknowledged, waived = told["facts"]
    assert (acknowledged["external_id"], acknowledged["actor"]) == ("E2", "sun")
    assert acknowledged["detail"] == "sun acknowledged rung 1 of accept, run 1"
    assert acknowledged["cause"]["word"] == "escalated"
    assert (waived["word"], waived["cause"]["word"]) == ("waived", "lapsed")
    assert "超时" in waived["cause"]["detail_zh"]
    few = world.ask_as_if("/compare", orjson.dumps(book(60)), JSON, limit=1).json()
    assert (few["without_cause"]["count"], len(few["without_cause"]["facts"])) == (2, 1)
    same = world.get("/compare", as_if=versions(world)["within-30"]).json()
    assert same["without_cause"] == {"count": 0, "facts": []}


def test_a_draft_in_the_body_judges_and_nothing_is_stored(judged: World):
    before, versions_before = judged.engine.log.head(), versions(judged)
    body = orjson.dumps(book(15))
    rows = judged.ask_as_if("/clocks", body, JSON, clock="accept").json()
    assert {row["case"]: row["verdict"] for row in rows["clocks"]} == {
        "repair-1": "late", "repair-2": "late",
    }  # fmt: skip
    assert rows["lens"]["as_if"] == ["within-15"]
    told = judged.ask_as_if("/compare", body, JSON, period="2026").json()
    assert (told["runs"]["flipped"], told["escalations"]["raised"]) == (1, 1)
    history = judged.ask_as_if("/cases/E1/history", body, JSON).json()["facts"]
    assert [fact["word"] for fact in history] == ["reported", "lapsed", "escalated", "accepted"]
    assert (judged.engine.log.head(), versions(judged)) == (before, versions_before)
    assert verdicts(judged) == {"repair-1": "met", "repair-2": "late"}


def test_drafts_in_yaml_may_be_a_list_beside_published_versions(judged: World):
    """A rulebook that was published counts on a calendar that is not."""
    hours = {
        **book(15),
        "clocks": {"accept": {**HOURS, "within": {"working": "1h", "calendar": "cn"}}},
    }
    calendar = {"name": "cn", "hours": {"mon-fri": ["17:00-18:00"]}}
    both = yaml.safe_dump([calendar, hours]).encode()
    seen = judged.ask_as_if("/clocks", both, YAML).json()
    assert seen["lens"]["as_if"] == ["within-15", "cn"]
    assert {row["verdict"] for row in seen["clocks"]} == {"met"}
    beside = versions(judged)["within-10"]
    seen = judged.ask_as_if("/clocks", yaml.safe_dump(calendar).encode(), YAML, as_if=beside)
    assert seen.json()["lens"]["as_if"] == ["within-10", "cn"]
    csv = judged.ask_as_if("/kpis/accepted/csv", orjson.dumps(book(15)), JSON)
    assert csv.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("kind", "body", "code", "said"),
    [
        ("text/plain", b"{}", "BodyNotADocument", "application/yaml"),
        ("", b"{}", "BodyNotADocument", "nothing"),
        ("application/json", b"", "DocumentRefused", "line 1: this is not JSON"),
        ("application/json", b"[]", "DocumentRefused", "the list is empty"),
        ("application/json", b'["stricter.yaml"]', "DocumentRefused", "a mapping of keys"),
        ("application/json", b"[" * 30, "DocumentRefused", "nested more than 20 deep"),
        ("application/json", b"\xff", "DocumentRefused", "not UTF-8"),
        ("application/json", b" " * 10_001, "BodyTooLarge", "10000 bytes"),
        ("application/yaml", b"a: &a [*a]", "DocumentRefused", "stands inside what it names"),
        ("application/yaml", b"rulebook: x\nclocks:\n  a: {case: invoice}", "DocumentRefused",
         "line 3: unknown case 'invoice'"),
        ("application/yaml", b"- name: cn\n- rulebook: x\n  clocs: {}", "DocumentRefused",
         "line 1: Give the hours of the week"),
        ("application/yaml", b"[{rulebook: a, clocks: {}}, {rulebook: b, clocks: {}}]",
         "QueryInvalid", "one rulebook only"),
    ],
)  # fmt: skip
def test_drafts_that_cannot_judge_are_refused_with_their_line(
    judged: World, kind: str, body: bytes, code: str, said: str
):
    problem = judged.ask_as_if("/board", body, kind).json()
    assert problem["code"] == code
    assert said in problem["detail"]
    assert "line" not in problem["detail_zh"]


def test_aliases_that_multiply_are_refused_before_they_are_built(judged: World):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    problem = judged.ask_as_if("/board", "\n".join(lines).encode(), YAML).json()
    assert (problem["status"], problem["code"]) == (422, "DocumentRefused")
    assert "more than 100,000 values" in problem["detail"]
