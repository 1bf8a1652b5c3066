"""A figure's definition as data of the rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.promises.rules import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A figure's definition as data: which question, over which kind, and its parameters."""

    name: str
    question: str
    title: str = ""
    kinds: frozenset[str] = frozenset()
    where: Condition = field(default_factory=Condition)
    parameters: Mapping[str, object] = field(default_factory=dict)
