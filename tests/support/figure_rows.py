"""Made-up rows of the three row sets, put straight into tables, for figures to be counted over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.kinds import KINDS
from projections.cases import Cases
from projections.clock_runs import CLOCK_RUNS
from projections.services import SERVICES
from store.tables import Record, Table, TableDb

ZONES: Final = {"north": ZoneInfo("Asia/Shanghai"), "york": ZoneInfo("America/New_York")}
CASES: Final = Cases(KINDS).tables[0]
TABLES: Final = (CASES, SERVICES, CLOCK_RUNS)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MINUTE: Final = 60_000_000
CLOCKS: Final = ("accept", "finish")
VERDICTS: Final = (
    "met", "entered_late", "late", "lapsed", "waived", "running", "paused", "cancelled",
)  # fmt: skip
WORDS: Final = ("reported", "accepted", "completed", "closed", "second_service", "rated")
ODD_LABEL: Final = 'a "b" $.c'


@dataclass
class Service:
    """A service cycle; instants in microseconds."""

    cycle: int
    opened: int
    served: int | None = None
    closed: int | None = None
    answer: str | None = None
    technician: str | None = None
    visits: int = 0
    words: dict[str, tuple[int, int]] = field(default_factory=dict)
    pauses: list[tuple[int, int | None]] = field(default_factory=list)


@dataclass
class Run:
    """A run of a clock; instants in microseconds."""

    clock: str
    cycle: int
    started: int
    verdict: str
    due: int | None = None
    stopped: int | None = None
    rungs: int = 0
    provisional: bool = False


@dataclass
class Case:
    """A case with all its rows; instants in microseconds."""

    name: str
    kind: str
    site: str
    opened: int
    closed: int | None
    served: int | None
    paused: int
    attributes: dict[str, Any]
    labels: dict[str, str]
    services: list[Service]
    runs: list[Run]


def local_date(micros: int, site: str) -> date:
    """The local day of an instant at a site."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(ZONES[site]).date()


def _day(micros: int | None, site: str) -> int | None:
    return None if micros is None else int(local_date(micros, site).strftime("%Y%m%d"))


def make_tables(db: TableDb) -> None:
    """Make the three tables, empty."""
    with db.writing():
        for table in TABLES:
            db.create(table, table.name)
            db.index(table, table.name)


def fill(db: TableDb, cases: Sequence[Case]) -> None:
    """Put these cases into the tables, and nothing else."""
    rows: dict[str, list[Record]] = {table.name: [] for table in TABLES}
    for case in cases:
        rows["cases"].append(_record(CASES, _case(case)))
        rows["services"] += [_record(SERVICES, _service(case, one)) for one in case.services]
        rows["clock_runs"] += [_record(CLOCK_RUNS, _run(case, one)) for one in case.runs]
    with db.writing():
        for table in TABLES:
            db.run(f"DELETE FROM {table.name}")
            db.insert(table.name, table.names, rows[table.name])


def _record(table: Table, values: Mapping[str, Any]) -> Record:
    empty = {"TEXT": "", "INTEGER": 0, "REAL": 0.0}
    return tuple(
        values.get(column.name, empty[column.type] if column.required else None)
        for column in table.columns
    )


def _case(case: Case) -> dict[str, Any]:
    attributes = {
        name: int(value) if isinstance(value, bool) else value
        for name, value in case.attributes.items()
    }
    return attributes | {
        "case_id": case.name,
        "kind": case.kind,
        "site": case.site,
        "opened": case.opened,
        "opened_on": _day(case.opened, case.site),
        "served": case.served,
        "closed": case.closed,
        "closed_on": _day(case.closed, case.site),
        "paused": case.paused,
        "cycle": len(case.services),
        "labels": json.dumps(case.labels) if case.labels else None,
    }


def _service(case: Case, one: Service) -> dict[str, Any]:
    rated = one.words.get("rated")
    return {
        "case_id": case.name,
        "cycle": one.cycle,
        "kind": case.kind,
        "site": case.site,
        "opened": one.opened,
        "served": one.served,
        "served_on": _day(one.served, case.site),
        "closed": one.closed,
        "answer": one.answer,
        "rated": rated and rated[1],
        "technician": one.technician,
        "visits": one.visits,
        "words": json.dumps(one.words, separators=(",", ":")),
        "pauses": json.dumps(one.pauses) if one.pauses else None,
    }


def _run(case: Case, one: Run) -> dict[str, Any]:
    return {
        "case_id": case.name,
        "clock": one.clock,
        "cycle": one.cycle,
        "kind": case.kind,
        "site": case.site,
        "service": 1,
        "started": one.started,
        "target": "1h",
        "due": one.due,
        "due_on": _day(one.due, case.site),
        "provisional": int(one.provisional),
        "stopped": one.stopped,
        "verdict": one.verdict,
        "rungs": one.rungs,
    }


