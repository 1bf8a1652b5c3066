"""Conditions of figures, read: each line a column, and the values or comparisons it must meet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from domain.kernel.documents import DocumentInvalid, Path, Section, duration, unknown
from domain.kernel.refusals import Phrase
from domain.rulebook.columns import Column, Columns, Type
from domain.rulebook.kpis import COMPARE, Comparison, Criteria, Criterion

_COMPARED: Final = re.compile(rf"({'|'.join(COMPARE)})\s*(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")
_MICROSECOND: Final = timedelta(microseconds=1)
_ORDERED: Final = frozenset({Type.NUMBER, Type.COUNT, Type.LENGTH})
_WANTED: Final[Mapping[Type, Phrase]] = MappingProxyType(
    {
        Type.TEXT: Phrase('a text: write it in quotes, such as "3"', '文本，请加引号，例如 "3"'),
        Type.NUMBER: Phrase('a number: write 2 or "<= 2"', '数字，请写 2 或 "<= 2"'),
        Type.COUNT: Phrase(
            'a count: write 2, "<= 2", some or none', '次数，请写 2、"<= 2"、some 或 none'
        ),
        Type.TRUTH: Phrase("yes or no: write true or false", "是否，请写 true 或 false"),
        Type.INSTANT: Phrase("an instant: write some or none", "时间，请写 some 或 none"),
        Type.LENGTH: Phrase(
            'a length of time: compare it, such as "<= 24h", or write some or none',
            '时长，请写比较，例如 "<= 24h"，或写 some、none',
        ),
        Type.WORD: Phrase("a fact: write some or none", "事实，请写 some 或 none"),
    }
)


def criteria(part: Section, key: str, columns: Columns) -> Criteria:
    """The condition under a key; every line must hold.

    Raises:
        DocumentInvalid: a line asks for an unknown column, or for what it cannot be.
    """
    lines = part.section(key)
    return tuple(_criterion(lines, str(name), columns) for name in lines.value)


def _criterion(lines: Section, name: str, columns: Columns) -> Criterion:
    column = columns.find(name)
    if column is None:
        raise DocumentInvalid(lines.at(name), unknown("attribute", name, columns.names))
    written = lines.entries(name)
    if not written:
        raise DocumentInvalid(
            lines.at(name),
            Phrase(f"{name} is {_WANTED[column.type]}.", f"{name} 为{_WANTED[column.type].zh}。"),
        )
    comparisons = tuple(_comparison(value, path, column) for value, path in written)
    denied = sum(comparison.operator == "!=" for comparison in comparisons)
    if denied and denied < len(comparisons):
        raise DocumentInvalid(
            lines.at(name),
            Phrase(
                "a list holds values to be met, or values to be none of: not both.",
                "列表中的取值要么都要求等于，要么都要求不等于，不能混用。",
            ),
        )
    return Criterion(column, comparisons, every=denied > 1)


def _comparison(value: object, path: Path, column: Column) -> Comparison:
    if value in ("some", "none"):
        return Comparison(str(value))
    operator, operand = "=", value
    if isinstance(value, str) and (found := _COMPARED.fullmatch(value)):
        operator, operand = found[1], found[2]
        if column.type in {Type.NUMBER, Type.COUNT} and _NUMBER.fullmatch(found[2]):
            operand = int(found[2])
    elif column.type is Type.LENGTH:
        operand = None
    plain = _operand(operand, path, column)
    if plain is None or (operator not in ("=", "!=") and column.type not in _ORDERED):
        raise DocumentInvalid(
            path,
            Phrase(
                f"{column.name} is {_WANTED[column.type]}, not {value!r}.",
                f"{column.name} 为{_WANTED[column.type].zh}，而不是 {value!r}。",
            ),
        )
    if column.values is not None and plain not in column.values:
        raise DocumentInvalid(path, unknown(column.name, plain, column.values))
    return Comparison(operator, plain)


def _operand(value: object, path: Path, column: Column) -> str | int | bool | None:
    """The value as tables keep it, None where the column cannot have it."""
    match column.type:
        case Type.TEXT if isinstance(value, str) and value:
            return value
        case Type.TRUTH if isinstance(value, bool):
            return value
        case Type.NUMBER | Type.COUNT if isinstance(value, int) and not isinstance(value, bool):
            return value
        case Type.LENGTH if isinstance(value, str):
            return duration(value, path) // _MICROSECOND
        case _:
            return None
