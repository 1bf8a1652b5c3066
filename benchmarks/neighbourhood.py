"""Makes the load: a rulebook of realistic promises, and whole lives of repairs and complaints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from commands.cases import CloseCase, ContactResident, FollowUp, RateService
from commands.clocks import RecordDue
from commands.complaint import LodgeComplaint, ProposeSolution, ReplyToComplaint, ResolveComplaint
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    RecordArrival,
    ReportRepair,
)
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import Rating
from domain.kinds.complaint.facts import Nature

SITE = "garden"
BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
BATCH = 2000

ACCEPT, DONE, CALL, REPLY, SOLUTION, WON_BACK = 30, 1440, 1440, 1440, 2880, 120
"""The targets of the clocks below, in minutes."""

_AT_ONCE = [{"at": "100%", "to": "supervisor"}]
_TWO_RUNGS = [*_AT_ONCE, {"at": "+4h", "to": "manager"}]
_RATED_BADLY = {"fact": "rated", "where": {"rating": "dissatisfied"}}

CALENDAR: Mapping[str, Any] = {
    "name": "office",
    "hours": {"mon-fri": ["08:30-12:00", "13:30-17:30"]},
}
RULEBOOK: Mapping[str, Any] = {
    "rulebook": "benchmark",
    "calendar": "office",
    "roles": {
        "supervisor": {"title": "Supervisor", "holders": [{"staff": "staff-supervisor"}]},
        "manager": {"title": "Manager", "holders": [{"staff": "staff-manager"}]},
    },
    "clocks": {
        "repair.accept": {
            "case": "repair", "starts": "reported", "stops": "accepted",
            "within": "30m", "ladder": _AT_ONCE,
        },
        "repair.done": {
            "case": "repair", "starts": ["reported", "second_service"], "stops": "completed",
            "pauses": "paused", "resumes": "resumed", "within": "24h",
            "warnings": ["80%"], "ladder": _TWO_RUNGS,
        },
        "repair.close": {
            "case": "repair", "starts": "reported", "stops": "closed",
            "within": {"working_days": 10},
        },
        "case.call": {
            "case": ["repair", "complaint"], "starts": ["completed", "resolved"],
            "stops": "followed_up", "within": "24h", "ladder": _AT_ONCE,
        },
        "case.win_back": {
            "case": ["repair", "complaint"], "starts": [_RATED_BADLY], "stops": "contacted",
            "within": "2h", "ladder": _AT_ONCE,
        },
        "complaint.reply": {
            "case": "complaint", "starts": "lodged", "stops": "replied",
            "within": "24h", "ladder": _TWO_RUNGS,
        },
        "complaint.solution": {
            "case": "complaint", "where": {"nature": "complex"}, "starts": "lodged",
            "stops": "solution_proposed", "within": "48h", "ladder": _AT_ONCE,
        },
    },
}  # fmt: skip


class Asked(NamedTuple):
    """A command and when it is asked; they sort by time, then by the order within a case."""

    at: datetime
    case: str
    step: int
    command: Message


def publish(handler: CommandHandler, rulebook: Mapping[str, Any] = RULEBOOK) -> None:
    """Open the site and let calendar and rulebook take effect."""
    commands = (
        OpenSite(site=SITE, name="Garden", buildings=tuple(f"b{n}" for n in range(20))),
        PublishCalendar(document=CALENDAR),
        PublishRulebook(document=rulebook),
    )
    ask_all(handler, (Asked(BEGIN, "", n, command) for n, command in enumerate(commands)))


def ask_all(handler: CommandHandler, asked: Iterable[Asked]) -> None:
    """Have commands recorded at their own times, many per commit.

    Raises:
        Refusal, DocumentInvalid: one of them cannot be done.
    """
    requests = (
        CommandEnvelope(
            message=a.command, actor="staff-desk", occurred_at=a.at, recorded_at=a.at,
            correlation=f"call-{a.case}",
        )
        for a in asked
    )  # fmt: skip
    while batch := list(islice(requests, BATCH)):
        for reply in handler.handle_all(batch):
            if isinstance(reply, Exception):
                raise reply


def report(case: str, number: int, *, priority: int = 2, category: str = "plumbing") -> Message:
    """A report as a steward writes it down."""
    return ReportRepair(
        case=case,
        site=SITE,
        household=HouseholdId(f"household-{number % 5000}"),
        category=category,
        simple=number % 3 == 0,
        priority=priority,
        channel="phone",
        building=f"b{number % 20}",
        steward=StaffId(f"staff-{number % 40}"),
        description=Personal("The pipe under the kitchen sink drips again since the morning."),
        external_id=f"R-{number}",
    )


def lives(cases: int, seed: int = 1) -> list[Asked]:
    """Whole lives of so many cases, one complaint in ten, in the order of time."""
    found: list[Asked] = []
    for number in range(cases):
        chance = Random(seed * 1_000_003 + number)
        begun = BEGIN + timedelta(seconds=number * 40 + chance.randrange(40))
        kind = "complaint" if number % 10 == 9 else "repair"  # noqa: PLR2004 - one in ten
        steps = _complaint if kind == "complaint" else _repair
        case = f"{kind}-n{number:07d}"
        found.extend(
            Asked(begun + timedelta(minutes=minutes), case, step, command)
            for step, (minutes, command) in enumerate(steps(case, number, chance))
        )
    found.sort(key=lambda asked: asked[:3])
    return found


Step = tuple[float, Message]


def _repair(case: str, number: int, chance: Random) -> Iterator[Step]:
    technician = StaffId(f"staff-{chance.randrange(60)}")
    yield 0, report(case, number)
    sent = chance.uniform(1, 10)
    yield sent, DispatchRepair(case=case, technician=technician, team="plumbers")
    accepted = sent + chance.expovariate(1 / 12)
    yield from _due(case, 0, ACCEPT, accepted, (0,))
    yield accepted, AcceptRepair(case=case, technician=technician)
    arrived = accepted + chance.uniform(10, 240)
    yield arrived, RecordArrival(case=case, technician=technician)
    done = arrived + chance.expovariate(1 / 400)
    yield from _due(case, 0, DONE, done, (-0.2 * DONE, 0, 240))
    yield done, CompleteRepair(case=case, by=technician, note=Personal("A new seal was fitted."))
    yield from _aftercare(case, done, chance, CompleteRepair(case=case, by=technician))


def _complaint(case: str, number: int, chance: Random) -> Iterator[Step]:
    steward, nature = StaffId(f"staff-{number % 40}"), chance.choice(list(Nature))
    yield 0, LodgeComplaint(
        case=case, site=SITE, channel="phone", household=HouseholdId(f"household-{number % 5000}"),
        category="noise", receiver=steward, nature=nature, building=f"b{number % 20}",
        description=Personal("The neighbours above move their furniture every night."),
        external_id=f"C-{number}",
    )  # fmt: skip
    replied = chance.expovariate(1 / 600)
    yield from _due(case, 0, REPLY, replied, (0, 240))
    yield replied, ReplyToComplaint(case=case, by=steward, text=Personal("We will talk to them."))
    proposed = replied + chance.uniform(60, 2400)
    if nature is Nature.COMPLEX:
        yield from _due(case, 0, SOLUTION, proposed, (0,))
    yield proposed, ProposeSolution(case=case, by=steward, text=Personal("Felt under the chairs."))
    done = proposed + chance.uniform(60, 1440)
    resolved = ResolveComplaint(case=case, by=steward)
    yield done, resolved
    yield from _aftercare(case, done, chance, resolved)


def _aftercare(case: str, done: float, chance: Random, again: Message) -> Iterator[Step]:
    """The call, the rating, for three in a hundred a second service, and the end."""
    steward = StaffId("staff-steward")
    called = done + chance.expovariate(1 / 500)
    yield from _due(case, done, CALL, called, (0,))
    yield called, FollowUp(case=case, by=steward, note=Personal("The resident is content."))
    rated = called + chance.uniform(1, 60)
    if chance.random() < 0.03:  # noqa: PLR2004 - explained above
        yield rated, RateService(case=case, rating=Rating.DISSATISFIED)
        yield rated + 30, ContactResident(case=case, by=steward)
        yield rated + 300, again
        yield rated + 400, FollowUp(case=case, by=steward)
        rated += 420
    rating = chance.choice([Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.SATISFIED])
    yield rated, RateService(case=case, rating=rating)
    yield rated + 5, CloseCase(case=case, by=steward)


def _due(
    case: str, start: float, within: float, stop: float, moments: tuple[float, ...]
) -> Iterator[Step]:
    """What a worker would have asked while the clock ran, at each of its moments."""
    for offset in moments:
        at = start + within + offset
        if at < stop:
            yield at, RecordDue(case=case)
