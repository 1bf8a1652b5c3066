"""Keeps how much of the log each row set has seen, and in which tables it lives.

The tables carry a number, their generation, and a database view of the plain name shows the living
ones. A rebuild fills shadow tables of a generation of its own and lets them live at last. Of two
rebuilds at the same time the one that began later stays; the other finds its tables gone and is
content.
"""
# ruff: noqa: S608 - what is put into statements are names of our own, values are parameters

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from store.errors import TablesDamaged
from store.log import Log
from store.rows import Row
from store.tables import Table, TableDb

LOST_AFTER = 3600.0
"""Seconds without a sign of life after which the tables of an unfinished rebuild are dropped."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS views (name TEXT PRIMARY KEY, version BIGINT NOT NULL,
    generation BIGINT NOT NULL, position BIGINT NOT NULL, mark TEXT NOT NULL,
    newest BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS generations (physical TEXT PRIMARY KEY, name TEXT NOT NULL,
    generation BIGINT NOT NULL, alive BIGINT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS unsettled (case_id TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS followers (name TEXT PRIMARY KEY, at BIGINT NOT NULL,
    age DOUBLE PRECISION NOT NULL, position BIGINT, taken BIGINT NOT NULL, fault TEXT)""",
)


class Definition(Protocol):
    """What is needed to know of a row set."""

    @property
    def name(self) -> str:
        """The stored name; never reused for another question."""

    @property
    def version(self) -> int:
        """Which definition this is, from 1."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables, whose rows begin with the case."""


class State(NamedTuple):
    """How a row set stands: ``mark`` is a fingerprint of the log's row at ``position``."""

    version: int
    generation: int
    position: int
    mark: str


