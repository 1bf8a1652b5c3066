"""The board: all open work, worst first, read from the row set `cases`."""

from __future__ import annotations

from typing import Final, NamedTuple

from store.tables import TableDb


class BoardRow(NamedTuple):
    """An open case; ``clock`` and ``due`` are its most pressing promise; broken: ``lapsed``."""

    case_id: str
    kind: str
    site: str
    building: str | None
    category: str | None
    level: int | None
    priority: int | None
    status: str
    steward: str | None
    technician: str | None
    team: str | None
    external_id: str | None
    opened: int
    cycle: int
    late_entries: int
    lapsed: int
    rungs: int
    clock: str | None
    due: int | None


_OPEN: Final = "FROM cases WHERE closed IS NULL"


def worst_first(
    db: TableDb, *, site: str | None = None, limit: int = 50, offset: int = 0
) -> list[BoardRow]:
    """Open cases: those with a broken promise before all others, then by what is due soonest."""
    where = " AND site = ?" if site else ""
    rows = db.ask(
        f"SELECT {', '.join(BoardRow._fields)} {_OPEN}{where}"
        " ORDER BY place, case_id LIMIT ? OFFSET ?",
        (*((site,) if site else ()), limit, offset),
    )
    return [BoardRow._make(row) for row in rows]


def size(db: TableDb, site: str | None = None) -> tuple[int, int]:
    """How many cases are open, and how many of them have a broken promise."""
    where = " AND site = ?" if site else ""
    ((total, broken),) = db.ask(
        f"SELECT count(*), coalesce(sum(CASE WHEN lapsed > 0 THEN 1 ELSE 0 END), 0) {_OPEN}{where}",
        (site,) if site else (),
    )
    return int(total), int(broken)  # type: ignore[arg-type]
