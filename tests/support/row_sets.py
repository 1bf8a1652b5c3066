"""Two small views, and a place to keep them, for what is promised of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest

from domain.kernel.facts import HouseholdId, Recorded
from domain.kinds.case import CaseClosed
from domain.kinds.directory import Directory
from domain.kinds.repair.facts import RepairReported
from store.codec import Codec
from store.errors import StoreFault
from store.log import Log
from store.memory import MemoryLog
from store.open import open_views
from store.projector import Projector
from store.row_set import RowSet
from store.rows import Row
from store.tables import Column, Record, Table, TableDb
from tests.support.scenario import CODEC, START, envelope

Facts = tuple[Recorded, ...]

SEEN = Table(
    name="seen",
    columns=(
        Column("case_id", "TEXT"),
        Column("facts", "INTEGER"),
        Column("share", "REAL"),
        Column("last", "TEXT", required=False),
    ),
    key=("case_id",),
    indexes=("(facts)",),
)
OPEN = Table(
    name="still_open",
    columns=(Column("case_id", "TEXT"), Column("fact", "INTEGER"), Column("word", "TEXT")),
    key=("case_id", "fact"),
    keeps=False,
)


class Seen:
    """How many facts each case has; the definition and its faults can be chosen."""

    name = "seen"
    tables = (SEEN,)
    unmoved_by: frozenset[str] = frozenset()

    def __init__(self, version: int = 1, weight: int = 1) -> None:
        self.version = version
        self.weight = weight
        self.fails = False

    def rows(self, case: Facts) -> dict[str, Sequence[Record]]:
        if self.fails:
            raise ZeroDivisionError
        last = "关闭 %s ?" if len(case) > 2 else None
        return {"seen": ((case[0].stream, len(case) * self.weight, 1 / len(case), last),)}


class StillOpen:
    """Every fact of a case as long as it is not closed."""

    name = "still_open"
    version = 1
    tables = (OPEN,)
    unmoved_by: frozenset[str] = frozenset()

    def rows(self, case: Facts) -> dict[str, Sequence[Record]]:
        if case[-1].fact.word == "closed":
            return {}
        return {"still_open": [(r.stream, r.version, r.fact.word) for r in case]}


def some_views(log: Log, db: TableDb, *views: RowSet[Facts], page: int = 3) -> Projector[Facts]:
    """The two views of a log, or others."""

    def fold(facts: Sequence[Recorded], _: Directory) -> Facts:
        return tuple(facts)

    chosen = views or (Seen(), StillOpen())
    return Projector(log, db, chosen, fold, lambda _: False, Codec(), page=page)


class Place:
    """A log in memory and a database for views that can be opened more than once."""

    def __init__(self, open_db: Callable[[], TableDb]) -> None:
        self.log = MemoryLog()
        self._open = open_db
        self._opened: list[TableDb] = []

    def db(self) -> TableDb:
        db = self._open()
        self._opened.append(db)
        return db

    def projector(
        self, *views: RowSet[Facts], page: int = 3, log: Log | None = None
    ) -> Projector[Facts]:
        return some_views(log or self.log, self.db(), *views, page=page)

    def close(self) -> None:
        for db in self._opened:
            with suppress(StoreFault):
                db.close()


ENGINES = ("sqlite", "postgres")


def address_of(request: pytest.FixtureRequest) -> str:
    """A fixture: the address of an empty store on an engine."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("tmp_path") / "guanjia.db")
    address: str = request.getfixturevalue("postgres_server").new_database()
    return address


def place_at(address: str) -> Iterator[Place]:
    """A fixture: a place there."""
    place = Place(lambda: open_views(address))
    yield place
    place.close()


def happen(log: Log, *cases: str, closed: Sequence[str] = ()) -> None:
    """One more fact for each case named, a closing for those that are to be closed."""
    reported = RepairReported(household=HouseholdId("h-1"), category="water")
    with log.transaction() as transaction:
        rows: list[Row] = []
        for case in (*cases, *closed):
            fact = CaseClosed() if case in closed else reported
            before = len(transaction.stream(f"repair-{case}"))
            version = before + sum(row.stream == f"repair-{case}" for row in rows) + 1
            recorded = envelope(fact, version, START, stream=f"repair-{case}")
            rows.append(CODEC.encode(recorded._replace(position=transaction.head + len(rows) + 1)))
        transaction.append(rows)


def seen(views: Projector[Facts]) -> dict[str, int]:
    found = views.db.ask("SELECT case_id, facts FROM seen ORDER BY case_id")
    return {str(case).removeprefix("repair-"): int(n or 0) for case, n in found}


def tables(views: Projector[Facts]) -> set[str]:
    """The tables of all generations that are really there."""
    found = set()
    for table in ("seen", "still_open"):
        for generation in range(1, 12):
            with suppress(StoreFault):
                views.db.rows_of(f"SELECT count(*) FROM {table}_g{generation}", ())
                found.add(f"{table}_g{generation}")
    return found
