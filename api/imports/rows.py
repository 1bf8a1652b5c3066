"""Reads rows of CSV files, gzipped or not: cells by column, each with the line it began on."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, cast

from api.imports.faults import Reject, RowRagged, RowUnreadable, rejected
from api.imports.files import FileInvalid

Cells = tuple[str | None, ...]
"""The cells of the columns a mapping uses; None where the value is missing."""

GZIP = b"\x1f\x8b"
NO_DELIMITERS = frozenset('"\r\n')
_NO_CHARSETS = frozenset(
    {"charmap", "idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)


def is_charset(name: str) -> bool:
    """Whether Python knows an encoding of files by this name."""
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return False
    return found not in _NO_CHARSETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a file is written. ``missing`` are the cells that mean: no value."""

    delimiter: str = ","
    encoding: str = "utf-8"
    missing: frozenset[str] = frozenset({""})


class Rows:
    """The rows of one file, as far as the named columns go."""

    def __init__(self, path: Path, dialect: Dialect, columns: Sequence[str]) -> None:
        """Name the file and the columns."""
        self.path = path
        self.dialect = dialect
        self.columns = columns

    def __iter__(self) -> Iterator[tuple[int, Cells] | Reject]:
        """Each row's line and cells, or why it cannot be read.

        Raises:
            FileInvalid: the file cannot be read or lacks a column.
        """
        missing = self.dialect.missing
        with _opened(self.path, self.dialect.encoding) as lines:
            reader = csv.reader(lines, delimiter=self.dialect.delimiter)
            header = self._header(reader)
            pick = _picker([header.index(column) for column in self.columns])
            width = len(header)
            while True:
                line = reader.line_num + 1
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield rejected(line, "", RowUnreadable(problem=error))
                    continue
                if len(row) == width:
                    yield line, tuple([None if cell in missing else cell for cell in pick(row)])
                elif row:
                    yield rejected(line, "", RowRagged(count=len(row), columns=width))

    def _header(self, reader: Iterator[list[str]]) -> list[str]:
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise FileInvalid(self.path, 1, f"this is not CSV: {error}.") from error
        for column in self.columns:
            if column not in header:
                raise FileInvalid(
                    self.path, 1,
                    f"the mapping uses a column {column!r}; there are only: {', '.join(header)}.",
                )  # fmt: skip
        return header


def _picker(indices: Collection[int]) -> itemgetter[Sequence[str]]:
    if len(indices) == 1:
        (only,) = indices
        return cast("itemgetter[Sequence[str]]", itemgetter(slice(only, only + 1)))
    return cast("itemgetter[Sequence[str]]", itemgetter(*indices))


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The text of a file; bytes outside its encoding stay, so that their row can be refused."""
    encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
        opened = gzip.open if zipped else open
        lines = opened(path, "rt", encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise FileInvalid(path, 1, f"the file cannot be read ({error.strerror}).") from error
    with cast("IO[str]", lines) as text:
        try:
            yield text
        except (EOFError, gzip.BadGzipFile) as error:
            raise FileInvalid(path, 1, f"the compressed file is damaged ({error}).") from error
