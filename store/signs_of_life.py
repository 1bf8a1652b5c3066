"""How the followers of any process stand, as they note it for the others."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import datetime

from store.follower import FollowerState
from store.log import Log
from store.tables import Record, TableDb


class SignsOfLife:
    """What followers noted of themselves in the tables of one log."""

    def __init__(self, log: Log, db: TableDb) -> None:
        """Note and read in these tables."""
        self._log = log
        self._db = db

    def note(self, states: Sequence[FollowerState]) -> None:
        """Note for other processes how followers stand that run in this one."""
        at = time.time_ns() // 1000
        with self._db.writing():
            for state in states:
                self._db.run("DELETE FROM followers WHERE name = ?", (state.name,))
                age, position = state.last_tick_age, state.position
                row = (state.name, at, age, position, state.taken, state.fault)
                self._db.run("INSERT INTO followers VALUES (?, ?, ?, ?, ?, ?)", row)

    def noted(self, now: datetime) -> dict[str, FollowerState]:
        """How each follower stood that runs in any process, as ages at an instant."""
        head, micros = self._log.head(), int(now.timestamp() * 1e6)
        rows = self._db.ask("SELECT name, at, age, position, taken, fault FROM followers")
        return {str(row[0]): _noted(row, head, micros) for row in rows}

    def noted_age(self, now: datetime) -> float:
        """Seconds since any follower was noted, infinite where none was."""
        ((at,),) = self._db.ask("SELECT max(at) FROM followers")
        return math.inf if at is None else now.timestamp() - float(at) / 1e6


def _noted(row: Record, head: int, now: int) -> FollowerState:
    """A follower's state from its row, its age counted on since it was noted."""
    name, at, age, position, taken, fault = row
    seen = None if position is None else int(position)
    return FollowerState(
        name=str(name), position=seen, lag=None if seen is None else max(head - seen, 0),
        last_tick_age=float(age or 0) + max(now - int(at or 0), 0) / 1e6, taken=int(taken or 0),
        fault=None if fault is None else str(fault),
    )  # fmt: skip
