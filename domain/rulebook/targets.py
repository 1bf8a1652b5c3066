"""Targets of figures, read: an operator and a value in the figure's own unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from domain.kernel.documents import DocumentInvalid, Path, duration
from domain.kernel.refusals import Phrase
from domain.rulebook.kpis import COMPARE, Target, Unit

_TARGET: Final = re.compile(rf"({'|'.join(COMPARE)})\s*(\S+)")
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_EXAMPLES: Final[Mapping[Unit, str]] = MappingProxyType(
    {
        Unit.PERCENT: '">= 90%" or "<= -15%"',
        Unit.NUMBER: '">= 20" or "= 0"',
        Unit.DURATION: '"<= 4h" or "< 1h30m"',
    }
)
_WHOLE: Final = 100


def target(value: object, path: Path, unit: Unit) -> Target:
    """A target such as ``>= 90%``, ``<= 4h`` or ``= 0``.

    Raises:
        DocumentInvalid: it is none, or its unit cannot be the figure's.
    """
    found = _TARGET.fullmatch(value.strip()) if isinstance(value, str) else None
    amount = None if found is None else _amount(found[2], path, unit)
    if found is None or amount is None or found[1] == "!=":
        like = _EXAMPLES[unit]
        english = (
            f"{value!r} is no target here; this figure is a {unit}: write a target like {like}."
        )
        like = like.replace(" or ", " 或 ")
        raise DocumentInvalid(
            path, Phrase(english, f"{value!r} 不是该指标的目标，请写成 {like} 的形式。")
        )
    return Target(found[1], amount, f"{found[1]} {found[2]}")


def _amount(text: str, path: Path, unit: Unit) -> Fraction | None:
    """The value of a target in its unit, None where it is written in another."""
    if unit is Unit.DURATION:
        if text[-1:] not in {"h", "m", "s"}:
            return None
        return Fraction(duration(text, path) // timedelta(microseconds=1))
    percent = text.endswith("%")
    number = text.removesuffix("%")
    if percent != (unit is Unit.PERCENT) or not _NUMBER.fullmatch(number):
        return None
    return Fraction(number) / (_WHOLE if percent else 1)
