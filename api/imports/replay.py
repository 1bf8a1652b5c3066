"""Asks the commands of a plan at their times, and records what falls due in between at its own.

An import keeps its own time only in a log that holds nothing later. Elsewhere its facts are
recorded now and say when the source knew them; then it goes case by case, each in one commit, so
that nobody can look at half of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
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
from domain.kernel.facts import SCHEDULER
from domain.kernel.refusals import Refusal
from domain.promises import Fold, first_instant, late_among
from domain.promises.facts import DeadlineLapsed
from domain.working_time.civil import MICROSECOND
from store.log import IntegrityError

BATCH: Final = 1000
TRIES: Final = 5


class Replay:
    """One run of an import: where it is in the plan, at which instant, and what is due.

    ``beside`` somebody who records what falls due, the import never keeps its own time.
    """

    def __init__(
        self,
        mapping: Mapping,
        commands: Sequence[Planned],
        handler: CommandHandler,
        rejects: Rejects,
        progress: Progress | None,
        *,
        beside: bool = False,
    ) -> None:
        self.mapping = mapping
        self.source = mapping.source
        self.commands = commands
        self.handler = handler
        self.rejects = rejects
        self.progress = progress
        self.total = Tally()
        self._tell(0, "resuming")
        self.earlier = ResumePoint(self.source, commands, handler)
        last = self.earlier.last
        self._known = last + 1
        self._met = {commands[index].case for index in self.earlier.answered}
        self._own_time = not beside
        self._done = 0
        self._timers = CaseTimers()
        self._now = commands[max(last, 0)].at if commands else handler.clock()

    @property
    def clocks(self) -> int:
        """How many runs of clocks this run started."""
        return self._timers.started

    def publish(self, policy: RulesPolicy, *, without_clocks: bool) -> None:
        """Publish calendars, site and rulebook as the history begins, all or none of them."""
        for attempt in range(TRIES):
            try:
                with self.handler.unit_of_work() as unit:
                    head = unit.head
                    for command in publications(
                        self.mapping, unit.directory, policy, without_clocks=without_clocks
                    ):
                        unit.handle(self._publication(command, unit))
                    facts = unit.head - head
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
            else:
                self.total.facts += facts
                return

    def _publication(self, command: Message, unit: UnitOfWork) -> CommandEnvelope:
        """The request to publish; the same content may come into force again later."""
        return CommandEnvelope(
            message=command,
            actor=importer_of(self.source),
            id=f"{self.source}-{_digest(command)}-{unit.directory.rules.version}",
            occurred_at=self._now,
            recorded_at=max(self._now, unit.latest or self._now),
        )

    def run(self, until: datetime | None) -> None:
        """Ask everything, then record what is due by `until`."""
        work = len(self.commands) > len(self.earlier.answered)
        if work or until is not None:
            self._timers = self.earlier.timers(self.commands, self.handler)
        if work:
            own, others = self._parted()
            others = self._ask_all(own) + others
            self._own_time = False if others else self._own_time
            self._ask_all(by_case(others, self.commands))
        if until is not None:
            self._now = max(self._now, self.commands[-1].at) if self.commands else self._now
            limit = until.astimezone(UTC) + MICROSECOND
            while (first := self._timers.first()) is not None and first[0] < limit:
                self._batch((), limit)
        self._tell(len(self.commands), "done")

    def _parted(self) -> tuple[list[int], list[int]]:
        """The commands to ask in their own time, and those of cases that the log is beyond."""
        with self.handler.unit_of_work() as unit:
            latest = unit.latest
            left = [i for i in range(len(self.commands)) if i not in self.earlier.answered]
            if not self._own_time:
                return [], left
            passed = {
                self.commands[i].case
                for i in left
                if latest is not None
                and self.commands[i].at < latest
                and (i >= self._known or not self._refused(unit, i))
            }
        own = [i for i in left if self.commands[i].case not in passed]
        return own, [i for i in left if self.commands[i].case in passed]

    def _refused(self, unit: UnitOfWork, index: int) -> bool:
        """Whether the earlier run refused a command."""
        return self.earlier.refused_then(unit, index, self.commands[index]) is not None

    def _ask_all(self, commands: Sequence[int]) -> list[int]:
        """Ask commands in this order; those are returned that can no longer keep their own time."""
        start = 0
        while start < len(commands):
            done = self._batch(commands[start:], None)
            if done is None:
                return list(commands[start:])
            start += done
            self._done += done
            self._tell(len(self.earlier.answered) + self._done, "replaying")
        return []

    def _batch(self, commands: Sequence[int], limit: datetime | None) -> int | None:
        """Replay one batch in one transaction, again if another process wrote in between.

        Returns how many commands it took, None where the log has gone beyond their own time.
        """
        now = self._now
        for attempt in range(TRIES):
            tally = Tally()
            try:
                with self.handler.unit_of_work() as unit:
                    taken: int | None = None
                    if limit is not None:
                        first = self._timers.first()
                        if first is not None and self._beyond(unit, first[0]):
                            self._own_time = False
                        self._due(unit, limit, tally)
                    elif not self._own_time:
                        taken = self._cases(unit, commands, tally)
                    elif not self._passed(unit, commands[0]):
                        taken = self._commands(unit, commands, tally)
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
                self._now = now
                self._refold(tally.touched)
            else:
                self._count(tally)
                return taken
        raise AssertionError

    def _passed(self, unit: UnitOfWork, index: int) -> bool:
        """Whether the log holds something later than a command that was not refused before."""
        return index >= self._known and self._beyond(unit, self.commands[index].at)

    def _beyond(self, unit: UnitOfWork, at: datetime) -> bool:
        """Whether somebody else recorded something later than an instant of the import's own."""
        return unit.latest is not None and unit.latest > max(self._now, at)

    def _commands(self, unit: UnitOfWork, commands: Sequence[int], tally: Tally) -> int:
        """Ask commands at their own times, and before each what fell due until then."""
        ids = self._ids(unit, commands[:BATCH])
        for number, index in enumerate(commands):
            planned = self.commands[index]
            if index not in ids:
                ids = self._ids(unit, commands[number : number + BATCH])
            self._due(unit, planned.at, tally)
            if tally.asked >= BATCH:
                return number
            if index >= self._known:
                self._now = planned.at
            self._ask(unit, index, ids[index], tally)
        return len(commands)

    def _cases(self, unit: UnitOfWork, commands: Sequence[int], tally: Tally) -> int:
        """Ask the commands of whole cases, recorded now as known at their times."""
        ids = self._ids(unit, commands[:BATCH])
        for number, index in enumerate(commands):
            case = self.commands[index].case
            if tally.asked >= BATCH and case != self.commands[commands[number - 1]].case:
                return number
            if index not in ids:
                ids = self._ids(unit, commands[number : number + BATCH])
            if unit.grew(case):
                self._due_in(unit, case, self.commands[index].at, tally)
            self._ask(unit, index, ids[index], tally)
        return len(commands)

    def _due_in(self, unit: UnitOfWork, case: str, limit: datetime, tally: Tally) -> None:
        """Record what was due in a case before the limit, each as known at its instant."""
        while True:
            fold = unit.load(case).folded(unit.directory)
            first = first_instant(fold.clocks, unit.directory)
            if first is None or first >= limit:
                return
            self._now = first
            self._record_due(unit, case, tally)

    def _ids(self, unit: UnitOfWork, commands: Sequence[int]) -> dict[int, str]:
        """The ids of the next commands, as many as fit into a batch.

        Receipts and cases are looked up in one go.
        """
        planned = {index: self.commands[index] for index in commands}
        keys = {index: one.key(self.source) for index, one in planned.items()}
        unit.look_up(list(keys.values()))
        unit.prefetch([one.command for one in planned.values()])
        return {index: command for index, (_, command) in keys.items()}

    def _envelope(
        self,
        message: Message,
        at: datetime,
        *,
        command_id: str,
        actor: str,
        happened: datetime,
    ) -> CommandEnvelope:
        """A command recorded at an instant, or else now, as known to the source at that instant."""
        return CommandEnvelope(
            message=message,
            actor=actor,
            id=command_id,
            occurred_at=happened,
            recorded_at=at if self._own_time else None,
            known_at=None if self._own_time else at,
        )

    def _ask(self, unit: UnitOfWork, index: int, command_id: str, tally: Tally) -> None:
        planned = self.commands[index]
        tally.asked += 1
        late = index < self._known and (self._own_time or planned.case in self._met)
        refusal = self.earlier.refused_then(unit, index, planned) if late else None
        head = unit.head
        answer = refusal or unit.answer(
            self._envelope(
                planned.command,
                planned.at,
                command_id=command_id,
                actor=planned.actor or importer_of(self.source),
                happened=planned.happened or planned.at,
            )
        )
        if new := unit.head - head:
            fold = self._count_facts(unit, planned.case, new, tally)
            if late or not self._own_time:
                self._timers.refold(planned.case, fold)
            else:
                self._timers.take(planned.case, fold, new)
        if isinstance(answer, Refusal):
            tally.rejects.append(self._rejected(planned, answer))
            return
        assert not isinstance(answer, Exception), "only publications are documents"
        tally.commands += 1
        if late:
            self.earlier.take(index, command_id)

    def _count_facts(self, unit: UnitOfWork, case: str, new: int, tally: Tally) -> Fold:
        """Count the newest facts of a case; its fold."""
        loaded, rules = unit.load(case), unit.directory.rules
        facts = loaded.facts[-new:]
        tally.facts += new
        tally.lapses += sum(type(one.fact) is DeadlineLapsed for one in facts)
        tally.late += late_among(facts, rules)
        tally.touched.add(case)
        return loaded.folded(unit.directory)

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
            self._now = max(self._now, instant) if self._own_time else instant
            self._record_due(unit, case, tally)

    def _record_due(self, unit: UnitOfWork, case: str, tally: Tally) -> None:
        tally.asked += 1
        loaded = unit.load(case)
        now = self._now
        answer = unit.handle(
            self._envelope(
                RecordDue(case=case),
                now,
                command_id=f"{self.source}-{now.isoformat()[:19]}-due-{case}-{loaded.version}",
                actor=SCHEDULER,
                happened=now,
            )
        )
        tally.touched.add(case)
        if answer.facts:
            self._timers.fired(case, self._count_facts(unit, case, answer.facts, tally), now)
        else:
            self._timers.refold(case, loaded.folded(unit.directory), after=now)

    def _refold(self, cases: set[str]) -> None:
        """Set the timers of cases back to what is stored."""
        with self.handler.unit_of_work() as unit:
            for case in cases:
                self._timers.refold(case, unit.load(case).folded(unit.directory))

    def _count(self, tally: Tally) -> None:
        self.total.add(tally)
        for reject in tally.rejects:
            self.rejects.take(reject)

    def _tell(self, done: int, phase: str) -> None:
        if self.progress:
            self.progress(done, len(self.commands), phase)


def by_case(commands: Sequence[int], plan: Sequence[Planned]) -> list[int]:
    """Commands case by case, the cases in the order of their first command."""
    cases: dict[str, list[int]] = {}
    for index in sorted(commands):
        cases.setdefault(plan[index].case, []).append(index)
    return [index for case in cases.values() for index in case]


def _digest(command: Message) -> str:
    """A name for a publication by its content."""
    content = msgspec.json.encode(msgspec.to_builtins(command), order="deterministic")
    return f"{type(command).__name__}-{hashlib.sha256(content).hexdigest()[:16]}"
