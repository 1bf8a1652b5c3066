"""For folding the facts of a case into its clocks. Every replay passes here: it is kept fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

from domain.clock_rules import Choice, ClockRule, Starter
from domain.clocks.clock import Clock
from domain.clocks.lookup import Lookup
from domain.clocks.reckoning import hold, reckon, release
from domain.escalation import (
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.facts import Fact, Recorded, kind_of
from domain.registers import Registers
from domain.working_time import NOTHING_GIVEN, At, Before, Given, Within

_BEGIN_A_SERVICE = frozenset({"reopened", "second_service"})
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_NO_STARTERS: Mapping[str, tuple[Starter, ...]] = MappingProxyType({})


def clocks_of(facts: Sequence[Recorded], registers: Registers) -> list[Clock]:
    """Every run of every clock of one case, oldest first, from all its facts in stream order."""
    clocks: list[Clock] = []
    kind = kind_of(facts[0].stream) if facts else ""
    service, version, starters = 1, -1, _NO_STARTERS
    for index, recorded in enumerate(facts):
        fact = recorded.fact
        word = fact.word
        if word in _BEGIN_A_SERVICE:
            service = getattr(fact, "cycle", service)
        if clocks:
            note = _NOTES.get(type(fact))
            if note is not None:
                note(clocks, recorded)
            for clock in clocks:
                if clock.end is None and word in clock.rule.heard:
                    _hear(clock, facts, index, service, registers)
        if recorded.rules != version:
            version = recorded.rules
            starters = registers.rules.rulebook(version).starters.get(kind, _NO_STARTERS)
        for starter in starters.get(word, ()):
            cycle = _next_cycle(clocks, starter.rule.name, service)
            if cycle:
                _start(clocks, starter, cycle, Lookup(facts, index, service), registers)
    for clock in clocks:
        if clock.rule.excusable:
            clock.heard = tuple((r.fact.word, r.occurred_at) for r in facts)
    return clocks


def _next_cycle(clocks: Sequence[Clock], name: str, service: int) -> int:
    """The number of the clock's next run, 0 while it runs; each service cycle has its own runs."""
    cycle = 1
    for clock in clocks:
        if clock.rule.name == name:
            if clock.service == service and clock.end is None:
                return 0
            cycle += 1
    return cycle


def _start(
    clocks: list[Clock], starter: Starter, cycle: int, case: Lookup, registers: Registers
) -> None:
    for where in starter.where:
        if not case.meets(where):
            return
    rule, within, given = starter.rule, starter.sole, NOTHING_GIVEN
    if within is None:
        within = _choose(rule.within, case)
        if isinstance(within, At | Before):
            within, given = _promised(within, case, registers) or (None, NOTHING_GIVEN)
        if within is None:
            return  # no target fits, or no deadline was given: nothing was promised
    recorded = case.facts[case.index]
    clock = Clock(
        rule,
        within,
        recorded.occurred_at,
        recorded.rules,
        recorded.site,
        cycle,
        case.service,
        given,
    )
    reckon(clock, registers)
    if rule.pauses and case.index and not given:
        note = _held(rule, case)
        if note is not None:
            hold(clock, clock.started, note)
    clocks.append(clock)


def _choose(choices: Sequence[Choice], case: Lookup) -> Within | None:
    for choice in choices:
        if not choice.where.wanted or case.meets(choice.where):
            return choice.within
    return None


def _promised(
    within: At | Before, case: Lookup, registers: Registers
) -> tuple[Within, Given] | None:
    """The deadline the case names itself, None if it names none that can be read.

    A date without a time is promised for its end, a time without a zone is meant at the site.
    """
    value = case.value(within.field)
    if isinstance(value, str):
        value = _read(value)
    if not isinstance(value, date) or not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        return None
    if not isinstance(value, datetime):
        days = within.days if isinstance(within, Before) else 0
        return Before(field=within.field, days=days), {within.field: value}
    if value.tzinfo is None:
        value = value.replace(tzinfo=registers.zone(case.recorded.site))
    return within, {within.field: value}


