"""Answers questions about promises: runs of clocks, how a deadline came about, escalations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from api.queries.cases import Answer, case_named, local, numbers_elsewhere
from api.queries.known import check_clock, check_site
from api.queries.titles import AT_ONCE, Titles, runs_of
from api.view import View
from domain.kernel.facts import Recorded
from domain.kernel.refusals import UnknownCase, UnknownClock
from domain.kinds.directory import Directory
from domain.promises import Clock, entered_late, explanation, unit_of
from domain.promises.rules import spell_target
from domain.working_time import Amount
from projections import clock_runs, escalations
from projections.clock_runs import ClockRun

_INSTANTS = ("started", "due", "stopped", "paused", "detected", "next")
JUDGED = (
    "case", "external_id", "clock", "cycle", "started", "target", "due", "stopped", "verdict",
    "unit", "consumed", "lateness", "late_entries",
)  # fmt: skip


class RunUnknown(UnknownClock):
    """The case {case} has no run {cycle} of the clock {clock}: it has {known}."""

    zh = "工单 {case} 没有时钟 {clock} 的第 {cycle} 轮，现有：{known}。"


def runs(
    view: View,
    *,
    case: str | None = None,
    clock: str | None = None,
    verdict: Sequence[str] = (),
    site: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Answer]:
    """Runs of clocks by their due instants, paused ones last; those of one case by name and cycle.

    Raises:
        UnknownCase: the case is named and there is none.
        QueryInvalid: there is no such clock or site.
    """
    check_clock(view, clock)
    check_site(view, site)
    rows = clock_runs.find(
        view.tables,
        case=None if case is None else case_named(view, case),
        clock=clock,
        verdict=verdict,
        site=site,
        order="due" if case is None else "case",
        limit=offset + limit,
    )
    return _told(view, rows[offset:])


def _told(view: View, rows: Sequence[ClockRun]) -> list[Answer]:
    """Runs with their instants at the site, and the number the case has elsewhere."""
    directory = view.directory()
    titles = Titles(directory)
    numbers = numbers_elsewhere(view, (row.case_id for row in rows))
    told = []
    for row in rows:
        zone = directory.zone(row.site)
        known = row._asdict() | {"provisional": bool(row.provisional)}
        known |= {name: local(known[name], zone) for name in _INSTANTS}
        case = known.pop("case_id")
        del known["due_on"]
        title = titles.clock(row.clock, row.rules)
        told.append({"case": case, "external_id": numbers.get(case), **known, "title": title})
    return told


def judged(view: View, clock: str | None = None, site: str | None = None) -> Iterator[Answer]:
    """One line per run of every clock, by case, clock and cycle.

    Raises:
        QueryInvalid: there is no such clock or site.
    """
    check_clock(view, clock)
    check_site(view, site)
    return _judged(view, clock, site)


def _judged(view: View, clock: str | None, site: str | None) -> Iterator[Answer]:
    rows = clock_runs.each(view.tables, clock=clock, site=site)
    while page := list(islice(rows, AT_ONCE)):
        for found in _told(view, page):
            yield {name: found[name] for name in JUDGED}


def counted(view: View) -> dict[str, int]:
    """How many runs stand at each verdict."""
    return clock_runs.counts(view.tables)


def explained(view: View, name: str, clock: str, cycle: int | None = None) -> Answer:
    """How a deadline came about: stretches whose amounts sum to the target, and on to the stop.

    Without a cycle it is the last run. A run that is open is looked at as it stands now.

    Raises:
        UnknownCase: there is no such case.
        RunUnknown: it has no such run.
    """
    case = case_named(view, name)
    directory = view.directory()
    seen = view.fold(case)
    if seen is None:
        raise UnknownCase(case=case)
    all_runs = seen.clocks
    found = [c for c in all_runs if c.name == clock and cycle in (None, c.cycle)]
    if not found:
        known = ", ".join(f"{c.name} {c.cycle}" for c in all_runs) or "-"
        raise RunUnknown(case=case, clock=clock[:60], cycle=cycle or 1, known=known)
    return {"case": case, **_explanation(found[-1], directory, view.now())}


def _explanation(clock: Clock, directory: Directory, now: datetime) -> Answer:
    zone = directory.zone(clock.site)
    told = explanation(clock, directory, now)
    stretches = [
        {
            "start": s.start.astimezone(zone),
            "end": s.end.astimezone(zone),
            "counted": s.counted,
            "reason": s.reason,
            "note": s.note,
            "amount": plain(s.amount),
            "beyond": s.beyond,
        }
        for s in told.stretches
    ]
    return {
        "clock": clock.name,
        "title": clock.rule.title,
        "cycle": clock.cycle,
        "within": spell_target(clock.within),
        "started": clock.started.astimezone(zone),
        "started_by": _named(clock.origin, zone, directory),
        "due": told.due.astimezone(zone),
        "stopped": None if clock.end is None else clock.end.astimezone(zone),
        "stopped_by": None if clock.ending is None else _named(clock.ending, zone, directory),
        "paused": clock.pauses[-1].since.astimezone(zone) if clock.paused else None,
        "verdict": str(clock.verdict),
        "provisional": told.provisional,
        "rules": clock.rules,
        "unit": unit_of(clock.within),
        "target": plain(told.target),
        "until": told.until.astimezone(zone),
        "consumed": plain(told.consumed),
        "lateness": plain(told.late),
        "stretches": stretches,
    }


def plain(amount: Amount) -> float | int:
    """An amount of time as seconds, an amount of days or months as a number of them."""
    number = amount.total_seconds() if isinstance(amount, timedelta) else float(amount)
    return int(number) if number.is_integer() else number


def _named(recorded: Recorded, zone: ZoneInfo, directory: Directory) -> Answer:
    """A fact by its word, its instant at the site, who made it known, and whether late."""
    return {
        "fact": recorded.type,
        "word": recorded.fact.word,
        "at": recorded.occurred_at.astimezone(zone),
        "actor": recorded.actor,
        "entered_late": entered_late(recorded, directory.rules),
    }


def raised(view: View, limit: int = 50) -> list[Answer]:
    """The newest rungs of promises still open: who has to know, and whether he answered."""
    directory = view.directory()
    titles = Titles(directory)
    found = []
    newest = escalations.newest(view.tables, view.log, view.codec, limit=limit)
    runs = runs_of(view, (case for case, *_ in newest))
    judged = {(run.case, run.clock, run.cycle): run.rules for run in runs}
    for case, site, fact, by in newest:
        zone, rules = directory.zone(site), judged.get((case, fact.clock, fact.cycle))
        told: dict[str, Any] = {
            "case": case, "clock": fact.clock, "cycle": fact.cycle, "rung": fact.rung,
            "to": fact.to, "title": titles.role(fact.to, rules), "addressee": fact.addressee,
            "clock_title": titles.clock(fact.clock, rules),
            "due": fact.due.astimezone(zone), "reached": fact.reached.astimezone(zone),
            "detected": fact.detected.astimezone(zone), "cause": fact.cause, "acknowledged_by": by,
        }  # fmt: skip
        found.append(told)
    return found
