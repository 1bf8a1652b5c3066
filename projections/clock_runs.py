"""The row set `clock_runs`: one row per run of every clock, and what is due next."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from domain.promises import Fold, next_instant, spent, unit_of
from domain.promises.rules import spell_target
from domain.working_time import Within
from projections.instants import local_day, micros, optional_micros
from store.row_set import Rows
from store.tables import Column, Table, TableDb

TABLE: Final = "clock_runs"
CLOCK_RUNS = Table(
    name=TABLE,
    columns=(
        Column("case_id", "TEXT"),
        Column("clock", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("rules", "INTEGER"),
        Column("service", "INTEGER"),
        Column("started", "INTEGER"),
        Column("target", "TEXT"),
        Column("due", "INTEGER", required=False),
        Column("due_on", "INTEGER", required=False),
        Column("provisional", "INTEGER"),
        Column("stopped", "INTEGER", required=False),
        Column("paused", "INTEGER", required=False),
        Column("verdict", "TEXT"),
        Column("unit", "TEXT"),
        Column("consumed", "REAL", required=False),
        Column("lateness", "REAL", required=False),
        Column("detected", "INTEGER", required=False),
        Column("rungs", "INTEGER"),
        Column("acknowledged", "INTEGER"),
        Column("late_entries", "INTEGER"),
        Column("next", "INTEGER", required=False),
    ),
    key=("case_id", "clock", "cycle"),
    indexes=("(next, case_id) WHERE next IS NOT NULL",),
)

MOST_TARGETS = 1000
OPEN: Final = (None, None)
NO_TARGET: Final = (None, None, None)


class ClockRuns:
    """One row per run of every clock.

    ``consumed`` and ``lateness`` of an ended run are in ``unit``, on the target's own calendar.
    """

    name = TABLE
    version = 4
    tables = (CLOCK_RUNS,)
    unmoved_by: frozenset[str] = frozenset()

    def __init__(self, wanted: frozenset[str] = frozenset(CLOCK_RUNS.names)) -> None:
        """Name the columns that are wanted; of the others those that take long are left empty."""

        def made(work: Callable[..., Any], *columns: str) -> Callable[..., Any]:
            return _left_out if wanted.isdisjoint(columns) else work

        self._at = made(optional_micros, "started", "due", "due_on", "stopped", "next")
        self._day = made(local_day, "due_on")
        self._target = made(_target, "target", "unit")
        self._spent = made(spent, "consumed", "lateness")
        self._next = made(next_instant, "next")

    def rows(self, case: Fold) -> Rows:
        """The rows of a case."""
        first, kind, directory, at = case.facts[0], case.kind.name, case.directory, self._at
        name, site, zone = first.stream, first.site, directory.zone(first.site)
        found = []
        for clock in case.clocks:
            due = at(clock.due)
            _, target, unit = self._target(clock.within) or NO_TARGET
            used, late = self._spent(clock, directory) or OPEN
            found.append(
                (
                    name, clock.rule.name, clock.cycle, kind, site, clock.origin.rules,
                    clock.service, at(clock.started), target, due, self._day(due, zone),
                    int(clock.provisional), at(clock.end),
                    micros(clock.pauses[-1].since) if clock.paused else None,
                    str(clock.verdict), unit, used, late,
                    None if clock.lapsed is None else micros(clock.lapsed.detected),
                    len(clock.raised), len(clock.acknowledgements), clock.late_entries,
                    at(self._next(clock, directory)),
                )
            )  # fmt: skip
        return {TABLE: found}


def _left_out(*_: object) -> None:
    """Nothing, for a column that nobody reads."""


_TARGETS: dict[int, tuple[Within, str, str]] = {}


def _target(within: Within) -> tuple[Within, str, str]:
    """A target in words and its unit, found again by identity: to compare it would take longer."""
    known = _TARGETS.get(id(within))
    if known is None:
        if (
            len(_TARGETS) >= MOST_TARGETS
        ):  # dates that cases were promised have targets of their own
            _TARGETS.clear()
        known = _TARGETS[id(within)] = (within, spell_target(within), unit_of(within))
    return known


class ClockRun(NamedTuple):
    """A run of a clock as the table keeps it; instants in microseconds since 1970, UTC."""

    case_id: str
    clock: str
    cycle: int
    kind: str
    site: str
    rules: int
    service: int
    started: int
    target: str
    due: int | None
    due_on: int | None
    provisional: int
    stopped: int | None
    paused: int | None
    verdict: str
    unit: str
    consumed: float | None
    lateness: float | None
    detected: int | None
    rungs: int
    acknowledged: int
    late_entries: int
    next: int | None


_ALL = ", ".join(ClockRun._fields)
PAGE = 1000


def due_before(db: TableDb, limit: int, most: int) -> list[tuple[int, str]]:
    """At most `most` (instant, case) with something to say before an instant, earliest first."""
    rows = db.ask(
        "SELECT min(next), case_id FROM (SELECT next, case_id FROM clock_runs"
        " WHERE next IS NOT NULL AND next < ? ORDER BY next, case_id LIMIT ?) AS due"
        " GROUP BY case_id ORDER BY 1, 2",
        (limit, most),
    )
    return [(int(at), str(case)) for at, case in rows]  # type: ignore[arg-type]


def first_due(db: TableDb) -> int | None:
    """The next instant at which any clock has something to say."""
    rows = db.ask("SELECT next FROM clock_runs WHERE next IS NOT NULL ORDER BY next LIMIT 1")
    return int(rows[0][0]) if rows else None  # type: ignore[arg-type]


def find(
    db: TableDb,
    *,
    case: str | None = None,
    clock: str | None = None,
    verdict: Sequence[str] = (),
    site: str | None = None,
    order: str = "due",
    limit: int | None = None,
) -> list[ClockRun]:
    """Runs of clocks, by due instant or by case; paused ones come last."""
    conditions, parameters = _conditions(case=case, clock=clock, verdict=verdict, site=site)
    by = "due IS NULL, due, case_id, clock, cycle" if order == "due" else "case_id, clock, cycle"
    tail = "" if limit is None else f" LIMIT {int(limit)}"
    query = f"SELECT {_ALL} FROM clock_runs{conditions} ORDER BY {by}{tail}"
    return [ClockRun._make(row) for row in db.ask(query, parameters)]


def each(db: TableDb, *, clock: str | None = None, site: str | None = None) -> Iterator[ClockRun]:
    """Every run in order of case, clock and cycle, a page at a time."""
    last: tuple[Any, ...] = ("", "", 0)
    wanted = [(name, value) for name, value in (("clock", clock), ("site", site)) if value]
    chosen = "".join(f" AND {name} = ?" for name, _ in wanted)
    while True:
        rows = db.ask(
            f"SELECT {_ALL} FROM clock_runs WHERE (case_id, clock, cycle) > (?, ?, ?){chosen}"
            f" ORDER BY case_id, clock, cycle LIMIT {PAGE}",
            (*last, *(value for _, value in wanted)),
        )
        yield from map(ClockRun._make, rows)
        if len(rows) < PAGE:
            return
        last = rows[-1][:3]


def counts(db: TableDb) -> dict[str, int]:
    """How many runs stand at each verdict."""
    rows = db.ask("SELECT verdict, count(*) FROM clock_runs GROUP BY verdict ORDER BY verdict")
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
