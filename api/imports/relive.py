"""For living a history again: commands at their times, and what fell due in between at its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Dict, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from api.imports.faults import Reject, Rejects, rejected
from api.imports.mapping import Mapping
from api.imports.plan import Plan, Planned, Progress, importer_of
from api.imports.recall import Recall
from api.imports.waiting import Waiting
from commands.desk import Desk, Request, Session
from commands.verbs import Command, RecordDue
from domain.escalation import DeadlineLapsed
from domain.refusals import Refusal, WithoutZone
from store.log import IntegrityError

BATCH: Final = 1000
TRIES: Final = 5
INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an import did.

    ``commands`` were answered now, ``repeated`` were answered by an earlier run; ``facts`` counts
    everything stored, ``lapses`` the missed deadlines among them; ``codes`` says how many rejects
    there are of each kind and ``first`` shows some.
    """

    rows: int
    commands: int
    repeated: int
    facts: int
    lapses: int
    rejects: int
    codes: Dict[str, int]
    first: Sequence[Reject]
    seconds: float


def relive(
    mapping: Mapping,
    file: Path,
    desk: Desk,
    *,
    until: datetime | None = None,
    progress: Progress | None = None,
    rejects: Path | None = None,
) -> Result:
    """Live the history of a file again; once lived it adds nothing, interrupted it goes on.

    Before each command everything due strictly before it is recorded, each at its due instant, as
    a scheduler that never slept would have done. `until` lets the clock run on past the last row,
    up to and including that instant. What cannot be taken is written to `rejects`.

    Raises:
        FileInvalid: the file cannot be read or lacks a column.
        WithoutZone: `until` names no zone.
        Refusal: the site, a calendar or the rulebook cannot be published.
    """
    begun = perf_counter()
    if until is not None and until.tzinfo is None:
        raise WithoutZone(at=until.isoformat(), where="until")
    plan = Plan(mapping, file, progress)
    with Rejects(rejects) as refused:
        for reject in plan.rejects:
            refused.take(reject)
        run = _Run(mapping.source, plan.commands, desk, refused, progress)
        run.publish(mapping)
        run.live(until)
        return Result(
            rows=plan.rows,
            commands=run.total.commands,
            repeated=len(run.recall.answered),
            facts=run.total.facts,
            lapses=run.total.lapses,
            rejects=refused.count,
            codes=dict(refused.codes),
            first=tuple(refused.first),
            seconds=perf_counter() - begun,
        )


@dataclass(slots=True)
class _Tally:
    """What a batch did; counted only once it is stored."""

    asked: int = 0
    commands: int = 0
    facts: int = 0
    lapses: int = 0
    rejects: list[Reject] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    @property
    def full(self) -> bool:
        return self.asked >= BATCH


