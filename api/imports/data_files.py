"""Opens data files, gzipped or not, and reads their lines within limits."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from api.imports.files import FileInvalid, open_regular, unreadable
from api.imports.limits import DATA_BYTES, LINE, LINES, RATIO, RATIO_FROM, READ_AGAIN
from domain.kernel.refusals import Phrase

GZIP: Final = b"\x1f\x8b"
ARCHIVE: Final = b"PK\x03\x04"
AT_ONCE: Final = 1 << 16


class LimitExceeded(Exception):
    """A limit was reached while lines were read; the sentence says which."""

    def __init__(self, english: str, chinese: str) -> None:
        """Keep the sentence in both languages."""
        super().__init__(english)
        self.sentence = Phrase(english, chinese)


class _Metered(io.RawIOBase):
    """Passes bytes on until there are too many."""

    def __init__(self, source: io.BufferedIOBase, most: int, sentence: Phrase) -> None:
        self._source = source
        self._left = most
        self._sentence = sentence

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = self._source.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise LimitExceeded(str(self._sentence), self._sentence.zh)
        return count


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The text of a file; bytes outside its encoding stay, so that their row can be refused.

    Raises:
        FileInvalid: it cannot be opened.
    """
    encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    with open_regular(path) as raw:
        assert isinstance(raw, io.BufferedReader)
        try:
            metered = _metered(path, raw, raw.peek(len(ARCHIVE)))
        except OSError as error:
            raise unreadable(path, error) from error
        yield io.TextIOWrapper(
            io.BufferedReader(metered, AT_ONCE),
            encoding=encoding, errors="surrogateescape", newline="",
        )  # fmt: skip


def _metered(path: Path, raw: io.BufferedReader, head: bytes) -> _Metered:
    if head.startswith(ARCHIVE):
        sentence = Phrase(
            "this is an archive or a spreadsheet: save it as CSV.",
            "这是压缩包或电子表格，请另存为 CSV。",
        )
        raise FileInvalid(path, 1, sentence)
    if not head.startswith(GZIP):
        most = f"{DATA_BYTES:,}"
        return _Metered(
            raw, DATA_BYTES,
            Phrase(f"the file is larger than {most} bytes, the most that is taken: split it.",
                   f"文件超过上限 {most} 字节，请拆分。"),
        )  # fmt: skip
    allowed = max(RATIO_FROM, RATIO * os.fstat(raw.fileno()).st_size)
    most = f"{min(DATA_BYTES, allowed):,}"
    sentence = Phrase(
        f"the compressed file holds more than {most} bytes, the most that is taken of one of its"
        " size: split it.",
        f"压缩文件的内容超过 {most} 字节（按其大小允许的上限），请拆分。",
    )
    return _Metered(gzip.GzipFile(fileobj=raw), min(DATA_BYTES, allowed), sentence)


class Lines:
    """The lines of a text. Those after the first of a row can be given back and read again."""

    def __init__(self, text: IO[str]) -> None:
        """Begin at the first line."""
        self.number = 0
        self.row: list[str] = []
        self._again: deque[str] = deque()
        self._size = 0
        self._left = READ_AGAIN
        self._readline = text.readline

    def begin(self) -> int:
        """Begin a row; returns its line."""
        self.row.clear()
        self._size = 0
        return self.number + 1

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._readline(LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        self._size += len(line)
        if self._size > LINE:
            if len(self.row) > 1:
                raise csv.Error("the row is too long")
            raise LimitExceeded(
                f"the line has more than {LINE:,} characters, the most that is taken: break it.",
                f"本行超过上限 {LINE:,} 个字符，请分行。",
            )
        if self.number > LINES:
            raise LimitExceeded(
                f"the file has more than {LINES:,} lines, the most that is taken: split it.",
                f"文件超过上限 {LINES:,} 行，请拆分。",
            )
        return line

    def give_back(self) -> None:
        """Let the lines after the first of this row be read again."""
        back = self.row[1:]
        self.number -= len(back)
        self._left -= sum(map(len, back))
        if self._left < 0:
            raise LimitExceeded(
                f"quotes that are not closed swallow more than {READ_AGAIN:,} characters: close"
                " them.",
                f"未关闭的引号吞并了超过 {READ_AGAIN:,} 个字符，请关闭引号。",
            )
        self._again.extendleft(reversed(back))
