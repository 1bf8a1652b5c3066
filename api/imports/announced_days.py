"""Reads holiday notices: a CSV with a row per day gives years of the Chinese calendar."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as Dict
from datetime import date
from pathlib import Path
from typing import Any, Final

from api.imports.files import FileInvalid, read_text
from domain.kernel.documents import DocumentInvalid, plain
from domain.kernel.refusals import Phrase
from domain.working_time.documents import CalendarDay, chinese_calendar_document

COLUMNS: Final = ("date", "is_workday", "name", "is_announced_off_day", "is_make_up_workday")


def read_days(path: Path) -> list[CalendarDay]:
    """The days of a CSV.

    Its columns: date, is_workday, name, is_announced_off_day, is_make_up_workday.

    Raises:
        FileInvalid: a column is missing, a day comes twice or a value cannot be read.
    """
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    days: dict[date, CalendarDay] = {}
    begins = 1
    try:
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise FileInvalid(
                path,
                1,
                Phrase(
                    f"the column {missing[0]!r} is missing: add it.",
                    f"缺少列 {missing[0]!r}，请补充。",
                ),
            )
        for row in rows:
            announced = _day(path, rows.line_num, row)
            if announced.day in days:
                sentence = Phrase(
                    f"the day {announced.day} is here twice: keep one of the rows.",
                    f"日期 {announced.day} 重复出现，请只保留一行。",
                )
                raise FileInvalid(path, rows.line_num, sentence)
            days[announced.day] = announced
            begins = rows.line_num + 1
    except csv.Error as error:
        sentence = Phrase(f"this is not CSV: {error}.", f"不是有效的 CSV（{error}）。")
        raise FileInvalid(path, begins, sentence) from error
    return list(days.values())


def _day(path: Path, line: int, row: Dict[str, str]) -> CalendarDay:
    try:
        day = date.fromisoformat(row["date"])
    except (TypeError, ValueError):
        sentence = Phrase(
            f"{row['date']!r} is not a date: write it like 2027-01-31.",
            f"{row['date']!r} 不是日期，请写成 2027-01-31 的形式。",
        )
        raise FileInvalid(path, line, sentence) from None
    flags = [row[column] for column in COLUMNS if column.startswith("is_")]
    if any(flag not in {"0", "1"} for flag in flags):
        sentence = Phrase(
            f"{next(f for f in flags if f not in {'0', '1'})!r} must be 0 or 1.",
            f"{next(f for f in flags if f not in {'0', '1'})!r} 应为 0 或 1。",
        )
        raise FileInvalid(path, line, sentence)
    works, off, made_up = (flag == "1" for flag in flags)
    return CalendarDay(day, works, row["name"] or "", off, made_up)


def with_announced_days(
    path: Path, published: Dict[str, Any] | None, *, name: str = "cn"
) -> Dict[str, Any]:
    """The calendar in force with the years of the file, which replace its own.

    Hours stay as published; without a calendar in force, they are office hours.

    Raises:
        FileInvalid: the file cannot be read, or lacks days of a year it begins.
    """
    days = read_days(path)
    years = sorted({row.day.year for row in days})
    try:
        fresh = plain(chinese_calendar_document(days, years))
    except DocumentInvalid as fault:
        raise FileInvalid(path, 1, fault.sentence) from fault
    fresh["name"] = name
    if published is None:
        return fresh
    merged = {**fresh, **{key: published[key] for key in ("hours", "make_up") if key in published}}
    for key in ("days", "make_up_days"):
        kept = {d: why for d, why in published.get(key, {}).items() if int(d[:4]) not in years}
        merged[key] = dict(sorted({**kept, **fresh[key]}.items()))
    merged["years"] = sorted({*published.get("years", ()), *years})
    return merged
