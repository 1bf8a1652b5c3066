"""Makes the JSON schemas of commands and answers, each field with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import msgspec

from api.fields import FIELDS, example
from api.http import compared_models, figure_models, models
from api.http.meanings import ANSWERS
from commands.messages import Message, fields_holding
from commands.routes import Routes
from domain.kernel.personal import Personal

Schema = dict[str, Any]

REFERENCE: Final = "#/components/schemas/{name}"
FIGURE: Final = figure_models.Figure.__name__
TYPES: Final = (
    models.Answered, models.Problem, models.CaseHistory, models.Board, models.CaseClocks,
    models.ClockRuns, models.Explanation, models.Escalations, models.KpiNames, figure_models.Figure,
    models.RulebookInForce, models.Publications, models.PublicationWhole,
    models.PublicationChanges, models.Calendars, models.Health, compared_models.RulesCompared,
)  # fmt: skip
_DRAFT: Final = {"$ref": REFERENCE.format(name="Draft")}
DRAFTS: Final[Mapping[str, Schema]] = {
    "Draft": {
        "title": "Draft",
        "description": "A rulebook or a calendar that is not published, as one would publish it.",
        "type": "object",
        "additionalProperties": True,
    },
    "Drafts": {
        "title": "Drafts",
        "description": "A draft, or several: at most one rulebook, and calendars.",
        "anyOf": [_DRAFT, {"type": "array", "items": _DRAFT, "minItems": 1}],
    },
}


def reference(name: str) -> Schema:
    """A reference to a type's schema."""
    return {"$ref": REFERENCE.format(name=name)}


def schemas(routes: Routes) -> dict[str, Schema]:
    """The schemas of all commands and answers by name."""
    messages = routes.messages
    _, made = msgspec.json.schema_components([*messages.values(), *TYPES], ref_template=REFERENCE)
    found: dict[str, Schema] = dict(made)
    for name, schema in found.items():
        _finish(name, schema, *((FIELDS,) if name in messages else (ANSWERS, FIELDS)))
    for message in messages.values():
        _command(message, routes, found[message.__name__])
    found["PersonalText"] = {
        **found[Personal.__name__],
        "title": "PersonalText",
        "description": "A personal text, with the subject it is about.",
        "additionalProperties": False,
    }
    _finish("PersonalText", found["PersonalText"], ANSWERS)
    found[Personal.__name__] = {
        "title": Personal.__name__,
        "description": "A personal text, or the text with the subject it is about.",
        "anyOf": [{"type": "string"}, reference("PersonalText")],
    }
    return {**found, **DRAFTS}


def example_of(message: type[Message], routes: Routes) -> dict[str, Any]:
    """A body with an example for each field of a command."""
    return {f.name: example(message, f.name, routes) for f in fields(message)}


def _finish(name: str, schema: Schema, *tables: Mapping[str, str]) -> None:
    """Say what each property means, and what type its words are of."""
    schema["description"] = " ".join(schema.get("description", "").split()).replace("``", "`")
    if "enum" in schema:
        schema["type"] = "string"
    for field, described in schema.get("properties", {}).items():
        if "enum" in described:
            described["type"] = "string"
        if meaning := _meaning(name, field, tables):
            described["description"] = meaning


def _meaning(name: str, field: str, tables: tuple[Mapping[str, str], ...]) -> str:
    keys = (f"{name}.{field}", field)
    return next((table[key] for key in keys for table in tables if key in table), "")


def _command(message: type[Message], routes: Routes, schema: Schema) -> None:
    schema["additionalProperties"] = False
    for field, described in schema["properties"].items():
        described["examples"] = [example(message, field, routes)]
        if field in fields_holding(message, datetime):
            texts = [described, *described.get("anyOf", ())]
            next(text for text in texts if text.get("type") == "string")["format"] = "date-time"
