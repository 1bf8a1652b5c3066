"""For what every judgement rests on: sites with their time zones, rulebooks, calendars."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from domain.calendars import calendar_from_document
from domain.cases import WORDS
from domain.facts import Fact
from domain.reading import plain
from domain.refusals import Refusal, TextRequired, UnknownTimeZone
from domain.rulebook import NOTHING, Rulebook, read_rulebook
from domain.working_time import WorkingCalendar

RULES_STREAM = "rules"
SITE_KIND = "site"


class CalendarUnknown(Refusal):
    """The rulebook counts on the calendar {calendar}, which is not published: publish it first."""

    zh = "规则手册用到的日历 {calendar} 尚未发布，请先发布。"


class ZoneFixed(Refusal):
    """Deadlines were judged in the zone {zone} of this site: keep it, or open another site."""

    zh = "该项目已按时区 {zone} 计算时限，请保留原时区，或另行登记项目。"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOpened(Fact):
    """A site (项目) is served from now on, or described anew; its zone decides what a day is."""

    word: ClassVar[str] = "opened"
    name: str
    zone: str
    buildings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookPublished(Fact):
    """A rulebook takes effect, with its whole content."""

    word: ClassVar[str] = "rulebook_published"
    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPublished(Fact):
    """A calendar takes effect, with its whole content; `version` counts those of this name."""

    word: ClassVar[str] = "calendar_published"
    name: str
    version: int
    document: Mapping[str, Any]


RulesFact = RulebookPublished | CalendarPublished
REGISTER_FACTS: tuple[type[Fact], ...] = (SiteOpened, RulebookPublished, CalendarPublished)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What judging needs to know of a site."""

    name: str
    zone: ZoneInfo
    buildings: tuple[str, ...] = ()


@dataclass(slots=True)
class Rules:
    """Every rulebook and calendar ever published, by the version of the rules stream.

    The version a fact names judges the clocks it starts. A calendar that does not speak for a
    year is completed by the first later publication of its name that does.
    """

    version: int = 0
    _books: list[tuple[int, Rulebook]] = field(default_factory=list)
    _documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _calendars: dict[str, list[tuple[int, WorkingCalendar]]] = field(default_factory=dict)
    _seen: dict[tuple[str, int], WorkingCalendar | None] = field(default_factory=dict)
    _in_force: dict[int, Rulebook] = field(default_factory=dict)

    def take(self, version: int, fact: RulesFact) -> None:
        """Let a publication take effect as `version` of the rules stream."""
        self.version = version
        self._seen.clear()
        self._in_force.clear()
        if isinstance(fact, RulebookPublished):
            self._books.append((version, read_rulebook(fact.document, words=WORDS)))
            self._documents["rulebook"] = fact.document
        else:
            calendar = calendar_from_document({**fact.document, "version": fact.version})
            self._calendars.setdefault(fact.name, []).append((version, calendar))
            self._documents[f"calendar {fact.name}"] = fact.document

    def rulebook(self, version: int) -> Rulebook:
        """The rulebook in force at a version of the rules stream."""
        book = self._in_force.get(version)
        if book is None:
            index = bisect_right(self._books, version, key=lambda entry: entry[0])
            book = self._in_force[version] = self._books[index - 1][1] if index else NOTHING
        return book

    def calendar(self, name: str, version: int) -> WorkingCalendar | None:
        """The calendar in force at a version, completed from later ones; None if there is none."""
        key = (name, version)
        if key not in self._seen:
            self._seen[key] = self._completed(name, version)
        return self._seen[key]

    def _completed(self, name: str, version: int) -> WorkingCalendar | None:
        published = self._calendars.get(name, [])
        if not published:
            return None
        index = max(bisect_right(published, version, key=lambda entry: entry[0]), 1)
        calendar = published[index - 1][1]
        for _, later in published[index:]:
            if calendar.years is None:
                break
            spoken = calendar.years
            days = {day: kind for day, kind in later.days.items() if day.year not in spoken}
            years = None if later.years is None else spoken | later.years
            calendar = replace(calendar, days={**calendar.days, **days}, years=years)
        return calendar

    def calendar_versions(self, name: str) -> int:
        """How often a calendar of this name was published."""
        return len(self._calendars.get(name, ()))

    def calendars(self) -> tuple[WorkingCalendar, ...]:
        """The newest publication of every calendar."""
        return tuple(entries[-1][1] for entries in self._calendars.values())

    def calendar_document(self, name: str) -> Mapping[str, Any] | None:
        """The newest publication of a calendar as it was written, None if there is none."""
        return self._documents.get(f"calendar {name}")

    def says(self, fact: RulesFact) -> bool:
        """Whether the publication is what is in force already."""
        key = "rulebook" if isinstance(fact, RulebookPublished) else f"calendar {fact.name}"
        return self._documents.get(key) == fact.document


@dataclass(slots=True)
class Registers:
    """The sites and the rules as known at one position of the log."""

    rules: Rules = field(default_factory=Rules)
    sites: dict[str, Site] = field(default_factory=dict)

    def take(self, stream: str, version: int, fact: Fact) -> None:
        """Let one more register fact take effect."""
        if isinstance(fact, SiteOpened):
            site = stream.partition("-")[2]
            self.sites[site] = Site(
                name=fact.name, zone=ZoneInfo(fact.zone), buildings=fact.buildings
            )
        elif isinstance(fact, RulebookPublished | CalendarPublished):
            self.rules.take(version, fact)

    def zone(self, site: str) -> ZoneInfo:
        """The time zone of a site; sites nobody opened count in UTC."""
        known = self.sites.get(site)
        return known.zone if known else ZoneInfo("UTC")


def open_site(
    site: SiteOpened | None, *, name: str, zone: str, buildings: tuple[str, ...] = ()
) -> list[Fact]:
    """Serve a site from now on, or describe it anew; quiet where all of it is known.

    Raises:
        TextRequired: the name is empty.
        UnknownTimeZone: the zone is not in the time-zone database.
        ZoneFixed: the site is open in another time zone.
    """
    if not name.strip():
        raise TextRequired(field="name")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise UnknownTimeZone(zone=zone) from None
    if site is not None and site.zone != zone:
        raise ZoneFixed(zone=site.zone)
    opened = SiteOpened(name=name, zone=zone, buildings=tuple(buildings))
    return [] if opened == site else [opened]


def publish_rulebook(rules: Rules, *, document: Mapping[str, Any]) -> list[Fact]:
    """Let a rulebook take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read.
        CalendarUnknown: it counts on a calendar that is not published.
    """
    document = plain(document)
    book = read_rulebook(document, words=WORDS)
    for calendar in sorted(book.calendars):
        if not rules.calendar_versions(calendar):
            raise CalendarUnknown(calendar=calendar)
    published = RulebookPublished(name=book.name, document=document)
    return [] if rules.says(published) else [published]


def publish_calendar(rules: Rules, *, document: Mapping[str, Any]) -> list[Fact]:
    """Let a calendar take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read.
    """
    document = plain(document)
    calendar = calendar_from_document({**document, "version": 1})
    version = rules.calendar_versions(calendar.name) + 1
    published = CalendarPublished(name=calendar.name, version=version, document=document)
    return [] if rules.says(published) else [published]
