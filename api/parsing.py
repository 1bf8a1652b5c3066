"""Parsing what people and systems send: messages from data, times and periods from texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, get_type_hints

import msgspec
import orjson

from api.fields import type_said
from commands.messages import Message, fields_holding
from commands.routes import Routes
from commands.validation import check, check_time
from domain.kernel.personal import Personal
from domain.kernel.refusals import CommandInvalid, Phrase, Refusal, WithoutZone
from projections.figures.periods import Period, named

_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_PLACE: Final = re.compile(r"^(.*?)(?: - at `(?:key in )?\$\.?(.*)`)?$", re.DOTALL)


class CommandUnknown(Refusal):
    """There is no command {name}: the known ones are {known}."""

    zh = "没有命令 {name}，可用的命令：{known}。"


class DataUnreadable(Refusal):
    """The data is not JSON ({problem}): correct it and send it again."""

    zh = "数据不是 JSON（{problem}），请更正后重新提交。"


class QueryInvalid(Refusal):
    """The question cannot be answered: {problem}."""

    zh = "查询无法回答：{problem}。"


def read_json(text: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """What a JSON text says.

    Raises:
        DataUnreadable: it is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        line, column = error.lineno, error.colno
        problem = Phrase(
            f"line {line}, column {column}: {error.msg}", f"第 {line} 行第 {column} 列有误"
        )
        raise DataUnreadable(problem=problem) from None


def read_message(routes: Routes, name: str, data: object, *, strict: bool = True) -> Message:
    """The message of a name with its fields from plain data.

    A personal text is a text, or a mapping of ``text`` and ``of``. Unless ``strict``, texts are
    taken for numbers and truths where those are meant, as on a command line.

    Raises:
        CommandUnknown: there is no such command.
        CommandInvalid, WithoutZone, TextTooLong, TextUnreadable: the first fault, naming its field.
    """
    verb = routes.messages.get(name)
    if verb is None:
        raise CommandUnknown(name=name[:100], known=", ".join(routes.messages))
    if not isinstance(data, Mapping):
        raise CommandInvalid(problem=Phrase("it is no object of fields", "它不是由字段组成的对象"))
    for key in data:
        if key not in verb.__dataclass_fields__:
            raise _unknown(str(key), verb)
    shaped = {
        key: _shaped(verb, key, value) if isinstance(value, str) else value
        for key, value in data.items()
    }
    try:
        command = msgspec.convert(shaped, verb, strict=strict)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), verb, data) from None
    check(command)
    return command


def read_time(text: str, where: str) -> datetime:
    """An instant such as ``2026-11-20T14:30+08:00``.

    Raises:
        CommandInvalid: it is no time.
        WithoutZone: it has no zone.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        shown = text[:40]
        problem = Phrase(
            f"{where} is {shown!r}, write a time as 2026-11-20T14:30+08:00",
            f"{where} 的值 {shown!r} 不是时间，请写成 2026-11-20T14:30+08:00",
        )
        raise CommandInvalid(problem=problem) from None
    if at.tzinfo is None:
        raise WithoutZone(at=text.strip(), where=where)
    check_time(where, at)
    return at


def read_period(text: str | None) -> Period | None:
    """A period ``2026-01``, ``2026-Q1`` or ``2026``, or a span ``2026-01..2026-03``.

    A day, a week (``2026-W03``) and a half-year (``2026-H1``) can be named as well; both ends of a
    span are included.

    Raises:
        QueryInvalid: it is none of them.
    """
    if not text:
        return None
    first, dots, last = text.strip().partition("..")
    begun, ended = named(first), named(last if dots else first)
    if begun is None or ended is None or ended.last < begun.first:
        problem = Phrase(
            f"{text[:40]!r} is no period, write 2026-01, 2026-Q1, 2026 or 2026-01..2026-03",
            f"{text[:40]!r} 不是期间，请写成 2026-01、2026-Q1、2026 或 2026-01..2026-03",
        )
        raise QueryInvalid(problem=problem)
    return begun.through(ended)


def _shaped(message: type[Message], key: str, text: str) -> object:
    """A text as its field takes it."""
    if key in fields_holding(message, Personal):
        return {"text": text}
    return read_time(text, key) if key in fields_holding(message, datetime) else text


def _unknown(key: str, verb: type[Message]) -> CommandInvalid:
    known = ", ".join(f.name for f in fields(verb))
    shown = key[:60]
    problem = Phrase(
        f"{verb.__name__} has no field {shown!r}; it has {known or 'none'}",
        f"{verb.__name__} 没有字段 {shown!r}，可用的字段：{known or '无'}",
    )
    return CommandInvalid(problem=problem)


def _invalid(message: str, verb: type[Message], data: Mapping[Any, Any]) -> CommandInvalid:
    """Msgspec's message as a sentence: the field, what was given, what is allowed."""
    if missing := _MISSING.match(message):
        name = missing[1]
        return CommandInvalid(problem=Phrase(f"{name} is missing", f"缺少字段 {name}"))
    found = _PLACE.match(message)
    assert found is not None
    what, field = found[1].replace("`", ""), found[2] or "data"
    top = re.split(r"[.\[]", field)[0]
    if field != top or top not in verb.__dataclass_fields__:  # a part of a field
        what = what[:1].lower() + what[1:]
        return CommandInvalid(problem=Phrase(f"{field}: {what}", f"字段 {field} 有误（{what}）"))
    shown, wanted = repr(data.get(top))[:60], type_said(get_type_hints(verb)[top])
    problem = Phrase(
        f"{field} is {shown}: it must be {_allowed(wanted)}",
        f"字段 {field} 的值 {shown} 无效，应为{_allowed_zh(wanted)}",
    )
    return CommandInvalid(problem=problem)


def _allowed(wanted: str) -> str:
    """What a field takes, as a part of a sentence."""
    if "`" in wanted:
        return f"one of {_plain(wanted)}"
    if wanted == "yes or no":
        return "true or false"
    return f"an {wanted}" if wanted.startswith("i") else f"a {wanted}"


def _allowed_zh(wanted: Phrase) -> str:
    if "`" in wanted:
        return f"以下之一：{_plain(wanted.zh)}"
    return " true 或 false" if wanted == "yes or no" else wanted.zh


def _plain(text: str) -> str:
    return text.replace("`", "")
