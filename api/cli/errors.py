"""Says what went wrong: one sentence with a code in the reader's language, or JSON."""

from __future__ import annotations

import sys
import traceback
from typing import Final, NamedTuple

import orjson

from api.cli.context import as_typed, clean
from api.cli.usage import UsageInvalid
from api.imports.files import FileInvalid
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import Refusal, UserFacingError
from store.errors import StoreFault
from store.log import IntegrityError

USAGE: Final = 2
REFUSED: Final = 3
STORE_FAULT: Final = 4
DEFECT: Final = 5


class ProgramFailed(Refusal):
    """The program failed ({problem}): tell whoever keeps it running."""

    zh = "程序出错（{problem}），请联系维护人员。"


class FileUnusable(Refusal):
    """The file {file} cannot be used: {problem}."""

    zh = "文件 {file} 无法使用（{problem}）。"


class Told(NamedTuple):
    """What went wrong: the exit code, a code, two sentences, and where.

    ``store`` is the store as the sentences name it.
    """

    exit: int
    code: str
    detail: str
    zh: str
    path: str | None = None
    store: str = ""


def told(error: Exception) -> Told:
    """What an error says."""
    match error:
        case UsageInvalid():
            place = error.details.get("option", error.details.get("argument"))
            return _facing(USAGE, error, place)
        case Refusal():
            return _facing(REFUSED, error, error.details.get("field"))
        case StoreFault():
            where = str(error.details.get("where", ""))
            return _facing(STORE_FAULT, error, None)._replace(store=where)
        case FileInvalid():
            where = f"{error.file}:{error.line}"
            zh = f"文件 {error.file} 第 {error.line} 行有误：{_chinese(error)}。"
            return Told(REFUSED, "FileInvalid", str(error), zh, where)
        case DocumentInvalid():
            where = ".".join(map(str, error.path))
            zh = f"文档的 {where or '根部'} 处有误：{_chinese(error)}。"
            return Told(REFUSED, "DocumentInvalid", str(error), zh, where or None)
        case IntegrityError():
            return Told(
                STORE_FAULT, "Busy", "Others were writing: try again.", "同时有其他写入，请重试。"
            )
        case OSError():
            problem = error.strerror or str(error)
            unusable = FileUnusable(file=error.filename or "", problem=problem)
            return _facing(REFUSED, unusable, error.filename)
        case _:
            return _facing(DEFECT, ProgramFailed(problem=_place(error)), None)


def tell(wrong: Told, lang: str, *, as_json: bool) -> None:
    """Write it to standard error."""
    if as_json:
        body = {"code": wrong.code, "detail": wrong.detail, "zh": wrong.zh, "path": wrong.path}
        text = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()
    else:
        sentence = wrong.zh if lang == "zh" else wrong.detail
        text = clean(f"{wrong.code}: {as_typed(sentence, wrong.store)}")
    sys.stderr.write(text + "\n")


def _facing(code: int, error: UserFacingError, path: object) -> Told:
    where = None if path is None else str(path)
    return Told(code, error.code, error.sentence, error.sentence_zh, where)


def _chinese(error: DocumentInvalid | FileInvalid) -> str:
    """The reason as a part of a Chinese sentence."""
    return error.sentence.zh.rstrip("。")


def _place(error: Exception) -> str:
    """A defect in one line: what, and where in the program."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = f", {last.filename}:{last.lineno}" if last else ""
    return f"{type(error).__name__}: {error}{where}".replace("\n", " ")
