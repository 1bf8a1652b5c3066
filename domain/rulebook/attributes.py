"""What a case can be asked for by name, and what the answer can be: read from the kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from domain.kernel.facts import Fact
from domain.kernel.kinds import Attribute, Kind, Value
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase
from domain.promises.situation import fields_of


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers to a name can be.

    ``type`` is None where no condition can compare them; ``values`` are all of them, None where
    they are open.
    """

    what: Phrase
    type: type[str | int | bool] | None = None
    values: tuple[Value, ...] | None = None

    def of(self, values: Iterable[Value]) -> Answers:
        """The same with these values only."""
        return Answers(self.what, self.type, tuple(values))

    def possible(self, value: Value) -> bool:
        """Whether an answer can ever be this."""
        return type(value) is self.type and (self.values is None or value in self.values)


TEXT: Final = Answers(Phrase("a text", "文本"), str)
NUMBER: Final = Answers(Phrase("a whole number", "整数"), int)
YES_NO: Final = Answers(Phrase("true or false", "是或否"), bool)
INSTANT: Final = Answers(Phrase("an instant", "时间"))
OTHER: Final = Answers(Phrase("more than one value", "多个值"))
PERSONAL: Final = Answers(Phrase("a personal text", "个人信息"))
_PLAIN: Final[Mapping[Any, Answers]] = {
    str: TEXT,
    int: NUMBER,
    bool: YES_NO,
    datetime: INSTANT,
    Personal: PERSONAL,
}
_KEPT: Final[Mapping[str, Answers]] = {
    "TEXT": TEXT,
    "INTEGER": NUMBER,
    "COUNT": NUMBER,
    "TRUTH": YES_NO,
    "INSTANT": INSTANT,
}

ALWAYS: Final[Mapping[str, Answers]] = {"site": TEXT, "cycle": NUMBER}
"""What every case can be asked for before anything else."""


_FACTS: dict[type[Fact], Mapping[str, Answers]] = {}


def fact_answers(fact: type[Fact]) -> Mapping[str, Answers]:
    """What the fields of a type of fact can hold."""
    known = _FACTS.get(fact)
    if known is None:
        hints = get_type_hints(fact)
        known = _FACTS[fact] = {name: _answers(hints[name]) for name in sorted(fields_of(fact))}
    return known


def _answers(hint: Any) -> Answers:  # noqa: ANN401 - any annotation
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) in {Union, UnionType}:
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return _answers(kinds[0]) if len(kinds) == 1 else OTHER
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return TEXT.of(str(member) for member in hint)
    return _PLAIN.get(hint, OTHER)


def settable(kind: Kind) -> Mapping[str, Answers]:
    """The fields that people give a case: those of its opening, and what describes it later."""
    found = dict(fact_answers(kind.facts[0]))
    for fact in kind.facts:
        for name in fact.describes:
            found.setdefault(name, fact_answers(fact)[name])
    found.pop("labels", None)
    return found


def attributes(kind: Kind) -> Mapping[str, Answers]:
    """What a case of a kind can be asked for at any of its facts, labels left out."""
    given = settable(kind)
    return {name: _attribute(kind, given, attribute) for name, attribute in kind.attribute.items()}


def _attribute(kind: Kind, given: Mapping[str, Answers], attribute: Attribute) -> Answers:
    if attribute.name in given:
        return given[attribute.name]
    values = attribute.values or (tuple(kind.statuses) if attribute.name == "status" else ())
    known = _KEPT[attribute.type]
    return known.of(values) if values else known


def has_labels(kind: Kind) -> bool:
    """Whether a case of the kind can carry labels."""
    return "labels" in fields_of(kind.facts[0])
