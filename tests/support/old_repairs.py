"""A small history of repairs to import: mapping, rulebooks, rows, and what the log holds after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from commands.handler import CommandHandler
from domain.kernel.facts import Recorded
from store.log import Log
from store.memory import MemoryLog

MAPPING = """\
mapping: old
times: {zone: Asia/Shanghai}
site: {id: garden, name: Garden}
calendars:
  - {name: weekdays, hours: {mon-fri: ["09:00-18:00"]}}
rulebook: rulebook.yaml
case: repair-old-{id}
steps:
  - do: report_repair
    at: opened
    with: {household: "house-{id}", category: {column: kind}}
  - do: accept_repair
    when: {accepted: {present: true}}
    at: accepted
    with: {technician: Wang}
  - do: close_case
    when: {closed: {present: true}}
    at: closed
    with: {reason: closed elsewhere}
"""
RULEBOOK = """\
rulebook: old
roles:
  manager: {}
  director: {}
clocks:
  repair.closed:
    case: repair
    starts: reported
    stops: closed
    within: 24h
    warnings: ["50%"]
    ladder:
      - {at: "100%", to: manager, acknowledge: 2h}
      - {at: +48h, to: director}
"""
ROWS = """\
id,kind,opened,accepted,closed
1,lift,2026-01-05 08:00,2026-01-05 09:00,2026-01-05 20:00
2,lift,2026-01-05 08:00,,2026-01-06 08:00
3,lift,2026-01-05 08:00,,2026-01-06 08:01
4,lift,2026-01-05 08:00,,2026-01-09 08:00
5,lift,2026-01-07 08:00,,
"""
PLAIN = """\
rulebook: old
clocks:
  repair.accepted: {case: repair, starts: reported, stops: accepted, within: 6h}
  repair.closed:
    case: repair
    starts: reported
    stops: closed
    within: {working_days: 2, calendar: weekdays}
  repair.done:
    case: repair
    starts: accepted
    stops: closed
    within: 30h
    warnings: ["10%", "-1h"]
"""
CHAIN = """\
rulebook: old
roles: {manager: {}}
clocks:
  repair.closed: {case: repair, starts: reported, stops: closed, within: 24h}
  repair.answered:
    case: repair
    starts: lapsed
    stops: closed
    within: 2h
    warnings: ["-3h"]
  repair.shamed: {case: repair, starts: reported, stops: lapsed, within: 30h}
"""
DAY = datetime(2026, 1, 5, tzinfo=UTC)  # eight in the morning in Shanghai
NOW = DAY + timedelta(days=300)


def office(log: Log | None = None, now: datetime = NOW) -> CommandHandler:
    """A handler on a log, a fresh one unless it is given, where it is now."""
    return CommandHandler(log or MemoryLog(), clock=lambda: now)


def log_of(handler: CommandHandler) -> list[Recorded]:
    """Every fact of a case in the log."""
    rows = [row for row in handler.log.rows(0, 10_000) if row.stream.startswith("repair-")]
    return [handler.codec.decode(row) for row in rows]


def story(handler: CommandHandler, number: int) -> list[tuple[str, timedelta]]:
    """The facts of a case with their time since the first morning."""
    return [
        (r.fact.word, r.occurred_at - DAY)
        for r in log_of(handler)
        if r.stream == f"repair-old-{number}"
    ]


def h(hours: float) -> timedelta:
    return timedelta(hours=hours)