def _read(text: str) -> date | None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _held(rule: ClockRule, case: Lookup) -> str | None:
    """The note of a pause of this service that began earlier and lasts, None if none does."""
    if case.recorded.fact.word in _BEGIN_A_SERVICE:
        return None
    for index in range(case.index - 1, -1, -1):
        earlier = Lookup(case.facts, index, case.service)
        if earlier.sets_off(rule.pauses):
            return _note(earlier.recorded)
        if earlier.recorded.fact.word in _BEGIN_A_SERVICE or earlier.sets_off(
            (*rule.resumes, *rule.stops, *rule.cancels)
        ):
            return None
    return None


def _hear(
    clock: Clock, facts: Sequence[Recorded], index: int, service: int, registers: Registers
) -> None:
    """Let a fact stop, cancel, pause or resume the clock.

    A pause holds a promise that is still open: nothing holds one whose due instant has passed,
    or one made for a date.
    """
    recorded = facts[index]
    at = recorded.occurred_at
    for effect, where in clock.rule.heard[recorded.fact.word]:
        if where.wanted and not Lookup(facts, index, service).meets(where):
            continue
        if effect in {"stop", "cancel"}:
            _settle(clock, at, registers)
            if effect == "stop":
                clock.stopped = clock.end = at
            else:
                clock.cancelled = clock.end = at
            return
        if effect == "resume" and clock.paused:
            release(clock, at, registers)
            return
        if effect == "pause" and not clock.paused and _can_be_held(clock, at):
            hold(clock, at, _note(recorded))
            return


def _can_be_held(clock: Clock, at: datetime) -> bool:
    return not clock.given and clock.lapsed is None and clock.due is not None and at < clock.due


def _settle(clock: Clock, at: datetime, registers: Registers) -> None:
    if clock.paused:
        release(clock, at, registers)


def _note(recorded: Recorded) -> str:
    """Why and by whom a pause was made."""
    reason = getattr(recorded.fact, "reason", None)
    return " ".join(filter(None, (str(reason or ""), recorded.actor)))


def _find(clocks: Sequence[Clock], name: str, cycle: int) -> Clock | None:
    return next((c for c in clocks if c.rule.name == name and c.cycle == cycle), None)


def _note_warning(clocks: Sequence[Clock], recorded: Recorded) -> None:
    fact = recorded.fact
    assert isinstance(fact, DeadlineWarned)
    if clock := _find(clocks, fact.clock, fact.cycle):
        clock.warned = (*clock.warned, fact.warning)


def _note_lapse(clocks: Sequence[Clock], recorded: Recorded) -> None:
    fact = recorded.fact
    assert isinstance(fact, DeadlineLapsed)
    if clock := _find(clocks, fact.clock, fact.cycle):
        clock.lapsed = fact
        clock.due = fact.due


def _note_rung(clocks: Sequence[Clock], recorded: Recorded) -> None:
    fact = recorded.fact
    assert isinstance(fact, EscalationRaised)
    if clock := _find(clocks, fact.clock, fact.cycle):
        clock.raised = (*clock.raised, fact)


def _note_acknowledgement(clocks: Sequence[Clock], recorded: Recorded) -> None:
    fact = recorded.fact
    assert isinstance(fact, EscalationAcknowledged)
    if clock := _find(clocks, fact.clock, fact.cycle):
        clock.acknowledgements = (*clock.acknowledgements, (fact.rung, recorded.occurred_at))


def _note_waiver(clocks: Sequence[Clock], recorded: Recorded) -> None:
    fact = recorded.fact
    assert isinstance(fact, BreachWaived)
    if clock := _find(clocks, fact.clock, fact.cycle):
        clock.waived_at = recorded.occurred_at


_NOTES: Mapping[type[Fact], Callable[[Sequence[Clock], Recorded], None]] = {
    DeadlineWarned: _note_warning,
    DeadlineLapsed: _note_lapse,
    EscalationRaised: _note_rung,
    EscalationAcknowledged: _note_acknowledgement,
    BreachWaived: _note_waiver,
}
