"""What HTTP itself asks for: methods, HEAD, host names, actors, headers on every answer."""

from typing import Any

import pytest

from api.http.guard import GUARDS, host_of
from tests.support.service import CASE, REPORT, World, checked


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/commands/AcceptRepair", "POST"),
        ("HEAD", "/commands/AcceptRepair", "POST"),
        ("POST", "/escalations", "GET, HEAD"),
        ("DELETE", "/cases/repair-1/history", "GET, HEAD, POST"),
        ("PUT", "/", "GET, HEAD"),
        ("OPTIONS", "/health", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_allowed_is_told_which_are(
    world: World, method: str, path: str, allowed: str
) -> None:
    """405 names the methods of the address, as RFC 9110 asks."""
    answer = world.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert checked(answer).json()["code"] == "MethodNotAllowed"


@pytest.mark.parametrize("path", ["/board", "/kpis", "/", "/docs", "/style.css", "/openapi.json"])
def test_head_is_get_without_a_body(reported: World, path: str) -> None:
    """The headers are the same, the length included."""
    get, head = reported.client.get(path), reported.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert int(head.headers["content-length"]) == len(get.content)


@pytest.mark.parametrize(
    "actor",
    ["scheduler", "system", "import-boston311", "reaction", "reaction.close", "Scheduler",
     "%20system%20", "ｓystem", "sys\u200btem", "IMPORT-x"],
)  # fmt: skip
def test_nobody_outside_speaks_as_a_part_of_the_engine(reported: World, actor: str) -> None:
    """However it is written; nothing is stored."""
    before = reported.engine.log.head()
    headers: dict[str, Any] = {"Guanjia-Actor": actor.encode()}
    refused = reported.ask("AcceptRepair", {"case": CASE, "technician": "t"}, **headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "ActorReserved")
    assert reported.engine.log.head() == before


@pytest.mark.parametrize("actor", ["important-li", "systems", "li", "scheduler-of-visits"])
def test_names_that_only_resemble_a_part_of_the_engine_are_taken(
    reported: World, actor: str
) -> None:
    """The reserved names are few."""
    answer = reported.ask(
        "AcceptRepair", {"case": CASE, "technician": "t"}, **{"Guanjia-Actor": actor}
    )
    assert answer.status_code == 201
    assert reported.engine.codec.decode(reported.engine.log.stream(CASE)[-1]).actor == actor


def test_a_command_takes_no_query_parameters(world: World) -> None:
    """A field put into the address would be lost without a word."""
    answer = checked(world.client.post("/commands/ReportRepair?site=main", json=REPORT))
    assert (answer.status_code, answer.json()["code"]) == (422, "QueryInvalid")
    assert world.get("/board").json()["open"] == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/board?sit=main", "site, limit, offset"),
        ("/board?site=nowhere", "main"),
        ("/clocks?clock=repair.respons", "repair.response"),
        ("/clocks?verdict=laps", "'lapsed'"),
        ("/clocks?limit=many", "many"),
        (f"/cases/{CASE}/clocks/none/1/explanation", "repair.response 1"),
        ("/kpis/nothing", "on_time"),
    ],
)
def test_a_mistyped_question_is_told_what_there_is(reported: World, path: str, said: str) -> None:
    """In both languages, each without fragments of the other's sentences."""
    problem = reported.get(path).json()
    assert said in problem["detail"]
    assert said.replace("'", "") in problem["detail_zh"].replace("'", "")
    assert "should be" not in problem["detail_zh"]


def test_a_clock_of_an_earlier_rulebook_can_be_asked_for(reported: World) -> None:
    """Its runs are still there."""
    document = {"rulebook": "later", "clocks": {}}
    assert (
        reported.ask("PublishRulebook", {"document": document, "reason": "trial"}).status_code
        == 201
    )
    assert reported.get("/rulebook").json()["clocks"] == []
    (run,) = reported.get("/clocks", clock="repair.response").json()["clocks"]
    assert run["case"] == CASE


def test_every_answer_has_the_guarding_headers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusals, unknown addresses and defects as well."""

    def broken(_requests: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(world.engine.handler, "handle_all", broken)
    answers = [
        world.get("/board"),
        world.get("/nothing"),
        world.client.get("/board", headers={"host": "evil.example"}),
        world.ask("ReportRepair", REPORT),
    ]
    assert [a.status_code for a in answers] == [200, 404, 421, 500]
    for answer in answers:
        for name, value in GUARDS.items():
            assert answer.headers[name] == value


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ([(b"host", b"127.0.0.1:8484")], "127.0.0.1"),
        ([(b"host", b"LocalHost")], "localhost"),
        ([(b"host", b"[::1]:8484")], "::1"),
        ([(b"host", b"evil.example"), (b"host", b"127.0.0.1")], ""),
        ([], ""),
    ],
)
def test_the_host_is_read_without_its_port(headers: Any, host: str) -> None:
    """Two hosts in one request are none."""
    assert host_of({"headers": headers}) == host