class Checkpoints:
    """The checkpoints of row sets. What changes them is done inside the database's `writing`."""

    def __init__(self, log: Log, db: TableDb, row_sets: Mapping[str, Definition]) -> None:
        """Read them, and make the tables of row sets that have none."""
        self._log = log
        self._db = db
        self._row_sets = row_sets
        try:
            db.ask("SELECT name FROM followers LIMIT 1")
            known = self.states()
        except TablesDamaged:  # there are none yet
            known = {}
        if known.keys() < row_sets.keys():
            with db.writing():
                self._begin()

    def _begin(self) -> None:
        for statement in _TABLES:
            self._db.run(statement)
        known = self.states()
        for name, row_set in self._row_sets.items():
            if name not in known:
                self._db.run("INSERT INTO views VALUES (?, 0, 0, 0, '', 0)", (name,))
                generation = self.make(row_set)
                self.index(row_set, generation)
                self.let_live(row_set, generation, 0)

    # ------------------------------------------------------------------ positions

    def states(self) -> dict[str, State]:
        """How each row set stands that is known here."""
        rows = self._db.ask("SELECT name, version, generation, position, mark FROM views")
        return {
            str(name): State(int(version), int(generation), int(position), str(mark))  # type: ignore[arg-type]
            for name, version, generation, position, mark in rows
            if name in self._row_sets
        }

    def ours(self) -> dict[str, State]:
        """The same without those that a newer version of this program has taken over."""
        states = self.states().items()
        known = self._row_sets
        return {name: state for name, state in states if state.version <= known[name].version}

    def position(self) -> int:
        """The position up to which every row set has seen the log; 0 where one is to be rebuilt."""
        states, known = self.states().items(), self._row_sets
        seen = (s.position if s.version >= known[name].version else 0 for name, s in states)
        return min(seen, default=0)

    def move(self, names: Iterable[str], last: Row) -> None:
        """Note that row sets have seen the log up to a row."""
        for name in names:
            self._db.run(
                "UPDATE views SET position = ?, mark = ? WHERE name = ?",
                (last.position, _fingerprint(last), name),
            )

    def distrust(self, states: Mapping[str, State]) -> bool:
        """Whether some row sets saw another log than this, perhaps put back from a backup.

        They are noted as if of an older definition: to be rebuilt, and answering until then.
        """
        if not self.diverged(states):
            return False
        with self._db.writing():
            if self.ours() == states:  # and nobody else has seen to it
                for name in states:
                    self._db.run(
                        "UPDATE views SET version = 0, position = 0, mark = '' WHERE name = ?",
                        (name,),
                    )
                self._db.run("DELETE FROM unsettled")
        return True

    def diverged(self, states: Mapping[str, State]) -> bool:
        """Whether some row sets saw another log than this."""
        marks = {state.position: self._mark(state.position) for state in states.values()}
        return any(state.mark != marks[state.position] for state in states.values())

    def _mark(self, position: int) -> str:
        """A fingerprint of the log's row at a position; empty where there is none."""
        rows = self._log.rows(position - 1, 1) if position else ()
        return _fingerprint(rows[0]) if rows and rows[0].position == position else ""

    # ------------------------------------------------------------------ tables

    def make(self, row_set: Definition) -> int:
        """Make empty shadow tables, of a generation that was never given before."""
        self._db.run("UPDATE views SET newest = newest + 1 WHERE name = ?", (row_set.name,))
        ((newest,),) = self._db.ask("SELECT newest FROM views WHERE name = ?", (row_set.name,))
        generation = int(newest)  # type: ignore[arg-type]
        for table in row_set.tables:
            physical = physical_name(table, generation)
            self._db.create(table, physical)
            row = (physical, row_set.name, generation, _now())
            self._db.run("INSERT INTO generations VALUES (?, ?, ?, ?)", row)
        return generation

    def index(self, row_set: Definition, generation: int) -> None:
        """Give shadow tables their keys and indexes."""
        for table in row_set.tables:
            self._db.index(table, physical_name(table, generation))

    def let_live(self, row_set: Definition, generation: int, position: int) -> None:
        """Let shadow tables answer under the plain names, and drop all that began before them."""
        older = self._db.ask(
            "SELECT physical, generation FROM generations WHERE name = ? AND generation < ?",
            (row_set.name, generation),
        )
        names = {str(physical).rpartition("_g")[0] for physical, _ in older}
        for name in sorted({*names, *(table.name for table in row_set.tables)}):
            self._db.run(f"DROP VIEW IF EXISTS {name}")
        for number in sorted({int(number) for _, number in older}):  # type: ignore[arg-type]
            self.drop({row_set.name: number})
        for table in row_set.tables:
            physical = physical_name(table, generation)
            self._db.run(f"CREATE VIEW {table.name} AS SELECT * FROM {physical}")
        self._db.run(
            "UPDATE views SET version = ?, generation = ?, position = ?, mark = ? WHERE name = ?",
            (row_set.version, generation, position, self._mark(position), row_set.name),
        )

    def drop(self, generations: Mapping[str, int]) -> None:
        """Drop tables that do not live."""
        which = "generations WHERE name = ? AND generation = ?"
        for made in generations.items():
            for (physical,) in self._db.ask(f"SELECT physical FROM {which}", made):
                self._db.run(f"DROP TABLE IF EXISTS {physical}")
            self._db.run(f"DELETE FROM {which}", made)

    def alive(self, generations: Mapping[str, int]) -> dict[str, int]:
        """Those that a later rebuild has not overtaken, with a sign of life noted for them."""
        kept: dict[str, int] = {}
        which = "WHERE name = ? AND generation = ?"
        for made in generations.items():
            self._db.run(f"UPDATE generations SET alive = ? {which}", (_now(), *made))
            if self._db.ask(f"SELECT physical FROM generations {which}", made):
                kept.update((made,))
        return kept

    def drop_lost(self) -> None:
        """Drop what a rebuild left behind that was killed."""
        lost = self._db.ask(
            "SELECT DISTINCT g.name, g.generation FROM generations AS g JOIN views AS v"
            " ON v.name = g.name AND v.generation <> g.generation WHERE g.alive < ?",
            (_now() - int(LOST_AFTER * 1e6),),
        )
        for name, number in lost:
            self.drop({str(name): int(number)})  # type: ignore[arg-type]


def physical_name(table: Table, generation: int) -> str:
    """The name of a table of a generation."""
    return f"{table.name}_g{generation}"


def _fingerprint(row: Row) -> str:
    """The row's chained hash, which stands for all rows up to it."""
    return row.chain.hex()


def _now() -> int:
    return time.time_ns() // 1000
