"""What may be decided about rules: publishing a rulebook or a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.context import Context
from domain.kernel.documents import plain
from domain.kernel.refusals import Refusal
from domain.kinds.directory import Directory
from domain.kinds.rules.facts import CalendarPublished, RulebookPublished, RulesFact
from domain.rulebook import read_rulebook
from domain.working_time.documents import calendar_from_document


class CalendarUnknown(Refusal):
    """The rulebook counts on the calendar {calendar}, which is not published: publish it first."""

    zh = "规则手册用到的日历 {calendar} 尚未发布，请先发布。"


def publish_rulebook(
    _: object, *, document: Mapping[str, Any], context: Context[Directory]
) -> list[RulesFact]:
    """Let a rulebook take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read.
        CalendarUnknown: it counts on a calendar that is not published.
    """
    rules = context.directory.rules
    document = plain(document)
    book = read_rulebook(document, kinds=rules.kinds)
    for calendar in sorted(book.calendars):
        if not rules.calendar_versions(calendar):
            raise CalendarUnknown(calendar=calendar)
    published = RulebookPublished(name=book.name, document=document)
    return [] if rules.says(published) else [published]


def publish_calendar(
    _: object, *, document: Mapping[str, Any], context: Context[Directory]
) -> list[RulesFact]:
    """Let a calendar take effect; quiet where it is in force already.

    Raises:
        DocumentInvalid: it cannot be read.
    """
    rules = context.directory.rules
    document = plain(document)
    calendar = calendar_from_document({**document, "version": 1})
    version = rules.calendar_versions(calendar.name) + 1
    published = CalendarPublished(name=calendar.name, version=version, document=document)
    return [] if rules.says(published) else [published]
