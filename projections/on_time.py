"""The share of promises kept, gross and net of waivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from projections.instants import local_day
from store.tables import TableDb, Value

DIMENSIONS: Final[Mapping[str, str]] = {
    "clock": "c.clock",
    "kind": "f.kind",
    "site": "c.site",
    "building": "f.building",
    "category": "f.category",
    "steward": "f.steward",
    "technician": "f.technician",
}
QUARTER: Final = 900_000_000
"""Microseconds of a quarter of an hour: no zone's month begins in the middle of one."""

ZoneOf = Callable[[str], ZoneInfo]
Months = tuple[str, str]

_FROM: Final = "FROM clock_runs AS c JOIN cases AS f ON f.case_id = c.case_id"


class OnTimeFigure(NamedTuple):
    """How many runs of clocks stand at each verdict; ``waived`` are excused breaches."""

    group: str | None
    met: int
    late: int
    lapsed: int
    waived: int
    cancelled: int
    running: int
    paused: int

    @property
    def judged(self) -> int:
        """Runs with an outcome: cancelled ones and those that still run have none."""
        return self.met + self.late + self.lapsed + self.waived

    @property
    def gross(self) -> float | None:
        """Met per judged run, excused breaches included; None where nothing was judged."""
        return self.met / self.judged if self.judged else None

    @property
    def net(self) -> float | None:
        """Met per judged run, excused breaches left out; None where nothing else was judged."""
        counted = self.judged - self.waived
        return self.met / counted if counted else None


class Missed(NamedTuple):
    """A promise that was not kept; ``due`` in microseconds since 1970."""

    case_id: str
    clock: str
    cycle: int
    verdict: str
    due: int | None
    site: str


def figures(
    db: TableDb,
    *,
    zone_of: ZoneOf,
    by: str | Mapping[str, str] | None = None,
    months: Months | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[OnTimeFigure]:
    """The figures by a dimension, by the month of the due instant, or all together.

    A run belongs to the month in which it was due at its site; a paused one to none.
    Instead of a dimension there may be a mapping that says to which group each case belongs.

    Raises:
        KeyError: a dimension is unknown.
    """
    if isinstance(by, Mapping):
        group = "c.case_id"
    else:
        group = "NULL" if by in (None, "month") else DIMENSIONS[by or ""]
    quarter = f"c.due / {QUARTER}" if by == "month" or months else "0"
    condition, parameters = _where(chosen)
    rows = db.ask(
        f"SELECT {group}, c.site, c.verdict, {quarter}, count(*) {_FROM}{condition}"
        " GROUP BY 1, 2, 3, 4",
        parameters,
    )
    counted: dict[Value, Counter[str]] = {}
    for name, site, verdict, at, n in rows:
        month = _month(at, zone_of(str(site))) if quarter != "0" else None
        if months is not None and (month is None or not months[0] <= month <= months[1]):
            continue
        key = month if by == "month" else by.get(str(name)) if isinstance(by, Mapping) else name
        counted.setdefault(key, Counter())[str(verdict)] += int(n or 0)
    return [_figure(key, some) for key, some in sorted(counted.items(), key=_by_name)]


def behind(
    db: TableDb,
    *,
    zone_of: ZoneOf,
    months: Months | None = None,
    chosen: Mapping[str, str] | None = None,
) -> list[Missed]:
    """The promises that were not kept, excused ones included."""
    condition, parameters = _where(chosen, "c.verdict IN ('late', 'lapsed', 'waived')")
    rows = db.ask(
        f"SELECT c.case_id, c.clock, c.cycle, c.verdict, c.due, c.site {_FROM}{condition}"
        " ORDER BY 1, 2, 3",
        parameters,
    )
    found = []
    for missed in map(Missed._make, rows):
        if months is not None:
            due = None if missed.due is None else missed.due // QUARTER
            month = _month(due, zone_of(missed.site))
            if month is None or not months[0] <= month <= months[1]:
                continue
        found.append(missed)
    return found


def _where(chosen: Mapping[str, str] | None, *fixed: str) -> tuple[str, list[Value]]:
    texts = [*fixed, *(f"{DIMENSIONS[name]} = ?" for name in chosen or {})]
    return (f" WHERE {' AND '.join(texts)}" if texts else ""), [*(chosen or {}).values()]


def _month(quarter: Value, zone: ZoneInfo) -> str | None:
    day = None if quarter is None else local_day(int(quarter) * QUARTER, zone)
    return None if day is None else f"{day // 10_000:04d}-{day // 100 % 100:02d}"


def _by_name(entry: tuple[Value, Counter[str]]) -> str:
    return str(entry[0] or "")


def _figure(name: Value, counted: Counter[str]) -> OnTimeFigure:
    verdicts = ("met", "late", "lapsed", "waived", "cancelled", "running", "paused")
    return OnTimeFigure(None if name is None else str(name), *(counted[v] for v in verdicts))
