"""Describes the answers over HTTP. Nothing is built from these types: answers stay plain data.

The OpenAPI document is made from them, and a test holds every answer against it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from domain.promises import Verdict

Instant = Annotated[datetime, Meta(tz=True)]
Unit = Literal["seconds", "days", "months"]


class Answered(TypedDict):
    """How a command was answered: where the case and the log stood then."""

    case: str
    version: int
    position: int
    facts: int
    command: str


class Problem(TypedDict):
    """What is wrong, as RFC 9457 says it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    detail_zh: str
    instance: str


class LensSeen(TypedDict):
    """The lens an answer was seen through."""

    as_of: Instant
    position: int
    known_at: Instant | None
    true_at: Instant | None
    as_if: list[str]
    sites: list[str]
    kinds: list[str]


class ThroughLens(TypedDict):
    """What every answer has that can be asked for through a lens."""

    lens: LensSeen | None


class HistoryFact(TypedDict):
    """One fact of a case."""

    version: int
    position: int
    fact: str
    word: str
    actor: str
    occurred_at: Instant
    recorded_at: Instant
    known_at: Instant | None
    entered_late: bool
    changed: dict[str, Any]
    recorded: bool
    detail: str
    detail_zh: str
    rules: int
    command: str
    correlation: str | None
    causation: str | None


class CaseHistory(ThroughLens):
    """A case with every fact."""

    case: str
    kind: str
    site: str
    facts: list[HistoryFact]


class OpenCase(TypedDict):
    """An open case as the board shows it."""

    case: str
    kind: str
    site: str
    building: str | None
    category: str
    category_title: str | None
    level: int | None
    priority: int | None
    status: str
    steward: str | None
    technician: str | None
    team: str | None
    external_id: str | None
    opened: Instant
    cycle: int
    late_entries: int
    lapsed: int
    rungs: int
    clock: str | None
    clock_title: str | None
    due: Instant | None


class Board(ThroughLens):
    """Open work, worst first."""

    open: int
    broken: int
    cases: list[OpenCase]


class ClockRun(TypedDict):
    """One run of one clock."""

    case: str
    external_id: str | None
    clock: str
    title: str
    cycle: int
    kind: str
    site: str
    rules: int
    service: int
    started: Instant
    target: str
    due: Instant | None
    provisional: bool
    stopped: Instant | None
    paused: Instant | None
    verdict: Verdict
    unit: Unit
    consumed: float | None
    lateness: float | None
    detected: Instant | None
    rungs: int
    acknowledged: int
    late_entries: int
    next: Instant | None


class CaseClocks(ThroughLens):
    """The runs of one case."""

    clocks: list[ClockRun]


class ClockRuns(ThroughLens):
    """Runs of clocks by due instant."""

    counts: dict[str, int]
    clocks: list[ClockRun]


class Stretch(TypedDict):
    """A stretch of time that counted towards the target, or did not."""

    start: Instant
    end: Instant
    counted: bool
    reason: str
    note: str
    amount: float
    beyond: bool


class NamedFact(TypedDict):
    """A fact by its word, its instant and who made it known."""

    fact: str
    word: str
    at: Instant
    actor: str
    entered_late: bool


class Explanation(ThroughLens):
    """How a deadline came about."""

    case: str
    clock: str
    title: str
    cycle: int
    within: str
    started: Instant
    started_by: NamedFact
    due: Instant
    stopped: Instant | None
    stopped_by: NamedFact | None
    paused: Instant | None
    verdict: Verdict
    provisional: bool
    rules: int
    unit: Unit
    target: float
    until: Instant
    consumed: float
    lateness: float
    stretches: list[Stretch]


class Escalation(TypedDict):
    """A rung that was raised."""

    case: str
    clock: str
    clock_title: str
    cycle: int
    rung: int
    to: str
    title: str
    addressee: str | None
    due: Instant
    reached: Instant
    detected: Instant
    cause: str
    acknowledged_by: str | None


class Escalations(TypedDict):
    """The newest rungs."""

    escalations: list[Escalation]


class KpiNames(TypedDict):
    """The names of all figures."""

    kpis: list[str]


class LadderRung(TypedDict):
    """A rung of a clock's ladder."""

    rung: int
    at: str
    to: str


class ClockRule(TypedDict):
    """A clock of the rulebook."""

    clock: str
    title: str
    case: list[str]
    obligations: list[int]
    ladder: list[LadderRung]


class KpiRule(TypedDict):
    """A figure of the rulebook."""

    kpi: str
    title: str
    of: Literal["cases", "services", "clocks"]
    measure: str


class Role(TypedDict):
    """A role of the rulebook."""

    role: str
    title: str


class RulebookInForce(TypedDict):
    """The rulebook in force."""

    version: int
    rulebook: str
    title: str
    clocks: list[ClockRule]
    kpis: list[KpiRule]
    roles: list[Role]


class PublicationHead(TypedDict):
    """A publication of a rulebook or a calendar."""

    version: int
    position: int
    published: Instant
    by: str
    reason: str | None
    what: Literal["rulebook", "calendar"]
    name: str
    title: str
    in_force: bool
    clocks: int | None
    kpis: int | None
    years: list[int] | None


class Publications(TypedDict):
    """Every publication, oldest first."""

    publications: list[PublicationHead]


class PublicationWhole(PublicationHead):
    """A publication with its whole document."""

    document: dict[str, Any]


class RulesChange(TypedDict):
    """One thing that a publication changed."""

    path: str
    detail: str
    detail_zh: str


class PublicationChanges(TypedDict):
    """What a publication changed."""

    version: int
    since: int | None
    changes: list[RulesChange]


class CalendarInForce(TypedDict):
    """The newest publication of a calendar."""

    calendar: str
    version: int
    years: list[int] | None


class Calendars(TypedDict):
    """The calendars."""

    calendars: list[CalendarInForce]


class ViewsHealth(TypedDict):
    """How far the row sets are."""

    position: int | None
    lag: int | None


class SchedulerHealth(TypedDict):
    """Whether the scheduler works."""

    last_tick_age: float
    recorded: int
    fault: str | None


class FaultFound(TypedDict):
    """A part that does not work."""

    part: str
    code: str
    detail: str
    detail_zh: str


class FollowerHealth(TypedDict):
    """How a follower of the log stands."""

    follower: str
    position: int | None
    lag: int | None
    last_tick_age: float
    fault: str | None


class Health(TypedDict):
    """Whether the service can do what it is for."""

    status: Literal["ok", "failing"]
    position: int | None
    views: ViewsHealth
    scheduler: SchedulerHealth
    followers: list[FollowerHealth]
    rules: int | None
    faults: list[FaultFound]
