"""Reads YAML plainly, with the line of every value for the fault that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Final

import yaml
from yaml.reader import Reader

from api.imports.files import FileInvalid, read_text
from api.imports.limits import DIGITS, DOCUMENT_LINE
from api.imports.written import Builder, Part, Written
from domain.kernel.refusals import Phrase

LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml where the installed PyYAML has it: it reads twenty times as fast."""

_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_WORDS: Final[Mapping[str, bool | None]] = {
    "": None, "~": None, "null": None, "true": True, "True": True, "false": False, "False": False,
}  # fmt: skip


def read_yaml(file: File) -> Written:
    """Read a YAML file.

    Only ``true``, ``false``, ``null`` and plain decimal numbers mean something else than the text
    they are: ``17:00``, ``2026-01-31``, ``no`` and ``on`` stay texts. Keys are always texts. An
    alias stands for what its anchor names.

    Raises:
        FileInvalid: it cannot be read, is not YAML, names a key twice, or exceeds a limit.
    """
    return parse_yaml(file, read_text(file))


def parse_yaml(file: File, text: str) -> Written:
    """The same of a text that was read; faults name the file."""
    _check_characters(file, text)
    reading = _Reading(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reading.take(event)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(file, _line(error, text), _problem(error)) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # such as "\UFFFFFFFF"
        raise _not_yaml(file, reading.line, str(error).partition("\n")[0]) from error
    return Written(file, reading.builder.value, reading.builder.lines)


def _line(error: yaml.MarkedYAMLError, text: str) -> int:
    """Where the fault is; for a quote that is never closed, where it begins."""
    quoted = "quoted" in (error.context or "")
    mark = error.context_mark if quoted and error.context_mark else error.problem_mark
    last = text.count("\n") + (not text.endswith("\n"))
    return min(mark.line + 1, max(last, 1)) if mark else 1


def _problem(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(filter(None, (error.context, error.problem))) or "it cannot be read"


def _not_yaml(file: File, line: int, problem: str) -> FileInvalid:
    sentence = Phrase(f"this is not YAML: {problem}.", f"不是有效的 YAML（{problem}）。")
    return FileInvalid(file, line, sentence)


def _check_characters(file: File, text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > DOCUMENT_LINE:
            most = f"{DOCUMENT_LINE:,}"
            sentence = Phrase(
                f"the line has {len(line):,} characters, at most {most} are taken: break it.",
                f"本行有 {len(line):,} 个字符，最多 {most} 个，请分行。",
            )
            raise FileInvalid(file, number, sentence)
    if found := Reader.NON_PRINTABLE.search(text):
        code = f"U+{ord(found[0]):04X}"
        sentence = Phrase(
            f"the character {code} is not allowed in YAML: remove it.",
            f"YAML 中不允许字符 {code}，请删除。",
        )
        raise FileInvalid(file, text.count("\n", 0, found.start()) + 1, sentence)


class _Reading:
    """Turns YAML's events into parts of a document; nothing is built before its limits hold."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.builder = Builder(file)
        self.line = 1
        self._anchors: dict[str, Part | None] = {}
        self._opened: list[str | None] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take one more event."""
        if event.start_mark is not None:
            self.line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            part = self.builder.end()
            if anchor := self._opened.pop():
                self._anchors[anchor] = part
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "")
        elif isinstance(event, yaml.DocumentStartEvent):
            self._begin_document()

    def _begin_document(self) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._fault(
                "the file holds several documents: keep one.", "文件含有多个文档，请只保留一个。"
            )

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check_tag(event)
        if self.builder.expects_key:
            if event.anchor:
                self._anchors[event.anchor] = Part(event.value, 1, 0)
            self.builder.key(event.value, self.line)
            return
        part = Part(event.value if event.style else self._plain(event.value), 1, 0)
        if event.anchor:
            self._anchors[event.anchor] = part
        self.builder.add(part, self.line)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        self._check_tag(event)
        self._check_key()
        self._opened.append(event.anchor)
        if event.anchor:
            self._anchors[event.anchor] = None
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.builder.begin({} if mapping else [], self.line)

    def _alias(self, name: str) -> None:
        self._check_key()
        if name not in self._anchors:
            raise self._fault(
                f"the alias *{name} names nothing above it.", f"引用 *{name} 之前没有对应的锚点。"
            )
        part = self._anchors[name]
        if part is None:
            raise self._fault(
                f"the alias *{name} stands inside what it names: write it out.",
                f"引用 *{name} 位于它所指的内容之中，请直接写出内容。",
            )
        self.builder.add(part, self.line)

    def _check_key(self) -> None:
        if self.builder.expects_key:
            raise self._fault("a key must be a text.", "键必须是文本。")

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            raise self._fault(
                f"the tag {event.tag} is not taken: write the value without it.",
                f"不支持标签 {event.tag}，请直接写值。",
            )

    def _plain(self, text: str) -> str | int | float | bool | None:
        if text in _WORDS:
            return _WORDS[text]
        whole = _INT.fullmatch(text) is not None
        if not whole and _FLOAT.fullmatch(text) is None:
            return text
        if any(len(digits) > DIGITS for digits in text.lstrip("+-").split(".")):
            raise self._fault(
                f"a number has at most {DIGITS} digits on each side of its point:"
                " put it in quotes if it is a text.",
                f"数字在小数点每侧最多 {DIGITS} 位；如果是文本，请加引号。",
            )
        return int(text) if whole else float(text)

    def _fault(self, english: str, chinese: str) -> FileInvalid:
        return FileInvalid(self.file, self.line, Phrase(english, chinese))
