"""Builds a document from its parts, within limits, and keeps the line of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, NamedTuple

from api.imports.files import FileInvalid
from domain.kernel.documents import DEEPEST, MOST_VALUES, DocumentInvalid, Path
from domain.kernel.refusals import Phrase


@dataclass(frozen=True, slots=True)
class Written:
    """A document as written: its value and the line on which each part of it begins."""

    file: File
    value: Any
    lines: Mapping[Path, int] = field(repr=False)

    def line(self, path: Path) -> int:
        """The line of the nearest part on the way to `path` that was written."""
        path = tuple(map(str, path))
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    @contextmanager
    def located(self, under: Path = ()) -> Iterator[None]:
        """Let faults of the document, or of its part at `under`, name file and line.

        Raises:
            FileInvalid: instead of DocumentInvalid.
        """
        try:
            yield
        except DocumentInvalid as fault:
            line = self.line((*under, *fault.path))
            raise FileInvalid(self.file, line, fault.sentence) from fault


class Part(NamedTuple):
    """A finished part: how many values it holds, itself included, and how deep it nests."""

    value: Any
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    before: int
    key: str | None = None
    height: int = 1


class Builder:
    """Takes a document part by part, in the order in which it is written."""

    def __init__(self, file: File) -> None:
        """Begin with nothing."""
        self.file = file
        self.value: Any = None
        self.lines: dict[Path, int] = {}
        self._open: list[_Open] = []
        self._path: list[str] = []
        self._count = 0

    @property
    def expects_key(self) -> bool:
        """Whether the next part is a key of a mapping."""
        return bool(self._open) and self._open[-1].key is None and self.inside(dict)

    def inside(self, kind: type) -> bool:
        """Whether the innermost open part is a mapping, or a list."""
        return bool(self._open) and isinstance(self._open[-1].value, kind)

    @property
    def complete(self) -> bool:
        """Whether no part is open any more."""
        return not self._open

    def key(self, key: str, line: int) -> None:
        """Take the key of the value that follows.

        Raises:
            FileInvalid: the mapping has it already, or the document is too large.
        """
        innermost = self._open[-1]
        assert isinstance(innermost.value, dict)
        if key in innermost.value:
            sentence = Phrase(f"the key {key!r} is here twice.", f"键 {key!r} 重复出现。")
            raise FileInvalid(self.file, line, sentence)
        innermost.key = key
        self._path.append(key)
        self.lines[tuple(self._path)] = line
        self._grow(1, 0, line)

    def begin(self, container: dict[str, Any] | list[Any], line: int) -> None:
        """Take the beginning of a mapping or a list.

        Raises:
            FileInvalid: the document is too large or too deep.
        """
        self._place(line)
        self._open.append(_Open(container, self._count))
        self._grow(1, 0, line)

    def end(self) -> Part:
        """Take the end of the innermost mapping or list, which is returned."""
        ended = self._open.pop()
        part = Part(ended.value, self._count - ended.before, ended.height)
        self._put(part)
        return part

    def add(self, part: Part, line: int) -> None:
        """Take a value.

        Raises:
            FileInvalid: the document is too large or too deep.
        """
        self._place(line)
        self._grow(part.size, part.height, line)
        self._put(part)

    def _place(self, line: int) -> None:
        if self._open and isinstance(self._open[-1].value, list):
            self._path.append(str(len(self._open[-1].value)))
        self.lines.setdefault(tuple(self._path), line)

    def _put(self, part: Part) -> None:
        if not self._open:
            self.value = part.value
            return
        innermost = self._open[-1]
        innermost.height = max(innermost.height, part.height + 1)
        if isinstance(innermost.value, list):
            innermost.value.append(part.value)
        else:
            assert innermost.key is not None
            innermost.value[innermost.key] = part.value
            innermost.key = None
        self._path.pop()

    def _grow(self, size: int, height: int, line: int) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            most = f"{MOST_VALUES:,}"
            sentence = Phrase(
                f"the document holds more than {most} values, aliases counted in full: shorten it.",
                f"文档的值超过上限 {most} 个（引用按展开后计算），请缩短。",
            )
            raise FileInvalid(self.file, line, sentence)
        if len(self._open) + height > DEEPEST:
            sentence = Phrase(
                f"the document is nested more than {DEEPEST} deep: make it flatter.",
                f"文档嵌套超过 {DEEPEST} 层，请减少层级。",
            )
            raise FileInvalid(self.file, line, sentence)
