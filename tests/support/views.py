"""Two small views, for what is promised of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from domain.facts import Recorded
from domain.registers import Registers
from store.codec import Codec
from store.log import Log
from store.view_db import Column, Record, Table, ViewDb
from store.views import View, Views

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

    def rows(self, case: Facts) -> dict[str, Sequence[Record]]:
        if case[-1].fact.word == "closed":
            return {}
        return {"still_open": [(r.stream, r.version, r.fact.word) for r in case]}


def some_views(log: Log, db: ViewDb, *views: View[Facts], page: int = 3) -> Views[Facts]:
    """The two views of a log, or others."""

    def fold(facts: Sequence[Recorded], _: Registers) -> Facts:
        return tuple(facts)

    chosen = views or (Seen(), StillOpen())
    return Views(log, db, chosen, fold, lambda _: False, Codec(), page=page)
