"""For every view: rows and position in one transaction, from a batch of facts, a rebuild, or both at once.

A view says which rows a case has, as a function of all facts of that case. Live batches ask it for
the cases they touch, a rebuild asks it for every case; so both give the same rows.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, NamedTuple, Protocol, TypeVar

from domain.registers import Registers
from store.codec import Codec, Row
from store.errors import StoreFault
from store.log import Log
from store.register_reader import read_registers
from store.view_db import Record, Table, ViewDb
from store.view_fold import Fold, Folder, bulks

PAGE = 5000
LOST_AFTER = 3600.0
"""Seconds without a sign of life after which the tables of an unfinished rebuild are dropped."""

Case = TypeVar("Case")
CaseIn = TypeVar("CaseIn", contravariant=True)
Rows = Mapping[str, Sequence[Record]]
Progress = Callable[[int, int], None]

_TABLES = (
    "CREATE TABLE IF NOT EXISTS views (name TEXT PRIMARY KEY, version BIGINT NOT NULL,"
    " generation BIGINT NOT NULL, position BIGINT NOT NULL, mark TEXT NOT NULL,"
    " newest BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS generations (physical TEXT PRIMARY KEY, name TEXT NOT NULL,"
    " generation BIGINT NOT NULL, alive BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pulses (name TEXT PRIMARY KEY, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS unsettled (case_id TEXT PRIMARY KEY)",
)


class View(Protocol[CaseIn]):
    """One question and its tables. A new ``version`` of the definition is rebuilt by itself."""

    @property
    def name(self) -> str:
        """The stored name; never reused for another question."""

    @property
    def version(self) -> int:
        """Which definition this is, from 1."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables, whose rows begin with the case."""

    def rows(self, case: CaseIn) -> Rows:
        """The rows of one case, by table name."""


class State(NamedTuple):
    """How a view stands: ``mark`` is a fingerprint of the log's row at ``position``."""

    version: int
    generation: int
    position: int
    mark: str


class Views(Generic[Case]):
    """Some views of one log in one database, kept up to date by whoever calls `catch_up`.

    ``fold`` turns all facts of a case, and the registers, into what the views look at; ``unsettled``
    names a case whose rows a later calendar may still change. Several threads and processes may
    have the same views: each page is written by whoever comes first.

    A view's tables carry the number of their generation; a plain name stands for the living one. A
    rebuild fills a generation of its own and lets it live when it has seen as much of the log as
    the one before. Of two rebuilds the one that began later stays.
    """

    def __init__(
        self,
        log: Log,
        db: ViewDb,
        views: Sequence[View[Case]],
        fold: Fold[Case],
        unsettled: Callable[[Case], bool],
        codec: Codec | None = None,
        *,
        page: int = PAGE,
    ) -> None:
        """Make the tables that are missing; what is in others is kept until `catch_up` knows better."""
        self.log = log
        self.db = db
        self.views = {view.name: view for view in views}
        self.codec = codec or Codec()
        self._fold = fold
        self._unsettled = unsettled
        self._size = page
        self._turn = threading.RLock()
        self._folder = self._new_folder()
        self._prepare()

    def _new_folder(self) -> Folder[Case]:
        return Folder(self.log, self.codec, self._fold)

    # ------------------------------------------------------------------ positions

    def position(self) -> int:
        """The position up to which every view has seen the log."""
        states = self._states()
        return min((_seen(view, states[name]) for name, view in self.views.items()), default=0)

    def _states(self) -> dict[str, State]:
        rows = self.db.ask("SELECT name, version, generation, position, mark FROM views")
        return {str(name): State._make(state) for name, *state in rows}

    def _prepare(self) -> None:
        try:
            known = self._states()
        except StoreFault:  # there is no such table yet, or whatever is wrong is said below
            known = {}
        if known.keys() >= self.views.keys():
            return
        with self.db.writing():
            for statement in _TABLES:
                self.db.run(statement)
            for name in self.views.keys() - self._states().keys():
                self.db.run("INSERT INTO views VALUES (?, 0, 0, 0, '', 0)", (name,))
                self._let_live(self.views[name], self._make(self.views[name]), 0, "")

    def _distrust(self, states: Mapping[str, State]) -> bool:
        """Whether a view saw another log than this, which was put back from a backup perhaps.

        Such views are rebuilt like those of an older definition; until then their rows answer.
        """
        marks = {state.position: self._mark(state.position) for state in states.values()}
        if all(state.mark == marks[state.position] for state in states.values()):
            return False
        with self.db.writing():
            if self._states() == states:
                self.db.run("UPDATE views SET version = 0, position = 0, mark = ''")
                self.db.run("DELETE FROM unsettled")
        return True

    def _mark(self, position: int) -> str:
        """A fingerprint of the row at a position, nothing for a row that is not there."""
        rows = self.log.rows(position - 1, 1) if position else ()
        return _fingerprint(rows[0]) if rows and rows[0].position == position else ""

    # ------------------------------------------------------------------ generations

    def _make(self, view: View[Case]) -> int:
        """Make the empty tables of a new generation, whose number was never given before."""
        self.db.run("UPDATE views SET newest = newest + 1 WHERE name = ?", (view.name,))
        ((newest,),) = self.db.ask("SELECT newest FROM views WHERE name = ?", (view.name,))
        generation = int(newest)  # type: ignore[arg-type]
        for table in view.tables:
            physical = _physical(table, generation)
            self.db.create(table, physical)
            self.db.run(
                "INSERT INTO generations VALUES (?, ?, ?, ?)",
                (physical, view.name, generation, _now()),
            )
        return generation

    def _let_live(self, view: View[Case], generation: int, position: int, mark: str) -> None:
        """Let a generation, whose tables have their keys, answer under the view's names."""
        if position == 0:
            self._index(view, generation)
        older = self.db.ask(
            "SELECT physical FROM generations WHERE name = ? AND generation < ?",
            (view.name, generation),
        )
        for (physical,) in older:
            self.db.run(f"DROP VIEW IF EXISTS {str(physical).rpartition('_g')[0]}")
        for table in view.tables:
            physical = _physical(table, generation)
            self.db.run(f"DROP VIEW IF EXISTS {table.name}")
            self.db.run(f"CREATE VIEW {table.name} AS SELECT * FROM {physical}")
        self._drop(older)
        self.db.run(
            "UPDATE views SET version = ?, generation = ?, position = ?, mark = ? WHERE name = ?",
            (view.version, generation, position, mark, view.name),
        )
