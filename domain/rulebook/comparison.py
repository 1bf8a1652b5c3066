"""What changes from one document to another, in words: rulebooks and calendars."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from domain.kernel.documents import Path
from domain.kernel.refusals import Phrase

UNORDERED: Final = frozenset(
    {"case", "cancels", "obligations", "pauses", "resumes", "starts", "stops", "unless", "years"}
)
"""Keys whose lists say the same in any order; so do the values of a condition and of a field."""


_LIKE_ANOTHER: Final = re.compile(r"[-+]?\d+(\.\d+)?|true|false|null|")
"""Texts that read as another value without quotes."""


class Nothing:
    """Stands for what is not there, which is not the same as an empty value."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING_THERE: Final = Nothing()


class Change(NamedTuple):
    """One difference: the place, what was there, and what is there now."""

    path: Path
    before: object
    after: object

    @property
    def sentence(self) -> Phrase:
        """The change for people."""
        place = _place(self.path)
        before, after = _shown(self.before), _shown(self.after)
        if self.before is NOTHING_THERE:
            return Phrase(f"{place} added: {after}", f"{place.zh}：新增 {after}")
        if self.after is NOTHING_THERE:
            return Phrase(f"{place} removed: {before}", f"{place.zh}：删去 {before}")
        return Phrase(f"{place}: {before} → {after}", f"{place.zh}：{before} → {after}")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference between two documents, in the order of the second.

    One value and a list of that value are the same, as is the order where it means nothing.
    """
    return list(_changes(before, after, ()))


def _changes(before: object, after: object, path: Path) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            inner = (*path, key)
            one, two = before.get(key, NOTHING_THERE), after.get(key, NOTHING_THERE)
            yield from _changes(one, two, inner)
    elif NOTHING_THERE in (before, after):
        yield Change(path, before, after)
    elif isinstance(before, list | tuple) or isinstance(after, list | tuple):
        yield from _lists(_as_list(before), _as_list(after), path)
    elif type(before) is not type(after) or before != after:
        yield Change(path, before, after)


def _lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Change]:
    if path and (path[-1] in UNORDERED or "where" in path[2:] or "fields" in path[2:3]):
        yield from _members(before, after, path)
        return
    alike = SequenceMatcher(None, list(map(_key, before)), list(map(_key, after)), autojunk=False)
    for what, begin, end, start, stop in alike.get_opcodes():
        for index, (one, two) in enumerate(
            () if what == "equal" else _pairs(before[begin:end], after[start:stop])
        ):
            place = begin if two is NOTHING_THERE else start
            yield from _changes(one, two, (*path, place + index))


def _pairs(before: list[Any], after: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip_longest(before, after, fillvalue=NOTHING_THERE)


def _members(before: list[Any], after: list[Any], path: Path) -> Iterator[Change]:
    """What was taken out of a list whose order means nothing, and what was put in."""
    had, has = Counter(map(_key, before)), Counter(map(_key, after))
    for item in before:
        if had[_key(item)] > has[_key(item)]:
            had[_key(item)] -= 1
            yield Change(path, item, NOTHING_THERE)
    had = Counter(map(_key, before))
    for item in after:
        if has[_key(item)] > had[_key(item)]:
            has[_key(item)] -= 1
            yield Change(path, NOTHING_THERE, item)


def _key(item: object) -> str:
    """A value as a text that no other value has, in whatever order its keys were written."""
    if isinstance(item, Mapping):
        return "{" + ",".join(f"{key!r}:{_key(item[key])}" for key in sorted(item)) + "}"
    if isinstance(item, list | tuple):
        return "[" + ",".join(map(_key, item)) + "]"
    return repr(item)


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


_SECTIONS: Final[Mapping[str, Phrase]] = {
    "clocks": Phrase("clock", "时钟"),
    "roles": Phrase("role", "角色"),
    "kpis": Phrase("KPI", "指标"),
    "kinds": Phrase("kind", "类型"),
}
_KEYS: Final[Mapping[str, str]] = {
    "acknowledge": "确认时限",
    "at": "时刻",
    "calendar": "日历",
    "cancels": "取消",
    "case": "适用",
    "days": "休息日",
    "fields": "字段",
    "holders": "任职人",
    "hours": "工作时段",
    "make_up": "调休时段",
    "make_up_days": "调休上班日",
    "name": "名称",
    "obligations": "义务",
    "open": "开放",
    "pauses": "暂停",
    "resumes": "恢复",
    "rulebook": "名称",
    "starts": "开始",
    "stops": "完成",
    "title": "标题",
    "to": "上报",
    "unless": "除非",
    "warnings": "预警",
    "where": "条件",
    "within": "时限",
    "years": "年份",
}
_NUMBERED: Final[Mapping[str, Phrase]] = {
    "ladder": Phrase("rung", "升级第"),
    "within": Phrase("target", "时限第"),
    "warnings": Phrase("warning", "预警第"),
    "holders": Phrase("holder", "任职人第"),
}


def _place(path: Path) -> Phrase:
    """A path for people: ``clock complaint.reply: rung 2 at``."""
    section = _SECTIONS.get(str(path[0])) if len(path) > 1 else None
    english, chinese = [], []
    rest = list(path)
    if section is not None:
        english.append(f"{section} {path[1]}")
        chinese.append(f"{section.zh} {path[1]}")
        rest = rest[2:]
    inner = _inner(rest)
    if inner:
        english.append(" ".join(inner))
        chinese.append(" ".join(part.zh for part in inner))
    return Phrase(": ".join(english), "：".join(chinese))


def _inner(keys: list[str | int]) -> list[Phrase]:
    found: list[Phrase] = []
    for before, key in zip([None, *keys], keys, strict=False):
        numbered = _NUMBERED.get(str(before))
        if isinstance(key, int) and numbered is not None:
            zh = f"{numbered.zh}{key + 1}项" if before != "ladder" else f"{numbered.zh}{key + 1}级"
            found[-1] = Phrase(f"{numbered} {key + 1}", zh)
        elif isinstance(key, int):
            found.append(Phrase(str(key + 1), f"第{key + 1}项"))
        else:
            found.append(Phrase(key, _KEYS.get(key, key)))
    return found


def _shown(value: object) -> str:
    """A value on one line, as YAML would write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    quoted = isinstance(value, str) and _LIKE_ANOTHER.fullmatch(value)
    return f'"{value}"' if quoted else str(value)
