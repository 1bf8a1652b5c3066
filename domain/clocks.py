"""For the clocks of a case: which facts started, paused and stopped them, when they are due, how they ended.

One fold over the facts of one case, as the log holds them. It is the only place that judges a deadline:
decisions, projections and explanations all ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from domain.clock_rules import Choice, ClockRule, Condition, Moment, Rung, Trigger, Value
from domain.escalation import (
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from domain.facts import Fact, Recorded, kind_of
from domain.registers import Registers
from domain.working_time import At, Before, Due, Explanation, Within, due, explain, share

HOLE = object()
WHOLE = 100


class Verdict(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    LATE = "late"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    WAIVED = "waived"


class Pause(NamedTuple):
    """A stretch in which a clock did not count; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None
    note: str


class Pending(NamedTuple):
    """Something the clock will have to say at an instant: a warning, the lapse, or a rung."""

    at: datetime
    what: str
    number: int
    due: datetime
    cause: str = "time"


class Clock:
    """One run of one clock. ``cycle`` counts the runs of this clock in its case, from 1.

    ``due`` is None while the clock is paused. ``service`` is the case's own cycle at the start.
    """

    __slots__ = (
        "acknowledgements", "cancelled", "cycle", "due", "given", "heard", "lapsed", "pauses",
        "provisional", "raised", "rule", "rules", "service", "site", "started", "stopped",
        "waived", "warned", "within",
    )  # fmt: skip

    def __init__(
        self, rule: ClockRule, within: Within, *, rules: int, site: str, cycle: int, service: int,
        started: datetime, given: Mapping[str, datetime | date | str | None],
    ) -> None:  # fmt: skip
        self.rule = rule
        self.within = within
        self.rules = rules
        self.site = site
        self.cycle = cycle
        self.service = service
        self.started = started
        self.given = given
        self.pauses: tuple[Pause, ...] = ()
        self.stopped: datetime | None = None
        self.cancelled: datetime | None = None
        self.lapsed: DeadlineLapsed | None = None
        self.waived = False
        self.due: datetime | None = None
        self.provisional = False
        self.warned: tuple[int, ...] = ()
        self.raised: tuple[EscalationRaised, ...] = ()
        self.acknowledgements: tuple[tuple[int, datetime], ...] = ()
        self.heard: tuple[tuple[str, datetime], ...] = ()

    @property
    def name(self) -> str:
        """The clock's name in its rulebook."""
        return self.rule.name

    @property
    def running(self) -> bool:
        """Whether the promise is still open: neither stopped nor cancelled."""
        return self.stopped is None and self.cancelled is None

    @property
    def paused(self) -> bool:
        """Whether the clock is standing still."""
        return self.running and bool(self.pauses) and self.pauses[-1].until is None

    @property
    def breached(self) -> bool:
        """Whether the promise was broken, waived or not: a recorded lapse, or a stop after due."""
        late = self.stopped is not None and self.due is not None and self.stopped > self.due
        return self.lapsed is not None or late

    @property
    def verdict(self) -> Verdict:
        """How the clock stands, by what is recorded."""
        if self.waived:
            return Verdict.WAIVED
        if self.cancelled is not None and self.lapsed is None:
            return Verdict.CANCELLED
        if self.stopped is not None:
            return Verdict.LATE if self.breached else Verdict.MET
        if self.lapsed is not None:
            return Verdict.LAPSED
        return Verdict.PAUSED if self.paused else Verdict.RUNNING

    @property
    def end(self) -> datetime | None:
        """When the clock ended, None while it runs."""
        return self.stopped or self.cancelled


class Lookup:
    """The attributes of a case as of one of its facts, for `where` conditions."""

    __slots__ = ("facts", "index", "service")

    def __init__(self, facts: Sequence[Recorded], index: int, service: int) -> None:
        self.facts = facts
        self.index = index
        self.service = service

    def value(self, key: str) -> object:
        """The fact's own field, else what the case was last described by, else its label."""
        recorded = self.facts[self.index]
        if key == "site":
            return recorded.site
        if key == "cycle":
            return self.service
        own = getattr(recorded.fact, key, HOLE)
        if own is not HOLE:
            return own
        for earlier in reversed(self.facts[: self.index]):
            if key in earlier.fact.describes:
                return getattr(earlier.fact, key)
        labels: Mapping[str, str] = getattr(self.facts[0].fact, "labels", {})
        return labels.get(key)

    def meets(self, condition: Condition) -> bool:
        """Whether the case is what the condition wants."""
        return all(_plain(self.value(key)) in values for key, values in condition.wanted)


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | bool) else None


