"""Timers: have everything recorded that fell due, from what the row set `clock_runs` says is next.

What is recorded is decided by the case, so a look too many records nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from commands.clocks import RecordDue
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.writer import Outcome
from domain.kernel.facts import SCHEDULER
from projections.clock_runs import due_before, first_due
from projections.instants import instant, micros
from projections.row_sets import CaseProjector
from scheduler.trusted_clock import TrustedClock
from store.cycles import search_the_young, without_cycles
from store.errors import StoreFault
from store.follower import HEARTBEAT, Follower
from store.log import Receipt

BATCH: Final = 500
"""Cases asked at once: their commit takes some 20 ms, for which people's commands wait."""
PATIENT: Final = 0.5
"""Seconds until cases are asked again that are due and had nothing to record."""

log = logging.getLogger("guanjia.scheduler")

AskAll = Callable[[Sequence[CommandEnvelope]], Sequence[Outcome]]


class Timers(Follower):
    """Records what falls due, in order of the due instants, however late it is asked.

    Its checkpoint is that of the row set it reads; what it did is in the log.
    """

    name = "timers"
    rest = 0.05

    def __init__(
        self,
        ask_all: AskAll,
        projector: CaseProjector,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Ask the writer by ``ask_all``; nothing is done before `tick`."""
        super().__init__(projector.log)
        self.projector = projector
        self.clock = clock or TrustedClock()
        self._ask_all = ask_all
        self._stuck = False

    def position(self) -> int:
        """How far what is due is known."""
        return self.projector.position()

    def tick(self, stopped: Callable[[], bool] = bool) -> int:
        """Have everything recorded that fell due before now; how many facts that took."""
        with without_cycles():
            self._stuck = False
            return super().tick(stopped)

    def step(self) -> int | None:
        """Have recorded what fell due first; how many facts that took, None where nothing did."""
        self.projector.catch_up()
        now = self.clock()
        due = due_before(self.projector.db, micros(now), BATCH)
        if not due or self._stuck:
            return None
        stored = self._record([case for _, case in due], now)
        if not stored:
            self._note_stuck(due, now)
        search_the_young()
        return stored

    def patience(self) -> float:
        """Seconds until something falls due."""
        if self._stuck:
            return PATIENT
        due = first_due(self.projector.db)
        if due is None:
            return HEARTBEAT
        return min(HEARTBEAT, (instant(due) - self.clock()).total_seconds() + 0.001)

    def _record(self, cases: Sequence[str], now: datetime) -> int:
        """Ask each case what it has to say by now, in one commit; returns the facts stored.

        The log learns of it at the trusted time: a leap of the wall clock brings nothing forward.
        """
        batch = new_id()
        outcomes = self._ask_all(
            [
                CommandEnvelope(
                    message=RecordDue(case=case), actor=SCHEDULER, id=f"{batch}-{n}",
                    recorded_at=now,
                )
                for n, case in enumerate(cases)
            ]
        )  # fmt: skip
        stored = 0
        for case, outcome in zip(cases, outcomes, strict=True):
            if isinstance(outcome, Receipt):
                stored += outcome.facts
            elif isinstance(outcome, StoreFault):
                raise outcome
            else:  # a defect met by one case keeps no other waiting
                log.error("a deadline of %s could not be recorded: %r", case, outcome)
        return stored

    def _note_stuck(self, due: Sequence[tuple[int, str]], now: datetime) -> None:
        """Tables and log that disagree on what is due are better said than spun on."""
        self.projector.catch_up()
        self._stuck = due_before(self.projector.db, micros(now), BATCH) == list(due)
        if self._stuck:  # else another worker recorded it
            log.warning("%s cases are due but had nothing to record", len(due))
