"""The directory of registers: sites with their time zones, rulebooks, calendars."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

from domain.kernel.facts import Fact
from domain.kernel.kinds import Kinds
from domain.kinds.rules.facts import (
    RULES_FACTS,
    CalendarPublished,
    RulebookPublished,
    RulesFact,
)
from domain.kinds.rules.history import Rules
from domain.kinds.site.facts import SiteOpened
from domain.rulebook import Rulebook
from domain.working_time import WorkingCalendar

REGISTER_FACTS: Final[tuple[type[Fact], ...]] = (SiteOpened, *RULES_FACTS)
_UTC: Final = ZoneInfo("UTC")
_POSITION: Final = itemgetter(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What judging needs to know of a site."""

    name: str
    zone: ZoneInfo
    buildings: tuple[str, ...] = ()


class Sites(Mapping[str, Site]):
    """The sites that were open at a position of the log, each as last described by then."""

    __slots__ = ("_described", "until")

    def __init__(
        self, described: dict[str, list[tuple[int, Site]]] | None = None, until: float = inf
    ) -> None:
        """Look at what is described, by site in the order of positions, up to one of them."""
        self._described = {} if described is None else described
        self.until = until

    def take(self, site: str, description: Site, position: int) -> None:
        """Add a description, which has the highest position so far."""
        self._described.setdefault(site, []).append((position, description))

    def as_of(self, position: float) -> Sites:
        """The same as they were known at a position."""
        return Sites(self._described, min(position, self.until))

    def __getitem__(self, site: str) -> Site:
        described = self._described[site]
        position, last = described[-1]
        if position <= self.until:
            return last
        index = bisect_right(described, self.until, key=_POSITION)
        if not index:
            raise KeyError(site)
        return described[index - 1][1]

    def __iter__(self) -> Iterator[str]:
        for site, described in self._described.copy().items():
            if described[0][0] <= self.until:
                yield site

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Directory:
    """The registers as known at one position of the log.

    `take` lets them grow. A view of an earlier position (`as_of`) shares what they keep, costs
    nothing to make and never changes, so that threads can read it while the registers grow.
    """

    __slots__ = ("kinds", "rules", "sites")

    def __init__(
        self, kinds: Kinds, *, rules: Rules | None = None, sites: Sites | None = None
    ) -> None:
        """Begin before the first fact, unless registers are given."""
        self.kinds = kinds
        self.rules = rules or Rules(kinds)
        self.sites = Sites() if sites is None else sites

    def take(self, stream: str, version: int, fact: Fact, position: int = 0) -> None:
        """Let one more register fact take effect; positions only rise."""
        if isinstance(fact, SiteOpened):
            site = Site(name=fact.name, zone=ZoneInfo(fact.zone), buildings=fact.buildings)
            self.sites.take(stream.partition("-")[2], site, position)
        elif isinstance(fact, RulebookPublished | CalendarPublished):
            self.rules.take(version, fact, position)

    def as_of(self, position: float) -> Directory:
        """The registers as known at a position of the log."""
        rules, sites = self.rules.as_of(position), self.sites.as_of(position)
        return Directory(self.kinds, rules=rules, sites=sites)

    def under(self, book: Rulebook) -> Directory:
        """The same registers with every fact judged by one rulebook; calendars stay."""
        return Directory(self.kinds, rules=self.rules.under(book), sites=self.sites)

    def counting(self, calendar: WorkingCalendar) -> Directory:
        """The same registers with one calendar in the place of all publications of its name."""
        return Directory(self.kinds, rules=self.rules.counting(calendar), sites=self.sites)

    def trying(self, fact: RulesFact) -> Directory:
        """The same registers with one more publication that the log does not hold."""
        return Directory(self.kinds, rules=self.rules.trying(fact), sites=self.sites)

    def zone(self, site: str) -> ZoneInfo:
        """The time zone of a site; sites nobody opened count in UTC."""
        try:
            return self.sites[site].zone
        except KeyError:
            return _UTC
