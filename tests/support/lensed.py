"""A neighbourhood whose clocks are watched at every instant, and what a lens sees of its log."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from commands.cases import CloseCase, LeaveUnanswered, RateService
from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.complaint import ReplyToComplaint, ResolveComplaint
from commands.messages import Message
from commands.registers import PublishRulebook
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    PauseRepair,
    ReopenRepair,
    ResumeRepair,
)
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.aftercare import NonAnswer, Rating
from domain.kinds.repair.facts import PauseReason
from projections.clock_runs import due_before, first_due
from projections.instants import instant
from projections.lens import Lens, focus
from projections.replay import ALL, Wanted, batches, fill
from store.open import MEMORY, open_views
from store.register_reader import DirectoryReader
from store.tables import Record, TableDb
from tests.support.neighbourhood import RULES, Neighbourhood
from tests.support.scenario import CODEC, REASON

Dump = dict[str, list[Record]]
LI, WU = StaffId("li"), StaffId("wu")


def dump(db: TableDb, *without: str) -> Dump:
    """Every row of every row set, but for some columns."""
    found = {}
    for row_set in Wanted().sets(KINDS):
        for table in row_set.tables:
            columns = ", ".join(name for name in table.names if name not in without)
            rows = db.ask(f"SELECT {columns} FROM {table.name} ORDER BY {', '.join(table.key)}")
            found[table.name] = list(rows)
    return found


def seen(place: Neighbourhood, lens: Lens, names: Sequence[str] = ALL) -> TableDb:
    """The tables that a lens makes of the log; whoever asked closes them."""
    held = focus(lens, place.log, DirectoryReader(place.log, CODEC), KINDS, place.now)
    tables = open_views(MEMORY)
    wanted = Wanted(tuple(names))
    found = batches(held, place.log, CODEC, wanted)
    fill(tables, wanted.sets(KINDS), found, lambda *_: None, held.until)
    return tables


def rows_seen(place: Neighbourhood, lens: Lens, *without: str) -> Dump:
    """Every row that a lens makes of the log."""
    tables = seen(place, lens)
    try:
        return dump(tables, *without)
    finally:
        tables.close()


class Watched(Neighbourhood):
    """A neighbourhood where whatever falls due is recorded at its own instant."""

    def goes_to(self, at: datetime) -> None:
        """Let time pass up to an instant."""
        while (due := first_due(self.db)) is not None and instant(due) <= at:
            self.now = max(instant(due), self.now)
            self.tick(*(case for _, case in due_before(self.db, due + 1, 1000)))
        self.now = at

    def wait_watched(self, length: timedelta) -> None:
        """Let so much time pass."""
        self.goes_to(self.now + length)


class Story:
    """Whatever a random number generator lets happen in a watched neighbourhood.

    ``snapshots`` are what the live tables said at instants on the way.
    """

    def __init__(self, seed: int, *, changing: bool = True) -> None:
        self.place = Watched()
        self.snapshots: list[tuple[datetime, int, Dump]] = []
        self._random = random.Random(seed)
        self._changing = changing
        self._cases: list[str] = []

    def goes_on(self, steps: int) -> Story:
        """Let so many things happen, with time in between."""
        for _ in range(steps):
            self.place.wait_watched(timedelta(minutes=self._random.choice((3, 7, 50, 400, 3000))))
            self._happens()
            if self._random.random() < 0.4:
                self.place.wait_watched(timedelta(seconds=self._random.randrange(1, 20_000)))
                snapshot = dump(self.place.db)
                self.snapshots.append((self.place.now, self.place.log.head(), snapshot))
        return self

    def _happens(self) -> None:
        dice = self._random.random()
        if dice < 0.25 or not self._cases:
            make = self._random.choice((self.place.repair, self.place.complaint))
            self._cases.append(make())
        elif dice < 0.28 and self._changing:
            hours = self._random.randrange(1, 40)
            reply = {**RULES["clocks"]["reply"], "within": f"{hours}h"}
            document: dict[str, Any] = {**RULES, "clocks": {**RULES["clocks"], "reply": reply}}
            self.place.done(PublishRulebook(document=document, reason=REASON))
        else:
            self.place.ask(self._random.choice(self._asked(self._random.choice(self._cases))))

    def _asked(self, case: str) -> list[Message]:
        clock = self._random.choice(("reply", "accept", "complete"))
        return [
            AcceptRepair(case=case, technician=WU),
            PauseRepair(case=case, reason=PauseReason.PARTS),
            ResumeRepair(case=case),
            CompleteRepair(case=case),
            ReopenRepair(case=case),
            ReplyToComplaint(case=case, by=LI),
            ResolveComplaint(case=case, by=LI),
            RateService(case=case, rating=self._random.choice(list(Rating))),
            LeaveUnanswered(case=case, reason=self._random.choice(list(NonAnswer))),
            CloseCase(case=case, reason=Personal("enough")),
            AcknowledgeEscalation(case=case, clock=clock, rung=1, by=LI),
            WaiveBreach(case=case, clock=clock, by=LI, reason=Personal("flood")),
        ]
