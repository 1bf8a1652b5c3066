"""Imports the history of a file: checks what is asked, plans, and replays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from api.imports.faults import Rejects, RejectsOverwrite
from api.imports.mapping import Mapping
from api.imports.plan import Plan, Progress
from api.imports.replay import Replay
from api.imports.result import Result
from api.imports.rules import RulesPolicy, publications
from api.imports.verdicts import compare
from commands.handler import CommandHandler
from domain.kernel.refusals import Refusal, WithoutZone

SHOWN: Final = 20
"""Contradictions that are told one by one."""


class UntilInTheFuture(Refusal):
    """The instant {until} to import until is later than now, {now}: name one that has passed."""

    zh = "导入截止时间 {until} 晚于当前时间 {now}，请指定已过去的时间。"


def backfill(
    mapping: Mapping,
    file: Path,
    handler: CommandHandler,
    *,
    until: datetime | None = None,
    policy: RulesPolicy = RulesPolicy.ASK,
    without_clocks: bool = False,
    beside: bool = False,
    progress: Progress | None = None,
    rejects: Path | None = None,
    lang: str = "en",
) -> Result:
    """Replay the history of a file; repeated it adds nothing, interrupted it goes on.

    Before each command everything due strictly before it is recorded, each at its due instant, as
    a scheduler that always ran would have done. In a log that holds nothing later the facts are
    recorded at their own times, elsewhere now, with the times at which the source knew. `until`
    goes on past the last row, up to and including that instant. `policy` says whose rules judge
    where the mapping's differ from those in force, `without_clocks` that none is to start, `beside`
    that a scheduler is at work on the same log. What cannot be taken is written to `rejects`, with
    reasons in the language.

    Raises:
        FileInvalid: the file cannot be read, lacks a column or exceeds a limit.
        WithoutZone, UntilInTheFuture: `until` names no zone, or has not come yet.
        RejectsOverwrite: `rejects` is one of the files that are read.
        RulesDiffer, NoClockStarts, ClocksStart: see `publications`.
        Refusal: the site, a calendar or the rulebook cannot be published.
    """
    begun, now = perf_counter(), handler.clock()
    _check_until(until, now)
    _check_rejects(rejects, file, mapping.written.file)
    plan = Plan(mapping, file, now=now, progress=progress)
    with handler.unit_of_work() as unit:  # refused before an older rejects file is replaced
        publications(mapping, unit.directory, policy, without_clocks=without_clocks)
    with Rejects(rejects, lang) as refused:
        for reject in plan.rejects:
            refused.take(reject)
        run = Replay(mapping, plan.commands, handler, refused, progress, beside=beside)
        run.publish(policy, without_clocks=without_clocks)
        run.run(until)
        total, compared = run.total, compare(plan.said, handler)
        return Result(
            rows=plan.rows,
            commands=total.commands,
            repeated=len(run.earlier.answered),
            facts=total.facts,
            lapses=total.lapses,
            clocks=run.clocks,
            late=total.late,
            rejects=refused.count,
            codes=dict(refused.codes),
            first=tuple(refused.first),
            seconds=perf_counter() - begun,
            compared=compared.total,
            contradicted=len(compared.contradictions),
            contradictions=tuple(compared.contradictions[:SHOWN]),
        )


def _check_until(until: datetime | None, now: datetime) -> None:
    if until is None:
        return
    if until.tzinfo is None:
        raise WithoutZone(at=until.isoformat(), where="until")
    if until > now:
        raise UntilInTheFuture(until=until.isoformat(), now=now.isoformat())


def _check_rejects(rejects: Path | None, *read: Path) -> None:
    if rejects is None or not rejects.exists():
        return
    for file in read:
        if file.exists() and rejects.samefile(file):
            raise RejectsOverwrite(file=file)
