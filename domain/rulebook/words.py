"""The vocabulary of a rulebook, read: its section `kinds`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.kernel.documents import DocumentInvalid, Path, Section, unknown
from domain.kernel.kinds import Kind, Kinds, Value
from domain.kernel.refusals import Phrase
from domain.rulebook.attributes import attributes, has_labels, settable
from domain.rulebook.vocabulary import Field, Vocabulary, Words

ALL: Final = "all"
TYPES: Final = ("text", "date")
MOST_VALUES: Final = 2000
DIGITS: Final = 15


def read_vocabulary(part: Section, kinds: Kinds) -> Vocabulary:
    """Read the section; what it says under `all` holds for every kind of case.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    said = {name: _Said(entry) for name, entry in part.sections()}
    for name in said:
        if name != ALL and name not in kinds.cases:
            raise DocumentInvalid(part.at(name), unknown("kind", name, (ALL, *kinds.cases)))
    common = said.get(ALL)
    found = {}
    for kind in kinds.cases.values():
        entries = [entry for entry in (common, said.get(kind.name)) if entry is not None]
        if entries:
            found[kind.name] = _words(kind, kinds, entries)
    return Vocabulary(found)


class _Said:
    """What is said under one name of the section."""

    def __init__(self, part: Section) -> None:
        self.common = part.path[-1] == ALL
        self.is_open = part.flag("open")
        part.text("title", "")
        self.fields = {
            str(name): _Declared(value, (*part.at("fields"), name))
            for name, value in part.section("fields").value.items()
        }
        part.finish()


class _Declared:
    """A field as written: a list of values, a mapping of values to titles, or a type."""

    def __init__(self, value: object, path: Path) -> None:
        self.type: Any = value if value in TYPES else "text"
        self.values = {} if value in TYPES else _values(value, path)

    def field(self, *, numbers: bool) -> Field:
        """The field, its values as numbers where those are meant: keys are always texts."""
        values = {number(v) if numbers else v: title for v, title in self.values.items()}
        return Field(values, self.type)


def _values(value: object, path: Path) -> dict[Value, str]:
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list | tuple):
        pairs = [(item, None) for item in value]
    else:
        raise DocumentInvalid(
            path,
            Phrase(
                f"list the values, or map each to its title, or write one of: {', '.join(TYPES)}.",
                f"请列出取值，或写出每个取值的名称，或填写：{'、'.join(TYPES)}。",
            ),
        )
    found: dict[Value, str] = {}
    for item, title in pairs:
        if isinstance(item, bool) or not isinstance(item, str | int) or item == "":
            raise DocumentInvalid(
                path,
                Phrase(
                    f"{item!r} is not a value: write a text or a number.",
                    f"{item!r} 不是取值，请写文本或数字。",
                ),
            )
        if not isinstance(title, str | None):
            raise DocumentInvalid(
                (*path, item),
                Phrase(
                    f"the title must be a text, not {title!r}.", f"名称应为文本，而不是 {title!r}。"
                ),
            )
        if item in found:
            raise DocumentInvalid(
                path, Phrase(f"the value {item!r} is here twice.", f"取值 {item!r} 重复出现。")
            )
        found[item] = title or ""
    if not 0 < len(found) <= MOST_VALUES:
        raise DocumentInvalid(
            path, Phrase(f"give 1 to {MOST_VALUES} values.", f"请给出 1 到 {MOST_VALUES} 个取值。")
        )
    return found


def number(value: Value) -> Value:
    """A declared value as a number, where it is one."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else value


def _words(kind: Kind, kinds: Kinds, entries: Iterable[_Said]) -> Words:
    given, fields, labels, is_open = settable(kind), {}, {}, False
    for entry in entries:
        is_open = is_open or entry.is_open
        for name, declared in entry.fields.items():
            if name in given:
                fields[name] = declared.field(numbers=given[name].type is int)
            elif not (entry.common and (not has_labels(kind) or _belongs_to_some(name, kinds))):
                labels[name] = declared.field(numbers=False)
    return Words(fields=fields, labels=labels, is_open=is_open)


def _belongs_to_some(name: str, kinds: Kinds) -> bool:
    """Whether some kind of case has a field of that name itself, so that it is no label."""
    return any(name in settable(kind) or name in attributes(kind) for kind in kinds.cases.values())
