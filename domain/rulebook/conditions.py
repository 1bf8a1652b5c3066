"""Conditions and moments as a rulebook writes them."""

from __future__ import annotations

import re

from domain.kernel.documents import DocumentInvalid, Path, Section, duration, listed
from domain.kernel.kinds import Value
from domain.promises.rules import Condition, Moment

_PERCENT = re.compile(r"(\d{1,4})%")
_MOST_PERCENT = 1000


def moment(value: object, path: Path) -> Moment:
    """A moment such as ``50%``, ``100%``, ``-2h`` or ``+30m``."""
    if isinstance(value, str):
        if (match := _PERCENT.fullmatch(value)) and int(match[1]) <= _MOST_PERCENT:
            return Moment(percent=int(match[1]))
        if value[:1] in {"+", "-"}:
            offset = duration(value[1:], path)
            return Moment(offset=offset if value[0] == "+" else -offset)
    raise DocumentInvalid(path, f"{value!r} is not a moment: write it like 50%, 100%, -2h or +30m.")


def warning(value: object, path: Path) -> Moment:
    found = moment(value, path)
    if not found.before_due:
        raise DocumentInvalid(path, "a warning comes before the deadline: write 75% or -2h.")
    return found


def condition(value: object, path: Path) -> Condition:
    """A mapping of attributes to the value, or the list of values, a case must have."""
    if value is None:
        return Condition()
    part = Section(value, path)
    wanted = []
    for key, values in part.value.items():
        choices = listed(values)
        if not choices or not all(isinstance(v, str | int | bool) for v in choices):
            raise DocumentInvalid(
                part.at(key), "a condition names a text, a number or a list of them."
            )
        plain: frozenset[Value] = frozenset(choices)
        wanted.append((str(key), plain))
    return Condition(tuple(wanted))
