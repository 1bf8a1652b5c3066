"""Moments of warnings and rungs as a rulebook writes them, and whether rungs are in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Final, Literal, assert_never

from domain.kernel.documents import DocumentInvalid, Path, Section, duration
from domain.kernel.refusals import Phrase
from domain.promises.rules import Moment, Rung
from domain.rulebook.within import FORMS
from domain.working_time import (
    BusinessDays,
    Days,
    Elapsed,
    Length,
    Months,
    Within,
    Working,
    WorkingDays,
    why_not_backward,
)

MICROSECOND: Final = timedelta(microseconds=1)
WHOLE: Final = 100
MOST_PERCENT: Final = 1000
SIDES: Final[Mapping[str, Literal[-1, 1]]] = {"before_due": -1, "after_due": 1}
LENGTHS: Final = tuple(form for form in FORMS if form not in {"at", "before"})

_PERCENT: Final = re.compile(r"(\d{1,4})%")
_WRITTEN: Final = re.compile(r"([-+])\{([^{}]*)\}")
_PAIR: Final = re.compile(r"""\s*(\w+)\s*:\s*("[^"]*"|'[^']*'|[^\s"']+)\s*""")
_NUMBER: Final = re.compile(r"\d{1,9}")
_KNOWN: Final = Phrase(
    'write it like "50%", -2h, +30m, "-{working: 4h}" or {after_due: {business_days: 2}}.',
    '请写成 "50%"、-2h、+30m、"-{working: 4h}" 或 {after_due: {business_days: 2}} 的形式。',
)


