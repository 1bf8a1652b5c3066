"""Takes commands over HTTP, each described by a schema made from its own class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from fastapi import Request
from starlette.routing import Route

from api.engine import Engine
from api.http.bodies import JSON, body_of, media_type
from api.http.openapi import COMMAND, answered, refused, snake
from api.http.parameters import check_parameters
from api.http.problems import BodyNotJson, Json
from api.http.schemas import example_of, reference
from api.parsing import read_json, read_message, read_time
from api.principals import from_outside
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.messages import Message
from commands.routes import Routes
from domain.kernel.refusals import CommandInvalid, Phrase

ACTOR: Final = "Guanjia-Actor"
OCCURRED: Final = "Guanjia-Occurred-At"


class Header(NamedTuple):
    """A header of a command."""

    meaning: str
    example: str


HEADERS: Final[Mapping[str, Header]] = {
    "Idempotency-Key": Header(
        "The command's id: sent again by the same actor it stores nothing and answers the same;"
        " another command under it is refused.",
        "20261120-0001",
    ),
    ACTOR: Header("Who asks; percent-encoded UTF-8 is understood.", "staff-li"),
    OCCURRED: Header("When it happened, with an offset, if not now.", "2026-11-20T14:30:00+08:00"),
    "If-Match": Header("The version of the case that was seen; another one is refused.", '"3"'),
    "Correlation-Id": Header("What the command belongs to.", "call-20261120-7"),
}
ANYBODY: Final = "http"
"""The actor of a request that names none."""


def command_route(engine: Engine, body_limit: int) -> Route:
    """One route for all commands: the name is looked up, where a route for each would be searched.

    With thirty routes FastAPI's search and its dependencies took half the time of a command.
    """

    async def command(request: Request) -> Json:
        name = request.path_params["name"]
        check_parameters(request, {})
        asked = _asked(engine, name, await _body(request, body_limit), request)
        answered = await engine.writer.submit(asked)
        answer = {
            "case": answered.stream, "version": answered.version, "position": answered.position,
            "facts": answered.facts, "command": answered.command,
        }  # fmt: skip
        headers = {"ETag": f'"{answered.version}"'}
        return Json(answer, status_code=201 if answered.facts else 200, headers=headers)

    return Route("/commands/{name}", command, methods=["POST"])


def command_paths(routes: Routes) -> dict[str, Any]:
    """What the OpenAPI document says of every command."""
    return {
        f"/commands/{name}": {"post": _described(message, routes)}
        for name, message in routes.messages.items()
    }


async def _body(request: Request, limit: int) -> bytes:
    """The body of a command.

    Only JSON is taken, so that no page elsewhere can send a command without the browser asking.
    """
    kind = media_type(request)
    if kind != JSON:
        raise BodyNotJson(kind=kind[:60] or "nothing")
    return await body_of(request, limit)


def _asked(engine: Engine, name: str, body: bytes, request: Request) -> CommandEnvelope:
    occurred = _header(request, OCCURRED)
    return CommandEnvelope(
        message=read_message(engine.routes, name, read_json(body or b"{}")),
        actor=from_outside(_header(request, ACTOR) or ANYBODY),
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


def _described(message: type[Message], routes: Routes) -> dict[str, Any]:
    name = message.__name__
    first, *_ = (message.__doc__ or name).strip().splitlines()
    about = first.replace("``", "`")
    parameters = [
        {"name": header, "in": "header", "required": False, "description": said.meaning,
         "schema": {"type": "string"}, "example": said.example}
        for header, said in HEADERS.items()
    ]  # fmt: skip
    etag = {"ETag": "The version of the case."}
    return {
        "tags": ["commands"],
        "summary": about,
        "description": about,
        "operationId": snake(name),
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": reference(name),
                    "example": example_of(message, routes),
                }
            },
        },
        "responses": {
            "200": answered("It was so already: nothing new had to be stored.", "Answered", etag),
            "201": answered("Stored, durably.", "Answered", etag),
            **refused(COMMAND),
        },
    }
