"""The figures that can be asked for under any rulebook, as definitions like its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from domain.kernel.documents import Section
from domain.kernel.kinds import Kinds
from domain.rulebook.columns import ANSWERS
from domain.rulebook.figures import read_kpis
from domain.rulebook.kpis import Kpi

_RATED: Final = list(ANSWERS[:4])

STANDARD: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "first_time_fix": {
            "of": "cases",
            "share": {"reopened": "none", "second_services": "none"},
            "beside": ["closing.mean", "closing.median", "closing.p90", "closing.net"],
        },
        "closing.mean": {"of": "cases", "mean": "closed_after"},
        "closing.median": {"of": "cases", "median": "closed_after"},
        "closing.p90": {"of": "cases", "p90": "closed_after"},
        "closing.net": {
            "of": "cases",
            "mean": "closed_after_net",
        },
        "satisfaction": {
            "of": "services",
            "where": {"answer": _RATED},
            "share": {"answer": _RATED[:2]},
            "breakdown": "answer",
            "beside": ["satisfaction.answered"],
        },
        "satisfaction.answered": {
            "of": "services",
            "share": {"answer": _RATED},
        },
        "on_time": {
            "of": "clocks",
            "share": {"verdict": "met"},
            "by": "clock",
        },
    }
)


def standard_kpis(kinds: Kinds) -> dict[str, Kpi]:
    """The standard figures for these kinds of case."""
    return read_kpis(Section(STANDARD), kinds)
