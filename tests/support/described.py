"""Holds answers against the OpenAPI document, so that the description cannot lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from api.engine import engine
from api.http import create_app
from api.settings import Settings
from store.open import MEMORY

FORMATS = FormatChecker(formats=())


def _instant(value: object) -> bool:
    """Whether a text is an instant with its offset."""
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


FORMATS.checks("date-time")(_instant)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the service."""
    with engine(MEMORY, create=True) as opened:
        return create_app(opened, Settings(), schedule=False).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def response_of(operation: dict[str, Any], status: int) -> dict[str, Any]:
    """What an operation says of a status, with the shared responses put in place."""
    assert str(status) in operation["responses"], (operation["operationId"], status)
    found: dict[str, Any] = operation["responses"][str(status)]
    if "$ref" in found:
        found = document()["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found


def check(method: str, path: str, status: int, kind: str, body: Any) -> None:
    """See that an answer is one that the document announces; what it does not describe is refused.

    Addresses that the document does not have must answer with a problem.
    """
    operation = _operation(method, path)
    if operation is None:
        if status >= 400:
            assert kind == "application/problem+json", kind
            _validate({"$ref": "#/components/schemas/Problem"}, body)
        return
    content = response_of(operation, status)["content"]
    assert kind in content, (operation["operationId"], status, kind)
    _validate(content[kind]["schema"], body)
    if kind == "application/problem+json":
        assert body["code"] in content[kind]["examples"], (operation["operationId"], body["code"])
        assert body["status"] == status


def validate(name: str, body: Any) -> None:
    """See that a value is of a named type."""
    _validate({"$ref": f"#/components/schemas/{name}"}, body)


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for known, template, operation in operations():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if known == method and re.fullmatch(pattern, path):
            return operation
    return None


def _validate(schema: dict[str, Any], body: Any) -> None:
    whole = {**schema, "components": {"schemas": _closed()}}
    Draft202012Validator(whole, format_checker=FORMATS).validate(body)


@cache
def _closed() -> dict[str, Any]:
    """The types, with every field that is not described forbidden."""
    found = {}
    for name, schema in document()["components"]["schemas"].items():
        open_ = "properties" not in schema or "additionalProperties" in schema
        found[name] = schema if open_ else {**schema, "additionalProperties": False}
    return found
