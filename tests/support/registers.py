"""A log of register facts between others, and what a directory answers to whoever asks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain.kernel.facts import Fact
from domain.kinds import KINDS
from domain.kinds.directory import Directory
from domain.kinds.repair.facts import RepairReported
from domain.kinds.rules.facts import CalendarPublished, RulebookPublished
from domain.kinds.site.facts import SiteOpened
from store.log import Log
from store.rows import Row
from tests.support.scenario import CODEC, START, book, envelope

CALENDARS = ("office", "shop")
SITES = ("north", "south")

Step = tuple[str, int]
"""What happens, and a number that makes it differ: `book`, a calendar's name, a site, `case`."""


def happened(steps: Iterable[Step]) -> Iterator[tuple[str, int, Fact]]:
    """Each step as a fact with its stream and version."""
    versions: dict[str, int] = {}
    publications: dict[str, int] = {}
    for what, number in steps:
        fact: Fact
        if what == "book":
            stream, document = "rules", book({"within": f"{number + 1}h"})
            fact = RulebookPublished(name="test", document=document)
        elif what in CALENDARS:
            stream = "rules"
            publications[what] = publications.get(what, 0) + 1
            days = {"name": what, "hours": {"mon-fri": ["09:00-17:00"]}, "years": [2026 + number]}
            fact = CalendarPublished(name=what, version=publications[what], document=days)
        elif what in SITES:
            stream = f"site-{what}"
            fact = SiteOpened(name=f"{what} {number}", zone="Asia/Tokyo")
        else:
            stream, fact = "repair-1", RepairReported(household="h", category="water")  # type: ignore[arg-type]
        versions[stream] = versions.get(stream, 0) + 1
        yield stream, versions[stream], fact


def rows_of(steps: Iterable[Step]) -> list[Row]:
    """The rows of the steps, at the positions from 1 on."""
    return [
        CODEC.encode(envelope(fact, version, START, stream=stream)._replace(position=position))
        for position, (stream, version, fact) in enumerate(happened(steps), start=1)
    ]


def append(log: Log, rows: Sequence[Row]) -> None:
    """Store rows."""
    with log.transaction() as transaction:
        transaction.append(rows)


def told(directory: Directory) -> Mapping[str, Any]:
    """Everything the directory answers, about every version and site."""
    rules = directory.rules
    versions = range(rules.version + 3)
    return {
        "version": rules.version,
        "books": [rules.rulebook(version) for version in versions],
        "in force": rules.in_force,
        "document": rules.rulebook_document(),
        "calendars": {
            name: (
                [rules.calendar(name, version) for version in versions],
                rules.calendar_versions(name),
                rules.calendar_document(name),
            )
            for name in (*CALENDARS, "none")
        },
        "newest": rules.calendars(),
        "sites": dict(directory.sites),
        "count": len(directory.sites),
        "zones": {site: str(directory.zone(site)) for site in (*SITES, "nowhere")},
    }


def directory_of(steps: Sequence[Step]) -> Directory:
    """A directory that took the register facts of the steps and nothing else."""
    directory = Directory(KINDS)
    for position, (stream, version, fact) in enumerate(happened(steps), start=1):
        if not isinstance(fact, RepairReported):
            directory.take(stream, version, fact, position)
    return directory