def clocks_of(facts: Sequence[Recorded], registers: Registers) -> list[Clock]:
    """Every run of every clock of one case, oldest first, from all its facts in stream order."""
    clocks: list[Clock] = []
    kind = kind_of(facts[0].stream) if facts else ""
    service = 1
    starters = None
    version = -1
    for index, recorded in enumerate(facts):
        fact = recorded.fact
        word = fact.word
        if word in _SERVICE_WORDS:
            service = fact.cycle  # type: ignore[attr-defined]
        note = _CLOCK_FACTS.get(type(fact))
        if note is not None:
            note(clocks, recorded)
        for clock in clocks:
            if word in clock.rule.heard and clock.running:
                _hear(clock, Lookup(facts, index, service), registers)
        if recorded.rules != version:
            version = recorded.rules
            starters = registers.rules.rulebook(version).starters
        for rule, trigger in starters.get((kind, word), ()) if starters else ():
            if not any(c.rule.name == rule.name and c.running for c in clocks):
                _start(clocks, rule, trigger, Lookup(facts, index, service), registers)
    for clock in clocks:
        if any(rung.unless for rung in clock.rule.ladder):
            clock.heard = tuple((r.fact.word, r.occurred_at) for r in facts)
    return clocks


_SERVICE_WORDS = frozenset({"reopened", "second_service"})


def _start(
    clocks: list[Clock], rule: ClockRule, trigger: Trigger, case: Lookup, registers: Registers
) -> None:
    if not (case.meets(trigger.where) and case.meets(rule.where)):
        return
    choice = _choose(rule.within, case)
    if choice is None:
        return
    recorded = case.facts[case.index]
    given: dict[str, datetime | date | str | None] = {}
    within = choice.within
    if isinstance(within, At | Before):
        value = case.value(within.field)
        if not isinstance(value, datetime | date | str):
            return  # no deadline was given, so nothing was promised
        given[within.field] = value
    cycle = 1 + sum(clock.rule.name == rule.name for clock in clocks)
    clock = Clock(
        rule, within, rules=recorded.rules, site=recorded.site, cycle=cycle,
        service=case.service, started=recorded.occurred_at, given=given,
    )  # fmt: skip
    _reckon(clock, registers)
    clocks.append(clock)


def _choose(choices: Sequence[Choice], case: Lookup) -> Choice | None:
    for choice in choices:
        if not choice.where.wanted or case.meets(choice.where):
            return choice
    return None


def _hear(clock: Clock, case: Lookup, registers: Registers) -> None:
    """Let a fact stop, cancel, pause or resume the clock."""
    recorded = case.facts[case.index]
    rule, word, at = clock.rule, recorded.fact.word, recorded.occurred_at
    if _triggered(rule.stops, word, case):
        _end_pause(clock, at, registers)
        clock.stopped = at
    elif _triggered(rule.cancels, word, case):
        _end_pause(clock, at, registers)
        clock.cancelled = at
    elif clock.paused:
        if _triggered(rule.resumes, word, case):
            _end_pause(clock, at, registers)
    elif _triggered(rule.pauses, word, case):
        note = " ".join(filter(None, (str(case.value("reason") or ""), recorded.actor)))
        clock.pauses = (*clock.pauses, Pause(at, None, note))
        if clock.lapsed is None:
            clock.due = None


def _triggered(triggers: Sequence[Trigger], word: str, case: Lookup) -> bool:
    return any(t.word == word and (not t.where.wanted or case.meets(t.where)) for t in triggers)


def _end_pause(clock: Clock, at: datetime, registers: Registers) -> None:
    if not clock.paused:
        return
    last = clock.pauses[-1]
    clock.pauses = (*clock.pauses[:-1], last._replace(until=max(at, last.since)))
    _reckon(clock, registers)


def _reckon(clock: Clock, registers: Registers) -> None:
    """Work out when the clock is due. A recorded lapse keeps the due instant it was recorded with."""
    if clock.lapsed is not None:
        clock.due = clock.lapsed.due
        return
    reckoned: Due = due(clock.within, start=clock.started, **_terms(clock, registers))
    clock.due, clock.provisional = reckoned


