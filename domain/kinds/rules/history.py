"""Every rulebook and calendar ever published, by the version of the rules stream."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar

from domain.kernel.kinds import Kinds
from domain.kinds.rules.facts import RulebookPublished, RulesFact
from domain.rulebook import NOTHING, Rulebook, read_rulebook
from domain.working_time import WorkingCalendar
from domain.working_time.documents import calendar_from_document

Read = TypeVar("Read")


class Published(NamedTuple, Generic[Read]):
    """One publication: its version of the rules stream, its position in the log, what it says."""

    version: int
    position: int
    document: Mapping[str, Any]
    read: Read


_VERSION: Final = attrgetter("version")
_POSITION: Final = attrgetter("position")


class Publications:
    """Every rulebook and calendar ever published, in the order of their positions."""

    __slots__ = ("books", "calendars")

    def __init__(self) -> None:
        """Begin before the first publication."""
        self.books: list[Published[Rulebook]] = []
        self.calendars: dict[str, list[Published[WorkingCalendar]]] = {}

    def __iter__(self) -> Iterator[Sequence[Published[Any]]]:
        """The rulebooks, then the calendars of each name; others may go on taking meanwhile."""
        yield self.books
        yield from self.calendars.copy().values()

    def take(self, version: int, fact: RulesFact, position: int, kinds: Kinds) -> None:
        """Add a publication, which has the highest version and position so far."""
        document = fact.document
        if isinstance(fact, RulebookPublished):
            book = read_rulebook(document, kinds=kinds)
            self.books.append(Published(version, position, document, book))
        else:
            calendar = calendar_from_document({**document, "version": fact.version})
            entry = Published(version, position, document, calendar)
            self.calendars.setdefault(fact.name, []).append(entry)


class Rules:
    """The rulebooks and calendars published up to a position of the log.

    The version a fact names judges the clocks it starts. A calendar that does not speak for a
    year is completed by the first later publication of its name that does.
    """

    __slots__ = (
        "_completed", "_in_force", "_judge", "_own", "_published", "_until", "kinds", "version",
    )  # fmt: skip

    def __init__(
        self,
        kinds: Kinds,
        published: Publications | None = None,
        *,
        until: float = inf,
        judge: Rulebook | None = None,
        own: Mapping[str, WorkingCalendar] = MappingProxyType({}),
    ) -> None:
        """Look at publications up to a position.

        With ``judge``, that rulebook judges every fact; ``own`` calendars count for every version.
        """
        self.kinds = kinds
        self._published = Publications() if published is None else published
        self._until = until
        self._judge = judge
        self._own = own
        self._in_force: dict[int, Rulebook] = {}
        self._completed: dict[tuple[str, int], WorkingCalendar | None] = {}
        newest = (self._known(entries)[-1:] for entries in self._published)
        self.version = max((entry.version for last in newest for entry in last), default=0)

    def take(self, version: int, fact: RulesFact, position: int = 0) -> None:
        """Let a publication take effect as `version` of the rules stream."""
        self._published.take(version, fact, position, self.kinds)
        self.version = version
        self._in_force.clear()
        self._completed.clear()

    def as_of(self, position: float) -> Rules:
        """The same as they were known at a position of the log."""
        until = min(position, self._until)
        return Rules(self.kinds, self._published, until=until, judge=self._judge, own=self._own)

    def under(self, book: Rulebook) -> Rules:
        """The same with every fact judged by one rulebook; calendars stay."""
        return Rules(self.kinds, self._published, until=self._until, judge=book, own=self._own)

    def counting(self, calendar: WorkingCalendar) -> Rules:
        """The same with one calendar in the place of all publications of its name."""
        own = {**self._own, calendar.name: calendar}
        return Rules(self.kinds, self._published, until=self._until, judge=self._judge, own=own)

    def trying(self, fact: RulesFact) -> Rules:
        """The same with one more publication that the log does not hold."""
        known = Publications()
        known.books = list(self._known(self._published.books))
        known.calendars = {
            name: list(self._named(name))
            for name in self._published.calendars.copy()
            if self._named(name)
        }
        rules = Rules(self.kinds, known, judge=self._judge, own=self._own)
        rules.take(self.version + 1, fact)
        return rules

    def _known(self, entries: Sequence[Published[Read]]) -> Sequence[Published[Read]]:
        """Those that were published by the position."""
        return entries[: bisect_right(entries, self._until, key=_POSITION)]

    def _named(self, calendar: str) -> Sequence[Published[WorkingCalendar]]:
        return self._known(self._published.calendars.get(calendar, ()))

    def rulebook(self, version: int) -> Rulebook:
        """The rulebook in force at a version of the rules stream."""
        if self._judge is not None:
            return self._judge
        book = self._in_force.get(version)
        if book is None:
            entry = _at(self._known(self._published.books), version)
            book = self._in_force[version] = NOTHING if entry is None else entry.read
        return book

    @property
    def in_force(self) -> Rulebook:
        """The rulebook in force."""
        return self.rulebook(self.version)

    def calendar(self, name: str, version: int) -> WorkingCalendar | None:
        """The calendar in force at a version, completed from later ones; None if there is none."""
        if name in self._own:
            return self._own[name]
        key = (name, version)
        if key not in self._completed:
            self._completed[key] = _complete(self._named(name), version)
        return self._completed[key]

    def calendar_versions(self, name: str) -> int:
        """How often a calendar of this name was published."""
        return len(self._named(name))

    def calendars(self) -> tuple[WorkingCalendar, ...]:
        """The newest publication of every calendar."""
        known = map(self._named, self._published.calendars.copy())
        return tuple(entries[-1].read for entries in known if entries)

    def rulebook_document(self) -> Mapping[str, Any] | None:
        """The newest rulebook as it was written, None if there is none."""
        known = self._known(self._published.books)
        return known[-1].document if known else None

    def calendar_document(self, name: str) -> Mapping[str, Any] | None:
        """The newest publication of a calendar as it was written, None if there is none."""
        known = self._named(name)
        return known[-1].document if known else None

    def says(self, fact: RulesFact) -> bool:
        """Whether the publication is what is in force already."""
        if isinstance(fact, RulebookPublished):
            return self.rulebook_document() == fact.document
        return self.calendar_document(fact.name) == fact.document


def _at(entries: Sequence[Published[Read]], version: int) -> Published[Read] | None:
    """The one in force at a version; None before the first."""
    index = bisect_right(entries, version, key=_VERSION)
    return entries[index - 1] if index else None


def _complete(
    published: Sequence[Published[WorkingCalendar]], version: int
) -> WorkingCalendar | None:
    if not published:
        return None
    index = max(bisect_right(published, version, key=_VERSION), 1)
    calendar = published[index - 1].read
    for later in published[index:]:
        if calendar.years is None:
            break
        spoken, more = calendar.years, later.read
        days = {day: kind for day, kind in more.days.items() if day.year not in spoken}
        years = None if more.years is None else spoken | more.years
        calendar = replace(calendar, days={**calendar.days, **days}, years=years)
    return calendar
