"""Row sets with only the columns that a question reads: what is not read need not be worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, cast

from store.fleeting import Reads
from store.row_set import Rows, RowSet
from store.tables import Record, Table

_WORD: Final = re.compile(r"\w+")


class Narrowed:
    """A row set with some of its tables, and some of their columns."""

    def __init__(self, row_set: RowSet[Any], reads: Reads) -> None:
        """Keep the columns that are read, and with the case all that names a row."""
        self.name = row_set.name
        self.version = row_set.version
        self.unmoved_by = row_set.unmoved_by
        read = [table for table in row_set.tables if table.name in reads]
        self.tables = tuple(_narrowed(table, reads[table.name]) for table in read)
        self._picks = {
            old.name: _picking(old, new) for old, new in zip(read, self.tables, strict=True)
        }
        self._rows = row_set.rows

    def rows(self, case: Any) -> Rows:  # noqa: ANN401 - what the row set takes
        """The rows of a case."""
        found = self._rows(case)
        return {name: list(map(pick, found[name])) for name, pick in self._picks.items()}


def _narrowed(table: Table, reads: frozenset[str]) -> Table:
    key = table.key
    kept = reads | set(key) if key[0] in reads or not reads & set(table.names) else reads
    others = set(table.names) - kept
    return table._replace(
        columns=tuple(column for column in table.columns if column.name in kept),
        key=key if kept.issuperset(key) else (),
        indexes=tuple(i for i in table.indexes if others.isdisjoint(_WORD.findall(i))),
    )


def _picking(old: Table, new: Table) -> Callable[[Record], Record]:
    places: Sequence[int] = [old.names.index(name) for name in new.names]
    if len(places) == 1:
        (place,) = places
        return lambda row: (row[place],)
    return cast("Callable[[Record], Record]", itemgetter(*places))
