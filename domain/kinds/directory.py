"""The directory of registers: sites with their time zones, rulebooks, calendars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from domain.kernel.facts import Fact
from domain.kernel.kinds import Kinds
from domain.kinds.rules.facts import RULES_FACTS, CalendarPublished, RulebookPublished
from domain.kinds.rules.history import Rules
from domain.kinds.site.facts import SiteOpened

REGISTER_FACTS: Final[tuple[type[Fact], ...]] = (SiteOpened, *RULES_FACTS)
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What judging needs to know of a site."""

    name: str
    zone: ZoneInfo
    buildings: tuple[str, ...] = ()


@dataclass(slots=True)
class Directory:
    """The registers as known at one position of the log."""

    kinds: Kinds
    rules: Rules = field(init=False)
    sites: dict[str, Site] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = Rules(self.kinds)

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
        return known.zone if known else _UTC
