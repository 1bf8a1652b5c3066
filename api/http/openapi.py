"""Makes the OpenAPI document: the routes, the types of commands and answers, and every refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.meanings import QUERIES
from api.http.problems import (
    BodyNotADocument,
    Busy,
    Defect,
    HeadTooLarge,
    HostUnknown,
    MethodNotAllowed,
    NotFound,
    QuestionTooSlow,
    RequestTooSlow,
    RequestUnreadable,
    ServerFull,
    TooManyQuestions,
    document,
    status_of,
)
from api.http.schemas import Schema, reference
from api.parsing import CommandUnknown, QueryInvalid
from domain.kernel.refusals import Refusal
from store.errors import StoreFault

Told = type[Refusal] | type[StoreFault]

RESPONSES: Final = "x-responses"
"""Where a route keeps its responses until `describe` puts them in place of FastAPI's."""
COMMAND: Final = "Command"
QUESTION: Final = "Question"
CSV: Final = "Csv"
"""The type of an answer that is a text of comma-separated values, the first line its names."""
ABOUT: Final = """\
Work orders and promises of a property-management team 物业工单与时限.

A command (POST /commands) is durable when it is answered; sent again with its `Idempotency-Key` it
is stored once. A question (GET) sees everything that was answered before it was asked; by POST it
is judged by the drafts of its body, rulebooks or calendars, and nothing is stored. Instants carry
an offset. Errors are `application/problem+json` in English and Chinese.
"""
TAGS: Final = {
    "commands": "What can be asked for 命令",
    "cases": "Cases 工单",
    "clocks": "Clocks and escalations 时钟与升级",
    "kpis": "Figures 指标",
    "state": "Rules and health 规则与状态",
}
ANYWHERE: Final = (RequestUnreadable, RequestTooSlow, HostUnknown, HeadTooLarge, Defect, ServerFull)
NO_COMMAND: Final = (
    BodyNotADocument, CommandUnknown, MethodNotAllowed, NotFound, QuestionTooSlow,
    TooManyQuestions,
)  # fmt: skip


def describe(app: FastAPI, commands: Schema, types: Mapping[str, Schema]) -> Schema:
    """The document of an application with the paths of its commands and all types; made once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            description=ABOUT,
            routes=app.routes,
            tags=[{"name": name, "description": text} for name, text in TAGS.items()],
            servers=[{"url": "/"}],
            license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        )
        for path in found["paths"].values():
            for operation in path.values():
                _finish(operation)
        found["paths"] = {**commands, **found["paths"]}
        found["components"] = {"schemas": dict(types), "responses": _shared()}
        app.openapi_schema = found
    return app.openapi_schema


def snake(name: str) -> str:
    """A class's name as an operation id: ``report_repair``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def answered(description: str, name: str, headers: dict[str, str] | None = None) -> Schema:
    """An answer of a named type."""
    content = {"text/csv": {"schema": {"type": "string"}}}
    if name != CSV:
        content = {"application/json": {"schema": reference(name)}}
    found: Schema = {"description": description, "content": content}
    if headers:
        found["headers"] = {
            header: {"description": text, "schema": {"type": "string"}}
            for header, text in headers.items()
        }
    return found


def refused(audience: str, *further: Told) -> dict[str, Schema]:
    """The problems of a command or a question, and further ones of its own, by HTTP number."""
    common = _kinds(audience)
    statuses = {str(status_of(kind)) for kind in common}
    found = {status: {"$ref": f"#/components/responses/{audience}{status}"} for status in statuses}
    own = {status_of(kind) for kind in further}
    found.update(_by_status({*further, *(k for k in common if status_of(k) in own)}))
    return dict(sorted(found.items()))


def _finish(operation: Schema) -> None:
    operation["responses"] = operation.pop(RESPONSES)
    for parameter in operation.get("parameters", ()):
        parameter.setdefault("description", QUERIES.get(parameter["name"], ""))
        parameter["schema"].pop("title", None)


def _shared() -> dict[str, Schema]:
    return {
        f"{audience}{status}": response
        for audience in (COMMAND, QUESTION)
        for status, response in _by_status(_kinds(audience)).items()
    }


def _kinds(audience: str) -> set[Told]:
    """What a command, or any question, can be refused for."""
    faults: set[Told] = {StoreFault, *_below(StoreFault)}
    if audience == QUESTION:
        return {*ANYWHERE, *faults, QueryInvalid, QuestionTooSlow, TooManyQuestions}
    packages = ("domain", "commands", "api.http", "api.parsing", "api.principals")
    return {*_refusals(*packages), *faults} - {*NO_COMMAND}


def _refusals(*packages: str) -> Iterator[type[Refusal]]:
    for kind in _below(Refusal):
        if "zh" in vars(kind) and kind.__module__.startswith(packages):
            yield kind


def _below(root: type[Any]) -> Iterator[type[Any]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _below(kind)


def _by_status(kinds: Iterable[Told]) -> dict[str, Schema]:
    found: dict[str, list[Told]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.__name__):
        found.setdefault(str(status_of(kind)), []).append(kind)
    return {status: _problems(found[status]) for status in sorted(found)}


def _problems(kinds: list[Told]) -> Schema:
    """One response for the problems that share a number, with an example for each code."""
    codes = ", ".join(f"`{kind.__name__}`" for kind in kinds)
    retry = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
    return {
        "description": f"Nothing was stored: {codes}.",
        **({"headers": retry} if status_of(kinds[0]) == status_of(Busy) else {}),
        "content": {
            "application/problem+json": {
                "schema": reference("Problem"),
                "examples": {kind.__name__: _example(kind) for kind in kinds},
            }
        },
    }


def _example(kind: Told) -> Schema:
    """A problem with the names of its details where the details would be."""
    detail, zh = (
        re.sub(r"\{(\w+)[^}]*\}", r"{\1}", " ".join(text.split()))
        for text in (kind.__doc__ or "", kind.zh)
    )
    return {"summary": detail, "value": document(kind, detail, zh, "/")}
