"""Counts what an import did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from api.imports.faults import Reject
from api.imports.verdicts import Contradiction


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an import did.

    ``commands`` were answered now, ``repeated`` by an earlier run. ``facts`` counts everything
    recorded, ``lapses`` the missed deadlines among them, ``late`` what was entered late by the
    rulebook; ``clocks`` counts the runs of clocks that were started. ``codes`` says how
    many rejects there are of each kind and ``first`` shows some. ``compared`` verdicts are claimed
    by the source as well, ``contradicted`` are those that it claims otherwise, of which
    ``contradictions`` shows some.
    """

    rows: int
    commands: int
    repeated: int
    facts: int
    lapses: int
    clocks: int
    late: int
    rejects: int
    codes: Mapping[str, int]
    first: Sequence[Reject]
    seconds: float
    compared: int = 0
    contradicted: int = 0
    contradictions: Sequence[Contradiction] = ()

    @property
    def failed(self) -> bool:
        """Whether there was something to take and nothing of it was ever taken."""
        return self.rejects > 0 and not self.commands and not self.repeated

    def data(self) -> dict[str, Any]:
        """All of it as plain data."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return found | {
            "first": [reject._asdict() for reject in self.first],
            "contradictions": [one._asdict() for one in self.contradictions],
        }


@dataclass(slots=True)
class Tally:
    """What one batch did; counted only once it is stored."""

    asked: int = 0
    commands: int = 0
    facts: int = 0
    lapses: int = 0
    late: int = 0
    rejects: list[Reject] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Count what another did as well, except for its rejects and cases."""
        self.commands += other.commands
        self.facts += other.facts
        self.lapses += other.lapses
        self.late += other.late
