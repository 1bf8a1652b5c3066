"""Names the setting of a mapping that could let a rejected row be taken."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Final

from api.imports.faults import RowInTheFuture, TimeUnreadable, ValueMissing, ValueUnknown
from api.imports.mapping import Mapping
from api.imports.steps import snake
from commands.validation import TextUnreadable
from domain.kernel.documents import Path
from domain.kernel.refusals import (
    BeforeTheCase,
    CommandInvalid,
    Refusal,
    TextTooLong,
    UnknownCase,
    WithoutZone,
)
from domain.rulebook.vocabulary import ValueNotDeclared

_OF_THE_FILE: Final[Dict[type[Refusal], Path]] = {
    TimeUnreadable: ("times", "formats"),
    WithoutZone: ("times", "zone"),
    RowInTheFuture: ("times",),
    TextUnreadable: ("file", "encoding"),
    UnknownCase: ("keep_order",),
}
_OF_A_FIELD: Final[Dict[type[Refusal], str]] = {
    ValueMissing: "otherwise",
    ValueNotDeclared: "map",
    ValueUnknown: "map",
    TextTooLong: "before",
}


def remedy(mapping: Mapping, refusal: Refusal, step: int | None = None) -> str:
    """Where in the mapping to look, such as ``tickets.yaml:12 close_case.when``; empty for nowhere.

    `step` is the number of the step that gave the command.
    """
    path = _path(mapping, refusal, step)
    return located(mapping, path) if path else ""


def located(mapping: Mapping, path: Path) -> str:
    """A place in the mapping for people."""
    line = mapping.written.line(path)
    return f"{mapping.written.file.name}:{line} {'.'.join(_shown(mapping, path))}"


def _path(mapping: Mapping, refusal: Refusal, step: int | None) -> Path:
    if known := _OF_THE_FILE.get(type(refusal)):
        return known
    if step is None:
        return ("case",) if isinstance(refusal, ValueMissing) else ()
    if isinstance(refusal, BeforeTheCase):
        return ("steps", step, "happened" if mapping.steps[step].happened else "at")
    field = refusal.details.get("field")
    if field == "at":
        return ("steps", step, "at")
    if field in {known.name for known in mapping.steps[step].fields}:
        change = _OF_A_FIELD.get(type(refusal))
        return ("steps", step, "with", str(field), *([change] if change else []))
    if isinstance(refusal, CommandInvalid):
        return ("steps", step)
    return ("steps", step, "when")


def _shown(mapping: Mapping, path: Path) -> list[str]:
    """The keys of the path, a step by the name of its command."""
    if path[0] != "steps":
        return [str(key) for key in path]
    _, step, *keys = path
    return [snake(mapping.steps[int(step)].command.__name__), *map(str, keys)]
