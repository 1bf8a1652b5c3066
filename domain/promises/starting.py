"""How a run of a clock starts: for which cases, its target, a deadline that the case names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from domain.kernel.facts import Mark
from domain.promises.clock import Clock
from domain.promises.pausing import can_be_held, hold
from domain.promises.reckoning import reckon
from domain.promises.rules import Choice, Starter
from domain.promises.situation import Situation
from domain.working_time import NOTHING_GIVEN, At, Before, Elapsed, Given, Within

if TYPE_CHECKING:
    from domain.promises.directory import Directory
    from domain.promises.fold import Fold

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999


def start(starter: Starter, cycle: int, case: Fold) -> Clock | None:
    """The run that the newest fact starts; None if the case is not meant or names no deadline."""
    rule, conditions, within = starter
    for condition in conditions:
        if not case.meets(condition):
            return None
    given = NOTHING_GIVEN
    if within is None:
        within = _choose(rule.within, case)
        if isinstance(within, At | Before):
            within, given = _named(within, case, case.directory) or (None, NOTHING_GIVEN)
        if within is None:
            return None
    recorded = case.recorded
    clock = Clock(rule, within, recorded, cycle, case.service, given)
    at = clock.started
    if type(within) is Elapsed:  # by far the commonest
        clock.due = at + within.target
    else:
        reckon(clock, case.directory)
    if case.entered_late:
        clock.late_entries = 1
    if rule.excuses:
        clock.came = case.came(rule.excuses)
    if rule.pauses and recorded.fact.mark is not Mark.BEGINS_CYCLE:
        note = case.held(rule)
        if note is not None and can_be_held(clock, at):
            hold(clock, at, note, case.directory)
    return clock


def _choose(choices: Sequence[Choice], case: Situation) -> Within | None:
    for choice in choices:
        if not choice.where.wanted or case.meets(choice.where):
            return choice.within
    return None


def _named(
    within: At | Before, case: Situation, directory: Directory
) -> tuple[Within, Given] | None:
    """The deadline the case names itself, None if it names none that can be read.

    A date without a time is promised for its end, a time without a zone is meant at the site.
    """
    value = case.value(within.field)
    if isinstance(value, str):
        value = _read(value)
    if not isinstance(value, date) or not FIRST_YEAR <= value.year <= LAST_YEAR:
        return None
    if not isinstance(value, datetime):
        days = within.days if isinstance(within, Before) else 0
        return Before(field=within.field, days=days), {within.field: value}
    if value.tzinfo is None:
        value = value.replace(tzinfo=directory.zone(case.recorded.site))
    return within, {within.field: value}


def _read(text: str) -> date | None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return None
