"""For questions about promises: runs of clocks, how a deadline came about, who was called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from api.answers.cases import AT_ONCE, Answer, case_named, local, numbers_elsewhere
from api.answers.known import check_clock, check_site
from api.engine import Engine
from domain.clock_rules import spell_target
from domain.clocks import Clock, clocks_of, explanation
from domain.refusals import UnknownClock
from domain.registers import Registers
from projections import clocks as clocks_view, escalations
from projections.clocks import ClockRow

_INSTANTS = ("started", "due", "stopped", "paused", "detected", "next")
JUDGED = ("case", "external_id", "clock", "cycle", "started", "target", "due", "stopped", "verdict")


class RunUnknown(UnknownClock):
    """The case {case} has no run {cycle} of the clock {clock}: it has {known}."""

    zh = "工单 {case} 没有时钟 {clock} 的第 {cycle} 轮，现有：{known}。"


def runs(
    engine: Engine,
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
    check_clock(engine, clock)
    check_site(engine, site)
    rows = clocks_view.find(
        engine.views.db,
        case=None if case is None else case_named(engine, case),
        clock=clock,
        verdict=verdict,
        site=site,
        order="due" if case is None else "case",
        limit=offset + limit,
    )
    return _told(engine, rows[offset:])


def _told(engine: Engine, rows: Sequence[ClockRow]) -> list[Answer]:
    """Runs with their instants at the site, and the number the case has elsewhere."""
    registers = engine.registers()
    numbers = numbers_elsewhere(engine, (row.case_id for row in rows))
    told = []
    for row in rows:
        zone = registers.zone(row.site)
        known = row._asdict() | {"provisional": bool(row.provisional)}
        known |= {name: local(known[name], zone) for name in _INSTANTS}
        case = known.pop("case_id")
        told.append({"case": case, "external_id": numbers.get(case), **known})
    return told


def judged(engine: Engine, clock: str | None = None) -> Iterator[Answer]:
    """One line per run of every clock, by case, clock and cycle.

    Raises:
        QueryInvalid: there is no such clock.
    """
    check_clock(engine, clock)
    return _judged(engine, clock)


def _judged(engine: Engine, clock: str | None) -> Iterator[Answer]:
    rows = clocks_view.each(engine.views.db, clock=clock)
    while page := list(islice(rows, AT_ONCE)):
        for found in _told(engine, page):
            yield {name: found[name] for name in JUDGED}


def counted(engine: Engine) -> dict[str, int]:
    """How many runs stand at each verdict."""
    return clocks_view.counts(engine.views.db)


def explained(engine: Engine, name: str, clock: str, cycle: int | None = None) -> Answer:
    """How a deadline came about: stretches whose amounts sum to the target.

    Without a cycle it is the last run.

    Raises:
        UnknownCase: there is no such case.
        RunUnknown: it has no such run.
    """
    case = case_named(engine, name)
    registers = engine.registers()
    facts = [engine.codec.decode(row) for row in engine.log.stream(case)]
    all_runs = clocks_of(facts, registers)
    found = [c for c in all_runs if c.name == clock and cycle in (None, c.cycle)]
    if not found:
        known = ", ".join(f"{c.name} {c.cycle}" for c in all_runs) or "-"
        raise RunUnknown(case=case, clock=clock[:60], cycle=cycle or 1, known=known)
    return {"case": case, **_explanation(found[-1], registers)}


def _explanation(clock: Clock, registers: Registers) -> Answer:
    zone = registers.zone(clock.site)
    told = explanation(clock, registers)
    stretches = [
        {
            "start": s.start.astimezone(zone),
            "end": s.end.astimezone(zone),
            "counted": s.counted,
            "reason": s.reason,
            "note": s.note,
            "amount": plain(s.amount),
        }
        for s in told.stretches
    ]
    return {
        "clock": clock.name,
        "title": clock.rule.title,
        "cycle": clock.cycle,
        "within": spell_target(clock.within),
        "started": clock.started.astimezone(zone),
        "due": told.due.astimezone(zone),
        "stopped": _at(clock.end, clock, registers),
        "paused": _at(clock.pauses[-1].since, clock, registers) if clock.paused else None,
        "verdict": str(clock.verdict),
        "provisional": told.provisional,
        "rules": clock.rules,
        "unit": "seconds" if isinstance(told.target, timedelta) else "days_or_months",
        "target": plain(told.target),
        "stretches": stretches,
    }


def plain(amount: timedelta | int) -> float | int:
    """An amount of time as seconds, an amount of days or months as it is."""
    if not isinstance(amount, timedelta):
        return amount
    seconds = amount.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _at(at: datetime | None, clock: Clock, registers: Registers) -> datetime | None:
    return None if at is None else at.astimezone(registers.zone(clock.site))


def raised(engine: Engine, limit: int = 50) -> list[Answer]:
    """The newest rungs of promises still open: who has to know, and whether he answered."""
    registers = engine.registers()
    book = registers.rules.rulebook(registers.rules.version)
    found = []
    for case, site, fact, by in escalations.newest(
        engine.views.db, engine.log, engine.codec, limit=limit
    ):
        zone = registers.zone(site)
        role = book.roles.get(fact.to)
        told: dict[str, Any] = {
            "case": case, "clock": fact.clock, "cycle": fact.cycle, "rung": fact.rung,
            "to": fact.to, "title": role.title if role else "", "addressee": fact.addressee,
            "due": fact.due.astimezone(zone), "reached": fact.reached.astimezone(zone),
            "detected": fact.detected.astimezone(zone), "cause": fact.cause, "acknowledged_by": by,
        }  # fmt: skip
        found.append(told)
    return found
