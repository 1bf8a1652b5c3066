"""For what a benchmark found: its spread, the peer's, and the figure to reach."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Samples of one figure, a sample per round; ``unit`` is `facts/s`, `ms`, `x` and the like."""

    unit: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure that is quoted."""
        return median(self.samples)

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "median": self.median,
            "min": min(self.samples),
            "max": max(self.samples),
            "unit": self.unit,
            "samples": list(self.samples),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``ratio`` compares ours with the peer's, round by round.

    ``reached`` is None where there is no figure to reach.
    """

    what: str
    ours: Spread
    peer: str = ""
    theirs: Spread | None = None
    ratio: Spread | None = None
    reach: str = ""
    reached: bool | None = None

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "what": self.what,
            "ours": self.ours.document(),
            "peer": self.peer or None,
            "theirs": self.theirs and self.theirs.document(),
            "ratio": self.ratio and self.ratio.document(),
            "reach": self.reach or None,
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a benchmark is given: a folder on the disk to measure, its size, who listens."""

    folder: Path
    quick: bool
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one run found. ``rows`` are by the benchmark's name."""

    command: str
    quick: bool
    began: str
    seconds: float
    machine: Mapping[str, str | float]
    titles: Mapping[str, str]
    rows: Mapping[str, Sequence[Row]]

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "command": self.command,
            "quick": self.quick,
            "began": self.began,
            "seconds": self.seconds,
            "machine": dict(self.machine),
            "benchmarks": {
                name: {"title": self.titles[name], "rows": [row.document() for row in rows]}
                for name, rows in self.rows.items()
            },
        }


def faster(what: str, ours: Spread, peer: str, theirs: Spread, *, least: float, reach: str) -> Row:
    """Rates beside the peer's: reached when the median of the ratios is at least `least`."""
    ratio = Spread("x", tuple(a / b for a, b in zip(ours.samples, theirs.samples, strict=True)))
    return Row(
        what=what, ours=ours, peer=peer, theirs=theirs, ratio=ratio,
        reach=reach, reached=ratio.median >= least,
    )  # fmt: skip


def at_most(what: str, ours: Spread, most: float, reach: str) -> Row:
    """A figure that should be small: reached when its median is at most `most`."""
    return Row(what=what, ours=ours, reach=reach, reached=ours.median <= most)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many per cent of the values do not exceed (nearest rank)."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes, once what was written before has reached the disk."""
    os.sync()
    begun = perf_counter()
    work()
    return perf_counter() - begun
