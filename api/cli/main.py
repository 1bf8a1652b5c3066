"""For the command line's one door: read what is asked, do it, and say plainly what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from api.cli.context import Context, clean
from api.cli.parser import build_parser
from api.imports.files import FileInvalid
from api.settings import read_settings
from commands import ROUTES
from commands.routes import Routes
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import Refusal
from store.cycles import be_patient
from store.errors import StoreFault
from store.log import IntegrityError

REFUSED: Final = 3
STORE_FAULT: Final = 4
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None, *, routes: Routes = ROUTES) -> int:
    """Run a command; returns the exit code.

    0 done, 1 something is wrong, 2 usage, 3 refused, 4 store fault.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    be_patient()
    asked = build_parser(routes).parse_args(arguments)
    try:
        settings = read_settings(
            os.environ, store=asked.store, lang=asked.lang, port=getattr(asked, "port", None),
            workers=getattr(asked, "workers", None), kafka=getattr(asked, "kafka", None),
            kafka_topic=getattr(asked, "kafka_topic", None),
        )  # fmt: skip
        code: int = asked.run(Context(settings, asked, routes))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        code, name, zh, en = _told(error)
        if name is None:
            raise
        sys.stderr.write(clean(f"{name}: {zh} {en}") + "\n")
    return code


def _because(error: DocumentInvalid | FileInvalid) -> str:
    """The reason as a part of a Chinese sentence; some are written in English only."""
    return getattr(error.sentence, "zh", error.sentence).rstrip("。.")


def _told(error: Exception) -> tuple[int, str | None, str, str]:
    """An error's exit code, its code and its sentences; a defect has none."""
    match error:
        case Refusal():
            return REFUSED, error.code, error.sentence_zh, error.sentence
        case StoreFault():
            return STORE_FAULT, error.code, error.sentence_zh, error.sentence
        case FileInvalid():
            return (
                REFUSED,
                "FileInvalid",
                f"文件 {error.file} 第 {error.line} 行有误（{_because(error)}）。",
                str(error),
            )
        case DocumentInvalid():
            place = ".".join(map(str, error.path)) or "document"
            return (
                REFUSED,
                "DocumentInvalid",
                f"文档的 {place} 处有误（{_because(error)}）。",
                str(error),
            )
        case IntegrityError():
            return (
                STORE_FAULT,
                "Busy",
                "同时有其他写入，请重试。",
                "Others were writing: try again.",
            )
        case OSError():
            what = error.filename or ""
            problem = error.strerror or str(error)
            return (
                REFUSED,
                "FileUnusable",
                f"文件 {what} 无法使用。",
                f"The file {what} cannot be used: {problem}.",
            )
        case _:
            return 1, None, "", ""
