"""For every view: rows and position in one transaction, from a batch of facts, a rebuild, or both at once.

A view says which rows a case has, as a function of all facts of that case. Live batches ask it for
the cases they touch, a rebuild asks it for every case; so both give the same rows.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from domain.cases import KINDS
from domain.facts import Recorded, kind_of
from domain.registers import Registers
from store.codec import Codec, Row
from store.log import Log
from store.register_reader import REGISTER_TOPICS, read_registers, take_registers
from store.view_db import Record, Table, ViewDb

PAGE = 5000
KEPT_CASES = 20_000
BULK = 20_000

Case = TypeVar("Case")
CaseIn = TypeVar("CaseIn", contravariant=True)
Rows = Mapping[str, Sequence[Record]]
Progress = Callable[[int, int], None]


class View(Protocol[CaseIn]):
    """One question and its tables. A new ``version`` of the definition is rebuilt by itself."""

    @property
    def name(self) -> str:
        """The stored name; never reused for another question."""

    @property
    def version(self) -> int:
        """Which definition this is."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables, whose rows begin with the case."""

    def rows(self, case: CaseIn) -> Rows:
        """The rows of one case, by table name."""


class Views(Generic[Case]):
    """Some views of one log in one database, kept up to date by whoever calls `catch_up`.

    ``fold`` turns all facts of a case, and the registers, into what the views look at; ``unsettled``
    names a case whose rows a later calendar may still change.
    """

    def __init__(
        self,
        log: Log,
        db: ViewDb,
        views: Sequence[View[Case]],
        fold: Callable[[Sequence[Recorded], Registers], Case],
        unsettled: Callable[[Case], bool],
        codec: Codec | None = None,
    ) -> None:
        """Make the tables that are missing."""
        self.log = log
        self.db = db
        self.views = {view.name: view for view in views}
        self.codec = codec or Codec()
        self._fold = fold
        self._unsettled = unsettled
        self._cases: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._registers = Registers()
        self._registers_head = 0
        self._seen = -1
        self._prepare()

    # ------------------------------------------------------------------ positions

    def position(self) -> int:
        """The position up to which every view has seen the log."""
        return min(self._positions().values(), default=0)

    def _positions(self) -> dict[str, int]:
        rows = self.db.ask("SELECT name, position FROM views")
        return {str(name): int(at) for name, at in rows if name in self.views}  # type: ignore[arg-type]

    def _generation(self, view: View[Case]) -> int:
        ((generation,),) = self.db.ask("SELECT generation FROM views WHERE name = ?", (view.name,))
        return int(generation)  # type: ignore[arg-type]

    def _prepare(self) -> None:
        with self.db.writing():
            self.db.run(
                "CREATE TABLE IF NOT EXISTS views (name TEXT PRIMARY KEY, version INTEGER NOT NULL,"
                " generation INTEGER NOT NULL, position BIGINT NOT NULL)"
            )
            self.db.run("CREATE TABLE IF NOT EXISTS unsettled (case_id TEXT PRIMARY KEY)")
            known = {row[0]: row[1:] for row in self.db.ask("SELECT * FROM views")}
            for view in self.views.values():
                version, generation, _ = known.get(view.name, (None, 0, 0))
                if version != view.version:
                    self._swap(view, self._make(view, int(generation or 0) + 1), position=0)

    def _make(self, view: View[Case], generation: int) -> int:
        for table in view.tables:
            self.db.run(f"DROP TABLE IF EXISTS {table.name}_g{generation}")
            self.db.create(table, f"{table.name}_g{generation}")
        return generation

    def _swap(self, view: View[Case], generation: int, position: int) -> None:
        """Let a generation of tables answer under the view's names and drop the one before."""
        for table in view.tables:
            physical = f"{table.name}_g{generation}"
            self.db.index(table, physical)
            self.db.run(f"DROP VIEW IF EXISTS {table.name}")
            self.db.run(f"CREATE VIEW {table.name} AS SELECT * FROM {physical}")
            self.db.run(f"DROP TABLE IF EXISTS {table.name}_g{generation - 1}")
        self.db.run("DELETE FROM views WHERE name = ?", (view.name,))
        self.db.run(
            "INSERT INTO views (name, version, generation, position) VALUES (?, ?, ?, ?)",
            (view.name, view.version, generation, position),
        )

    # ------------------------------------------------------------------ live batches

    def catch_up(self, progress: Progress | None = None) -> int:
        """Project what the log holds beyond the views' positions; returns how many facts that were."""
        seen = 0
        head = self.log.head()
        while True:
            at = self.position()
            page = self.log.rows(at, PAGE)
            if not page:
                return seen
            if self._project(page, at):
                seen += len(page)
            if progress is not None:
                progress(page[-1].position, max(head, page[-1].position))

    def _project(self, page: list[Row], at: int) -> bool:
        """Write the rows of every case a page touches; whether nobody else was faster."""
        until = page[-1].position
        changed = self._learn_registers(page, at)
        with self.db.writing():
            behind = [n for n, position in self._positions().items() if position == at]
            if not behind:
                return False
            touched = list(dict.fromkeys(row.stream for row in page))
            if changed:
                touched.extend(str(case) for (case,) in self.db.ask("SELECT case_id FROM unsettled"))
            cases = self._fold_all(touched, page, until)
            for name in behind:
                view = self.views[name]
                self._write(view, self._generation(view), cases)
                self.db.run("UPDATE views SET position = ? WHERE name = ?", (until, name))
            self._note_unsettled(cases)
        return True

    def _learn_registers(self, page: Sequence[Row], at: int) -> bool:
        """Know the registers at least as of the page's end; whether the page changes any."""
        if self._seen != at:  # the first page, or another process projected in between
            self._registers_head = self.log.head()
            self._registers = read_registers(self.log, self.codec)
            self._cases.clear()
        self._seen = page[-1].position
        news = [row for row in page if row.position > self._registers_head]
        take_registers(self._registers, news, self.codec)
        return any(row.topic in REGISTER_TOPICS for row in page)

    def _fold_all(self, streams: Iterable[str], page: Sequence[Row], until: int) -> dict[str, Case]:
        wanted = [s for s in dict.fromkeys(streams) if kind_of(s) in KINDS]
        fresh: dict[str, list[Row]] = {}
        for row in page:
            fresh.setdefault(row.stream, []).append(row)
        decode = self.codec.decode
        missing = []
        for stream in wanted:
            rows = fresh.get(stream, [])
            known = self._cases.get(stream)
            if known is None and rows and rows[0].version == 1:
                known = self._cases[stream] = []
            if known is None or (rows and rows[0].version != len(known) + 1):
                missing.append(stream)
            else:
                known.extend(map(decode, rows))
        found = self.log.streams(missing, until) if missing else []
        for stream, rows_of in groupby(found, key=lambda row: row.stream):
            self._cases[stream] = list(map(decode, rows_of))
        cases = {s: self._fold(self._cases[s], self._registers) for s in wanted}
        while len(self._cases) > KEPT_CASES:
            self._cases.popitem(last=False)
        return cases

    def _write(self, view: View[Case], generation: int, cases: Mapping[str, Case]) -> None:
        rows: dict[str, list[Record]] = {table.name: [] for table in view.tables}
        for case in cases.values():
            for name, some in view.rows(case).items():
                rows[name].extend(some)
        for table in view.tables:
            physical = f"{table.name}_g{generation}"
            if not table.keeps:
                self.db.remove(physical, list(cases))
            self.db.replace(table, physical, rows[table.name])

    def _note_unsettled(self, cases: Mapping[str, Case]) -> None:
        self.db.remove("unsettled", list(cases))
        open_ones = [(name,) for name, case in cases.items() if self._unsettled(case)]
        self.db.insert("unsettled", ("case_id",), open_ones)

    # ------------------------------------------------------------------ rebuild

    def rebuild(
        self, names: Sequence[str] | None = None, progress: Progress | None = None
    ) -> int:
        """Build views from nothing beside the living ones and swap them in; returns the facts read.

        The living tables answer until the swap, and what was recorded meanwhile is caught up after it.
        """
        views = [self.views[name] for name in names or self.views]
        registers = read_registers(self.log, self.codec)
        until = self.log.head()
        facts = 0
        unsettled: list[Record] = []
        with self.db.writing():
            generations = {v.name: self._make(v, self._generation(v) + 1) for v in views}
        for cases, count in self._bulks(until, registers):
            with self.db.writing():
                self._fill(views, generations, cases)
            unsettled.extend((n,) for n, c in cases.items() if self._unsettled(c))
            facts += count
            if progress is not None:
                progress(facts, until)
        with self.db.writing():
            for view in views:
                self._swap(view, generations[view.name], until)
            self.db.run("DELETE FROM unsettled")
            self.db.insert("unsettled", ("case_id",), unsettled)
        self.catch_up()
        return facts

    def _bulks(self, until: int, registers: Registers) -> Iterator[tuple[dict[str, Case], int]]:
        """Every case folded once, in the order of their names, with the facts that took."""
        decode, fold = self.codec.decode, self._fold
        cases: dict[str, Case] = {}
        count = 0
        for stream, rows in groupby(self.log.by_stream(until), key=lambda row: row[1]):
            facts = list(map(decode, rows))
            count += len(facts)
            if kind_of(stream) in KINDS:
                cases[stream] = fold(facts, registers)
            if count >= BULK:
                yield cases, count
                cases, count = {}, 0
        yield cases, count

    def _fill(
        self,
        views: Sequence[View[Case]],
        generations: Mapping[str, int],
        cases: Mapping[str, Case],
    ) -> None:
        for view in views:
            rows: dict[str, list[Record]] = {table.name: [] for table in view.tables}
            for case in cases.values():
                for name, some in view.rows(case).items():
                    rows[name].extend(some)
            for table in view.tables:
                physical = f"{table.name}_g{generations[view.name]}"
                self.db.insert(physical, table.names, rows[table.name])

    # ------------------------------------------------------------------ comparison

    def digest(self, name: str) -> str:
        """A fingerprint of all rows of a view, the same for the same rows on every engine."""
        sums = hashlib.sha256()
        for table in self.views[name].tables:
            columns, key = ", ".join(table.names), ", ".join(table.key)
            for row in self.db.ask(f"SELECT {columns} FROM {table.name} ORDER BY {key}"):
                sums.update(repr(row).encode())
        return sums.hexdigest()
