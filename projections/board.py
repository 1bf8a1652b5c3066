"""For "what is to be done first?": all open work, worst first."""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

from typing import NamedTuple

from domain.clocks import Clock
from projections.dossier import Dossier, micros, optional_micros
from store.view_db import Column, Table, ViewDb
from store.views import Rows

BOARD = Table(
    name="board",
    columns=(
        Column("case_id", "TEXT"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("building", "TEXT", required=False),
        Column("category", "TEXT"),
        Column("level", "INTEGER", required=False),
        Column("priority", "INTEGER", required=False),
        Column("status", "TEXT"),
        Column("steward", "TEXT", required=False),
        Column("technician", "TEXT", required=False),
        Column("team", "TEXT", required=False),
        Column("external_id", "TEXT", required=False),
        Column("opened", "INTEGER"),
        Column("cycle", "INTEGER"),
        Column("lapsed", "INTEGER"),
        Column("rungs", "INTEGER"),
        Column("clock", "TEXT", required=False),
        Column("due", "INTEGER", required=False),
        Column("place", "INTEGER"),
    ),
    key=("case_id",),
    indexes=("(place, case_id)", "(site, place, case_id)"),
    keeps=False,
)

NEVER = 1 << 60
"""Later than any instant in microseconds: what is never due comes last, what is broken first."""


class BoardRow(NamedTuple):
    """An open case; ``clock`` and ``due`` are its most pressing promise; broken: ``lapsed``."""

    case_id: str
    kind: str
    site: str
    building: str | None
    category: str
    level: int | None
    priority: int | None
    status: str
    steward: str | None
    technician: str | None
    team: str | None
    external_id: str | None
    opened: int
    cycle: int
    lapsed: int
    rungs: int
    clock: str | None
    due: int | None


class Board:
    """All open work."""

    name = "board"
    version = 2
    tables = (BOARD,)
    unmoved_by: frozenset[str] = frozenset()

    def rows(self, case: Dossier) -> Rows:
        """One row for an open case, none for a closed one."""
        if case.status == "closed":
            return {}
        running = [clock for clock in case.clocks if clock.running]
        worst = min(running, key=_pressing, default=None)
        due = optional_micros(worst.due) if worst is not None else None
        lapsed = sum(clock.lapsed is not None and not clock.waived for clock in running)
        place = (NEVER if due is None else due) - (NEVER if lapsed else 0)
        return {
            "board": (
                (
                    case.case, case.kind, case.site, case.building, case.category, case.level,
                    case.priority, case.status, case.steward, case.technician, case.team,
                    case.external_id, micros(case.opened), case.service.cycle,
                    lapsed,
                    max((len(clock.raised) for clock in running), default=0),
                    worst.rule.name if worst is not None else None,
                    due, place,
                ),
            )
        }  # fmt: skip


def _pressing(clock: Clock) -> tuple[bool, float]:
    return clock.due is None, clock.due.timestamp() if clock.due else 0.0


def worst_first(
    db: ViewDb, *, site: str | None = None, limit: int = 50, offset: int = 0
) -> list[BoardRow]:
    """Open cases: those with a broken promise before all others, then by what is due soonest."""
    where = " WHERE site = ?" if site else ""
    rows = db.ask(
        f"SELECT {', '.join(BoardRow._fields)} FROM board{where}"
        " ORDER BY place, case_id LIMIT ? OFFSET ?",
        (*((site,) if site else ()), limit, offset),
    )
    return [BoardRow._make(row) for row in rows]


def size(db: ViewDb, site: str | None = None) -> tuple[int, int]:
    """How many cases are open, and how many of them have a broken promise."""
    where = " WHERE site = ?" if site else ""
    ((total, broken),) = db.ask(
        "SELECT count(*), coalesce(sum(CASE WHEN lapsed > 0 THEN 1 ELSE 0 END), 0)"
        f" FROM board{where}",
        (site,) if site else (),
    )
    return int(total), int(broken)  # type: ignore[arg-type]