class _Run:
    """One run: where it is in the plan, what the clock says, and what is due."""

    def __init__(
        self,
        source: str,
        commands: Sequence[Planned],
        desk: Desk,
        rejects: Rejects,
        progress: Progress | None,
    ) -> None:
        self.source = source
        self.commands = commands
        self.desk = desk
        self.rejects = rejects
        self.progress = progress
        self.total = _Tally()
        self._say(0, "recalling")
        self.recall = Recall(source, commands, desk)
        last = self.recall.last
        self._known = last + 1
        # What comes late to a history that was lived already is learned where that history stands.
        self._floor = commands[last].at if last >= 0 else None
        self._waiting = Waiting()
        self._now = commands[max(last, 0)].at if commands else datetime.now(UTC)

    def publish(self, mapping: Mapping) -> None:
        """Let calendars, site and rulebook take effect as the history begins."""
        published: list[Command] = [*mapping.calendars, mapping.site]
        if mapping.rulebook is not None:
            published.append(mapping.rulebook)
        now = max(self._now, self._floor or self._now)
        head = self.desk.log.head()
        for command in published:
            request = Request(
                command=command,
                actor=importer_of(self.source),
                id=f"{self.source}-{_digest(command)}",
                occurred_at=now,
                relived=now,
            )
            (answer,) = self.desk.ask_all([request])
            if isinstance(answer, Exception):
                raise answer
        self.total.facts += self.desk.log.head() - head

    def live(self, until: datetime | None) -> None:
        """Ask everything, then let the clock run on."""
        work = len(self.commands) > len(self.recall.answered)
        if work or until is not None:
            self._waiting = self.recall.waiting(self.commands, self.desk)
        index = 0
        while index < len(self.commands) and work:
            index = self._batch(index, None)
            self._say(index, "reliving")
        if until is not None:
            self._now = max(self._now, self.commands[-1].at) if self.commands else self._now
            limit = until.astimezone(UTC) + INSTANT
            while (first := self._waiting.first()) is not None and first[0] < limit:
                self._batch(len(self.commands), limit)
        self._say(len(self.commands), "done")

    def _batch(self, start: int, limit: datetime | None) -> int:
        """Live one batch in one transaction, anew if another process came between.

        Returns where the next one begins.
        """
        now = self._now
        for attempt in range(TRIES):
            tally = _Tally()
            try:
                with self.desk.session() as session:
                    if limit is None:
                        end = self._commands(session, start, tally)
                    else:
                        end = start
                        self._due(session, limit, tally)
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
                self._now = now
                self._learn_again(tally.touched)
            else:
                self._count(tally)
                return end
        raise AssertionError

    def _commands(self, session: Session, start: int, tally: _Tally) -> int:
        ids: dict[int, str] = {}
        for index in range(start, len(self.commands)):
            planned = self.commands[index]
            if index in self.recall.answered:
                continue
            if index not in ids:
                ids = self._ids(index)
                session.recall([self.commands[i].key(self.source) for i in ids])
            self._due(session, planned.at, tally)
            if tally.full:
                return index
            self._now = planned.at
            self._ask(session, index, ids[index], tally)
        return len(self.commands)

    def _ids(self, start: int) -> dict[int, str]:
        """The ids of the commands from here on, as many as fit into a batch."""
        some = range(start, min(start + BATCH, len(self.commands)))
        return {index: self.commands[index].id(self.source) for index in some}

    def _ask(self, session: Session, index: int, command_id: str, tally: _Tally) -> None:
        planned = self.commands[index]
        tally.asked += 1
        late = index < self._known
        relived = max(planned.at, self._floor) if late and self._floor else planned.at
        refusal = self.recall.refused_then(session, index, planned) if late else None
        answer = refusal or session.reply(
            Request(
                command=planned.command,
                actor=planned.actor or importer_of(self.source),
                id=command_id,
                occurred_at=planned.happened or planned.at,
                relived=relived,
            )
        )
        if isinstance(answer, Refusal):
            name = type(planned.command).__name__
            tally.rejects.append(rejected(planned.line, name, answer))
            return
        assert not isinstance(answer, Exception), "only publications are documents"
        tally.commands += 1
        if late:
            self.recall.take(index, command_id)
        if answer.facts:
            tally.facts += answer.facts
            loaded = session.load(planned.case)
            tally.touched.add(planned.case)
            if late:
                self._waiting.learn(planned.case, loaded.facts, session.registers)
            else:
                self._waiting.hear(planned.case, loaded.facts, answer.facts, session.registers)

    def _due(self, session: Session, limit: datetime, tally: _Tally) -> None:
        """Record what is due before the limit, each at its instant, until the batch is full."""
        while not tally.full:
            first = self._waiting.first()
            if first is None or first[0] >= limit:
                return
            instant, case = first
            self._now = max(self._now, instant)
            self._record_due(session, case, tally)

    def _record_due(self, session: Session, case: str, tally: _Tally) -> None:
        tally.asked += 1
        loaded = session.load(case)
        now = self._now
        answer = session.ask(
            Request(
                command=RecordDue(case=case),
                id=f"{self.source}-{now.isoformat()[:19]}-due-{case}-{loaded.version}",
                occurred_at=now,
                relived=now,
            )
        )
        said = loaded.facts[-answer.facts :] if answer.facts else ()
        tally.facts += answer.facts
        tally.lapses += sum(type(recorded.fact) is DeadlineLapsed for recorded in said)
        tally.touched.add(case)
        if said:
            self._waiting.said(case, loaded.facts, now, session.registers)
        else:
            self._waiting.learn(case, loaded.facts, session.registers, after=now)

    def _learn_again(self, cases: set[str]) -> None:
        """Take back what a batch that was not stored had learned."""
        with self.desk.session() as session:
            for case in cases:
                self._waiting.learn(case, session.load(case).facts, session.registers)

    def _count(self, tally: _Tally) -> None:
        self.total.commands += tally.commands
        self.total.facts += tally.facts
        self.total.lapses += tally.lapses
        for reject in tally.rejects:
            self.rejects.take(reject)

    def _say(self, done: int, phase: str) -> None:
        if self.progress:
            self.progress(done, len(self.commands), phase)


def _digest(command: Command) -> str:
    """A name for a publication by its content."""
    content = msgspec.json.encode(msgspec.to_builtins(command), order="deterministic")
    return f"{type(command).__name__}-{hashlib.sha256(content).hexdigest()[:16]}"
