"""Asks the commands of a plan at their times, and records what falls due in between at its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from api.imports.faults import Reject, Rejects, rejected
from api.imports.mapping import Mapping
from api.imports.plan import Planned, Progress, importer_of
from api.imports.remedies import remedy
from api.imports.result import Tally
from api.imports.resume import ResumePoint
from api.imports.rules import RulesPolicy, publications
from api.imports.timer_queue import CaseTimers
from commands.clocks import RecordDue
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.unit_of_work import UnitOfWork
from domain.kernel.refusals import Refusal
from domain.promises.facts import DeadlineLapsed
from store.log import IntegrityError

BATCH: Final = 1000
TRIES: Final = 5
INSTANT: Final = timedelta(microseconds=1)
LATE: Final = timedelta(days=1)
"""Recorded longer after it happened, a fact counts as entered late."""


class Replay:
    """One run of an import: where it is in the plan, at which instant, and what is due."""

    def __init__(
        self,
        mapping: Mapping,
        commands: Sequence[Planned],
        desk: CommandHandler,
        rejects: Rejects,
        progress: Progress | None,
    ) -> None:
        self.mapping = mapping
        self.source = mapping.source
        self.commands = commands
        self.desk = desk
        self.rejects = rejects
        self.progress = progress
        self.total = Tally()
        self._tell(0, "resuming")
        self.earlier = ResumePoint(self.source, commands, desk)
        last = self.earlier.last
        self._known = last + 1
        # A row added to a history that was imported already is recorded at that history's end.
        self._floor = commands[last].at if last >= 0 else None
        self._timers = CaseTimers()
        self._now = commands[max(last, 0)].at if commands else desk.clock()

    @property
    def clocks(self) -> int:
        """How many runs of clocks this run started."""
        return self._timers.started

    def publish(self, policy: RulesPolicy, *, without_clocks: bool) -> None:
        """Publish calendars, site and rulebook as the history begins, all or none of them."""
        for attempt in range(TRIES):
            try:
                with self.desk.unit_of_work() as unit:
                    head = unit.head
                    for command in publications(
                        self.mapping, unit.directory, policy, without_clocks=without_clocks
                    ):
                        unit.handle(self._publication(command, unit.directory.rules.version))
                    facts = unit.head - head
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
            else:
                self.total.facts += facts
                return

    def _publication(self, command: Message, version: int) -> CommandEnvelope:
        """The request to publish; the same content may come into force again later."""
        return CommandEnvelope(
            message=command,
            actor=importer_of(self.source),
            id=f"{self.source}-{_digest(command)}-{version}",
            occurred_at=self._now,
            recorded_at=self._now,
        )

    def run(self, until: datetime | None) -> None:
        """Ask everything, then record what is due by `until`."""
        work = len(self.commands) > len(self.earlier.answered)
        if work or until is not None:
            self._timers = self.earlier.timers(self.commands, self.desk)
        index = 0
        while index < len(self.commands) and work:
            index = self._batch(index, None)
            self._tell(index, "replaying")
        if until is not None:
            self._now = max(self._now, self.commands[-1].at) if self.commands else self._now
            limit = until.astimezone(UTC) + INSTANT
            while (first := self._timers.first()) is not None and first[0] < limit:
                self._batch(len(self.commands), limit)
        self._tell(len(self.commands), "done")

    def _batch(self, start: int, limit: datetime | None) -> int:
        """Replay one batch in one transaction, again if another process wrote in between.

        Returns where the next one begins.
        """
        now = self._now
        for attempt in range(TRIES):
            tally = Tally()
            try:
                with self.desk.unit_of_work() as unit:
                    if limit is None:
                        end = self._commands(unit, start, tally)
                    else:
                        end = start
                        self._due(unit, limit, tally)
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
                self._now = now
                self._refold(tally.touched)
            else:
                self._count(tally)
                return end
        raise AssertionError

    def _commands(self, unit: UnitOfWork, start: int, tally: Tally) -> int:
        ids: dict[int, str] = {}
        for index in range(start, len(self.commands)):
            planned = self.commands[index]
            if index in self.earlier.answered:
                continue
            if index not in ids:
                ids = self._ids(index)
                unit.look_up([self.commands[i].key(self.source) for i in ids])
            self._due(unit, planned.at, tally)
            if tally.asked >= BATCH:
                return index
            self._now = planned.at
            self._ask(unit, index, ids[index], tally)
        return len(self.commands)

    def _ids(self, start: int) -> dict[int, str]:
        """The ids of the commands from here on, as many as fit into a batch."""
        some = range(start, min(start + BATCH, len(self.commands)))
        return {index: self.commands[index].id(self.source) for index in some}

    def _ask(self, unit: UnitOfWork, index: int, command_id: str, tally: Tally) -> None:
        planned = self.commands[index]
        tally.asked += 1
        late = index < self._known
        relived = max(planned.at, self._floor) if late and self._floor else planned.at
        refusal = self.earlier.refused_then(unit, index, planned) if late else None
        happened = planned.happened or planned.at
        answer = refusal or unit.answer(
            CommandEnvelope(
                message=planned.command,
                actor=planned.actor or importer_of(self.source),
                id=command_id,
                occurred_at=happened,
                recorded_at=relived,
            )
        )
        if isinstance(answer, Refusal):
            tally.rejects.append(self._rejected(planned, answer))
            return
        assert not isinstance(answer, Exception), "only publications are documents"
        tally.commands += 1
        if late:
            self.earlier.take(index, command_id)
        if answer.facts:
            tally.facts += answer.facts
            tally.late += answer.facts if relived - happened > LATE else 0
            loaded = unit.load(planned.case)
            tally.touched.add(planned.case)
            if late:
                self._timers.refold(planned.case, loaded.folded(unit.directory))
            else:
                self._timers.take(planned.case, loaded.folded(unit.directory), answer.facts)

    def _rejected(self, planned: Planned, refusal: Refusal) -> Reject:
        return rejected(
            planned.line,
            refusal,
            case=planned.case,
            command=type(planned.command).__name__,
            setting=remedy(self.mapping, refusal, planned.step),
        )

    def _due(self, unit: UnitOfWork, limit: datetime, tally: Tally) -> None:
        """Record what is due before the limit, each at its instant, until the batch is full."""
        while not tally.asked >= BATCH:
            first = self._timers.first()
            if first is None or first[0] >= limit:
                return
            instant, case = first
            self._now = max(self._now, instant)
            self._record_due(unit, case, tally)

    def _record_due(self, unit: UnitOfWork, case: str, tally: Tally) -> None:
        tally.asked += 1
        loaded = unit.load(case)
        now = self._now
        answer = unit.handle(
            CommandEnvelope(
                message=RecordDue(case=case),
                id=f"{self.source}-{now.isoformat()[:19]}-due-{case}-{loaded.version}",
                occurred_at=now,
                recorded_at=now,
            )
        )
        recorded = loaded.facts[-answer.facts :] if answer.facts else ()
        tally.facts += answer.facts
        tally.lapses += sum(type(one.fact) is DeadlineLapsed for one in recorded)
        tally.touched.add(case)
        if recorded:
            self._timers.fired(case, loaded.folded(unit.directory), now)
        else:
            self._timers.refold(case, loaded.folded(unit.directory), after=now)

    def _refold(self, cases: set[str]) -> None:
        """Set the timers of cases back to what is stored."""
        with self.desk.unit_of_work() as unit:
            for case in cases:
                self._timers.refold(case, unit.load(case).folded(unit.directory))

    def _count(self, tally: Tally) -> None:
        self.total.add(tally)
        for reject in tally.rejects:
            self.rejects.take(reject)

    def _tell(self, done: int, phase: str) -> None:
        if self.progress:
            self.progress(done, len(self.commands), phase)


def _digest(command: Message) -> str:
    """A name for a publication by its content."""
    content = msgspec.json.encode(msgspec.to_builtins(command), order="deterministic")
    return f"{type(command).__name__}-{hashlib.sha256(content).hexdigest()[:16]}"
