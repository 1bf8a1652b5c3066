"""The row set `cases`: one row per case, with every attribute its kind declares.

The board reads it too: a row of an open case carries its most pressing promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from domain.kernel.kinds import Kept, Kind, Kinds
from domain.promises import Clock, Fold
from domain.promises.course import Service
from projections.instants import MICROSECOND, local_day, micros, optional_micros
from store.row_set import Rows
from store.tables import Column, Record, Table, TableDb, Value

TABLE: Final = "cases"
NEVER: Final = 1 << 60
"""Later than any instant in microseconds: what is never due comes last, what is broken first."""

OWN: Final = (
    Column("case_id", "TEXT"),
    Column("kind", "TEXT"),
    Column("site", "TEXT"),
    Column("opened", "INTEGER"),
    Column("opened_on", "INTEGER"),
    Column("served", "INTEGER", required=False),
    Column("closed", "INTEGER", required=False),
    Column("closed_on", "INTEGER", required=False),
    Column("paused", "INTEGER"),
    Column("cycle", "INTEGER"),
    Column("late_entries", "INTEGER"),
    Column("lapsed", "INTEGER"),
    Column("rungs", "INTEGER"),
    Column("clock", "TEXT", required=False),
    Column("due", "INTEGER", required=False),
    Column("place", "INTEGER"),
    Column("labels", "TEXT", required=False),
)
"""The columns every case has; its kind's attributes follow."""

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_TYPES: Final[Mapping[Kept, str]] = {
    "TEXT": "TEXT",
    "INTEGER": "INTEGER",
    "COUNT": "INTEGER",
    "TRUTH": "INTEGER",
    "INSTANT": "INTEGER",
}


class Cases:
    """One row per case."""

    name = TABLE
    version = 2
    unmoved_by: frozenset[str] = frozenset()

    def __init__(self, kinds: Kinds) -> None:
        """Give the table a column for each attribute of any kind of case."""
        types: dict[str, str] = {}
        for kind in kinds.cases.values():
            for attribute in kind.attributes:
                types.setdefault(attribute.name, _TYPES[attribute.type])
        own = {column.name for column in OWN}
        self.attributes = tuple(name for name in types if name not in own)
        self._readers = {
            name: _readers(kind, self.attributes) for name, kind in kinds.cases.items()
        }
        columns = (*OWN, *(Column(name, types[name], required=False) for name in self.attributes))
        self.tables = (
            Table(
                name=TABLE,
                columns=columns,
                key=("case_id",),
                indexes=(
                    "(place, case_id) WHERE closed IS NULL",
                    "(site, place, case_id) WHERE closed IS NULL",
                    "(external_id) WHERE external_id IS NOT NULL",
                    "(site, household, category, opened)",
                ),
            ),
        )

    def rows(self, case: Fold) -> Rows:
        """The row of a case."""
        first, services, state = case.facts[0], case.services, case.state
        zone = case.directory.zone(first.site)
        opened, last = micros(first.occurred_at), services[-1]
        served = optional_micros(max((s.served for s in services if s.served), default=None))
        closed = optional_micros(last.closed)
        labels = getattr(state, "labels", None)
        own: Record = (
            first.stream, case.kind.name, first.site, opened, local_day(opened, zone), served,
            closed, local_day(closed, zone), _paused(services), case.service,
            case.late_entries, *_pressing(case.clocks),
            _encode(labels).decode() if labels else None,
        )  # fmt: skip
        values: list[Value] = [None] * len(self.attributes)
        for place, read in self._readers[case.kind.name]:
            values[place] = read(state)
        return {TABLE: ((*own, *values),)}


def _readers(kind: Kind, names: Sequence[str]) -> list[tuple[int, Callable[[Any], Value]]]:
    """How each attribute that a kind has is read from its state, with its place among all."""
    known = kind.attribute
    return [
        (place, _reader(known[name].read, known[name].type))
        for place, name in enumerate(names)
        if name in known
    ]


def _reader(read: Callable[[Any], Any], kept: Kept) -> Callable[[Any], Value]:
    if kept == "INSTANT":
        return lambda state: _instant(read(state))
    if kept == "TEXT":
        return read
    return lambda state: None if (value := read(state)) is None else int(value)


def _instant(value: object) -> int | None:
    return optional_micros(value) if isinstance(value, datetime) else None


def _paused(services: list[Service]) -> int:
    """For how many microseconds the case was paused; a pause that lasts is not counted yet."""
    return sum(
        (until - since) // MICROSECOND
        for service in services
        for since, until in service.pauses
        if until is not None
    )


def _pressing(clocks: list[Clock]) -> tuple[Value, ...]:
    """How many running promises are broken, the highest rung, the most pressing one, its place."""
    lapsed = rungs = 0
    worst: Clock | None = None
    for clock in clocks:
        if clock.end is not None:
            continue
        if clock.lapsed is not None and clock.waived_at is None:
            lapsed += 1
        rungs = max(rungs, len(clock.raised))
        if worst is None or (
            clock.due is not None and (worst.due is None or clock.due < worst.due)
        ):
            worst = clock
    due = None if worst is None else optional_micros(worst.due)
    place = (NEVER if due is None else due) - (NEVER if lapsed else 0)
    return lapsed, rungs, None if worst is None else worst.rule.name, due, place


def labelled(db: TableDb, label: str) -> dict[str, str]:
    """What a label says of each case that has it."""
    found: dict[str, str] = {}
    for case, labels in db.ask("SELECT case_id, labels FROM cases WHERE labels IS NOT NULL"):
        said: dict[str, str] = msgspec.json.decode(str(labels))
        if label in said:
            found[str(case)] = said[label]
    return found
