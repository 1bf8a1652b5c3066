"""Collects what cannot be imported: each row with a stable code and a sentence."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from api.imports.files import shortened
from api.private_files import open_private
from domain.kernel.refusals import Phrase, Refusal

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RowFault(Refusal):
    """The row cannot be read: correct it."""

    zh = "本行无法读取，请更正。"


class TimeUnreadable(RowFault):
    """{text!r} in {column} is not a time in the mapping's formats: correct one of them."""

    zh = "{column} 中的 {text!r} 不符合映射给出的任何时间格式，请更正单元格或格式。"


class RowInTheFuture(RowFault):
    """The time {at} is later than now, {now}: correct it, or how the mapping reads times."""

    zh = "时间 {at} 晚于当前时间 {now}，请更正单元格或映射读取时间的方式。"


class ValueMissing(RowFault):
    """{field} has no value in this row: fill in {column}, or give the mapping an `otherwise`."""

    zh = "本行的 {field} 没有值，请填写 {column}，或在映射中给出 otherwise。"


class ValueUnknown(RowFault):
    """{text!r} is not a value of {field}: it takes {known}."""

    zh = "{field} 不能是 {text!r}，可用的值：{known}。"


class RowRagged(RowFault):
    """The row has {count} cells where the header has {columns}: correct the row."""

    zh = "本行有 {count} 个单元格，而表头有 {columns} 个，请更正本行。"


class RowRunsOn(RowFault):
    """The row goes on to line {last} and has {count} cells, not {columns}: close its quotes."""

    zh = "本行延续到第 {last} 行，有 {count} 个单元格，应为 {columns} 个，请关闭引号。"


class RowUnreadable(RowFault):
    """The row is not CSV ({problem}): correct its quotes."""

    zh = "本行不是 CSV（{problem}），请更正引号。"


class RejectsOverwrite(Refusal):
    """The rejects would overwrite {file}, which is being imported: name another file for them."""

    zh = "拒收文件会覆盖正在导入的 {file}，请另选文件名。"


class Reject(NamedTuple):
    """Something in the file that was not taken; ``reason`` has its Chinese in ``reason.zh``.

    ``case`` is empty where the row names none, ``command`` for a whole row. ``setting`` is the
    line and key of the mapping that could let it be taken, empty where none could.
    """

    line: int
    case: str
    command: str
    code: str
    reason: Phrase
    setting: str


def rejected(
    line: int, refusal: Refusal, *, case: str = "", command: str = "", setting: str = ""
) -> Reject:
    """The reject of a refusal."""
    reason = shortened(Phrase(refusal.sentence, refusal.sentence_zh))
    return Reject(line, case, command, refusal.code, reason, setting)


class Rejects:
    """Counts rejects, keeps the first few, and writes each to a CSV file where one is named."""

    KEPT = 20

    def __init__(self, path: Path | None, lang: str = "en") -> None:
        """Begin the file, replacing an older one; reasons are in English or, for `zh`, Chinese."""
        self.codes: Counter[str] = Counter()
        self.first: list[Reject] = []
        self._chinese = lang == "zh"
        self._file = open_private(path) if path else None
        self._write = csv.writer(self._file).writerow if self._file else None
        if self._write:
            self._write(Reject._fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def count(self) -> int:
        """How many there are."""
        return self.codes.total()

    def take(self, reject: Reject) -> None:
        """Count and write one more."""
        self.codes[reject.code] += 1
        if len(self.first) < self.KEPT:
            self.first.append(reject)
        if self._write:
            reason = reject.reason.zh if self._chinese else reject.reason
            cells = (*reject[:4], reason, reject.setting)
            self._write([_harmless(cell) for cell in cells])


def _harmless(cell: object) -> object:
    """A cell no spreadsheet takes for a formula, and every encoding can carry."""
    if not isinstance(cell, str):
        return cell
    text = cell.encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.startswith(_FORMULA) else text
