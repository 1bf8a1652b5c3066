"""Every rulebook and calendar ever published, by the version of the rules stream."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.kernel.kinds import Kinds
from domain.kinds.rules.facts import RulebookPublished, RulesFact
from domain.rulebook import NOTHING, Rulebook, read_rulebook
from domain.working_time import WorkingCalendar
from domain.working_time.documents import calendar_from_document


@dataclass(slots=True)
class Rules:
    """Every rulebook and calendar ever published, by the version of the rules stream.

    The version a fact names judges the clocks it starts. A calendar that does not speak for a
    year is completed by the first later publication of its name that does.
    """

    kinds: Kinds
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
            self._books.append((version, read_rulebook(fact.document, kinds=self.kinds)))
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
