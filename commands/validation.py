"""Hostile text: what no field of any message may contain, and how long each may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from commands.messages import Message, fields_holding
from commands.registers import Publication
from domain.kernel.personal import Personal
from domain.kernel.refusals import CommandInvalid, Refusal, TextTooLong, WithoutZone

LONGEST_WORD = 500
LONGEST_TEXT = 20_000
MOST_LABELS = 100
LARGEST_NUMBER = 2**53  # beyond, other programs round
FIRST_YEAR, LAST_YEAR = 1900, 2999
_ESCAPED = re.compile(rb"[\\\x7f]").search


class TextUnreadable(Refusal):
    """{field} holds a control character or half a character: remove it and send the text again."""

    zh = "{field} 含有控制字符或不完整的字符，请删除后重新提交。"


class TooManyLabels(Refusal):
    """There are {count} labels: at most {limit} are taken."""

    zh = "标签有 {count} 个，最多 {limit} 个。"


def check(message: Message, content: bytes | None = None) -> None:
    """Look at every text, number and time of a message; ``content`` is it as JSON, if at hand.

    No text in a short content is too long, and none in one without escapes is hostile.

    Raises:
        TextTooLong, TextUnreadable, TooManyLabels, WithoutZone, CommandInvalid: the first fault.
    """
    names: Iterable[str] = message.__dataclass_fields__
    if content is not None and len(content) <= LONGEST_WORD and not _ESCAPED(content):
        names = fields_holding(type(message), int, datetime)
    for name in names:
        value = getattr(message, name)
        if value is None or value is True or value is False:
            continue
        if name == "document" and isinstance(message, Publication):
            continue  # read key by key elsewhere
        if isinstance(value, str):
            if len(value) > LONGEST_WORD or not value.isprintable():
                _text(name, value, LONGEST_WORD)
        elif isinstance(value, Personal):
            _text(name, value.text, LONGEST_TEXT)
            _text(name, value.of, LONGEST_WORD)
        elif isinstance(value, datetime):
            check_time(name, value)
        elif isinstance(value, Mapping):
            _labels(name, value)
        elif isinstance(value, tuple):
            for item in value:
                _text(name, str(item), LONGEST_WORD)
        elif isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise CommandInvalid(problem=f"{name} is larger than {LARGEST_NUMBER}")


def check_words(words: Mapping[str, str | None]) -> None:
    """Look at short texts that come beside a command, by their names.

    Raises:
        TextTooLong, TextUnreadable: the first fault found.
    """
    for name, word in words.items():
        if word is not None and (len(word) > LONGEST_WORD or not word.isprintable()):
            _text(name, word, LONGEST_WORD)


def check_time(name: str, at: datetime) -> None:
    """Look at a time.

    Raises:
        WithoutZone: it has none.
        CommandInvalid: it lies in a year that nobody means.
    """
    if at.tzinfo is None:
        raise WithoutZone(at=at.isoformat(), where=name)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise CommandInvalid(problem=f"{name} is in the year {at.year}")


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