# ---------------------------------------------------------------------- made by chance

_EDGES = (
    datetime(2024, 2, 29, 16, tzinfo=ZoneInfo("UTC")),  # March begins in Shanghai
    datetime(2024, 3, 10, 7, tzinfo=ZoneInfo("UTC")),  # the clocks go forward in New York
    datetime(2024, 11, 1, 4, tzinfo=ZoneInfo("UTC")),  # November begins in New York, in summer time
    datetime(2024, 12, 31, 16, tzinfo=ZoneInfo("UTC")),  # the year begins in Shanghai
    datetime(2025, 3, 1, 5, tzinfo=ZoneInfo("UTC")),  # March begins in New York
)
INSTANTS: Final = st.builds(
    lambda edge, minutes: (edge - EPOCH) // timedelta(microseconds=1) + minutes * MINUTE,
    st.sampled_from(_EDGES),
    st.integers(-3000, 3000),
)
LENGTHS: Final = st.integers(0, 3000).map(lambda minutes: minutes * MINUTE)


@st.composite
def _services(draw: st.DrawFn, opened: int) -> list[Service]:
    found = []
    for cycle in range(1, draw(st.integers(1, 3)) + 1):
        service = Service(cycle, opened)
        at = opened
        for word in draw(st.lists(st.sampled_from(WORDS), max_size=5)):
            at += draw(LENGTHS)
            first, _ = service.words.get(word, (at, at))
            service.words[word] = (first, at)
        for length in draw(st.lists(LENGTHS, max_size=2)):
            until = opened + length + draw(LENGTHS)
            service.pauses.append((opened + length, draw(st.sampled_from([until, None]))))
        if draw(st.booleans()):
            service.served = at
            service.answer = draw(
                st.sampled_from(
                    [
                        "very_satisfied",
                        "satisfied",
                        "neutral",
                        "dissatisfied",
                        "declined",
                        "waiting",
                    ]
                )
            )
        service.technician = draw(st.sampled_from([None, "wu", "hu"]))
        service.visits = draw(st.integers(0, 2))
        found.append(service)
        opened = at
    return found


@st.composite
def _runs(draw: st.DrawFn, opened: int) -> list[Run]:
    found = []
    for clock in CLOCKS:
        for cycle in range(1, draw(st.integers(0, 2)) + 1):
            run = Run(clock, cycle, opened, draw(st.sampled_from(VERDICTS)))
            run.due = None if run.verdict == "paused" else opened + draw(LENGTHS)
            run.stopped = draw(st.sampled_from([None, opened + 90 * MINUTE]))
            run.rungs, run.provisional = draw(st.integers(0, 2)), draw(st.booleans())
            found.append(run)
    return found


def _attributes(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    none = st.none()
    common: dict[str, st.SearchStrategy[Any]] = {
        "status": st.just("open"),
        "channel": none | st.sampled_from(["app", "phone"]),
        "household": st.sampled_from(["h-1", "h-2"]),
        "category": st.sampled_from(["water", "power"]),
        "building": none | st.sampled_from(["1", "2"]),
        "promised": none | INSTANTS,
        "reopened": st.integers(0, 2),
        "second_services": st.integers(0, 1),
        "reassigned": st.integers(0, 1),
        "visits": st.integers(0, 2),
        "steward": none | st.just("li"),
    }
    own: dict[str, st.SearchStrategy[Any]] = {
        "complaint": {
            "level": st.integers(1, 3),
            "nature": st.sampled_from(["general", "complex"]),
        },
        "repair": {
            "simple": none | st.booleans(),
            "priority": none | st.integers(1, 3),
            "technician": none | st.sampled_from(["wu", "hu"]),
        },
    }[kind]  # type: ignore[assignment]
    return st.fixed_dictionaries(common | own)


LABELS: Final = st.dictionaries(
    st.sampled_from(["department", ODD_LABEL, "部门"]), st.sampled_from(["x", "y"]), max_size=2
)


@st.composite
def _some_case(draw: st.DrawFn, number: int) -> Case:
    kind = draw(st.sampled_from(["complaint", "repair"]))
    opened = draw(INSTANTS)
    services = draw(_services(opened))
    return Case(
        name=f"{kind}-{number}",
        kind=kind,
        site=draw(st.sampled_from(sorted(ZONES))),
        opened=opened,
        closed=draw(st.none() | LENGTHS.map(lambda length: opened + length)),
        served=max((one.served for one in services if one.served is not None), default=None),
        paused=draw(LENGTHS),
        attributes=draw(_attributes(kind)),
        labels=draw(LABELS),
        services=services,
        runs=draw(_runs(opened)),
    )


@st.composite
def some_cases(draw: st.DrawFn) -> list[Case]:
    """Up to a dozen cases, around the edges of months and years."""
    return [draw(_some_case(number)) for number in range(draw(st.integers(0, 12)))]
