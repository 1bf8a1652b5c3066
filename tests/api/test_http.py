"""The HTTP service: every command, every question, problems in two languages, and a page."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.engine import Engine
from api.http.problems import STATUS, status_of
from commands import ROUTES
from domain.kernel.refusals import Refusal
from scheduler.trusted_clock import TrustedClock
from store.errors import DiskFull, StoreFault
from tests.support.service import CASE, REPORT, World, checked


def test_every_command_has_a_route_and_a_schema(world: World) -> None:
    """The description names every command with its fields."""
    described = world.get("/openapi.json").json()
    for name, verb in ROUTES.messages.items():
        body = described["paths"][f"/commands/{name}"]["post"]["requestBody"]["content"]
        assert body["application/json"]["schema"]["$ref"] == f"#/components/schemas/{name}"
        schema = described["components"]["schemas"][name]
        assert set(schema["properties"]) == set(verb.__dataclass_fields__)
        assert schema["additionalProperties"] is False
    report = described["components"]["schemas"]["ReportRepair"]
    instant = {"type": "string", "format": "date-time"}
    assert report["properties"]["appointment"]["anyOf"] == [instant, {"type": "null"}]


def test_a_command_is_answered_with_where_it_stands(world: World) -> None:
    """201 with case, version, position and the number of facts; the version is the ETag."""
    answer = world.ask("ReportRepair", {**REPORT, "case": CASE})
    assert answer.status_code == 201
    assert answer.json() == {
        "case": CASE, "version": 1, "position": 4, "facts": 1, "command": answer.json()["command"],
    }  # fmt: skip
    assert answer.headers["etag"] == '"1"'
    again = world.ask("AcceptRepair", {"case": CASE, "technician": "t"})
    quiet = world.ask("AcceptRepair", {"case": CASE, "technician": "t"})
    assert (again.status_code, quiet.status_code, quiet.json()["facts"]) == (201, 200, 0)


def test_a_repeated_key_is_answered_as_the_first(world: World) -> None:
    """The same idempotency key stores nothing new."""
    first = world.ask("ReportRepair", REPORT, **{"Idempotency-Key": "once"})
    again = world.ask("ReportRepair", REPORT, **{"Idempotency-Key": "once"})
    assert first.json() == again.json()
    assert world.engine.log.head() == 4


def test_a_key_is_refused_for_another_command_and_belongs_to_who_asks(world: World) -> None:
    """Otherwise the second command would be lost behind the answer to the first."""
    key = {"Idempotency-Key": "once"}
    world.ask("ReportRepair", REPORT, **key)
    refused = world.ask("ReportRepair", REPORT | {"category": "lift"}, **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "CommandIdTaken")
    assert world.engine.log.head() == 4
    own = REPORT | {"case": "repair-of-another"}
    assert world.ask("ReportRepair", own, **key, **{"Guanjia-Actor": "li"}).status_code == 201


def test_headers_say_who_when_and_from_which_version(reported: World) -> None:
    """Actor, time, correlation and expected version reach the fact."""
    reported.now += timedelta(minutes=2)
    at = reported.now - timedelta(minutes=1)
    headers = {
        "Guanjia-Actor": "%E7%8E%8B", "Guanjia-Occurred-At": at.isoformat(),
        "If-Match": '"1"', "Correlation-Id": "thread-1",
    }  # fmt: skip
    assert (
        reported.ask("AcceptRepair", {"case": CASE, "technician": "t"}, **headers).status_code
        == 201
    )
    recorded = reported.engine.codec.decode(reported.engine.log.stream(CASE)[-1])
    assert (recorded.actor, recorded.occurred_at, recorded.correlation) == ("王", at, "thread-1")
    stale = reported.ask("PauseRepair", {"case": CASE, "reason": "parts"}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "VersionMoved")


def test_one_reads_ones_own_writes(reported: World) -> None:
    """Whatever was answered is in the next question's answer."""
    for number in range(5):
        reported.ask("ReportRepair", {**REPORT, "case": f"repair-x{number}"})
        assert reported.get("/board").json()["open"] == number + 2
    facts = reported.get("/cases/E-7/history").json()["facts"]
    assert [fact["word"] for fact in facts] == ["reported"]


