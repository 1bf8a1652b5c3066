"""What promises need to know of the registers: time zones, rulebooks and calendars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from domain.kernel.facts import Fact
from domain.promises.meaning import Meaning
from domain.promises.roles import Role
from domain.promises.rules import ClockRule, Starter
from domain.working_time import WorkingCalendar


class Book(Protocol):
    """A rulebook, as far as promises go."""

    @property
    def clocks(self) -> Mapping[str, ClockRule]:
        """The clocks by name."""

    @property
    def starters(self) -> Mapping[str, Mapping[str, tuple[Starter, ...]]]:
        """For each kind and word: the rules a fact may start."""

    @property
    def pausable(self) -> Mapping[str, tuple[ClockRule, ...]]:
        """For each kind: the rules that a pause of the case holds."""

    @property
    def meanings(self) -> Mapping[str, dict[type[Fact], Meaning]]:
        """For each kind: what facts were found to mean so far, which the fold keeps here."""

    @property
    def entered_late_after(self) -> timedelta:
        """How long after it happened a fact may be entered without being called late."""

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles by name."""


class Rules(Protocol):
    """The rulebooks and calendars by the version of the rules stream."""

    @property
    def version(self) -> int:
        """The newest version."""

    def rulebook(self, version: int) -> Book:
        """The rulebook in force at a version."""

    def calendar(self, name: str, version: int) -> WorkingCalendar | None:
        """The calendar in force at a version; None if there is none."""


class Directory(Protocol):
    """The registers as they stand at one position of the log."""

    @property
    def rules(self) -> Rules:
        """Rulebooks and calendars."""

    def zone(self, site: str) -> ZoneInfo:
        """The time zone of a site."""
