"""Makes the JSON schemas of commands and answers, each field with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, get_args, get_type_hints

import msgspec

from api.fields import EXAMPLES, FIELDS
from api.http import compared_models, figure_models, models
from api.http.meanings import ANSWERS
from api.parsing import times_of
from commands.messages import Message
from commands.routes import Routes
from domain.kernel.personal import Personal

Schema = dict[str, Any]

PLAIN: Final[Mapping[type, object]] = {
    bool: True, int: 1, datetime: "2026-11-20T14:30:00+08:00",
}  # fmt: skip
REFERENCE: Final = "#/components/schemas/{name}"
FIGURE: Final = figure_models.Figure.__name__
TYPES: Final = (
    models.Answered, models.Problem, models.CaseHistory, models.Board, models.CaseClocks,
    models.ClockRuns, models.Explanation, models.Escalations, models.KpiNames, figure_models.Figure,
    models.RulebookInForce, models.Publications, models.PublicationWhole,
    models.PublicationChanges, models.Calendars, models.Health, compared_models.RulesCompared,
)  # fmt: skip


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
    return found


def example_of(message: type[Message], routes: Routes) -> dict[str, Any]:
    """A body with an example for each field of a command."""
    return {f.name: example(message, f.name, routes) for f in fields(message)}


def example(message: type[Message], field: str, routes: Routes) -> object:
    """An example for a field of a command; one that is not listed is made from its type."""
    name = message.__name__
    if field == "case":
        kinds = sorted(kind for kind, known in routes.pairs if known is message)
        return EXAMPLES["case"] if "repair" in kinds else f"{kinds[0]}-2026-0001"
    found = EXAMPLES.get(f"{name}.{field}", EXAMPLES.get(field))
    return _plain_example(message, field) if found is None else found


def _plain_example(message: type[Message], field: str) -> object:
    hint = get_type_hints(message)[field]
    kinds = {hint, *get_args(hint)}
    return next((value for kind, value in PLAIN.items() if kind in kinds), "text")


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
        if field in times_of(message):
            texts = [described, *described.get("anyOf", ())]
            next(text for text in texts if text.get("type") == "string")["format"] = "date-time"
