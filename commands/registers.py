"""What may be asked of the registers: sites, rulebooks, calendars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commands.messages import Message
from commands.routes import KindRoutes
from domain.kernel.personal import Personal
from domain.kinds.rules import decisions as rules
from domain.kinds.rules.facts import RULES_STREAM
from domain.kinds.site import decisions as sites
from domain.kinds.site.facts import SITE_KIND


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSite(Message):
    """Serve a site from now on."""

    zh = "登记项目。"
    site: str
    name: str
    zone: str = "Asia/Shanghai"
    buildings: tuple[str, ...] = ()

    @property
    def stream(self) -> str:
        """The stream of the site."""
        return f"{SITE_KIND}-{self.site}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(Message):
    """A whole document takes effect."""

    document: Mapping[str, Any]
    reason: Personal | None = None

    @property
    def stream(self) -> str:
        """The one stream of rules."""
        return RULES_STREAM


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRulebook(Publication):
    """Let a rulebook take effect."""

    zh = "发布规则手册。"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCalendar(Publication):
    """Let a working calendar take effect."""

    zh = "发布工作日历。"


SITE_ROUTES: Final = KindRoutes(kind=SITE_KIND, decides={OpenSite: sites.open_site})
RULES_ROUTES: Final = KindRoutes(
    kind=RULES_STREAM,
    decides={
        PublishRulebook: rules.publish_rulebook,
        PublishCalendar: rules.publish_calendar,
    },
)