def test_what_an_answer_has_not_seen_is_said(
    reported: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where views cannot see everything in time, a header says how many facts are missing."""
    assert "guanjia-behind" not in reported.get("/board").headers
    monkeypatch.setattr(reported.engine.projector, "catch_up", lambda *_, **__: 0)
    monkeypatch.setattr(Engine.settle, "__defaults__", (0.01, None))
    reported.ask("ReportRepair", {**REPORT, "case": "repair-2"})
    reported.ask("ReportRepair", {**REPORT, "case": "repair-3"})
    for path in ("/board", "/", "/cases/repair-none/history", "/kpis/on-time"):
        assert reported.get(path).headers["guanjia-behind"] == "2"
    assert reported.get("/board").json()["open"] == 1
    assert "guanjia-behind" not in reported.get("/health").headers


def test_on_time_by_a_label_of_the_cases(world: World) -> None:
    """Labels are dimensions over HTTP as well."""
    world.ask("ReportRepair", {**REPORT, "case": CASE, "labels": {"department": "engineering"}})
    world.ask("AcceptRepair", {"case": CASE, "technician": "t"})
    told = world.get("/kpis/on-time", by="department").json()
    assert [(row["group"], row["breakdown"]["met"]) for row in told["rows"]] == [("engineering", 2)]


def test_commands_and_deadlines_have_one_clock(tmp_path: Path) -> None:
    """Unless a test turns it, it is the one that a leap of the wall clock does not fool."""
    engine = Engine(str(tmp_path / "g.db"), create=True)
    assert isinstance(engine.clock, TrustedClock)
    assert engine.handler.clock is engine.timers.clock is engine.clock
    engine.close()


def test_questions_about_promises(reported: World) -> None:
    """What is due next, what lapsed, what a case promises and how a deadline came about."""
    running = reported.get("/clocks", verdict="running").json()
    assert [row["clock"] for row in running["clocks"]] == [
        "repair.online_response",
        "repair.response",
    ]
    assert len(reported.get("/clocks", limit=1, offset=1).json()["clocks"]) == 1
    assert len(reported.get(f"/cases/{CASE}/clocks").json()["clocks"]) == 2
    told = reported.get(f"/cases/{CASE}/clocks/repair.response/1/explanation").json()
    assert sum(s["amount"] for s in told["stretches"]) == told["target"] == 1800
    assert told["due"] == "2026-05-06T09:30:00+08:00"
    reported.now += timedelta(minutes=6)
    reported.engine.timers.tick()
    assert reported.get("/clocks", verdict="lapsed").json()["clocks"][0]["rungs"] == 1
    (rung,) = reported.get("/escalations").json()["escalations"]
    assert (rung["to"], rung["title"], rung["acknowledged_by"]) == (
        "head_of_department", "部门主管", None,
    )  # fmt: skip
    reported.ask(
        "AcknowledgeEscalation", {"case": CASE, "clock": rung["clock"], "rung": 1, "by": "liu"}
    )
    assert reported.get("/escalations").json()["escalations"][0]["acknowledged_by"] == "liu"


def test_history_as_of_an_instant(reported: World) -> None:
    """What was known then, and a time without a zone refused."""
    seen = reported.now.isoformat()
    reported.now += timedelta(hours=1)
    reported.ask("AcceptRepair", {"case": CASE, "technician": "t"})
    assert len(reported.get(f"/cases/{CASE}/history", as_of=seen).json()["facts"]) == 1
    assert reported.get(f"/cases/{CASE}/history").json()["facts"][-1]["word"] == "accepted"
    plus = reported.client.get(f"/cases/{CASE}/history?as_of=2026-05-06T09:30+08:00")
    assert len(plus.json()["facts"]) == 1
    for quoted in ("2026-05-06 09:30+08:00", "2026-05-06T01:30Z"):
        told = reported.get(f"/cases/{CASE}/history", as_of=quoted).json()
        assert told["facts"] == plus.json()["facts"]
    naive = reported.get(f"/cases/{CASE}/history", as_of="2026-05-06 09:30")
    assert naive.json()["code"] == "WithoutZone"
    assert (
        reported.get(f"/cases/{CASE}/history", as_of="2026-05-06").json()["code"] == "WithoutZone"
    )


def test_figures_with_the_cases_behind(reported: World) -> None:
    """Figures by dimension and month, none of them 100 % without cases."""
    reported.ask("CompleteRepair", {"case": CASE})
    reported.ask("RateService", {"case": CASE, "rating": "dissatisfied"})
    reported.ask("CloseCase", {"case": CASE, "reason": "moved away"})
    fix = reported.get("/kpis/first-time-fix", by="category", cases=True).json()
    assert [(r["group"], r["value"]) for r in fix["rows"]] == [("water_pipe", 0.0)]
    assert [case["case"] for case in fix["cases"]["against"]["cases"]] == [CASE]
    rated = reported.get("/kpis/satisfaction", period="2026-05", cases=True).json()
    assert (rated["total"]["breakdown"]["dissatisfied"], rated["total"]["value"]) == (1, 0.0)
    (case,) = rated["cases"]["against"]["cases"]
    assert (case["case"], case["cycle"], case["outcome"]) == (CASE, 1, "dissatisfied")
    on_time = reported.get("/kpis/on-time", by="clock").json()["rows"]
    assert {row["group"]: row["value"] for row in on_time}["repair.response"] == 1.0
    none = reported.get("/kpis/satisfaction", period="2020-01").json()
    assert (none["rows"], none["total"]["value"]) == ([], None)
    assert "on_time" in reported.get("/kpis").json()["kpis"]


def test_rules_and_health(world: World) -> None:
    """The rulebook in force, the calendars, and a scheduler whose silence shows."""
    assert world.get("/rulebook").json()["rulebook"] == "default"
    assert 2026 in world.get("/calendars").json()["calendars"][0]["years"]
    world.engine.timers.tick()
    healthy = world.get("/health")
    assert (healthy.status_code, healthy.json()["status"]) == (200, "ok")
    world.engine.timers.fault = "gone"
    assert world.get("/health").status_code == 503


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("AcceptRepair", {"case": "repair-9", "technician": "t"}, 404, "UnknownCase"),
        ("AcceptRepair", {"case": CASE, "technicia": "t"}, 422, "CommandInvalid"),
        ("AcceptRepair", {"case": CASE, "technician": 7}, 422, "CommandInvalid"),
        ("AcceptRepair", {"case": "complaint-1", "technician": "t"}, 422, "WrongKind"),
        ("AcceptRepair", [], 422, "CommandInvalid"),
        ("ReportRepair", {**REPORT, "case": CASE}, 409, "CaseExists"),
        ("ReportRepair", {**REPORT, "site": "nowhere"}, 404, "UnknownSite"),
        ("ReportRepair", {**REPORT, "category": "\0"}, 422, "TextUnreadable"),
        ("ReportRepair", {**REPORT, "category": "x" * 501}, 422, "TextTooLong"),
        ("ReportRepair", {**REPORT, "description": "a\0b"}, 422, "TextUnreadable"),
        ("ReportRepair", {**REPORT, "appointment": "2026-05-06T10:00"}, 422, "WithoutZone"),
        ("ReportRepair", {**REPORT, "appointment": "soon"}, 422, "CommandInvalid"),
        ("ResumeRepair", {"case": CASE}, 409, "NotPaused"),
        ("PublishRulebook", {"document": {"rulebook": "x", "clock": {}}}, 422, "DocumentRefused"),
        ("Nothing", {}, 404, "CommandUnknown"),
    ],
)
def test_what_is_refused_is_a_problem(
    reported: World, name: str, data: Any, status: int, code: str
) -> None:
    """Each refusal has its number, its code and a sentence in both languages; nothing is stored."""
    before = reported.engine.log.head()
    answer = reported.ask(name, data)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "detail_zh", "instance"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert problem["detail_zh"]
    assert reported.engine.log.head() == before


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/cases/nothing/history", 404, "UnknownCase"),
        ("/cases/%00/clocks", 404, "UnknownCase"),
        (f"/cases/{CASE}/clocks/none/1/explanation", 404, "RunUnknown"),
        (f"/cases/{CASE}/clocks/none/one/explanation", 422, "QueryInvalid"),
        ("/clocks?limit=0", 422, "QueryInvalid"),
        ("/kpis/nothing", 422, "QueryInvalid"),
        ("/kpis/on-time?by=colour", 422, "QueryInvalid"),
        ("/kpis/on-time?period=2026-13", 422, "QueryInvalid"),
        ("/kpis/on-time?site=nowhere", 422, "QueryInvalid"),
        ("/redoc", 404, "NotFound"),
        ("/commands/AcceptRepair", 405, "MethodNotAllowed"),
        ("/board?site=nowhere", 422, "QueryInvalid"),
        ("/board?sit=main", 422, "QueryInvalid"),
        ("/board?limit=2&limit=3", 422, "QueryInvalid"),
        ("/clocks?clock=repair.respons", 422, "QueryInvalid"),
        ("/clocks?site=nowhere", 422, "QueryInvalid"),
        ("/clocks?verdict=laps", 422, "QueryInvalid"),
        ("/clocks?offset=-1", 422, "QueryInvalid"),
        ("/kpis/on-time?cases=perhaps", 422, "QueryInvalid"),
        ("/rulebook?version=1", 422, "QueryInvalid"),
        ("/health?deep=1", 422, "QueryInvalid"),
        ("/?lang=fr", 422, "QueryInvalid"),
    ],
)
def test_questions_that_cannot_be_answered(
    reported: World, path: str, status: int, code: str
) -> None:
    """A wrong question is a problem, too."""
    answer = reported.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_malformed_json_is_a_bad_request(world: World) -> None:
    """Half a document, and a type that is not JSON."""
    post = world.client.post
    half = checked(
        post("/commands/AcceptRepair", content=b'{"c', headers={"content-type": "application/json"})
    )
    assert (half.status_code, half.json()["code"]) == (400, "DataUnreadable")
    form = checked(
        post("/commands/AcceptRepair", content=b"{}", headers={"content-type": "text/plain"})
    )
    assert (form.status_code, form.json()["code"]) == (415, "BodyNotJson")


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    """Whether its length is announced or not."""
    kind = {"content-type": "application/json"}
    long = b'{"case": "' + b"x" * 20_000 + b'"}'
    answer = world.client.post("/commands/AcceptRepair", content=long, headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")
    pieces = iter([long[:9000], long[9000:]])
    answer = world.client.post("/commands/AcceptRepair", content=pieces, headers=kind)
    assert answer.status_code == 413


def test_only_this_machine_is_answered(world: World) -> None:
    """A page elsewhere that points its own name here gets nothing."""
    answer = checked(world.client.get("/board", headers={"host": "evil.example"}))
    assert (answer.status_code, answer.json()["code"]) == (421, "HostUnknown")


def test_a_store_fault_is_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is said as such, with its code."""

    def full(_requests: object) -> object:
        raise DiskFull(where="here")

    monkeypatch.setattr(world.engine.handler, "handle_all", full)
    answer = world.ask("ReportRepair", REPORT)
    assert (answer.status_code, answer.json()["code"]) == (503, "DiskFull")


def test_a_defect_is_a_problem_without_its_entrails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error shows no trace to the outside."""

    def broken(_requests: object) -> object:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(world.engine.handler, "handle_all", broken)
    answer = world.ask("ReportRepair", REPORT)
    assert (answer.status_code, answer.json()["code"]) == (500, "Defect")
    assert "secret" not in answer.text


def test_every_refusal_and_fault_has_a_number() -> None:
    """The table covers all there are."""
    kinds: list[type[Exception]] = [Refusal, StoreFault]
    for kind in kinds:
        assert 400 <= status_of(kind) < 600
        kinds.extend(kind.__subclasses__())
    assert set(STATUS.values()) >= {400, 404, 409, 412, 413, 415, 422, 503}


HOSTILE = '<script>alert("x")</script>'


def test_the_page_shows_hostile_text_as_text(world: World) -> None:
    """Whatever residents write is escaped, and no script could run anyway."""
    world.ask("ReportRepair", {**REPORT, "steward": HOSTILE + '"><img src=x>', "case": CASE})
    world.now += timedelta(minutes=6)
    world.engine.timers.tick()
    for lang in ("zh", "en"):
        page = world.get("/", lang=lang)
        assert page.status_code == 200
        assert "&lt;script&gt;" in page.text
        assert "<script" not in page.text
        assert "<img" not in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        assert page.headers["x-content-type-options"] == "nosniff"
    assert "部门主管" in world.get("/", lang="zh").text
    assert "Broken promises" in world.get("/", lang="en").text
    assert world.get("/style.css").headers["content-type"].startswith("text/css")


def test_the_page_names_nothing_elsewhere(world: World) -> None:
    """Everything the page needs comes from this machine."""
    assert "http" not in world.get("/").text.replace("http-equiv", "")
