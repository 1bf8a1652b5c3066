"""Folds every case a lens sees and makes the rows of a question, a bulk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kinds
from projections.differences import DIFFERENCES, Pair
from projections.lens import Focus
from projections.narrowed import Narrowed
from projections.row_sets import case_row_sets, unsettled
from store.codec import Codec
from store.fleeting import Reads
from store.log import Log
from store.projector import Progress
from store.row_set import CaseRows, RowSet
from store.rows import Row
from store.tables import Record, Table, TableDb

BULK: Final = 5000
AT_ONCE: Final = 500
ALL: Final = ("cases", "services", "clock_runs")


class Wanted(NamedTuple):
    """The row sets that a question reads, and which columns of them; all of them where None."""

    names: tuple[str, ...] = ALL
    reads: Reads | None = None

    def sets(self, kinds: Kinds) -> list[RowSet[Any]]:
        """The row sets."""
        known = {rows.name: rows for rows in case_row_sets(kinds, self.reads)}
        found = [known.get(name, DIFFERENCES) for name in self.names]
        if self.reads is None:
            return found
        narrowed = [Narrowed(row_set, self.reads) for row_set in found]
        return [row_set for row_set in narrowed if row_set.tables]


def batches(
    focus: Focus, log: Log, codec: Codec, wanted: Wanted, *, part: int = 1, of: int = 1
) -> Iterator[CaseRows]:
    """The rows of every case that is seen, in bulks; with several parts those of one part."""
    sets = wanted.sets(focus.kinds)
    compared = DIFFERENCES in sets
    judged = focus.as_recorded
    rows: dict[str, list[Record]] = {table.name: [] for s in sets for table in s.tables}
    open_cases: list[str] = []
    count = 0
    for facts, number in _cases(focus, log, codec, part, of):
        count += number
        case = focus.fold(facts) if facts else None
        if case is not None:
            if focus.lens.live and unsettled(case):  # only the live tables are written on
                open_cases.append(facts[0].stream)
            before = judged.fold(facts) if compared else None
            for row_set in sets:
                seen: Any = Pair(before or case, case) if row_set is DIFFERENCES else case
                for table, some in row_set.rows(seen).items():
                    rows[table].extend(some)
        if count >= BULK:
            yield CaseRows(count, rows, open_cases)
            rows, count, open_cases = {name: [] for name in rows}, 0, []
    yield CaseRows(count, rows, open_cases)


def _cases(
    focus: Focus, log: Log, codec: Codec, part: int, of: int
) -> Iterator[tuple[Sequence[Recorded], int]]:
    """The facts of each stream that may be seen, and how many rows were read for them."""
    chosen = focus.lens.cases
    if chosen is not None:
        for stream, rows in some_streams(log, sorted(chosen), focus.until):
            yield [codec.decode(row) for row in rows] if focus.sees(stream) else (), len(rows)
        return
    for stream, stored in log.each_stream(focus.until, part, of):
        yield codec.decode_stream(stored) if focus.sees(stream) else (), len(stored)


def some_streams(log: Log, streams: Sequence[str], until: int) -> Iterator[tuple[str, list[Row]]]:
    """The rows of some streams up to a position, a bounded number of streams at a time."""
    for start in range(0, len(streams), AT_ONCE):
        rows = log.streams(streams[start : start + AT_ONCE], until)
        for stream, some in groupby(rows, key=lambda row: row.stream):
            yield stream, list(some)


def fill(
    db: TableDb,
    sets: Sequence[RowSet[Any]],
    found: Iterable[CaseRows],
    progress: Progress,
    until: int,
) -> int:
    """Make the tables of some row sets and put every batch into them; returns the facts read."""
    tables = make(db, sets)
    read = 0
    for batch in found:
        with db.writing():
            for table in tables:
                db.insert(table.name, table.names, batch.rows[table.name])
        read += batch.facts
        progress(read, until)
    with db.writing():
        for table in tables:
            db.index(table, table.name)
    return read


def make(db: TableDb, sets: Sequence[RowSet[Any]]) -> list[Table]:
    """Make the empty tables of some row sets."""
    tables = [table for row_set in sets for table in row_set.tables]
    with db.writing():
        for table in tables:
            db.create(table, table.name)
    return tables
