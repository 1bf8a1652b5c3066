"""Reading documents that people write: every fault names its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from itertools import count
from math import isfinite
from typing import Any, Final

from domain.kernel.refusals import Phrase

Path = tuple[str | int, ...]

DEEPEST = 20
MOST_VALUES = 100_000
MOST = 36_525  # days of a century: whatever is counted, more is a slip of the pen

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")  # no store takes NUL or half a character
_CLOCK_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")


class DocumentInvalid(Exception):
    """A document cannot be taken: ``path`` leads to the place, ``sentence`` says what to do."""

    def __init__(self, path: Path, sentence: Phrase) -> None:
        """Keep the path from the document's root and the sentence, in both languages."""
        super().__init__(path, sentence)
        self.path = path
        self.sentence = sentence

    def __str__(self) -> str:
        place = ".".join(map(str, self.path)) or "document"
        return f"{place}: {self.sentence}"


class Section:
    """A mapping of the document that is read key by key; what nobody read is an unknown key."""

    def __init__(self, value: object, path: Path = ()) -> None:
        """Take the mapping at `path`.

        Raises:
            DocumentInvalid: it is not a mapping.
        """
        if not isinstance(value, Mapping):
            raise DocumentInvalid(
                path, Phrase("this must be a mapping of keys to values.", "此处应为键值对。")
            )
        self.value: Mapping[Any, Any] = value
        self.path = path
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def at(self, key: str | int) -> Path:
        """The path of one of the keys."""
        return (*self.path, key)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as written
        """The raw value of a key, or the default."""
        self._read.add(key)
        return self.value.get(key, default)

    def need(self, key: str) -> Any:  # noqa: ANN401 - as written
        """The raw value of a key that must be there.

        Raises:
            DocumentInvalid: it is missing.
        """
        if self.value.get(key) is None:
            raise DocumentInvalid(
                self.path,
                Phrase(f"the key {key!r} is missing: add it.", f"缺少键 {key!r}，请补充。"),
            )
        return self.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default the key must be there."""
        value = self.need(key) if default is None else self.get(key, default)
        if not isinstance(value, str):
            raise DocumentInvalid(
                self.at(key),
                Phrase(
                    f"{key} must be a text, not {value!r}.", f"{key} 应为文本，而不是 {value!r}。"
                ),
            )
        return value

    def whole(self, key: str, *, least: int = 1, most: int = MOST) -> int:
        """A whole number from `least` to `most`."""
        return whole(self.need(key), self.at(key), least=least, most=most)

    def entries(self, key: str, *, needed: bool = False) -> list[tuple[Any, Path]]:
        """What was written under a key, one or several, each with its path.

        Raises:
            DocumentInvalid: it is needed and there is none.
        """
        raw, path = self.need(key) if needed else self.get(key), self.at(key)
        if not isinstance(raw, list | tuple):
            return [] if raw is None else [(raw, path)]
        if needed and not raw:
            raise DocumentInvalid(
                path,
                Phrase(
                    f"the list {key!r} is empty: name at least one.",
                    f"列表 {key!r} 为空，请至少填写一项。",
                ),
            )
        return [(value, (*path, index)) for index, value in enumerate(raw)]

    def flag(self, key: str) -> bool:
        """Yes or no; an absent key is no."""
        value = self.get(key, default=False)
        if not isinstance(value, bool):
            raise DocumentInvalid(
                self.at(key),
                Phrase(
                    f"{key} must be true or false, not {value!r}.",
                    f"{key} 应为 true 或 false，而不是 {value!r}。",
                ),
            )
        return value

    def section(self, key: str) -> Section:
        """A mapping within; an absent key reads as an empty one."""
        return Section(self.get(key) or {}, self.at(key))

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Every key with the mapping it holds."""
        for key, value in self.value.items():
            self._read.add(key)
            yield str(key), Section(value, self.at(key))

    def finish(self, *known: str) -> None:
        """Refuse the keys nobody read, naming those that are known.

        Raises:
            DocumentInvalid: there is an unknown key.
        """
        for key in self.value:
            if key not in self._read and key not in known:
                names = ", ".join(sorted({*self._read, *known}))
                raise DocumentInvalid(
                    self.at(key),
                    Phrase(
                        f"unknown key {key!r}; known here: {names}.",
                        f"未知的键 {key!r}，此处可用：{names}。",
                    ),
                )


