"""Conditions as a rulebook writes them."""

from __future__ import annotations

from domain.kernel.documents import DocumentInvalid, Path, Section, listed
from domain.kernel.kinds import Value
from domain.kernel.refusals import Phrase
from domain.promises.rules import Condition


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
                part.at(key),
                Phrase(
                    "a condition names a text, a number or a list of them.",
                    "条件应为文本、数字或其列表。",
                ),
            )
        plain: frozenset[Value] = frozenset(choices)
        wanted.append((str(key), plain))
    return Condition(tuple(wanted))
