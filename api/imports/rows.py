"""Reads rows of CSV files, gzipped or not: cells by column, each with the line it began on."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, cast

from api.imports.data_files import LimitExceeded, Lines, opened
from api.imports.faults import Reject, RowRagged, RowRunsOn, RowUnreadable, rejected
from api.imports.files import FileInvalid, unreadable
from api.imports.limits import CELL, COLUMNS, ROWS
from domain.kernel.refusals import Phrase, Refusal

Cells = tuple[str | None, ...]
"""The cells of the columns a mapping uses; None where the value is missing."""

SHORT: Final = 40
REMEMBERED: Final = 200_000
NO_DELIMITERS: Final = frozenset('"\r\n')
_NO_CHARSETS: Final = frozenset(
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
    """How a file is written. ``missing`` are the cells that mean: no value, besides blank ones."""

    delimiter: str = ","
    encoding: str = "utf-8"
    missing: frozenset[str] = frozenset()


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
            FileInvalid: the file cannot be read, lacks a column, or exceeds a limit.
        """
        with opened(self.path, self.dialect.encoding) as text:
            lines = Lines(text)
            with self._located(lines):
                yield from self._rows(lines)

    @contextmanager
    def _located(self, lines: Lines) -> Iterator[None]:
        """Let faults of reading name the file and the line."""
        try:
            yield
        except LimitExceeded as limit:
            raise FileInvalid(self.path, max(lines.number, 1), limit.sentence) from limit
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(self.path, max(lines.number, 1), error) from error
        except UnicodeError as error:
            sentence = _not_encoded("file", self.dialect.encoding)
            raise FileInvalid(self.path, lines.number + 1, sentence) from error
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _rows(self, lines: Lines) -> Iterator[tuple[int, Cells] | Reject]:
        value = _Values(self.dialect.missing).__getitem__
        reader = csv.reader(lines, delimiter=self.dialect.delimiter, strict=True)
        header = self._header(reader, lines)
        pick = _picker([header.index(column) for column in self.columns])
        width = len(header)
        for count, (line, row) in enumerate(_records(reader, lines), start=1):
            if count > ROWS:
                raise LimitExceeded(
                    f"the file has more than {ROWS:,} rows, the most that is taken: split it, and"
                    " give each part a mapping with a name of its own.",
                    f"文件超过上限 {ROWS:,} 行数据，请拆分，并为每个部分使用名称不同的映射。",
                )
            if isinstance(row, Refusal):
                yield rejected(line, row)
            elif len(row) != width:
                yield rejected(line, _ragged(row, width, lines))
            else:
                yield line, tuple(map(value, pick(row)))

    def _header(self, reader: Iterator[list[str]], lines: Lines) -> list[str]:
        try:
            header = next((row for row in reader if any(row)), [])
        except csv.Error as error:
            sentence = Phrase(f"this is not CSV: {error}.", f"不是有效的 CSV（{error}）。")
            raise FileInvalid(self.path, 1, sentence) from error
        line = max(lines.number, 1)
        if len(header) > COLUMNS:
            raise LimitExceeded(
                f"the header names {len(header):,} columns, at most {COLUMNS:,} are taken.",
                f"表头有 {len(header):,} 列，最多 {COLUMNS:,} 列。",
            )
        for column in self.columns:
            if column not in header:
                raise FileInvalid(self.path, line, self._lacking(column, header))
            if header.count(column) > 1:
                sentence = Phrase(
                    f"the header names the column {column!r} {header.count(column)} times:"
                    " rename all but the one that the mapping means.",
                    f"表头中的列 {column!r} 出现 {header.count(column)} 次，请只保留一列。",
                )
                raise FileInvalid(self.path, line, sentence)
        return header

    def _lacking(self, column: str, header: Sequence[str]) -> Phrase:
        if any("\udc80" <= character <= "\udcff" for name in header for character in name):
            return _not_encoded("header", self.dialect.encoding)
        known = ", ".join(header)
        return Phrase(
            f"the mapping uses a column {column!r}; there are only: {known}.",
            f"映射用到列 {column!r}，文件只有：{known}。",
        )


class _Values(dict[str, str | None]):
    """The value of each cell; that of short ones is kept, so that equal cells are one text."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(dict.fromkeys(missing))

    def __missing__(self, cell: str) -> str | None:
        value = None if not cell or cell.isspace() else cell
        if len(cell) <= SHORT and len(self) < REMEMBERED:
            self[cell] = value
        return value


def _records(
    reader: Iterator[list[str]], lines: Lines
) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Each row that is not blank with the line it begins on, or why it is none."""
    while True:
        line = lines.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = _problem(error, lines)
            lines.give_back()
            yield line, RowUnreadable(problem=problem)
        else:
            if len(row) > 1 or (row and row[0].strip()):
                yield line, row


def _not_encoded(what: str, encoding: str) -> Phrase:
    return Phrase(
        f"the {what} is not {encoding}: name the file's encoding in the mapping under"
        " file.encoding, such as gb18030 or utf-16.",
        f"文件不是 {encoding} 编码，请在映射的 file.encoding 中写明编码，例如 gb18030 或 utf-16。",
    )


def _damaged(path: Path, line: int, error: Exception) -> FileInvalid:
    sentence = Phrase(
        f"the compressed file is damaged after this line ({error}): copy it anew.",
        f"压缩文件在本行之后已损坏（{error}），请重新复制。",
    )
    return FileInvalid(path, line, sentence)


def _problem(error: csv.Error, lines: Lines) -> str:
    if len(lines.row) > 1:
        return Phrase("a quote is not closed where its cell ends", "引号没有在单元格结束处关闭")
    if "field larger" in str(error):
        return Phrase(f"a cell has more than {CELL:,} characters", f"单元格超过 {CELL:,} 个字符")
    return str(error)


def _ragged(row: Sequence[str], width: int, lines: Lines) -> RowRagged | RowRunsOn:
    if len(lines.row) > 1:
        return RowRunsOn(last=lines.number, count=len(row), columns=width)
    return RowRagged(count=len(row), columns=width)


def _picker(indices: Collection[int]) -> itemgetter[Sequence[str]]:
    if len(indices) == 1:
        (only,) = indices
        return cast("itemgetter[Sequence[str]]", itemgetter(slice(only, only + 1)))
    return cast("itemgetter[Sequence[str]]", itemgetter(*indices))
