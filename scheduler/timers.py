"""Timers: wake at the next due instant and have everything recorded that fell due.

What is due is read from the row set `clock_runs`; what is recorded is decided by the case.
APScheduler only wakes the worker, so a lost or doubled wake-up costs nothing but a look.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from commands.clocks import RecordDue
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.ids import new_id
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import Refusal
from projections.clock_runs import due_before, first_due
from projections.instants import instant, micros
from projections.row_sets import CaseProjector
from scheduler.trusted_clock import TrustedClock
from store.cycles import search_the_young, without_cycles
from store.errors import StoreFault
from store.log import Receipt

BATCH: Final = 2000
"""Cases asked in one commit: more would save little and keep other commands waiting longer."""
LOOK: Final = 0.5
"""Seconds after which other processes' commands and a stalled wake-up are noticed."""
HEARTBEAT: Final = 5.0
STALLED: Final = 2.0

log = logging.getLogger("guanjia.scheduler")


class TimerWorker:
    """Records what falls due, in order of the due instants, however late it is asked."""

    def __init__(
        self,
        handler: CommandHandler,
        projector: CaseProjector,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepare; nothing runs before `start`, and `tick` may be called by hand."""
        self.handler = handler
        self.projector = projector
        self.clock = clock or TrustedClock()
        self.recorded = 0
        self.fault: str | None = None
        self._ticking = threading.Lock()
        self._stuck = False
        self._stopped = threading.Event()
        self._last = time.monotonic()
        self._beat = 0.0
        self._scheduler: BackgroundScheduler | None = None
        self._watcher: threading.Thread | None = None

    @property
    def last_tick_age(self) -> float:
        """Seconds since the last look at what is due."""
        return time.monotonic() - self._last

    def tick(self) -> int:
        """Have everything recorded that fell due before now; returns how many facts that took."""
        with self._ticking, without_cycles():
            facts = 0
            self._stuck = False
            self.projector.catch_up()
            now = self.clock()
            while due := due_before(self.projector.db, micros(now), BATCH):
                stored = self._record([case for _, case in due], now)
                self.projector.catch_up()
                facts += stored
                self.recorded += stored
                if not stored:
                    self._note_stuck(due, now)
                    break
                search_the_young()
                now = self.clock()
            self._last = time.monotonic()
            return facts

    def _note_stuck(self, due: Sequence[tuple[int, str]], now: datetime) -> None:
        """Views and log that disagree on what is due are better said than spun on."""
        self._stuck = not self._recorded_elsewhere(due, now)
        if self._stuck:
            log.warning("%s cases are due but had nothing to record", len(due))

    def _record(self, cases: Sequence[str], now: datetime) -> int:
        """Ask each case what it has to say by now, in one commit; returns the facts stored.

        The log learns of it at the trusted time: a leap of the wall clock brings nothing forward.
        """
        batch = new_id()
        requests = [
            CommandEnvelope(
                message=RecordDue(case=case), actor="scheduler", id=f"{batch}-{n}", recorded_at=now
            )
            for n, case in enumerate(cases)
        ]
        try:
            replies = self.handler.handle_all(requests)
        except StoreFault:
            raise
        except Exception:
            if len(cases) > 1:  # a defect met by one case must not keep the others waiting
                return sum(self._record([case], now) for case in cases)
            log.exception("a deadline of %s could not be recorded", cases[0])
            return 0
        for reply in replies:
            if isinstance(reply, Refusal | DocumentInvalid):
                log.warning("a deadline could not be recorded: %s", reply)
        return sum(reply.facts for reply in replies if isinstance(reply, Receipt))

    def _recorded_elsewhere(self, due: Sequence[tuple[int, str]], now: datetime) -> bool:
        """Whether another worker recorded what we found due."""
        return due_before(self.projector.db, micros(now), BATCH) != list(due)

    def start(self) -> None:
        """Wake at every due instant from now on, until `stop`."""
        self._stopped.clear()
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._scheduler.start()
        self._arm(0.0)
        self._watcher = threading.Thread(target=self._watch, name="guanjia-deadlines", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """End, after the tick that may be under way."""
        self._stopped.set()
        self.projector.log.wake()
        if self._watcher is not None:
            self._watcher.join()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    def _arm(self, seconds: float) -> None:
        """Ask to be woken in so many seconds; a later wish replaces an earlier one."""
        scheduler = self._scheduler
        if scheduler is None or self._stopped.is_set():
            return
        scheduler.add_job(
            self._woken,
            DateTrigger(datetime.now(UTC) + timedelta(seconds=seconds)),
            id="tick",
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=2,
        )

    def _woken(self) -> None:
        try:
            self.tick()
            self.fault = None
        except Exception as fault:  # noqa: BLE001 - a store that is away comes back; the age alarms meanwhile
            self.fault = str(fault)
            log.error("deadlines cannot be recorded: %s", fault)  # noqa: TRY400 - said every half second
        self._arm_next()

    def _arm_next(self) -> None:
        seconds = HEARTBEAT
        try:
            due = first_due(self.projector.db)
        except Exception as fault:  # noqa: BLE001 - as above
            self.fault = str(fault)
            due = None
        if due is not None:
            seconds = min(seconds, (instant(due) - self.clock()).total_seconds() + 0.001)
        patient = self._stuck or self.fault is not None
        self._arm(max(seconds, LOOK if patient else 0.0))

    def _watch(self) -> None:
        """See commands as they come, and a wake-up that does not."""
        seen = -1
        while not self._stopped.is_set():
            try:
                grown = self.projector.log.wait(seen, LOOK)
                if self._stopped.is_set():
                    return
                if grown:
                    seen = self.projector.log.head()
                    self.projector.catch_up()
                    self._arm_next()
                elif self.last_tick_age > HEARTBEAT + STALLED:
                    self._arm(0.0)  # the clock was set back under a waiting wake-up
                self._note_heartbeat()
            except Exception as fault:  # noqa: BLE001 - a store that is away comes back
                self.fault = str(fault)
                self._stopped.wait(LOOK)

    def _note_heartbeat(self) -> None:
        if time.monotonic() - self._beat >= HEARTBEAT:
            self._beat = time.monotonic()
            age = timedelta(seconds=self.last_tick_age)
            self.projector.note_pulse("deadlines", micros(datetime.now(UTC) - age))
