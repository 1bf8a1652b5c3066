"""For commands over HTTP: one route for each, with a schema made from the command's own class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from api.engine import Engine
from api.http.problems import BodyNotJson, BodyTooLarge, Json
from api.parsing import read_json, read_message, read_time, times_of
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.routes import Routes
from domain.kernel.personal import Personal
from domain.kernel.refusals import CommandInvalid, Phrase

ACTOR: Final = "Guanjia-Actor"
OCCURRED: Final = "Guanjia-Occurred-At"
HEADERS: Final[Mapping[str, str]] = {
    "Idempotency-Key": "The command's id: sent again it stores nothing and answers the same.",
    ACTOR: "Who asks; percent-encoded UTF-8 is understood.",
    OCCURRED: "When it happened, with an offset, if not now.",
    "If-Match": "The version of the case that was seen; another one is refused.",
    "Correlation-Id": "What the command belongs to.",
}
REFERENCE: Final = "#/components/schemas/{name}"


def command_routes(engine: Engine, body_limit: int) -> APIRouter:
    """A POST route for every command."""
    router = APIRouter(prefix="/commands", tags=["commands"])
    for name, verb in engine.routes.messages.items():
        router.add_api_route(
            f"/{name}",
            _route(engine, name, body_limit),
            methods=["POST"],
            summary=(verb.__doc__ or name).strip().splitlines()[0],
            operation_id=name,
            response_class=Json,
            openapi_extra=_described(name),
        )
    return router


def _route(engine: Engine, name: str, limit: int) -> Callable[[Request], Any]:
    async def ask(request: Request) -> Json:
        body = await _body(request, limit)
        answered = await run_in_threadpool(lambda: engine.ask(_asked(engine, name, body, request)))
        answer = {
            "case": answered.stream, "version": answered.version, "position": answered.position,
            "facts": answered.facts, "command": answered.command,
        }  # fmt: skip
        headers = {"ETag": f'"{answered.version}"'}
        return Json(answer, status_code=201 if answered.facts else 200, headers=headers)

    return ask


async def _body(request: Request, limit: int) -> bytes:
    """The body, never more of it than the limit.

    Only JSON is taken, so that no page elsewhere can send a command without the browser asking.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BodyNotJson(kind=kind[:60] or "nothing")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise BodyTooLarge(limit=limit)
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(found)


def _asked(engine: Engine, name: str, body: bytes, request: Request) -> CommandEnvelope:
    occurred = _header(request, OCCURRED)
    return CommandEnvelope(
        message=read_message(engine.routes, name, read_json(body or b"{}")),
        actor=_header(request, ACTOR) or "http",
        id=_header(request, "Idempotency-Key") or new_id(),
        occurred_at=read_time(occurred, OCCURRED) if occurred else None,
        correlation=_header(request, "Correlation-Id"),
        expected=_expected(_header(request, "If-Match")),
    )


def _header(request: Request, name: str) -> str | None:
    """A header as text; bytes beyond ASCII are read as UTF-8, as are percent-encoded ones."""
    value = request.headers.get(name)
    if not value:
        return None
    try:
        return unquote(value.encode("latin-1").decode("utf-8"), errors="strict")
    except UnicodeError:
        problem = Phrase(f"the header {name} is not UTF-8", f"请求头 {name} 不是 UTF-8")
        raise CommandInvalid(problem=problem) from None


def _expected(value: str | None) -> int | None:
    if value is None or value == "*":
        return None
    version = value.removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) < len(str(2**53))):
        problem = Phrase(
            'the header If-Match must be a version such as "3"',
            '请求头 If-Match 应为版本号，例如 "3"',
        )
        raise CommandInvalid(problem=problem)
    return int(version)


def _described(name: str) -> dict[str, Any]:
    parameters = [
        {"name": header, "in": "header", "required": False, "description": text,
         "schema": {"type": "string"}}
        for header, text in HEADERS.items()
    ]  # fmt: skip
    answered = {"$ref": "#/components/schemas/Answered"}
    problem = {"$ref": "#/components/schemas/Problem"}
    return {
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REFERENCE.format(name=name)}}},
        },
        "responses": {
            "200": {"description": "Nothing new had to be stored.",
                    "content": {"application/json": {"schema": answered}}},
            "201": {"description": "Stored, durably.",
                    "content": {"application/json": {"schema": answered}}},
            "default": {"description": "Refused, or the store failed; nothing was stored.",
                        "content": {"application/problem+json": {"schema": problem}}},
        },
    }  # fmt: skip


def schemas(routes: Routes) -> dict[str, Any]:
    """The schemas of all commands, of their answer and of a problem."""
    _, components = msgspec.json.schema_components(routes.messages.values(), ref_template=REFERENCE)
    for name, message in routes.messages.items():
        schema = components[name]
        schema["additionalProperties"] = False
        for field in times_of(message):
            schema["properties"][field]["format"] = "date-time"
    components[Personal.__name__] = {
        "title": Personal.__name__,
        "description": "A personal text, or the text with the subject it is about.",
        "anyOf": [{"type": "string"}, components[Personal.__name__]],
    }
    components["Answered"] = _object(
        case="string", version="integer", position="integer", facts="integer", command="string"
    )
    components["Problem"] = _object(
        type="string", title="string", status="integer", detail="string", code="string",
        detail_zh="string", instance="string",
    )  # fmt: skip
    return dict(components)


def _object(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
