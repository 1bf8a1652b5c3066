"""Reads JSON, with the line of every value for the fault that names it."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from math import isfinite
from pathlib import Path as File
from typing import Any, Final

from api.imports.files import FileInvalid, read_text
from api.imports.limits import DIGITS
from api.imports.written import Builder, Part, Written
from domain.kernel.refusals import Phrase

SIGNIFICANT: Final = 17
"""With so many digits every program writes a float so that it is read as the same."""
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD: Final = re.compile(r"true|false|null")
_WORDS: Final = {"true": True, "false": False, "null": None}

VALUE, KEY, COLON, NEXT = "a value", "a key in quotes", "a colon", "a comma or the end of it"


def read_json(file: File) -> Written:
    """Read a JSON file, however deep without recursion.

    Raises:
        FileInvalid: it cannot be read, is not JSON, names a key twice, or exceeds a limit.
    """
    return parse_json(file, read_text(file))


def parse_json(file: File, text: str) -> Written:
    """The same of a text that was read; faults name the file."""
    reading = _Reading(file, text)
    reading.run()
    return Written(file, reading.builder.value, reading.builder.lines)


class _Reading:
    """Reads a text from left to right; ``expected`` says what may come next."""

    def __init__(self, file: File, text: str) -> None:
        self.file = file
        self.text = text
        self.builder = Builder(file)
        self._at = 0
        self._line = 1
        self._counted = 0
        self._may_end = False

    def run(self) -> None:
        """Read the whole text."""
        expected = VALUE
        while True:
            self._skip()
            expected = self._take(expected)
            if self.builder.complete and expected is NEXT:
                break
        self._skip()
        if self._at < len(self.text):
            raise self._fault("something follows its end", "结尾之后还有内容")

    def _take(self, expected: str) -> str:
        """Take one token; returns what is expected after it."""
        character = self.text[self._at : self._at + 1]
        if expected is COLON and character == ":":
            self._at += 1
            return VALUE
        if expected is NEXT and character == ",":
            self._at += 1
            self._may_end = False
            return KEY if self.builder.inside(dict) else VALUE
        if self._may_end and character == ("}" if self.builder.inside(dict) else "]"):
            self._at += 1
            self.builder.end()
            self._may_end = True
            return NEXT
        if expected is KEY and character == '"':
            self.builder.key(self._string(), self._line)
            self._may_end = False
            return COLON
        if expected is VALUE:
            return self._value(character)
        raise self._wanted(expected)

    def _value(self, character: str) -> str:
        if character in {"{", "["}:
            self.builder.begin({} if character == "{" else [], self._line)
            self._at += 1
            self._may_end = True
            return KEY if character == "{" else VALUE
        self.builder.add(Part(self._scalar(character), 1, 0), self._line)
        self._may_end = True
        return NEXT

    def _scalar(self, character: str) -> Any:  # noqa: ANN401 - any JSON value
        if character == '"':
            return self._string()
        if found := _WORD.match(self.text, self._at):
            self._at = found.end()
            return _WORDS[found[0]]
        if found := _NUMBER.match(self.text, self._at):
            self._at = found.end()
            return self._number(found[0])
        raise self._wanted(VALUE)

    def _number(self, text: str) -> int | float:
        mantissa, _, exponent = text.lower().partition("e")
        whole, point, fraction = mantissa.lstrip("-").partition(".")
        long = len(whole) > DIGITS or len(fraction.lstrip("0")) > SIGNIFICANT
        if long or not isfinite(float(text)):
            raise self._too_long()
        return float(text) if exponent or point else int(text)

    def _string(self) -> str:
        try:
            found, self._at = scanstring(self.text, self._at + 1)
        except JSONDecodeError as error:
            raise self._fault(error.msg.removesuffix(" at"), "字符串有误") from error
        text: str = found
        return text

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self._at)
        assert found is not None
        self._at = found.end()
        self._line += self.text.count("\n", self._counted, self._at)
        self._counted = self._at

    def _wanted(self, expected: str) -> FileInvalid:
        found = self.text[self._at : self._at + 10] or "the end of the file"
        return self._fault(f"{expected} is expected, not {found!r}", f"此处不应为 {found!r}")

    def _too_long(self) -> FileInvalid:
        sentence = Phrase(
            f"a number has at most {DIGITS} digits before its point, at most {SIGNIFICANT} behind"
            " it after zeros, and lies below 1e308: put it in quotes if it is a text.",
            f"数字在小数点前最多 {DIGITS} 位，小数点后（不计开头的零）最多 {SIGNIFICANT} 位，"
            "且小于 1e308；如果是文本，请加引号。",
        )
        return FileInvalid(self.file, self._line, sentence)

    def _fault(self, english: str, chinese: str) -> FileInvalid:
        sentence = Phrase(f"this is not JSON: {english}.", f"不是有效的 JSON：{chinese}。")
        return FileInvalid(self.file, self._line, sentence)
