"""For what the views look at: one case, read once from its facts, with its clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.clocks import Clock, clocks_of
from domain.complaint import (
    ComplaintClosed,
    ComplaintHandedOver,
    ComplaintLodged,
    ComplaintReclassified,
    ComplaintResolved,
)
from domain.escalation import CLOCK_FACTS
from domain.facts import Fact, Recorded, kind_of
from domain.rating import RatingUnanswered, SecondServiceOpened, ServiceRated
from domain.registers import Registers
from domain.repair import (
    RepairAccepted,
    RepairClosed,
    RepairCompleted,
    RepairDispatched,
    RepairPaused,
    RepairReopened,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)
from store.codec import topic_of

CLOCK_TOPICS = frozenset(map(topic_of, CLOCK_FACTS))
"""Facts of which clocks hear and nothing else of a case."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_TIME = timedelta(0)


def micros(instant: datetime) -> int:
    """An instant as whole microseconds since 1970, UTC: how views keep it."""
    return (instant - EPOCH) // MICROSECOND


def optional_micros(instant: datetime | None) -> int | None:
    """The same for an instant that may be missing."""
    return None if instant is None else (instant - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    """The instant that a view keeps as microseconds."""
    return EPOCH + value * MICROSECOND


class Service:
    """One service cycle of a case: when its work was done, and what the resident said."""

    __slots__ = (
        "cycle",
        "opened",
        "rated",
        "rating",
        "served",
        "technician",
        "unanswered",
        "visits",
    )

    def __init__(self, cycle: int, opened: datetime) -> None:
        self.cycle = cycle
        self.opened = opened
        self.served: datetime | None = None
        self.rating: str | None = None
        self.rated: datetime | None = None
        self.unanswered: str | None = None
        self.technician: str | None = None
        self.visits = 0


class Dossier:
    """A case as the views see it. Instants are aware; the rows turn them into microseconds."""

    __slots__ = (
        "before_pause", "building", "case", "category", "clocks", "closed", "dispatches",
        "external_id", "facts", "handovers", "household", "kind", "level", "most_visits",
        "opened", "paused", "paused_since", "priority", "registers", "reopenings",
        "second_services", "served", "service", "services", "site", "status", "steward", "team",
        "technician", "zone",
    )  # fmt: skip

    def __init__(self, facts: Sequence[Recorded], registers: Registers) -> None:
        first = facts[0]
        self.case = first.stream
        self.kind = kind_of(first.stream)
        self.site = first.site
        self.zone = registers.zone(first.site)
        self.registers = registers
        self.facts = facts
        self.opened = first.occurred_at
        self.status = self.before_pause = "open"
        self.service = Service(1, first.occurred_at)
        self.services = [self.service]
        self.building: str | None = None
        self.category = ""
        self.closed: datetime | None = None
        self.external_id: str | None = None
        self.household = ""
        self.level: int | None = None
        self.priority: int | None = None
        self.steward: str | None = None
        self.team: str | None = None
        self.technician: str | None = None
        self.paused = NO_TIME
        self.paused_since: datetime | None = None
        self.served: datetime | None = None
        self.most_visits = 0
        self.dispatches = self.handovers = self.reopenings = self.second_services = 0
        reader_of = _READERS.get
        for recorded in facts:
            fact = recorded.fact
            read = reader_of(type(fact))
            if read is not None:
                read(self, fact, recorded.occurred_at)
        self.clocks: list[Clock] = clocks_of(facts, registers)

    def pause_ends(self, at: datetime) -> None:
        """Count the pause that lasts, if one does."""
        if self.paused_since is not None:
            self.paused += max(at - self.paused_since, NO_TIME)
            self.paused_since = None


def _lodged(case: Dossier, fact: ComplaintLodged, _: datetime) -> None:
    case.category, case.level, case.household = fact.category, fact.level, fact.household
    case.building, case.external_id, case.steward = fact.building, fact.external_id, fact.receiver


def _reported(case: Dossier, fact: RepairReported, _: datetime) -> None:
    case.category, case.priority, case.household = fact.category, fact.priority, fact.household
    case.building, case.external_id, case.steward = fact.building, fact.external_id, fact.steward


def _reclassified(case: Dossier, fact: ComplaintReclassified, _: datetime) -> None:
    case.category, case.level = fact.category, fact.level


def _handed_over(case: Dossier, fact: ComplaintHandedOver, _: datetime) -> None:
    case.steward = fact.to
    case.handovers += 1


def _accepted(case: Dossier, fact: RepairAccepted, _: datetime) -> None:
    case.technician, case.status = fact.technician, "accepted"


def _dispatched(case: Dossier, fact: RepairDispatched, _: datetime) -> None:
    case.technician, case.team = fact.technician, fact.team
    case.dispatches += 1
    if case.status != "served":
        case.status = "dispatched"


def _arrived(case: Dossier, fact: TechnicianArrived, _: datetime) -> None:
    case.technician, case.status = fact.technician, "on_site"
    case.service.visits += 1
    case.most_visits = max(case.most_visits, case.service.visits)


def _paused(case: Dossier, _: RepairPaused, at: datetime) -> None:
    case.before_pause, case.status, case.paused_since = case.status, "paused", at


def _resumed(case: Dossier, _: RepairResumed, at: datetime) -> None:
    if case.status == "paused":  # else somebody accepted, was sent or came meanwhile
        case.status = case.before_pause
    case.pause_ends(at)


def _served(case: Dossier, _: ComplaintResolved | RepairCompleted, at: datetime) -> None:
    case.status = "served"
    case.pause_ends(at)
    service = case.service
    case.served = service.served = at
    service.technician = case.technician


def _closed(case: Dossier, _: ComplaintClosed | RepairClosed, at: datetime) -> None:
    case.status, case.closed = "closed", at
    case.pause_ends(at)


def _reopened(case: Dossier, fact: RepairReopened, at: datetime) -> None:
    case.reopenings += 1
    _again(case, fact.cycle, at)


def _second_service(case: Dossier, fact: SecondServiceOpened, at: datetime) -> None:
    case.second_services += 1
    _again(case, fact.cycle, at)


def _again(case: Dossier, cycle: int, at: datetime) -> None:
    case.status, case.closed = "open", None
    case.pause_ends(at)
    case.service = Service(cycle, at)
    case.services.append(case.service)


def _rated(case: Dossier, fact: ServiceRated, at: datetime) -> None:
    for service in case.services:
        if service.cycle == fact.cycle:
            service.rating, service.rated = str(fact.rating), at


def _unanswered(case: Dossier, fact: RatingUnanswered, _: datetime) -> None:
    for service in case.services:
        if service.cycle == fact.cycle:
            service.unanswered = str(fact.reason)


_READERS: Mapping[type[Fact], Callable[..., None]] = {
    ComplaintLodged: _lodged,
    ComplaintReclassified: _reclassified,
    ComplaintHandedOver: _handed_over,
    ComplaintResolved: _served,
    ComplaintClosed: _closed,
    RepairReported: _reported,
    RepairAccepted: _accepted,
    RepairDispatched: _dispatched,
    TechnicianArrived: _arrived,
    RepairPaused: _paused,
    RepairResumed: _resumed,
    RepairCompleted: _served,
    RepairReopened: _reopened,
    RepairClosed: _closed,
    ServiceRated: _rated,
    RatingUnanswered: _unanswered,
    SecondServiceOpened: _second_service,
}

_MONTHS: dict[tuple[str, int], str] = {}
_QUARTER_HOUR = 900_000_000


def month_of(value: int, zone: ZoneInfo) -> str:
    """The site's local month of an instant in microseconds, such as ``2026-01``.

    Every zone's offset is a multiple of a quarter of an hour, so one answer serves a whole quarter.
    """
    key = (zone.key, value // _QUARTER_HOUR)
    month = _MONTHS.get(key)
    if month is None:
        if len(_MONTHS) > 100_000:  # noqa: PLR2004 - about three years of quarters
            _MONTHS.clear()
        month = _MONTHS[key] = instant(value).astimezone(zone).strftime("%Y-%m")
    return month
