"""Finds what a draft does not refuse and is still worth a look before it is published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from domain.kernel.refusals import Phrase
from domain.kinds.directory import Directory
from domain.rulebook import Rulebook
from domain.rulebook.inspection import labels_asked
from domain.working_time import WorkingCalendar


def rulebook_flags(
    book: Rulebook, directory: Directory, now: datetime, labels: Collection[str] | None
) -> Iterator[Phrase]:
    """What is worth a look in a rulebook; ``labels`` are those of the cases looked at, if any."""
    yield from _roles(book, directory, now)
    yield from _holders(book, directory)
    for name in sorted(book.calendars):
        calendar = directory.rules.calendar(name, directory.rules.version)
        if calendar is not None:
            yield from calendar_flags(calendar, now)
    for rule in book.clocks.values():
        if not rule.ladder:
            yield Phrase(
                f"The clock {rule.name} has no ladder: nobody hears of a breach.",
                f"时钟 {rule.name} 没有升级阶梯，超时后不会通知任何人。",
            )
    for label in () if labels is None else sorted(labels_asked(book, directory.kinds) - {*labels}):
        yield Phrase(
            f"A condition asks for the label {label}, which none of the cases looked at has.",
            f"有条件使用标签 {label}，但所查看的工单都没有这个标签。",
        )


def _roles(book: Rulebook, directory: Directory, now: datetime) -> Iterator[Phrase]:
    """Roles that a ladder calls and nobody holds today, at every site or at some."""
    called = {rung.to for rule in book.clocks.values() for rung in rule.ladder}
    sites = list(directory.sites) or [""]
    for name in sorted(called):
        role = book.roles[name]
        empty = [
            site
            for site in sites
            if role.holder(site, now.astimezone(directory.zone(site)).date().isoformat()) is None
        ]
        if len(empty) == len(sites):
            yield Phrase(f"Nobody holds the role {name}.", f"角色 {name} 目前无人担任。")
        elif empty:
            yield Phrase(
                f"Nobody holds the role {name} at {', '.join(empty)}.",
                f"角色 {name} 在 {'、'.join(empty)} 目前无人担任。",
            )


def _holders(book: Rulebook, directory: Directory) -> Iterator[Phrase]:
    for role in book.roles.values():
        for holder in role.holders:
            if holder.site is not None and holder.site not in directory.sites:
                yield Phrase(
                    f"{holder.staff} holds the role {role.name} at {holder.site},"
                    " a site that is not open.",
                    f"{holder.staff} 在 {holder.site} 担任角色 {role.name}，但该项目尚未登记。",
                )


def calendar_flags(calendar: WorkingCalendar, now: datetime) -> Iterator[Phrase]:
    """Years that a deadline of today may reach and the calendar does not cover."""
    years = calendar.years
    missing = [] if years is None else [y for y in (now.year, now.year + 1) if y not in years]
    if missing:
        said = ", ".join(map(str, missing))
        yield Phrase(
            f"The calendar {calendar.name} does not cover {said}: deadlines there are provisional.",
            f"日历 {calendar.name} 缺少 {said} 年，届时的时限为暂定。",
        )
