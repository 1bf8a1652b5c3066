"""For "which promises are running, and what is due next?": every run of every clock."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from domain.clock_rules import spell_target
from domain.clocks import next_instant
from domain.working_time import Within
from projections.dossier import Dossier, micros
from store.view_db import Column, Table, ViewDb
from store.views import Rows

CLOCKS = Table(
    name="clocks",
    columns=(
        Column("case_id", "TEXT"),
        Column("clock", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("site", "TEXT"),
        Column("started", "INTEGER"),
        Column("target", "TEXT"),
        Column("due", "INTEGER", required=False),
        Column("provisional", "INTEGER"),
        Column("stopped", "INTEGER", required=False),
        Column("paused", "INTEGER", required=False),
        Column("verdict", "TEXT"),
        Column("detected", "INTEGER", required=False),
        Column("rungs", "INTEGER"),
        Column("acknowledged", "INTEGER"),
        Column("next", "INTEGER", required=False),
    ),
    key=("case_id", "clock", "cycle"),
    indexes=("(next, case_id) WHERE next IS NOT NULL",),
)

MOST_TARGETS = 1000


class Clocks:
    """Every run of every clock."""

    name = "clocks"
    version = 1
    tables = (CLOCKS,)
    unmoved_by: frozenset[str] = frozenset()

    def rows(self, case: Dossier) -> Rows:
        """One row per run."""
        name, site, registers = case.case, case.site, case.registers
        found = []
        for clock in case.clocks:
            coming = next_instant(clock, registers)
            end = clock.stopped or clock.cancelled
            found.append(
                (
                    name, clock.rule.name, clock.cycle, site, micros(clock.started),
                    _target(clock.within),
                    None if clock.due is None else micros(clock.due), int(clock.provisional),
                    None if end is None else micros(end),
                    micros(clock.pauses[-1].since) if clock.paused else None,
                    str(clock.verdict),
                    None if clock.lapsed is None else micros(clock.lapsed.detected),
                    len(clock.raised), len(clock.acknowledgements),
                    None if coming is None else micros(coming),
                )
            )  # fmt: skip
        return {"clocks": found}


_TARGETS: dict[int, tuple[Within, str]] = {}


def _target(within: Within) -> str:
    """A target in words, found again by its identity: to compare it would take longer."""
    known = _TARGETS.get(id(within))
    if known is None:
        if (
            len(_TARGETS) >= MOST_TARGETS
        ):  # dates that cases were promised have targets of their own
            _TARGETS.clear()
        known = _TARGETS[id(within)] = (within, spell_target(within))
    return known[1]


class ClockRow(NamedTuple):
    """A run of a clock as the view keeps it; instants in microseconds since 1970, UTC."""

    case_id: str
    clock: str
    cycle: int
    site: str
    started: int
    target: str
    due: int | None
    provisional: int
    stopped: int | None
    paused: int | None
    verdict: str
    detected: int | None
    rungs: int
    acknowledged: int
    next: int | None


_ALL = ", ".join(ClockRow._fields)
PAGE = 1000


def due_before(db: ViewDb, limit: int, most: int) -> list[tuple[int, str]]:
    """At most `most` (instant, case) with something to say before an instant, earliest first."""
    rows = db.ask(
        "SELECT min(next), case_id FROM (SELECT next, case_id FROM clocks"
        " WHERE next IS NOT NULL AND next < ? ORDER BY next, case_id LIMIT ?) AS due"
        " GROUP BY case_id ORDER BY 1, 2",
        (limit, most),
    )
    return [(int(at), str(case)) for at, case in rows]  # type: ignore[arg-type]


def first_due(db: ViewDb) -> int | None:
    """The next instant at which any clock has something to say."""
    rows = db.ask("SELECT next FROM clocks WHERE next IS NOT NULL ORDER BY next LIMIT 1")
    return int(rows[0][0]) if rows else None  # type: ignore[arg-type]


def find(
    db: ViewDb,
    *,
    case: str | None = None,
    clock: str | None = None,
    verdict: Sequence[str] = (),
    site: str | None = None,
    order: str = "due",
    limit: int | None = None,
) -> list[ClockRow]:
    """Runs of clocks, by due instant or by case; paused ones come last."""
    conditions, parameters = _conditions(case=case, clock=clock, verdict=verdict, site=site)
    by = "due IS NULL, due, case_id, clock, cycle" if order == "due" else "case_id, clock, cycle"
    tail = "" if limit is None else f" LIMIT {int(limit)}"
    query = f"SELECT {_ALL} FROM clocks{conditions} ORDER BY {by}{tail}"
    return [ClockRow._make(row) for row in db.ask(query, parameters)]


def each(db: ViewDb, *, clock: str | None = None) -> Iterator[ClockRow]:
    """Every run in order of case, clock and cycle, a page at a time."""
    last: tuple[Any, ...] = ("", "", 0)
    chosen = " AND clock = ?" if clock else ""
    while True:
        rows = db.ask(
            f"SELECT {_ALL} FROM clocks WHERE (case_id, clock, cycle) > (?, ?, ?){chosen}"
            f" ORDER BY case_id, clock, cycle LIMIT {PAGE}",
            (*last, clock) if clock else last,
        )
        yield from map(ClockRow._make, rows)
        if len(rows) < PAGE:
            return
        last = rows[-1][:3]


def counts(db: ViewDb) -> dict[str, int]:
    """How many runs stand at each verdict."""
    rows = db.ask("SELECT verdict, count(*) FROM clocks GROUP BY verdict ORDER BY verdict")
    return {str(verdict): int(n) for verdict, n in rows}  # type: ignore[arg-type]


def _conditions(
    *, verdict: Sequence[str], **equal: str | None
) -> tuple[str, list[str | int | float | None]]:
    names = {"case": "case_id"}
    found = [(names.get(key, key), value) for key, value in equal.items() if value is not None]
    texts = [f"{name} = ?" for name, _ in found]
    parameters: list[str | int | float | None] = [value for _, value in found]
    if verdict:
        texts.append(f"verdict IN ({','.join('?' * len(verdict))})")
        parameters.extend(verdict)
    return (f" WHERE {' AND '.join(texts)}" if texts else ""), parameters
