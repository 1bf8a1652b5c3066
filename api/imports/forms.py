"""Reads forms: a constant, a template, or one column with small changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.imports.rows import Cells
from domain.kernel.documents import DocumentInvalid, Path, Section
from domain.kernel.refusals import Phrase

Index = Mapping[str, int]
"""Where in the cells each column is."""

Fill = Callable[[Cells], str | None]
"""The text for one row, None where the value is missing."""

Change = Callable[[str], str]

_PART: Final = re.compile(
    r"""\{\{|\}\}|\{"(?P<quoted>(?:[^"]|"")*)"\}|\{(?P<plain>[^{}"][^{}]*)?\}|[{}]"""
)
KEYS: Final = ("column", "text", "lower", "upper", "strip", "before", "after", "map", "otherwise")


@dataclass(frozen=True, slots=True)
class Form:
    """Where a text comes from; ``shown`` is how a fault names its source."""

    columns: tuple[str, ...]
    shown: str
    bind: Callable[[Index], Fill]


def read_form(value: object, path: Path) -> Form:
    """The form written at `path`.

    Raises:
        DocumentInvalid: it is none.
    """
    if isinstance(value, bool):
        return _constant(str(value).lower())
    if isinstance(value, int | float):
        return _constant(str(value))
    if isinstance(value, str):
        return template(value, path)
    return _column(Section(value, path))


def template(text: str, path: Path) -> Form:
    """A text with columns in braces, such as ``repair-{number}``; missing where one of them is.

    A column's name with braces in it is put in quotes, ``{"a{b}"}``, a quote in it is doubled.
    ``{{`` and ``}}`` are braces of the text itself.
    """
    parts: list[tuple[str, str | None]] = []
    before, at = "", 0
    for found in _PART.finditer(text):
        before += text[at : found.start()]
        at = found.end()
        if found[0] in {"{{", "}}"}:
            before += found[0][0]
        elif found[0] in {"{", "}"}:
            raise DocumentInvalid(
                path,
                Phrase(
                    f"{text!r} is no template: a brace alone is written {{{{ or }}}}.",
                    f"{text!r} 不是模板，单独的花括号请写成 {{{{ 或 }}}}。",
                ),
            )
        else:
            name = found["plain"] or (found["quoted"] or "").replace('""', '"')
            if not name:
                raise DocumentInvalid(
                    path,
                    Phrase(
                        f"{text!r} has empty braces: put a column's name in them.",
                        f"{text!r} 中有空的花括号，请填入列名。",
                    ),
                )
            parts.append((before, name))
            before = ""
    rest = before + text[at:]
    columns = tuple(name for _, name in parts if name is not None)
    if not columns:
        return _constant(rest)
    if rest:
        parts.append((rest, None))
    return Form(columns, text, lambda index: _filled(parts, index))


def _filled(parts: list[tuple[str, str | None]], index: Index) -> Fill:
    columns = [(before, index[name] if name is not None else None) for before, name in parts]
    if len(columns) == 1:
        ((before, only),) = columns
        assert only is not None

        def fill_one(cells: Cells) -> str | None:
            cell = cells[only]
            return None if cell is None else before + cell

        return fill_one

    def fill(cells: Cells) -> str | None:
        found = []
        for before, column in columns:
            found.append(before)
            if column is not None:
                cell = cells[column]
                if cell is None:
                    return None
                found.append(cell)
        return "".join(found)

    return fill


def _constant(text: str) -> Form:
    return Form((), repr(text), lambda _index: lambda _cells: text)


def _column(part: Section) -> Form:
    if ("column" in part) == ("text" in part):
        raise DocumentInvalid(
            part.path,
            Phrase(
                "say either the column, or a text with columns in braces.",
                "请写列名，或在花括号中引用列的文本，二者取一。",
            ),
        )
    source = template(part.text("text"), part.at("text")) if "text" in part else _cell(part)
    changes = list(_changes(part))
    chosen = _choices(part)
    otherwise = None if part.get("otherwise") is None else _plain(part, "otherwise")
    part.finish(*KEYS)

    def bind(index: Index) -> Fill:
        read = source.bind(index)
        if not changes and chosen is None and otherwise is None:
            return read

        def fill(cells: Cells) -> str | None:
            text = read(cells)
            if text is None:
                return otherwise
            for change in changes:
                text = change(text)
            return text if chosen is None else chosen.get(text, otherwise)

        return fill

    return Form(source.columns, source.shown, bind)


def _cell(part: Section) -> Form:
    column = part.text("column")

    def bind(index: Index) -> Fill:
        at = index[column]
        return lambda cells: cells[at]

    return Form((column,), column, bind)


def _changes(part: Section) -> Iterator[Change]:
    """What is done to the cell, in a fixed order: strip, cut, then change its case."""
    if part.get("strip") is True:
        yield str.strip
    if part.get("before") is not None:
        separator = part.text("before")
        yield lambda text: text.partition(separator)[0]
    if part.get("after") is not None:
        mark = part.text("after")
        yield lambda text: text.partition(mark)[2]
    if part.get("lower") is True:
        yield str.lower
    if part.get("upper") is True:
        yield str.upper


def _choices(part: Section) -> dict[str, str] | None:
    if part.get("map") is None:
        return None
    table = part.section("map")
    return {key: _plain(table, key) for key in table.value}


def _plain(part: Section, key: str) -> str:
    value: Any = part.get(key)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise DocumentInvalid(
            part.at(key), Phrase(f"{key} must be a text or a number.", f"{key} 应为文本或数字。")
        )
    return str(value)
