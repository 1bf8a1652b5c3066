"""For reading documents that people wrote: every fault names the place, so that its line can be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from typing import Any

Path = tuple[str | int, ...]

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class DocumentInvalid(Exception):
    """A document cannot be taken: ``path`` leads to the place, ``sentence`` says what to do."""

    def __init__(self, path: Path, sentence: str) -> None:
        """Keep the path from the document's root and the sentence."""
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
            raise DocumentInvalid(path, "this must be a mapping of keys to values.")
        self.value: Mapping[Any, Any] = value
        self.path = path
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def at(self, key: str | int) -> Path:
        """The path of one of the keys."""
        return (*self.path, key)

    def get(self, key: str, default: Any = None) -> Any:
        """The raw value of a key, or the default."""
        self._read.add(key)
        return self.value.get(key, default)

    def need(self, key: str) -> Any:
        """The raw value of a key that must be there.

        Raises:
            DocumentInvalid: it is missing.
        """
        if self.value.get(key) is None:
            raise DocumentInvalid(self.path, f"the key {key!r} is missing: add it.")
        return self.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default the key must be there."""
        value = self.need(key) if default is None else self.get(key, default)
        if not isinstance(value, str):
            raise DocumentInvalid(self.at(key), f"{key} must be a text, not {value!r}.")
        return value

    def whole(self, key: str, *, least: int = 1) -> int:
        """A whole number of at least `least`."""
        return whole(self.need(key), self.at(key), least=least)

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
                raise DocumentInvalid(self.at(key), f"unknown key {key!r}; known here: {names}.")


def whole(value: object, path: Path, *, least: int = 1) -> int:
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise DocumentInvalid(path, f"{value!r} must be a whole number of at least {least}.")
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
        raise DocumentInvalid(path, f"{value!r} is not a duration: write it like 24h, 1h30m or 45s.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        length = timedelta(0)
    if not timedelta(0) < length <= timedelta(days=36525):
        raise DocumentInvalid(path, f"{value!r} is impossible: more than nothing, at most a century.")
    return length


def clock_time(value: object, path: Path) -> time:
    """A time of day such as ``17:00``."""
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise DocumentInvalid(path, f"{value!r} is not a time of day: write it like 17:00.") from None