def _terms(clock: Clock, registers: Registers) -> dict[str, object]:
    """The keyword arguments all of working_time's questions share."""
    calendar = getattr(clock.within, "calendar", None)
    return {
        "zone": registers.zone(clock.site),
        "calendar": registers.rules.calendar(calendar, clock.rules) if calendar else None,
        "pauses": [(p.since, p.until) for p in clock.pauses if p.until is not None],
        "given": clock.given,
    }


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
        clock.waived = True


_CLOCK_FACTS: Mapping[type[Fact], Callable[[Sequence[Clock], Recorded], None]] = {
    DeadlineWarned: _note_warning,
    DeadlineLapsed: _note_lapse,
    EscalationRaised: _note_rung,
    EscalationAcknowledged: _note_acknowledgement,
    BreachWaived: _note_waiver,
}


def pending(clock: Clock, registers: Registers) -> list[Pending]:
    """What the clock has to say and has not said yet, in order of its instants.

    Nothing is said of instants the clock did not live to see: those at or after its stop, its
    cancellation or, before it lapsed, the pause that lasts.
    """
    said = clock.lapsed is not None
    kept = not clock.rule.speaks_early and not clock.running and not clock.breached
    if kept or clock.waived:
        return []
    until = clock.end
    if clock.paused and not said:
        until = clock.pauses[-1].since
    when = _Moments(clock, registers)
    found = [
        Pending(at, "warning", number, when.due)
        for number, moment in enumerate(clock.rule.warnings, start=1)
        if number not in clock.warned and (at := when(moment)) is not None
    ]
    if not said:
        found.append(Pending(when.due, "lapse", 0, when.due))
    found.extend(_rungs(clock, when))
    found = [p for p in found if until is None or p.at < until]
    return sorted(found, key=lambda p: p.at)


def next_instant(clock: Clock, registers: Registers) -> datetime | None:
    """The first instant at which the clock has something to say, None if it has nothing left."""
    if not clock.rule.speaks_early and clock.lapsed is None:
        if clock.running:
            if clock.due is not None:
                return clock.due  # nothing can come before it
        elif not clock.breached:
            return None
    waiting = pending(clock, registers)
    return waiting[0].at if waiting else None


class _Moments:
    """Turns the moments of a rule into instants of one clock."""

    def __init__(self, clock: Clock, registers: Registers) -> None:
        self.clock = clock
        self.terms = _terms(clock, registers)
        self.due: datetime = (
            clock.due or due(clock.within, start=clock.started, **self.terms).at  # type: ignore[arg-type]
        )

    def __call__(self, moment: Moment) -> datetime:
        if moment.offset is not None:
            return self.due + moment.offset
        percent = moment.percent or 0
        if percent == WHOLE:
            return self.due
        if percent == 0:
            return self.clock.started
        return share(
            self.clock.within, percent=percent, start=self.clock.started, **self.terms  # type: ignore[arg-type]
        )


def _rungs(clock: Clock, when: _Moments) -> list[Pending]:
    """The rungs still to be raised; silence after one that wanted acknowledgement brings the next forward."""
    found: list[Pending] = []
    raised = {fact.rung: fact.reached for fact in clock.raised}
    acknowledged = dict(clock.acknowledgements)
    patience: datetime | None = None
    for rung in clock.rule.ladder:
        reached = raised.get(rung.number)
        if reached is None:
            at, cause = when(rung.at), "time"
            if patience is not None and patience < at:
                at, cause = patience, "unacknowledged"
            patience = None
            if _excused(clock, rung, at):
                continue
            found.append(Pending(at, "rung", rung.number, when.due, cause))
            reached = at
        patience = None
        if rung.acknowledge is not None:
            limit = reached + rung.acknowledge
            seen = acknowledged.get(rung.number)
            patience = None if seen is not None and seen <= limit else limit
    return found


def _excused(clock: Clock, rung: Rung, at: datetime) -> bool:
    """Whether a fact that excuses the rung came between the clock's start and the rung's instant."""
    return bool(rung.unless) and any(
        word in rung.unless and clock.started <= when <= at for word, when in clock.heard
    )


def explanation(clock: Clock, registers: Registers) -> Explanation:
    """The stretches counted and skipped between the clock's start and its due instant."""
    terms = _terms(clock, registers)
    terms["pauses"] = [(p.since, p.until, p.note) for p in clock.pauses if p.until is not None]
    return explain(clock.within, start=clock.started, **terms)  # type: ignore[arg-type]
