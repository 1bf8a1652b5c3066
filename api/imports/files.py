"""Opens the files people name: regular files only, read no further than a limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from api.imports.limits import DOCUMENT_BYTES
from domain.kernel.refusals import Phrase

LONGEST_SENTENCE: Final = 600
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe put in the file's place must not block
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS: Final = (
    (stat.S_ISDIR, "a directory", "目录"),
    (stat.S_ISFIFO, "a pipe", "管道"),
    (stat.S_ISSOCK, "a socket", "套接字"),
)


class FileInvalid(Exception):
    """A file cannot be taken: which file, which line, and what to do."""

    def __init__(self, file: Path, line: int, sentence: Phrase) -> None:
        """Keep the place and the sentence, without the middle of a very long one."""
        self.file = file
        self.line = line
        self.sentence = shortened(sentence)
        super().__init__(file, line, self.sentence)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


def shortened(sentence: Phrase) -> Phrase:
    """The sentence without its middle where it is very long."""
    return Phrase(_cut(sentence), _cut(sentence.zh))


def _cut(text: str) -> str:
    if len(text) <= LONGEST_SENTENCE:
        return text
    third = LONGEST_SENTENCE // 3
    return f"{text[: 2 * third]} … {text[-third:]}"


def unreadable(file: Path, error: OSError) -> FileInvalid:
    """The fault of a file that the system does not let us read."""
    why = error.strerror or str(error)
    return FileInvalid(
        file, 1, Phrase(f"the file cannot be read ({why}).", f"文件无法读取（{why}）。")
    )


def open_regular(file: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        FileInvalid: it cannot be opened, or is a directory, a pipe or a device.
    """
    try:
        _check_regular(file, file.stat())  # opening a device may have effects of its own
        descriptor = os.open(file, _FLAGS)
        try:
            _check_regular(file, os.fstat(descriptor))
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        raise unreadable(file, error) from error
    except ValueError as error:  # NUL in the path
        raise FileInvalid(
            file, 1, Phrase("the path is not a file's name.", "路径不是文件名。")
        ) from error


def _check_regular(file: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kinds = ((en, zh) for is_kind, en, zh in _KINDS if is_kind(found.st_mode))
    en, zh = next(kinds, ("a device", "设备"))
    raise FileInvalid(
        file, 1, Phrase(f"this is {en}: name a regular file.", f"这是{zh}，请指定普通文件。")
    )


def read_text(file: Path) -> str:
    """The text of a document, which is UTF-8.

    Raises:
        FileInvalid: it cannot be read, is too large, or is not UTF-8.
    """
    with open_regular(file) as opened:
        try:
            content = opened.read(DOCUMENT_BYTES + 1)
        except OSError as error:
            raise unreadable(file, error) from error
    return text_of(file, content)


def text_of(file: Path, content: bytes) -> str:
    """The text of a document's bytes; its faults name the file.

    Raises:
        FileInvalid: it is too large, or is not UTF-8.
    """
    if len(content) > DOCUMENT_BYTES:
        most = f"{DOCUMENT_BYTES:,}"
        sentence = Phrase(
            f"the file is larger than {most} bytes, the most that is taken: shorten it.",
            f"文件超过上限 {most} 字节，请缩短。",
        )
        raise FileInvalid(file, 1, sentence)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        sentence = Phrase(
            "the file is not UTF-8: save it as UTF-8.", "文件不是 UTF-8 编码，请另存为 UTF-8。"
        )
        raise FileInvalid(file, line, sentence) from error