def unknown(what: str, value: object, known: Iterable[str]) -> Phrase:
    """The sentence for a reference that leads nowhere."""
    names = sorted(known)
    called = _CALLED.get(what, f" {what} ")
    return Phrase(
        f"unknown {what} {value!r}; known: {', '.join(names) or 'none'}.",
        f"未知的{called}{value!r}，可用：{'、'.join(names) or '无'}。",
    )


_CALLED: Final[Mapping[str, str]] = {
    "kind": "类型 ", "attribute": "属性 ", "figure": "指标 ", "row set or kind": "行集或类型 ",
    "amount": "数值列 ", "fact": "事实 ", "dimension": "分组 ", "breakdown": "分项 ",
    "role": "角色 ", "case": "工单类型 ",
}  # fmt: skip


def whole(value: object, path: Path, *, least: int = 1, most: int = MOST) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise DocumentInvalid(
            path,
            Phrase(
                f"{value!r} must be a whole number from {least} to {most}.",
                f"{value!r} 无效，应为 {least} 到 {most} 的整数。",
            ),
        )
    return value


def listed(value: object) -> Sequence[Any]:
    """A list, whether one value or several were written."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def duration(value: object, path: Path) -> timedelta:
    """A length of time such as ``24h``, ``1h30m`` or ``45s``, longer than nothing."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise DocumentInvalid(
            path,
            Phrase(
                f"{value!r} is not a duration: write it like 24h, 1h30m or 45s.",
                f"{value!r} 不是时长，请写成 24h、1h30m 或 45s 的形式。",
            ),
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        length = timedelta(0)
    if not timedelta(0) < length <= timedelta(days=36525):
        raise DocumentInvalid(
            path,
            Phrase(
                f"{value!r} is impossible: more than nothing, at most a century.",
                f"{value!r} 超出范围，应大于零且不超过一百年。",
            ),
        )
    return length


def clock_time(value: object, path: Path) -> time:
    """A time of day such as ``17:00``, in quotes: without them YAML reads the number 1020."""
    if isinstance(value, str) and _CLOCK_TIME.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass  # no such hour or minute
    raise DocumentInvalid(
        path,
        Phrase(
            f'{value!r} is not a time of day: write it in quotes, "17:00".',
            f'{value!r} 不是一天中的时刻，请加引号写成 "17:00"。',
        ),
    )


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as JSON keeps it: keys are texts, dates are written out, tuples are lists.

    Raises:
        DocumentInvalid: it holds something that cannot be kept, or is too deep or too large.
    """
    numbers = count(1)

    def kept(value: object, path: Path) -> Any:  # noqa: ANN401 - any JSON value
        if next(numbers) > MOST_VALUES or len(path) > DEEPEST:
            raise DocumentInvalid(
                path[:3],
                Phrase(
                    "the document is too large or too deep: shorten it.",
                    "文档过大或嵌套过深，请精简。",
                ),
            )
        if isinstance(value, Mapping):
            return {
                kept(str(key), (*path, str(key))): kept(item, (*path, str(key)))
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [kept(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, date | time):
            return value.isoformat()
        if not _keepable(value):
            raise DocumentInvalid(
                path,
                Phrase(
                    "this cannot be kept: write a text, a number or a list.",
                    "此值无法保存，请写文本、数字或列表。",
                ),
            )
        return value

    return {str(key): kept(value, (str(key),)) for key, value in document.items()}


def _keepable(value: object) -> bool:
    if isinstance(value, str):
        return _UNKEEPABLE.search(value) is None
    if isinstance(value, int):  # bool included
        return abs(value) < 2**53
    return value is None or (isinstance(value, float) and isfinite(value))