class MomentReader:
    """Reads the moments of one clock, whose targets count on these calendars."""

    def __init__(self, calendars: Iterable[str], default: str | None) -> None:
        """Without a name a moment counts on the clock's one calendar, else on the rulebook's."""
        self._calendars = sorted(set(calendars))
        self._default = self._calendars[0] if len(self._calendars) == 1 else default

    def read(self, value: object, path: Path) -> Moment:
        """A moment such as ``50%``, ``-2h``, ``-{working: 4h}`` or ``{after_due: {days: 2}}``."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Mapping):
            return self._mapping(value, path)
        raise _unreadable(value, path)

    def warning(self, value: object, path: Path) -> Moment:
        """A moment that comes before the due instant."""
        found = self.read(value, path)
        if not found.before_due:
            raise DocumentInvalid(
                path,
                Phrase(
                    "a warning comes before the deadline: write 75% or -2h.",
                    "预警应早于到期时间，请写 75% 或 -2h。",
                ),
            )
        return found

    def _text(self, value: str, path: Path) -> Moment:
        if (match := _PERCENT.fullmatch(value)) and int(match[1]) <= MOST_PERCENT:
            return Moment(percent=int(match[1]))
        if match := _WRITTEN.fullmatch(value):
            sign: Literal[-1, 1] = -1 if match[1] == "-" else 1
            return self._length(_pairs(match[2], value, path), path, sign)
        if value[:1] in {"+", "-"} and "{" not in value:
            length = Elapsed(target=duration(value[1:], path))
            return Moment(by=length, sign=-1 if value[0] == "-" else 1)
        raise _unreadable(value, path)

    def _mapping(self, value: Mapping[object, object], path: Path) -> Moment:
        if len(value) != 1 or (side := next(iter(value))) not in SIDES:
            raise _unreadable(_as_written(value), path)
        return self._length(value[side], (*path, str(side)), SIDES[str(side)])

    def _length(self, value: object, path: Path, sign: Literal[-1, 1]) -> Moment:
        if isinstance(value, str):
            return Moment(by=Elapsed(target=duration(value, path)), sign=sign)
        part = Section(value, path)
        found = [form for form in LENGTHS if form in part]
        if len(found) != 1:
            raise DocumentInvalid(
                path,
                Phrase(
                    f"say exactly one of: {', '.join(LENGTHS)}.",
                    f"请写且只写一项：{'、'.join(LENGTHS)}。",
                ),
            )
        if self._default is None and len(self._calendars) > 1 and "calendar" not in part:
            known = ", ".join(self._calendars)
            raise DocumentInvalid(
                path,
                Phrase(
                    f"the clock counts on several calendars ({known}): name one.",
                    f"该时钟使用多个日历（{known}），请指明一个。",
                ),
            )
        by = FORMS[found[0]](part, self._default)
        part.finish()
        assert isinstance(by, Length), "forms that name a field of the case are left out"
        refused = why_not_backward(by) if sign == -1 else None
        if refused is not None:
            raise DocumentInvalid(path, refused)
        return Moment(by=by, sign=sign)


def _as_written(value: Mapping[object, object]) -> object:
    """What YAML makes of ``-{working: 4h}`` without quotes, put together again."""
    ((key, inner), *more) = value.items() or [("", "")]
    return f"{key}: {inner}" if not more and str(key)[:1] in {"+", "-"} else dict(value)


def _unreadable(value: object, path: Path) -> DocumentInvalid:
    if isinstance(value, str) and "{" in value:
        return DocumentInvalid(
            path,
            Phrase(
                f"{value!r} is not a moment in quotes: {_KNOWN}",
                f"{value!r} 不是加引号的时刻，{_KNOWN.zh}",
            ),
        )
    return DocumentInvalid(
        path, Phrase(f"{value!r} is not a moment: {_KNOWN}", f"{value!r} 不是时刻，{_KNOWN.zh}")
    )


def _pairs(text: str, written: str, path: Path) -> Mapping[str, object]:
    """The keys and values between the braces of a moment that is written as a text."""
    found: dict[str, object] = {}
    for part in text.split(","):
        pair = _PAIR.fullmatch(part)
        if pair is None or pair[1] in found:
            raise _unreadable(written, path)
        found[pair[1]] = _plain(pair[2])
    return found


def _plain(text: str) -> object:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if _NUMBER.fullmatch(text) else text.strip("\"'")


def check_order(ladder: Sequence[Rung], paths: Sequence[Path], targets: Sequence[Within]) -> None:
    """Refuse a rung that comes before the one written above it, where that is certain.

    Raises:
        DocumentInvalid: for one of the targets it does.
    """
    for before, rung, path in zip(ladder, ladder[1:], paths[1:], strict=False):
        if any(_precedes(rung.at, before.at, target) for target in targets):
            raise DocumentInvalid(
                (*path, "at"),
                Phrase(
                    f"{rung.at} comes before rung {before.number} at {before.at}: write the rungs"
                    " in the order in which they are reached.",
                    f"{rung.at} 早于第 {before.number} 级的 {before.at}，请按到达的先后排列各级。",
                ),
            )


def _precedes(one: Moment, other: Moment, target: Within) -> bool:
    """Whether a moment certainly comes before another one."""
    if one.before_due != other.before_due:
        return one.before_due
    if one.percent is not None and other.percent is not None:
        return one.percent < other.percent
    if one.by is not None and other.by is not None and _alike(one.by, other.by):
        return one.sign * _size(one.by) < other.sign * _size(other.by)
    first, second = _from_due(one, target), _from_due(other, target)
    return first is not None and second is not None and first < second


def _alike(one: Length, other: Length) -> bool:
    """Whether two lengths differ in nothing but how long they are."""
    return type(one) is type(other) and _unit(one) == _unit(other)


def _unit(by: Length) -> Length:
    if isinstance(by, Elapsed | Working):
        return replace(by, target=timedelta(1))
    if isinstance(by, Months):
        return replace(by, months=1)
    return replace(by, days=1)


def _size(by: Length) -> int:
    match by:
        case Elapsed() | Working():
            return by.target // MICROSECOND
        case BusinessDays() | WorkingDays() | Days():
            return by.days
        case Months():
            return by.months
        case _:
            assert_never(by)


def _from_due(moment: Moment, target: Within) -> Fraction | None:
    """How long after the due instant a moment comes, in seconds of the target's own time."""
    if not isinstance(target, Elapsed | Working):
        return None
    if moment.percent is not None:
        return _seconds(target.target) * Fraction(moment.percent - WHOLE, WHOLE)
    if moment.by is not None and _alike(moment.by, target):
        assert isinstance(moment.by, Elapsed | Working), "it is like the target"
        return moment.sign * _seconds(moment.by.target)
    return None


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // MICROSECOND, 1_000_000)
