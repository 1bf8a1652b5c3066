"""A peer as users of eventsourcing would write it: an aggregate, its events, its application.

The events carry the same fields as ours and the same envelope; ``timestamp``, which the library
adds to every event, stands for ``recorded_at``. Everything else is the library's default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import StoredEvent

from domain.kernel.facts import Recorded
from domain.kernel.personal import Personal
from store.codec import Codec
from store.log import Log

PAGE = 500
TOPIC = "benchmarks.library:Case"
ENVELOPE = ("actor", "command", "correlation", "site", "rules", "occurred_at")


class Case(Aggregate):
    """A complaint or a repair."""

    class Event(Aggregate.Event):
        actor: str
        command: str
        correlation: str | None
        site: str
        rules: int
        occurred_at: datetime

    class Begun(Event, Aggregate.Created):
        household: str
        category: str
        channel: str
        building: str | None
        description: str | None
        external_id: str | None

    class RepairReported(Begun):
        simple: bool
        priority: int | None
        steward: str | None

    class ComplaintLodged(Begun):
        level: int
        nature: str
        receiver: str

    class RepairDispatched(Event):
        technician: str | None
        team: str | None

    class RepairAccepted(Event):
        technician: str

    class TechnicianArrived(Event):
        technician: str
        visit: int

    class RepairCompleted(Event):
        visit: int
        by: str | None
        note: str | None

    class ComplaintReplied(Event):
        by: str
        text: str | None

    class SolutionProposed(Event):
        by: str
        text: str | None

    class ComplaintResolved(Event):
        by: str
        outcome: str | None

    class FollowedUp(Event):
        by: str
        note: str | None

    class ServiceRated(Event):
        rating: str
        cycle: int
        comment: str | None

    class ResidentContacted(Event):
        by: str

    class SecondServiceOpened(Event):
        cycle: int

    class CaseClosed(Event):
        by: str | None
        reason: str | None

    class DeadlineWarned(Event):
        clock: str
        cycle: int
        warning: int
        due: datetime
        reached: datetime
        detected: datetime

    class DeadlineLapsed(Event):
        clock: str
        cycle: int
        due: datetime
        detected: datetime

    class EscalationRaised(Event):
        clock: str
        cycle: int
        rung: int
        due: datetime
        reached: datetime
        detected: datetime
        to: str
        addressee: str | None
        cause: str


class Happening(NamedTuple):
    """One fact ready to be made an event."""

    event: type[Case.Event]
    fields: Mapping[str, Any]


class Saving(NamedTuple):
    """What one command stored in one case."""

    case: UUID
    happenings: list[Happening]


def application(path: Path) -> Application[UUID]:
    """The library's application as it is configured by default, on a SQLite file."""
    return Application[UUID](
        {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    )


def savings(facts: Iterable[Recorded]) -> Iterator[Saving]:
    """The commands of a log of cases, each with the facts it stored."""
    last, saving = "", None
    for recorded in facts:
        if saving is None or recorded.command != last:
            if saving is not None:
                yield saving
            last, saving = recorded.command, Saving(case_id(recorded.stream), [])
        saving.happenings.append(happening(recorded))
    if saving is not None:
        yield saving


def happening(recorded: Recorded) -> Happening:
    """The event class and the fields of one of our facts; preparing them is not charged."""
    event, names = _shape(type(recorded.fact).__name__)
    fields = {name: _plain(getattr(recorded.fact, name)) for name in names}
    fields.update((name, getattr(recorded, name)) for name in ENVELOPE)
    return Happening(event, {**fields, "timestamp": recorded.recorded_at})


def save_loop(app: Application[UUID], commands: Sequence[Saving]) -> None:
    """One save per command, as users write it; every aggregate is at hand, none is loaded."""
    cases: dict[UUID, Case] = {}
    for saving in commands:
        case = cases.get(saving.case)
        for event, fields in saving.happenings:
            if case is None:
                case = cases[saving.case] = Case._create(event, id=saving.case, **fields)  # type: ignore[arg-type]  # noqa: SLF001 - how the library creates by an explicit event class
            else:
                case.trigger_event(event, **fields)
        assert case is not None
        app.save(case)


def store_all(app: Application[UUID], facts: Sequence[Recorded]) -> None:
    """Store facts as the library would, many at once: only the preparation of a replay."""
    events = []
    for recorded in facts:
        event, given = happening(recorded)
        fields = {**given, "originator_topic": TOPIC} if issubclass(event, Case.Begun) else given
        version = recorded.version
        events.append(
            event(originator_id=case_id(recorded.stream), originator_version=version, **fields)
        )
    app.recorder.insert_events([app.mapper.to_stored_event(event) for event in events])


def store_cases(app: Application[UUID], codec: Codec, log: Log, cases: int) -> None:
    """Store the facts of the first so many cases of a log of `benchmarks.neighbourhood.lives`."""
    for page in log.follow(0):
        facts = [codec.decode(row) for row in page if _number(row.stream) < cases]
        if facts:
            store_all(app, facts)


def _number(stream: str) -> float:
    """The number of a case, beyond every limit for a register."""
    number = stream.rpartition("-n")[2]
    return int(number) if number.isdigit() else inf


def replay(app: Application[UUID]) -> int:
    """Read everything through the library's mapper alone, in pages; how many events there were."""
    start, seen = 1, 0
    while page := app.recorder.select_notifications(start, PAGE):
        for notification in page:
            app.mapper.to_domain_event(notification)
        seen += len(page)
        start = page[-1].id + 1
    return seen


def fill(app: Application[UUID], like: Sequence[StoredEvent], streams: Iterable[UUID]) -> None:
    """Fill a store quickly with streams that all hold copies of the same events."""
    rows: list[StoredEvent] = []
    for stream in streams:
        rows.extend(dataclasses.replace(event, originator_id=stream) for event in like)
        if len(rows) >= PAGE * 20:
            app.recorder.insert_events(rows)
            rows = []
    app.recorder.insert_events(rows)


@cache
def case_id(stream: str) -> UUID:
    """The library names aggregates by UUID."""
    return uuid5(NAMESPACE_OID, stream)


@cache
def _shape(name: str) -> tuple[type[Case.Event], tuple[str, ...]]:
    event: type[Case.Event] = getattr(Case, name)
    known = {field.name for field in dataclasses.fields(Case.Begun)} - {
        "household", "category", "channel", "building", "description", "external_id",
    }  # fmt: skip
    return event, tuple(f.name for f in dataclasses.fields(event) if f.name not in known)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    return value.text if isinstance(value, Personal) else value
