"""The projector: rows and checkpoint in one transaction, from batches of facts or a rebuild.

A row set says which rows a case has, as a function of all facts of that case. Live batches ask it
for the cases they touch, a rebuild asks it for every case; so both give the same rows.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Generic

from store.case_loader import BULK, CaseLoader, FoldCase, bulks
from store.checkpoints import Checkpoints, physical_name
from store.checks import check_chain
from store.codec import Codec
from store.cycles import without_cycles
from store.errors import StoreFault, TablesDamaged
from store.follower import Follower
from store.log import Log
from store.register_reader import DirectoryReader
from store.row_set import Case, CaseRows, RowSet, Share, digest_of, leaving, moved, rows_of
from store.rows import Row
from store.signs_of_life import SignsOfLife
from store.tables import Record, TableDb

PAGE = 5000

Progress = Callable[[int, int], None]


class Projector(Follower, Generic[Case]):
    """The row sets of one log in one database, kept up to date by whoever calls `catch_up`.

    ``fold`` turns all facts of a case, and the directory, into what the row sets read;
    ``unsettled`` names a case whose rows a later calendar may still change. Several threads and
    processes may project the same row sets: each page is written by whoever comes first.
    """

    name = "projections"
    rest = 0.02

    def __init__(  # noqa: PLR0917 - the parts in the order in which a fact passes them
        self,
        log: Log,
        db: TableDb,
        row_sets: Sequence[RowSet[Case]],
        fold: FoldCase[Case],
        unsettled: Callable[[Case], bool],
        codec: Codec | None = None,
        *,
        page: int = PAGE,
        registers: DirectoryReader | None = None,
        share: Share | None = None,
    ) -> None:
        """Make the tables that are missing; what others hold stays until `catch_up` sees to it."""
        super().__init__(log)
        self.db = db
        self.signs = SignsOfLife(log, db)
        self.row_sets = {rows.name: rows for rows in row_sets}
        self.codec = codec or Codec()
        self._fold = fold
        self._unsettled = unsettled
        self._share = share
        self._size = page
        self._turn = threading.RLock()
        self._registers = registers or DirectoryReader(log, self.codec)
        self._loader = self._new_loader()
        try:
            self._checkpoints = Checkpoints(log, db, self.row_sets)
        except TablesDamaged:
            self._begin_anew()
        db.mend = self.mend

    def _new_loader(self) -> CaseLoader[Case]:
        return CaseLoader(self.log, self.codec, self._fold, self._registers)

    def mend(self, epoch: int | None = None) -> None:
        """Throw the tables away and build them anew, unless that was done since an epoch."""
        with self._turn:
            if epoch is None or self.db.epoch == epoch:
                with self.db.being_mended():
                    self._begin_anew()
                    self.catch_up()

    def _begin_anew(self) -> None:
        self.db.clear()
        self._loader = self._new_loader()
        self._checkpoints = Checkpoints(self.log, self.db, self.row_sets)

    def position(self) -> int:
        """The position up to which every row set has seen the log."""
        return self._checkpoints.position()

    def diverged(self) -> bool:
        """Whether row sets saw another log than this, put back from a backup perhaps.

        The next `catch_up` builds them again.
        """
        return self._checkpoints.diverged(self._checkpoints.ours())

    # ------------------------------------------------------------------ live batches

    def catch_up(self, progress: Progress | None = None, *, within: float = math.inf) -> int:
        """Project what the log holds beyond the checkpoints; returns how many facts that were.

        Row sets of an older definition, or with a whole long log before them, are rebuilt instead.
        Threads take turns; after ``within`` seconds no turn is waited for and no page begun.
        """
        seen, limit = 0, time.monotonic() + within
        if self._turn.acquire(timeout=min(max(within, 0.0), threading.TIMEOUT_MAX)):
            try:
                while (step := self._mended(progress)) is not None:
                    seen += step
                    if time.monotonic() > limit:
                        break
            finally:
                self._turn.release()
        return seen

    def step(self) -> int | None:
        """Project a page, or build anew what needs it; how many facts that took."""
        with self._turn:
            return self._mended(None)

    def lag(self) -> int:
        """How many facts the tables have not seen; all of them where they saw another log."""
        head = self.log.head()
        return head if self.diverged() else max(head - self.position(), 0)

    def _mended(self, progress: Progress | None) -> int | None:
        """A step; tables that are found damaged, missing or foreign are thrown away first."""
        if self.db.replaced():
            self._begin_anew()
        try:
            return self._step(progress)
        except TablesDamaged:
            with self.db.being_mended():
                self._begin_anew()
                return self._step(progress)

    def _step(self, progress: Progress | None) -> int | None:
        """Project a page or rebuild what needs it: the facts that took, None at the log's end."""
        states = self._checkpoints.ours()
        at = min((state.position for state in states.values()), default=None)
        head = self.log.head()
        doubted = at is not None and (self._loader.at != at or at > head)
        if at is None:
            return None
        if doubted and self._checkpoints.distrust(states):
            self._registers = DirectoryReader(self.log, self.codec)  # the old one saw another log
            self._loader = self._new_loader()
            return 0
        rebuilt = [
            name
            for name, state in states.items()
            if state.version < self.row_sets[name].version or (head > BULK and not state.position)
        ]
        if rebuilt:
            return self._build(rebuilt, progress)
        ahead = (state.position - at for state in states.values() if state.position > at)
        page = self.log.rows(at, min((self._size, *ahead)))
        if not page:
            return None
        mine = self._project(page, at)
        if progress is not None:
            progress(page[-1].position, max(head, page[-1].position))
        return len(page) if mine else 0

    def _project(self, page: Sequence[Row], at: int) -> bool:
        """Write the rows of every case a page touches; whether nobody else was faster."""
        try:
            with self.db.writing():
                states = self._checkpoints.ours().items()
                behind = {name: state.generation for name, state in states if state.position == at}
                if behind:
                    self._write_page(self._loader, behind, page, at)
                    self._checkpoints.move(behind, page[-1])
        except BaseException:
            self._loader.forget()
            raise
        if not behind:
            self._loader.forget()
        return bool(behind)

    def _write_page(
        self, loader: CaseLoader[Case], generations: Mapping[str, int], page: Sequence[Row], at: int
    ) -> None:
        changed = loader.follow(page, at)
        touched = [row.stream for row in page]
        if changed:
            touched.extend(self._unsettled_cases())
        cases = loader.cases(touched, page)
        for name, generation in generations.items():
            view = self.row_sets[name]
            some = cases if changed else moved(view, cases, page)
            rows = rows_of(view, some)
            for table in view.tables:
                physical = physical_name(table, generation)
                if not table.keeps:
                    self.db.remove(physical, leaving(table, some, rows[table.name]))
                self.db.replace(table, physical, rows[table.name])
        self.db.remove("unsettled", list(cases))
        self._note_unsettled(name for name, case in cases.items() if self._unsettled(case))

    def _unsettled_cases(self) -> list[str]:
        return [str(case) for (case,) in self.db.ask("SELECT case_id FROM unsettled")]

    def _note_unsettled(self, cases: Iterable[str]) -> None:
        self.db.insert("unsettled", ("case_id",), [(case,) for case in cases])

    # ------------------------------------------------------------------ rebuild

    def rebuild(self, names: Sequence[str] | None = None, progress: Progress | None = None) -> int:
        """Build shadow tables beside the living ones and swap them in; returns the facts read.

        The living tables answer, and follow the log, until the swap.
        """
        self._checkpoints.distrust(self._checkpoints.ours())
        facts = self._build(names or list(self.row_sets), progress)
        self.catch_up()
        return facts

    def _build(self, names: Sequence[str], progress: Progress | None) -> int:
        until = self.log.head()
        facts = 0
        unsettled: list[str] = []
        with self.db.writing():
            self._checkpoints.drop_lost()
            building = {name: self._checkpoints.make(self.row_sets[name]) for name in names}
        try:
            with without_cycles():
                for batch in self._batches(names, until):
                    with self.db.writing():
                        self._fill(self._checkpoints.alive(building), batch.rows)
                    unsettled.extend(batch.unsettled)
                    facts += batch.facts
                    if progress is not None:
                        progress(facts, until)
            with self.db.writing():
                self._finish(self._checkpoints.alive(building), until, unsettled)
        except BaseException:
            with suppress(StoreFault), self.db.writing():
                self._checkpoints.drop(building)
            raise
        return facts

    def _batches(self, names: Sequence[str], until: int) -> Iterator[CaseRows]:
        """The rows of every case, made here or shared among processes, and a check of the chain."""
        shared = None if self._share is None else self._share(names, until)
        if shared is not None:
            with ThreadPoolExecutor(1) as beside:  # while this process waits for the others
                checked = beside.submit(check_chain, self.log, until=until)
                yield from shared
                checked.result()
            return
        check_chain(self.log, until=until)
        directory = DirectoryReader(self.log, self.codec).at(until)
        for cases, count in bulks(self.log, self.codec, self._fold, directory, until):
            rows: dict[str, list[Record]] = {}
            for name in names:
                rows |= rows_of(self.row_sets[name], cases)
            open_cases = [name for name, case in cases.items() if self._unsettled(case)]
            yield CaseRows(count, rows, open_cases)

    def _fill(self, generations: Mapping[str, int], rows: Mapping[str, Sequence[Record]]) -> None:
        for name, generation in generations.items():
            for table in self.row_sets[name].tables:
                self.db.insert(physical_name(table, generation), table.names, rows[table.name])

    def _finish(self, generations: Mapping[str, int], until: int, unsettled: Sequence[str]) -> None:
        """Bring shadow tables to where the living ones are, others waiting, and swap them."""
        states = self._checkpoints.ours()
        ours = {name: number for name, number in generations.items() if name in states}
        self._checkpoints.drop(
            {name: number for name, number in generations.items() if name not in states}
        )
        for name, generation in ours.items():
            self._checkpoints.index(self.row_sets[name], generation)
        noted = set(self._unsettled_cases())
        self._note_unsettled(case for case in unsettled if case not in noted)
        current = (n for n in ours if states[n].version == self.row_sets[n].version)
        target = max((states[name].position for name in current), default=0)
        loader = self._new_loader()
        while until < target and (page := self.log.rows(until, min(self._size, target - until))):
            self._write_page(loader, ours, page, until)
            until = page[-1].position
        for name, generation in ours.items():
            self._checkpoints.let_live(self.row_sets[name], generation, until)

    def digest(self, name: str) -> str:
        """A fingerprint of all rows of a row set, the same for the same rows on every engine."""
        return digest_of(self.db, self.row_sets[name])
