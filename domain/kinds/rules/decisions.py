"""What may be decided about rules: publishing a rulebook or a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.context import Context
from domain.kernel.documents import plain
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase, ReasonRequired, Refusal
from domain.kinds.directory import Directory
from domain.kinds.rules.facts import CalendarPublished, RulebookPublished, RulesFact
from domain.rulebook import read_strictly
from domain.working_time.documents import calendar_from_document


class CalendarUnknown(Refusal):
    """The rulebook counts on the calendar {calendar}, which is not published: publish it first."""

    zh = "规则手册用到的日历 {calendar} 尚未发布，请先发布。"


REPLACING = Phrase("Replacing the rulebook in force", "替换生效的规则手册")


def publish_rulebook(
    _: object,
    *,
    document: Mapping[str, Any],
    reason: Personal | None = None,
    context: Context[Directory],
) -> list[RulesFact]:
    """Let a rulebook take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read, or says what can never hold.
        CalendarUnknown: it counts on a calendar that is not published.
        ReasonRequired: it replaces a rulebook with clocks, and no reason is given.
    """
    rules = context.directory.rules
    document = plain(document)
    book = read_strictly(document, kinds=rules.kinds, sites=context.directory.sites)
    for calendar in sorted(book.calendars):
        if not rules.calendar_versions(calendar):
            raise CalendarUnknown(calendar=calendar)
    why = _why(reason, context)
    published = RulebookPublished(name=book.name, document=document, reason=why)
    if rules.says(published):
        return []
    if why is None and rules.in_force.clocks:
        raise ReasonRequired(what=REPLACING)
    return [published]


def publish_calendar(
    _: object,
    *,
    document: Mapping[str, Any],
    reason: Personal | None = None,
    context: Context[Directory],
) -> list[RulesFact]:
    """Let a calendar take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read.
    """
    rules = context.directory.rules
    document = plain(document)
    calendar = calendar_from_document({**document, "version": 1})
    version = rules.calendar_versions(calendar.name) + 1
    published = CalendarPublished(
        name=calendar.name, version=version, document=document, reason=_why(reason, context)
    )
    return [] if rules.says(published) else [published]


def _why(reason: Personal | None, context: Context[Directory]) -> Personal | None:
    """The reason under the key of whoever publishes; None where nothing is said."""
    return None if reason is None or reason.blank else reason.belonging_to(context.principal)
