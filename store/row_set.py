"""What a row set is: tables, and the rows of a case in them."""
# ruff: noqa: S608 - what is put into statements are names of our own

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol, TypeVar

from store.checkpoints import Definition
from store.rows import Row
from store.tables import Record, Table, TableDb

Case = TypeVar("Case")
CaseIn_contra = TypeVar("CaseIn_contra", contravariant=True)
Rows = Mapping[str, Sequence[Record]]


class CaseRows(NamedTuple):
    """The rows of some cases by table, and how many facts they were made of.

    ``unsettled`` names the cases among them whose rows a later calendar may still change.
    """

    facts: int
    rows: Mapping[str, Sequence[Record]]
    unsettled: Sequence[str] = ()


Share = Callable[[Sequence[str], int], Iterator[CaseRows] | None]
"""Makes the batches of some row sets up to a position, by processes; None if not worth it."""


class RowSet(Definition, Protocol[CaseIn_contra]):
    """Tables and the rows of a case in them. A new ``version`` is rebuilt by itself."""

    @property
    def unmoved_by(self) -> frozenset[str]:
        """The topics of facts that change no row of a case."""

    def rows(self, case: CaseIn_contra) -> Rows:
        """The rows of one case, by table name."""


def moved(view: RowSet[Case], cases: Mapping[str, Case], page: Sequence[Row]) -> Mapping[str, Case]:
    """The cases whose rows the facts of a page may change."""
    if not view.unmoved_by:
        return cases
    moved = {row.stream for row in page if row.topic not in view.unmoved_by}
    return {name: case for name, case in cases.items() if name in moved}


def leaving(table: Table, cases: Iterable[str], rows: Sequence[Record]) -> list[str]:
    """The cases whose rows are to be taken away, because none of the new ones takes their place."""
    replaced = {row[0] for row in rows} if len(table.key) == 1 else set()
    return [case for case in cases if case not in replaced]


def rows_of(view: RowSet[Case], cases: Mapping[str, Case]) -> dict[str, list[Record]]:
    """The rows of some cases by table name."""
    rows: dict[str, list[Record]] = {table.name: [] for table in view.tables}
    of_case = view.rows
    for case in cases.values():
        for name, some in of_case(case).items():
            rows[name].extend(some)
    return rows


def digest_of(db: TableDb, row_set: RowSet[Case]) -> str:
    """A fingerprint of all rows of a row set."""
    sums = sha256()
    for table in row_set.tables:
        columns, key = ", ".join(table.names), ", ".join(table.key)
        for row in db.ask(f"SELECT {columns} FROM {table.name} ORDER BY {key}"):
            sums.update(repr(row).encode())
    return sums.hexdigest()
