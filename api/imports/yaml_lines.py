"""Reads YAML plainly, with the line of every value for the fault that names it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import yaml

from domain.reading import DocumentInvalid, Path

_INT = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?\d+\.\d+")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "true": True, "True": True, "false": False, "False": False,
}  # fmt: skip


class FileInvalid(Exception):
    """A file cannot be taken: which file, which line, and what to do."""

    def __init__(self, file: File, line: int, sentence: str) -> None:
        """Keep the place and the sentence."""
        super().__init__(file, line, sentence)
        self.file = file
        self.line = line
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


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


def read_yaml(file: File) -> Written:
    """Read a YAML file.

    Only ``true``, ``false``, ``null`` and plain decimal numbers mean something else than the text
    they are: ``17:00``, ``2026-01-31``, ``no`` and ``on`` stay texts. Keys are always texts.

    Raises:
        FileInvalid: it cannot be read, is not YAML, or names a key twice.
    """
    try:
        text = file.read_text("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise FileInvalid(file, 1, f"the file cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise FileInvalid(file, 1, "the file is not UTF-8: save it as UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        line = mark.line + 1 if mark else 1
        raise FileInvalid(file, line, f"this is not YAML: {problem}.") from error
    lines: dict[Path, int] = {}
    value = _Reader(file, lines).read(node, ()) if node is not None else None
    return Written(file, value, lines)


class _Reader:
    """Turns YAML's nodes into plain values and notes where each began."""

    def __init__(self, file: File, lines: dict[Path, int]) -> None:
        self.file = file
        self.lines = lines

    def read(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - as written
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, str(i))) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return node.value if node.style else _plain(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise FileInvalid(self.file, line, "a key must be a text.")
            if key.value in found:
                raise FileInvalid(self.file, line, f"the key {key.value!r} is here twice.")
            inner = (*path, key.value)
            self.lines[inner] = line
            found[key.value] = self.read(value, inner)
        return found


def _plain(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
