"""The vocabulary of a rulebook: which fields and labels a case has, and which values they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from domain.kernel.kinds import Kind, Value
from domain.kernel.refusals import Phrase, Refusal

SHOWN: Final = 60
"""How many declared names a refusal lists."""

FIELD_TITLES: Final[Mapping[str, str]] = {
    "building": "楼栋",
    "category": "类别",
    "channel": "渠道",
    "level": "级别",
    "nature": "性质",
    "priority": "优先级",
    "team": "班组",
}


class ValueNotDeclared(Refusal):
    """The {field} {value!r} is not in the rulebook's vocabulary for a {kind}: use {known}."""

    zh = "规则手册的词汇中，{kind}没有{field} {value!r}，可用的值：{known}。"


class LabelNotDeclared(Refusal):
    """The label {label!r} is not in the rulebook's vocabulary for a {kind}: use {known}."""

    zh = "规则手册的词汇中，{kind}没有标签 {label!r}，可用的标签：{known}。"


class LabelNotADate(Refusal):
    """The label {label} is {value!r}: write a date such as 2026-01-31."""

    zh = "标签 {label} 的值 {value!r} 不是日期，请写成 2026-01-31 的形式。"


@dataclass(frozen=True, slots=True)
class Field:
    """One field or label: its values with their titles, none where they are open, and its type."""

    values: Mapping[Value, str] = field(default_factory=dict)
    type: Literal["text", "date"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a rulebook declares for one kind of case.

    ``fields`` are those the kind itself has, ``labels`` all others. Where it is open, what nobody
    declared is taken as well.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    labels: Mapping[str, Field] = field(default_factory=dict)
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a rulebook declares, by kind; a kind that is not there takes everything."""

    kinds: Mapping[str, Words] = field(default_factory=dict)

    def check(self, kind: Kind, message: object) -> None:
        """Look at what a message says of a case of the kind.

        Raises:
            ValueNotDeclared, LabelNotDeclared, LabelNotADate: the first fault.
        """
        words = self.kinds.get(kind.name)
        if words is None or words.is_open:
            return
        for name, declared in words.fields.items():
            value = getattr(message, name, None)
            if value is not None and declared.values and value not in declared.values:
                raise _not_declared(kind, name, value, declared)
        labels: Mapping[str, str] | None = getattr(message, "labels", None)
        for label, value in labels.items() if labels else ():
            _check_label(kind, words, label, value)

    def title(self, kind: str, name: str, value: Any) -> str:  # noqa: ANN401 - whatever the field holds
        """What people read for a value of a field or label; the value itself where none is said."""
        words = self.kinds.get(kind)
        if words is None or value is None:
            return "" if value is None else str(value)
        declared = words.fields.get(name) or words.labels.get(name)
        return (declared and declared.values.get(value)) or str(value)


def _check_label(kind: Kind, words: Words, label: str, value: str) -> None:
    declared = words.labels.get(label)
    if declared is None:
        raise LabelNotDeclared(label=label, kind=kind.title, known=_listed(words.labels, ()))
    if declared.values and value not in declared.values:
        raise _not_declared(kind, label, value, declared)
    if declared.type == "date" and not _is_date(value):
        raise LabelNotADate(label=label, value=value)


def _not_declared(kind: Kind, name: str, value: object, declared: Field) -> ValueNotDeclared:
    values = declared.values
    return ValueNotDeclared(
        field=Phrase(name, FIELD_TITLES.get(name, name)),
        value=value,
        kind=kind.title,
        known=_listed(map(str, values), values.values()),
    )


def _listed(names: Iterable[str], titles: Iterable[str]) -> Phrase:
    """Names for people, in Chinese with their titles."""
    shown = list(names)
    titled = dict(zip(shown, titles, strict=False))
    chinese = [" ".join(filter(None, (name, titled.get(name, "")))) for name in shown]
    rest = len(shown) - SHOWN
    more = (f" and {rest} more", f" 等 {len(shown)} 个") if rest > 0 else ("", "")
    return Phrase(
        (", ".join(shown[:SHOWN]) or "none") + more[0],
        ("、".join(chinese[:SHOWN]) or "无") + more[1],
    )


def _is_date(text: str) -> bool:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False
