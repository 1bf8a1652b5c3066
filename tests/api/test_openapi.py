"""The OpenAPI document says all there is, in a form that other programs can use."""

import re

import orjson
import pytest
from jsonschema import Draft202012Validator

from api.http.schemas import example_of
from api.parsing import read_message
from commands import ROUTES
from tests.support.described import document, operations, response_of, validate
from tests.support.service import World

QUESTIONS = {
    "board", "calendars", "case_clocks", "case_history", "clock_explanation", "clocks", "compare",
    "escalations", "health", "kpi", "kpi_csv", "kpis", "publication", "publication_changes",
    "publications", "rulebook",
}  # fmt: skip


def references(value: object) -> set[str]:
    """Every reference in a part of the document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_operations_have_names_that_programs_can_use() -> None:
    """They are stable: generated clients call their functions by them."""
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    assert {n for n, (m, _, _) in zip(names, operations(), strict=True) if m == "GET"} == QUESTIONS
    assert {"report_repair", "lodge_complaint", "follow_up"} <= set(names)


def test_every_reference_leads_somewhere_and_every_type_is_used() -> None:
    """Types that FastAPI adds for its own errors would be answers that nobody gets."""
    used = references(document())
    for reference in used:
        found = document()
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    types = {f"#/components/schemas/{name}" for name in document()["components"]["schemas"]}
    assert types <= used


def test_every_schema_is_a_schema() -> None:
    """By the dialect that OpenAPI 3.1 uses."""
    assert document()["openapi"].startswith("3.1")
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_field_of_every_type_is_explained() -> None:
    """Commands and answers alike, and every type itself."""
    for name, schema in document()["components"]["schemas"].items():
        assert schema["description"], name
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), f"say what {name}.{field} means"


def test_every_parameter_is_explained() -> None:
    """Those in the path, in the query and in headers."""
    for _, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])


@pytest.mark.parametrize("name", ROUTES.messages)
def test_every_command_has_an_example_that_can_be_sent(name: str) -> None:
    """With a value for each field, also beside the field itself."""
    example = example_of(ROUTES.messages[name], ROUTES)
    assert read_message(ROUTES, name, example)
    validate(name, example)
    fields = document()["components"]["schemas"][name]["properties"]
    assert {field: described["examples"] for field, described in fields.items()} == {
        field: [value] for field, value in example.items()
    }
    body = document()["paths"][f"/commands/{name}"]["post"]["requestBody"]
    assert body["content"]["application/json"]["example"] == example


def test_an_example_names_a_case_of_the_right_kind() -> None:
    """A command that only complaints know is not shown with a repair."""
    assert example_of(ROUTES.messages["ReplyToComplaint"], ROUTES)["case"].startswith("complaint-")
    assert example_of(ROUTES.messages["LodgeComplaint"], ROUTES)["case"].startswith("complaint-")
    assert example_of(ROUTES.messages["AcceptRepair"], ROUTES)["case"].startswith("repair-")


def test_every_operation_says_how_it_is_answered_and_refused() -> None:
    """Successful answers have a type of their own, problems list their codes."""
    for method, path, operation in operations():
        statuses = set(operation["responses"])
        assert {"400", "408", "421", "422", "431", "500", "503"} <= statuses
        command = {"200", "201", "403", "404", "409", "412", "413", "415"}
        posted = {"200", "413", "415"} if method == "POST" else {"200"}
        assert statuses >= (command if path.startswith("/commands/") else posted), path
        for status in map(int, statuses):
            content = response_of(operation, status)["content"]
            ((kind, said),) = content.items()
            if (path, status) == ("/kpis/{name}/csv", 200):
                assert (kind, said["schema"]) == ("text/csv", {"type": "string"})
            elif status < 300 or (path, status) == ("/health", 503):
                assert kind == "application/json"
                assert "$ref" in said["schema"]
            else:
                assert kind == "application/problem+json"
                assert all(e["value"]["status"] == status for e in said["examples"].values())


def test_every_question_that_takes_a_lens_takes_drafts_in_a_body_as_well() -> None:
    """By POST to the same address, with the same parameters, and answered by the same type."""
    asked = {(method, path): operation for method, path, operation in operations()}
    lensed = [
        path for (method, path), operation in asked.items()
        if method == "GET" and any(p["name"] == "as_if" for p in operation.get("parameters", ()))
    ]  # fmt: skip
    assert len(lensed) == len([1 for m, p in asked if m == "POST" and "/commands/" not in p])
    for path in lensed:
        get, post = asked["GET", path], asked["POST", path]
        assert post["operationId"] == f"{get['operationId']}_as_if"
        assert (post["parameters"], post["responses"]["200"]) == (
            get["parameters"], get["responses"]["200"],
        )  # fmt: skip
        assert set(post["requestBody"]["content"]) == {"application/json", "application/yaml"}


def test_the_drafts_of_the_examples_can_be_asked_by(world: World) -> None:
    """In JSON and in YAML, one document or a list."""
    content = document()["paths"]["/board"]["post"]["requestBody"]["content"]
    bodies = [
        (kind, value if isinstance(value, str) else orjson.dumps(value).decode())
        for kind, said in content.items()
        for value in [said.get("example"), *(e["value"] for e in said.get("examples", {}).values())]
        if value is not None
    ]
    assert len(bodies) == 3
    for kind, body in bodies:
        answer = world.ask_as_if("/board", body.encode(), kind)
        assert answer.json()["lens"]["as_if"][0] == "stricter"


def test_the_codes_of_a_command_are_those_that_it_can_be_refused_for() -> None:
    """What concerns questions or unknown addresses only is not among them."""
    operation = document()["paths"]["/commands/AcceptRepair"]["post"]
    codes = {
        status: set(
            response_of(operation, status)["content"]["application/problem+json"]["examples"]
        )
        for status in (403, 404, 409, 412, 503)
    }
    assert codes[403] == {"ActorReserved"}
    assert codes[404] == {"UnknownCase", "UnknownClock", "UnknownRung", "UnknownSite"}
    assert {"AlreadyClosed", "NobodyAssigned"} <= codes[409]
    assert codes[412] == {"VersionMoved"}
    assert {"Busy", "DiskFull", "ServerFull"} <= codes[503]
    assert "TooManyQuestions" not in codes[503]


def test_the_document_is_made_once_and_served(world: World) -> None:
    """It is what tests hold answers against."""
    served = world.client.get("/openapi.json").json()
    assert served == orjson.loads(orjson.dumps(document()))
