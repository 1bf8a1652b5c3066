"""What happens to a site 项目."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from domain.kernel.facts import Fact
from domain.kernel.refusals import Phrase

SITE_KIND: Final = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOpened(Fact):
    """A site (项目) is served from now on, or described anew; its zone decides what a day is."""

    word: ClassVar[str] = "opened"
    zh: ClassVar[str] = "登记项目"
    sentence: ClassVar[Phrase] = Phrase(
        "Site {name} opened, time zone {zone}[, buildings {buildings}]",
        "登记项目 {name}，时区 {zone}[，楼栋 {buildings}]",
    )
    name: str
    zone: str
    buildings: tuple[str, ...] = ()
