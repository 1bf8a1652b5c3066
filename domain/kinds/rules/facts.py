"""What is published: rulebooks and calendars, each with its whole content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from domain.kernel.facts import Fact
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase

RULES_STREAM: Final = "rules"
"""The one stream of rulebooks and calendars; its version pins both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookPublished(Fact):
    """A rulebook takes effect, with its whole content."""

    word: ClassVar[str] = "rulebook_published"
    zh: ClassVar[str] = "发布规则手册"
    sentence: ClassVar[Phrase] = Phrase(
        "Rulebook {name} published[; reason: {reason}]",
        "发布规则手册 {name}[；原因：{reason}]",
    )
    unsaid: ClassVar[tuple[str, ...]] = ("document",)
    name: str
    document: Mapping[str, Any]
    reason: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPublished(Fact):
    """A calendar takes effect, with its whole content; `version` counts those of this name."""

    word: ClassVar[str] = "calendar_published"
    zh: ClassVar[str] = "发布工作日历"
    sentence: ClassVar[Phrase] = Phrase(
        "Calendar {name} published, version {version}[; reason: {reason}]",
        "发布工作日历 {name}，第 {version} 版[；原因：{reason}]",
    )
    unsaid: ClassVar[tuple[str, ...]] = ("document",)
    name: str
    version: int
    document: Mapping[str, Any]
    reason: Personal | None = None


RulesFact = RulebookPublished | CalendarPublished
RULES_FACTS: tuple[type[Fact], ...] = (RulebookPublished, CalendarPublished)
