"""Reads steps: the command a row gives, under which conditions and at which time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any

from api.imports.conditions import Test, When, read_when
from api.imports.faults import ValueMissing
from api.imports.fields import Field, Put, missing_fields
from api.imports.forms import Form, Index, read_form
from api.imports.rows import Cells
from api.imports.times import Times
from commands.clocks import RecordDue
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from commands.routes import Routes
from domain.kernel.documents import DocumentInvalid, Section, listed
from domain.kernel.refusals import Phrase

NOT_FROM_FILES = (OpenSite, PublishCalendar, PublishRulebook, RecordDue)


def snake(name: str) -> str:
    """``ReportRepair`` as ``report_repair``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def verbs(routes: Routes) -> Mapping[str, type[Message]]:
    """The commands a row may give, by either spelling of their names."""
    return {
        spelling: command
        for name, command in routes.messages.items()
        if command not in NOT_FROM_FILES
        for spelling in (name, snake(name))
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command a row may give. ``at`` are columns of which the first filled one is the time."""

    command: type[Message]
    at: tuple[str, ...]
    happened: tuple[str, ...]
    when: When
    fields: tuple[Field, ...]
    actor: Form | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the step looks at."""
        fields = tuple(column for field in self.fields for column in field.columns)
        actor = self.actor.columns if self.actor else ()
        return (*self.at, *self.happened, *self.when.columns, *fields, *actor)

    def bind(self, index: Index, times: Times) -> BoundStep:
        """The step for a file whose columns are known."""
        at = _moment(self.at, index, times)
        happened = _moment(self.happened, index, times) if self.happened else None
        return BoundStep(
            name=self.command.__name__,
            test=self.when.bind(index),
            at=lambda cells: _needed(at(cells), self.at),
            happened=happened,
            build=_builder(self.command, {f.name: f.bind(index, times) for f in self.fields}),
            actor=self.actor.bind(index) if self.actor else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundStep:
    """A step ready for rows. ``build`` makes the command of a row for a case at a site."""

    name: str
    test: Test | None
    at: Callable[[Cells], datetime]
    happened: Callable[[Cells], datetime | None] | None
    build: Callable[[Cells, str, str], Message]
    actor: Callable[[Cells], str | None] | None


def read_step(part: Section, routes: Routes) -> Step:
    """The step written in a section.

    Raises:
        DocumentInvalid: it is unclear or leaves out a field its command needs.
    """
    name = part.text("do")
    known_verbs = verbs(routes)
    command = known_verbs.get(name)
    if command is None:
        known = ", ".join(sorted(verb for verb in known_verbs if verb.islower()))
        raise DocumentInvalid(
            part.at("do"),
            Phrase(
                f"unknown command {name!r}; known: {known}.",
                f"未知的命令 {name!r}，可用：{known}。",
            ),
        )
    part.need("at")
    step = Step(
        command=command,
        at=_columns(part, "at"),
        happened=_columns(part, "happened"),
        when=read_when(part.get("when"), part.at("when")),
        fields=_fields(command, part),
        actor=read_form(part.get("actor"), part.at("actor")) if "actor" in part else None,
    )
    part.finish()
    return step


def _fields(command: type[Message], part: Section) -> tuple[Field, ...]:
    given = part.section("with")
    slots = {name for name in _names(command) if name not in {"case", "site"}}
    for name in given.value:
        if name not in slots:
            known = ", ".join(sorted(slots))
            raise DocumentInvalid(
                given.at(name),
                Phrase(
                    f"{command.__name__} has no field {name!r}; it has: {known}.",
                    f"{command.__name__} 没有字段 {name!r}，可用：{known}。",
                ),
            )
    left = missing_fields(command, frozenset({*given.value, "case", "site"}))
    if left:
        raise DocumentInvalid(
            part.path,
            Phrase(
                f"{command.__name__} needs {', '.join(left)} as well.",
                f"{command.__name__} 还需要 {'、'.join(left)}。",
            ),
        )
    return tuple(Field(command, key, value, given.at(key)) for key, value in given.value.items())


def _names(command: type[Message]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(command))


def _columns(part: Section, key: str) -> tuple[str, ...]:
    columns = listed(part.get(key))
    for column in columns:
        if not isinstance(column, str):
            raise DocumentInvalid(
                part.at(key),
                Phrase(f"{key} names a column or a list of them.", f"{key} 应为列名或其列表。"),
            )
    return tuple(columns)


def _moment(
    columns: tuple[str, ...], index: Index, times: Times
) -> Callable[[Cells], datetime | None]:
    places = [(index[column], column) for column in columns]

    def read(cells: Cells) -> datetime | None:
        for at, column in places:
            text = cells[at]
            if text is not None:
                return times.read(text, column)
        return None

    return read


def _needed(at: datetime | None, columns: tuple[str, ...]) -> datetime:
    if at is None:
        raise ValueMissing(field="at", column=", ".join(columns))
    return at


def _builder(
    command: type[Message], puts: Mapping[str, Put]
) -> Callable[[Cells, str, str], Message]:
    pairs = tuple(puts.items())
    sited = "site" in _names(command)

    def build(cells: Cells, case: str, site: str) -> Message:
        words: dict[str, Any] = {"case": case}
        if sited:
            words["site"] = site
        for name, put in pairs:
            value = put(cells)
            if value is not MISSING:
                words[name] = value
        return command(**words)

    return build
