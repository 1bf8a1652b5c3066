"""For hostile text: what no field of any command may contain, and how long each may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache

from commands.verbs import Command, PublishCalendar, PublishRulebook
from domain.personal import Personal
from domain.refusals import Refusal, TextTooLong, WithoutZone

LONGEST_WORD = 500
LONGEST_TEXT = 20_000
MOST_LABELS = 100


class TextUnreadable(Refusal):
    """{field} holds a control character or half a character: remove it and send the text again."""

    zh = "{field} 含有控制字符或不完整的字符，请删除后重新提交。"


class TooManyLabels(Refusal):
    """There are {count} labels: at most {limit} are taken."""

    zh = "标签有 {count} 个，最多 {limit} 个。"


@cache
def _names(verb: type[Command]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(verb))


def check(command: Command) -> None:
    """Look at every text and time of a command.

    Raises:
        TextTooLong, TextUnreadable, TooManyLabels, WithoutZone: the first fault found.
    """
    if isinstance(command, PublishRulebook | PublishCalendar):
        return  # whole documents, read key by key elsewhere
    for name in _names(type(command)):
        value = getattr(command, name)
        if value is None or value is True or value is False:
            continue
        if isinstance(value, str):
            _text(name, value, LONGEST_WORD)
        elif isinstance(value, Personal):
            _text(name, value.text, LONGEST_TEXT)
            _text(name, value.of, LONGEST_WORD)
        elif isinstance(value, datetime):
            if value.tzinfo is None:
                raise WithoutZone(at=value.isoformat(), where=name)
        elif isinstance(value, Mapping):
            _labels(name, value)
        elif isinstance(value, tuple):
            for item in value:
                _text(name, str(item), LONGEST_WORD)


def _labels(name: str, labels: Mapping[str, str]) -> None:
    if len(labels) > MOST_LABELS:
        raise TooManyLabels(count=len(labels), limit=MOST_LABELS)
    for key, value in labels.items():
        _text(name, key, LONGEST_WORD)
        _text(name, value, LONGEST_WORD)


def _text(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise TextTooLong(field=name, length=len(text), limit=longest)
    if not text.isprintable() and any(map(_unreadable, text)):
        raise TextUnreadable(field=name)


def _unreadable(character: str) -> bool:
    code = ord(character)
    control = code < 0x20 and character not in "\n\r\t"  # noqa: PLR2004 - the C0 range
    return control or code == 0x7F or 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - surrogates
