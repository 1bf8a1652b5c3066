"""Calendars as plain documents, read and written: what a publication carries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from typing import Final, NamedTuple, NoReturn

from domain.kernel.documents import DocumentInvalid, Path
from domain.kernel.refusals import Phrase
from domain.working_time import Window, WorkingCalendar
from domain.working_time.calendar import first_overlap

Document = dict[str, object]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS: Final = ("name", "version", "hours", "make_up", "years", "days", "make_up_days")
OFFICE_HOURS: Final = ("08:30-12:00", "14:00-17:30")
SATURDAY: Final = 6

_CLOCK: Final = r"\d\d:\d\d(?::\d\d(?:\.\d{6})?)?"
_HOURS: Final = re.compile(rf"({_CLOCK})-({_CLOCK})")


class CalendarDay(NamedTuple):
    """What an authority has announced about one day."""

    day: date
    is_workday: bool
    name: str
    is_announced_off_day: bool
    is_make_up_workday: bool


def calendar_from_document(document: Mapping[str, object]) -> WorkingCalendar:
    """The calendar a document describes; raises DocumentInvalid with the place that is wrong.

    `name`; `version` (1); `hours`: weekdays (`mon-fri`, `sat`, `6`) to lists of `08:30-12:00`;
    `make_up`: the hours of make-up workdays (the commonest of Monday to Friday); `years`: those
    the calendar speaks for (every year); `days`: days off by ISO date with their names;
    `make_up_days`: days worked by exception with theirs.
    """
    for key in document:
        if key not in KEYS:
            _reject(
                (key,),
                Phrase(
                    f"There is no such key: a calendar has {', '.join(KEYS)}.",
                    f"没有这个键，日历的键有：{'、'.join(KEYS)}。",
                ),
            )
    name, version = document.get("name"), document.get("version", 1)
    if not isinstance(name, str) or not name:
        _reject(("name",), Phrase("Give the calendar a name.", "请填写日历名称。"))
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _reject(
            ("version",),
            Phrase("Give the version as a whole number from 1.", "版本应为从 1 开始的整数。"),
        )
    week = _week(document.get("hours"))
    years = _years(document.get("years"))
    off = dict(_named_days(document, "days", years))
    worked = dict(_named_days(document, "make_up_days", years))
    for day in sorted(off.keys() & worked.keys()):
        _reject(
            ("make_up_days", day.isoformat()),
            Phrase("The day is listed as a day off as well.", "该日同时列为休息日。"),
        )
    return WorkingCalendar(
        name=name,
        version=version,
        week=week,
        days={day: (False, why) for day, why in off.items()}
        | {day: (True, why) for day, why in worked.items()},
        years=years,
        make_up=_windows(document.get("make_up", []), ("make_up",)),
    )


def calendar_to_document(calendar: WorkingCalendar) -> Document:
    """The document that `calendar_from_document` reads back as an equal calendar."""
    document: Document = {
        "name": calendar.name,
        "version": calendar.version,
        "hours": dict(_hours_by_range(calendar.week)),
        "make_up": [window.text() for window in calendar.make_up],
    }
    if calendar.years is not None:
        document["years"] = sorted(calendar.years)
    for key, worked in (("days", False), ("make_up_days", True)):
        named = sorted((day, why) for day, (works, why) in calendar.days.items() if works is worked)
        document[key] = {day.isoformat(): why for day, why in named}
    return document


def chinese_calendar_document(rows: Iterable[CalendarDay], years: Iterable[int]) -> Document:
    """The Chinese calendar of these years, from what is announced about each of their days.

    What differs from Monday to Friday is kept, and weekends that are announced days off, so that
    they are called by the holiday's name. Raises DocumentInvalid for a year without a row for each
    day: a calendar speaks for whole years.
    """
    spoken = sorted(set(years))
    kept = [row for row in map(CalendarDay._make, rows) if row.day.year in spoken]
    rows_of = Counter(row.day.year for row in {row.day: row for row in kept}.values())
    for index, year in enumerate(spoken):
        whole = (date(year, 12, 31) - date(year, 1, 1)).days + 1
        if rows_of[year] != whole:
            _reject(
                ("years", index),
                Phrase(
                    f"{year} has {rows_of[year]} of {whole} days.",
                    f"{year} 年共 {whole} 天，只有 {rows_of[year]} 天。",
                ),
            )
    off = {
        row.day: row.name or "放假"
        for row in kept
        if not row.is_workday and (row.is_announced_off_day or row.day.isoweekday() < SATURDAY)
    }
    worked = {
        row.day: f"{row.name}调休上班"
        for row in kept
        if row.is_workday and row.day.isoweekday() >= SATURDAY
    }
    return {
        "name": "cn",
        "version": 1,
        "hours": {"mon-fri": list(OFFICE_HOURS)},
        "make_up": list(OFFICE_HOURS),
        "years": spoken,
        "days": {day.isoformat(): off[day] for day in sorted(off)},
        "make_up_days": {day.isoformat(): worked[day] for day in sorted(worked)},
    }


def _week(hours: object) -> dict[int, tuple[Window, ...]]:
    if not isinstance(hours, Mapping):
        _reject(
            ("hours",),
            Phrase(
                'Give the hours of the week, such as {"mon-fri": ["09:00-18:00"]}.',
                '请填写一周的工作时间，例如 {"mon-fri": ["09:00-18:00"]}。',
            ),
        )
    week: dict[int, tuple[Window, ...]] = {}
    for key, listed in hours.items():
        path: Path = ("hours", str(key))
        windows = _windows(listed, path)
        for weekday in _weekdays(str(key), path):
            if weekday in week:
                _reject(
                    path,
                    Phrase(
                        f"The hours of {WEEKDAYS[weekday - 1]} are given twice.",
                        f"{WEEKDAYS[weekday - 1]} 的工作时间重复出现。",
                    ),
                )
            week[weekday] = windows
    if not any(week.values()):
        _reject(
            ("hours",),
            Phrase("Give at least one weekday its hours.", "请至少为一个星期几填写工作时间。"),
        )
    return week


def _weekdays(key: str, path: Path) -> range:
    """`mon-fri`, `sat`, `6` or `1-5` as ISO weekdays."""
    names = {name: index for index, name in enumerate(WEEKDAYS, start=1)}
    names |= {str(index): index for index in names.values()}
    first, _, last = key.lower().partition("-")
    if first not in names or (last or first) not in names:
        _reject(
            path,
            Phrase(
                f"{key} is no weekday: write mon, sat-sun or the numbers 1 to 7.",
                f"{key} 不是星期几，请写 mon、sat-sun 或数字 1 到 7。",
            ),
        )
    weekdays = range(names[first], names[last or first] + 1)
    if not weekdays:
        _reject(
            path,
            Phrase(
                f"{key} runs backwards: a week begins on Monday.",
                f"{key} 前后颠倒，一周从星期一开始。",
            ),
        )
    return weekdays


def _windows(listed: object, path: Path) -> tuple[Window, ...]:
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        _reject(
            path,
            Phrase(
                'List the hours, such as ["08:30-12:00", "14:00-17:30"].',
                '请列出工作时间，例如 ["08:30-12:00", "14:00-17:30"]。',
            ),
        )
    windows = tuple(_window(text, (*path, index)) for index, text in enumerate(listed))
    overlap = first_overlap(windows)
    if overlap is not None:
        _reject(
            (*path, overlap),
            Phrase(
                f"{listed[overlap]} begins before {listed[overlap - 1]} ends.",
                f"{listed[overlap]} 在 {listed[overlap - 1]} 结束之前开始。",
            ),
        )
    return windows


def _window(text: object, path: Path) -> Window:
    found = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        _reject(
            path,
            Phrase(
                f"{text} is no span of hours: write it as 08:30-12:00.",
                f"{text} 不是时间段，请写成 08:30-12:00 的形式。",
            ),
        )
    opens, closes = found.groups()
    try:
        return Window(
            opens=time.fromisoformat(opens),
            closes=time(0) if closes == "24:00" else time.fromisoformat(closes),
        )
    except ValueError:
        _reject(
            path,
            Phrase(
                f"{text} does not exist on a clock or ends before it begins.",
                f"{text} 不是有效的时间段，或结束早于开始。",
            ),
        )


def _years(listed: object) -> frozenset[int] | None:
    if listed is None:
        return None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        _reject(
            ("years",),
            Phrase("List the years, such as [2025, 2026].", "请列出年份，例如 [2025, 2026]。"),
        )
    for index, year in enumerate(listed):
        if not isinstance(year, int) or not date.min.year <= year <= date.max.year:
            _reject(("years", index), Phrase(f"{year} is no year.", f"{year} 不是年份。"))
    return frozenset(listed)


def _named_days(
    document: Mapping[str, object], key: str, years: frozenset[int] | None
) -> Iterator[tuple[date, str]]:
    listed = document.get(key, {})
    if not isinstance(listed, Mapping):
        _reject(
            (key,),
            Phrase(
                'Map each date to its name, such as {"2026-10-01": "国庆节"}.',
                '请写出每个日期及其名称，例如 {"2026-10-01": "国庆节"}。',
            ),
        )
    for text, name in listed.items():
        path: Path = (key, str(text))
        try:
            day = date.fromisoformat(text)
        except (TypeError, ValueError):
            _reject(
                path,
                Phrase(
                    f"{text} is no date: write it in quotes as 2026-10-01.",
                    f"{text} 不是日期，请加引号写成 2026-10-01。",
                ),
            )
        if not isinstance(name, str):
            _reject(path, Phrase("Say in words why the day differs.", "请用文字说明该日为何不同。"))
        if years is not None and day.year not in years:
            _reject(
                path,
                Phrase(
                    f"The calendar does not speak for {day.year}: add it to the years.",
                    f"日历不含 {day.year} 年，请在年份中补充。",
                ),
            )
        yield day, name


def _hours_by_range(
    week: Mapping[int, tuple[Window, ...]],
) -> Iterator[tuple[str, list[str]]]:
    """The week's hours with neighbouring days of the same hours written as one range."""
    first = 1
    while first <= len(WEEKDAYS):
        windows, last = week.get(first), first
        while last < len(WEEKDAYS) and week.get(last + 1) == windows:
            last += 1
        if windows is not None:
            key = (
                WEEKDAYS[first - 1]
                if first == last
                else f"{WEEKDAYS[first - 1]}-{WEEKDAYS[last - 1]}"
            )
            yield key, [window.text() for window in windows]
        first = last + 1


def _reject(path: Path, sentence: Phrase) -> NoReturn:
    raise DocumentInvalid(path, sentence)
