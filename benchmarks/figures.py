"""What a benchmark measured: its spread, the peer's, and the target it is judged by."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.targets import TARGETS, Target


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
    """One line of the table.

    ``compared`` sets ours beside the peer's, round by round: a ratio (``x``) or a difference.
    ``missing`` says why a side could not be measured; a target is then not judged.
    ``reached`` is None where there is no target, or where it could not be judged.
    """

    what: str
    ours: Spread | None = None
    peer: str = ""
    theirs: Spread | None = None
    compared: Spread | None = None
    target: Target | None = None
    reached: bool | None = None
    missing: str = ""

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "what": self.what,
            "ours": self.ours and self.ours.document(),
            "peer": self.peer or None,
            "theirs": self.theirs and self.theirs.document(),
            "compared": self.compared and self.compared.document(),
            "target": self.target and self.target.text,
            "reached": self.reached,
            "missing": self.missing or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a benchmark is given.

    A folder on the disk to measure, its size, the folders of the peers' environments and of the
    real data, and who listens.
    """

    folder: Path
    quick: bool
    peers: Path
    data: Path
    say: Callable[[str], None]


class Outcome(NamedTuple):
    """A target and the row that was judged by it; no row: this run did not measure it."""

    target: Target
    row: Row | None

    @property
    def measured(self) -> Spread | None:
        """The figure that the target is about."""
        if self.row is None or self.row.missing:
            return None
        return self.row.compared or self.row.ours

    @property
    def missing(self) -> str:
        """Why there is no figure."""
        if self.row is None:
            return self.target.later or "this run did not measure it"
        return self.row.missing

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "name": self.target.name,
            "what": self.target.what,
            "target": self.target.text,
            "measured": self.measured and self.measured.document(),
            "reached": self.row and self.row.reached,
            "missing": self.missing or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one run found.

    ``whole`` says that every benchmark was asked for; ``rows`` are by the benchmark's name.
    """

    command: str
    quick: bool
    began: str
    seconds: float
    whole: bool
    machine: Mapping[str, str | float]
    titles: Mapping[str, str]
    rows: Mapping[str, Sequence[Row]]

    def outcomes(self) -> list[Outcome]:
        """Every target of what was asked for, with what this run measured for it."""
        rows = [row for rows in self.rows.values() for row in rows]
        found = (
            Outcome(target, next((row for row in rows if row.target is target), None))
            for target in TARGETS.values()
        )
        return [outcome for outcome in found if self.whole or outcome.row]

    def document(self) -> dict[str, Any]:
        """The same as JSON says it."""
        return {
            "command": self.command,
            "quick": self.quick,
            "began": self.began,
            "seconds": self.seconds,
            "machine": dict(self.machine),
            "targets": [outcome.document() for outcome in self.outcomes()],
            "benchmarks": {
                name: {"title": self.titles[name], "rows": [row.document() for row in rows]}
                for name, rows in self.rows.items()
            },
        }


def judged(row: Row, value: float) -> Row:
    """The row with whether a value reaches its target."""
    return row if row.target is None else replace(row, reached=row.target.reached_by(value))


def faster(
    what: str, ours: Spread, peer: str, theirs: Spread, *, target: Target | None = None
) -> Row:
    """Rates beside the peer's; the target is judged by the median of the ratios."""
    row = Row(what=what, ours=ours, peer=peer, theirs=theirs, target=target)
    return _beside(row, ratio(ours, theirs))


def sooner(
    what: str, ours: Spread, peer: str, theirs: Spread, *, target: Target | None = None
) -> Row:
    """Lengths of time beside the peer's: the ratio says how many times as long the peer takes."""
    row = Row(what=what, ours=ours, peer=peer, theirs=theirs, target=target)
    return _beside(row, ratio(theirs, ours))


def against(
    what: str, ours: Spread, peer: str, theirs: Spread, *, unit: str, target: Target | None = None
) -> Row:
    """What is measured beside a yardstick: how much more ours is, in a unit of its own."""
    more = Spread(unit, tuple(a - b for a, b in zip(ours.samples, theirs.samples, strict=True)))
    return _beside(Row(what=what, ours=ours, peer=peer, theirs=theirs, target=target), more)


def ratio(above: Spread, below: Spread) -> Spread:
    """How many times as much, round by round."""
    return Spread("x", tuple(a / b for a, b in zip(above.samples, below.samples, strict=True)))


def at_most(what: str, ours: Spread, target: Target) -> Row:
    """A figure without a peer; the target is judged by its median."""
    return judged(Row(what=what, ours=ours, target=target), ours.median)


def unmeasured(
    what: str, missing: str, *, ours: Spread | None = None, peer: str = "",
    target: Target | None = None,
) -> Row:  # fmt: skip
    """A line of which a side could not be measured, and why."""
    return Row(what=what, ours=ours, peer=peer, target=target, missing=missing)


def _beside(row: Row, compared: Spread) -> Row:
    return judged(replace(row, compared=compared), compared.median)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many per cent of the values do not exceed (nearest rank)."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes, once what was written before has reached the disk."""
    os.sync()
    begun = perf_counter()
    work()
    return perf_counter() - begun
