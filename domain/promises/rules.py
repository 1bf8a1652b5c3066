"""The rule of a clock: what starts, stops and pauses it, how long it has, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import Literal, NamedTuple, assert_never

from domain.kernel.kinds import Value
from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Length,
    Months,
    Within,
    Working,
    WorkingDays,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """Attributes a case must have: every key must equal one of its values. Empty is always true."""

    wanted: tuple[tuple[str, frozenset[Value]], ...] = ()


Effects = tuple[tuple[str, Condition], ...]
"""What a fact may do to a running clock (stop, cancel, resume, pause), each under a condition."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A fact by its word, under a condition."""

    word: str
    where: Condition = Condition()


@dataclass(frozen=True, slots=True)
class Choice:
    """A target, and for which cases it is meant; the first that matches is taken."""

    within: Within
    where: Condition = Condition()


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of a clock: a percentage of its target, or a length of time from its due instant.

    With ``by`` it lies that long before the due instant (sign -1) or after it (sign 1), counted as
    the length says, on a calendar of its own.
    """

    percent: int | None = None
    by: Length | None = None
    sign: Literal[-1, 1] = 1

    @property
    def before_due(self) -> bool:
        """Whether the moment can come before the due instant."""
        if self.percent is not None:
            return self.percent < 100  # noqa: PLR2004 - the whole target
        return self.sign == -1

    @property
    def offset(self) -> timedelta | None:
        """How long after the due instant, by the clock on the wall; None where it is reckoned."""
        return self.sign * self.by.target if type(self.by) is Elapsed else None

    def __str__(self) -> str:
        if self.by is None:
            return f"{self.percent}%"
        return f"{'-' if self.sign == -1 else '+'}{_spell_length(self.by)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder: at a moment, a role has to know, unless some fact came first.

    With ``acknowledge``, silence for that long brings the next rung forward.
    """

    number: int
    at: Moment
    to: str
    unless: frozenset[str] = frozenset()
    acknowledge: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class ClockRule:
    """One promise of the rulebook."""

    name: str
    kinds: frozenset[str]
    starts: tuple[Trigger, ...]
    stops: tuple[Trigger, ...]
    within: tuple[Choice, ...]
    title: str = ""
    where: Condition = Condition()
    pauses: tuple[Trigger, ...] = ()
    resumes: tuple[Trigger, ...] = ()
    cancels: tuple[Trigger, ...] = ()
    warnings: tuple[Moment, ...] = ()
    ladder: tuple[Rung, ...] = ()
    obligations: tuple[int, ...] = ()

    @cached_property
    def heard(self) -> Mapping[str, Effects]:
        """By word: what a fact does to a running clock, and when; the first that applies counts."""
        found: dict[str, Effects] = {}
        effects = (
            ("stop", self.stops),
            ("cancel", self.cancels),
            ("resume", self.resumes),
            ("pause", self.pauses),
        )
        for effect, triggers in effects:
            for trigger in triggers:
                found[trigger.word] = (*found.get(trigger.word, ()), (effect, trigger.where))
        return found

    @cached_property
    def climbs_late(self) -> bool:
        """Whether no rung comes before the due instant."""
        return not any(rung.at.before_due for rung in self.ladder)

    @cached_property
    def first_percent(self) -> int:
        """The smallest percentage of the target at which anything is said, at most 100."""
        return min(100, *(m.percent for m in self.moments if m.percent is not None), 100)

    @cached_property
    def first_offset(self) -> timedelta:
        """The earliest offset from the due instant at which anything is said, at most 0."""
        nothing = timedelta(0)
        return min(nothing, *(m.offset for m in self.moments if m.offset is not None), nothing)

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """The moments of warnings and rungs, in the order written."""
        return (*self.warnings, *(rung.at for rung in self.ladder))

    @cached_property
    def counted_moments(self) -> bool:
        """Whether some moment is counted in days, months or the hours of a calendar."""
        return any(moment.by is not None and moment.offset is None for moment in self.moments)

    @cached_property
    def beyond_target(self) -> bool:
        """Whether some rung comes when more than the whole target has passed."""
        return any((rung.at.percent or 0) > 100 for rung in self.ladder)  # noqa: PLR2004 - as above

    @cached_property
    def early(self) -> tuple[Moment, ...]:
        """The moments at which anything is said before the due instant, each once."""
        return tuple(dict.fromkeys(moment for moment in self.moments if moment.before_due))

    @cached_property
    def excuses(self) -> frozenset[str]:
        """The words of the facts that may excuse a rung."""
        return frozenset().union(*(rung.unless for rung in self.ladder))


class Starter(NamedTuple):
    """A rule that a fact may start. ``sole`` is its target where it is the same for every case."""

    rule: ClockRule
    where: tuple[Condition, ...]
    sole: Within | None

    @classmethod
    def of(cls, rule: ClockRule, trigger: Trigger) -> Starter:
        """What is to be checked before a fact of the trigger's word starts the rule's clock."""
        where = tuple(condition for condition in (trigger.where, rule.where) if condition.wanted)
        first = rule.within[0]
        plain = not first.where.wanted and not isinstance(first.within, At | Before)
        return cls(rule, where, first.within if plain else None)


def _spell_length(by: Length) -> str:
    match by:
        case Elapsed():
            return spell(by.target)
        case Working():
            return f"{{working: {spell(by.target)}}}"
        case BusinessDays():
            return f"{{business_days: {by.days}}}"
        case WorkingDays():
            return f"{{working_days: {by.days}}}"
        case Days():
            return f"{{days: {by.days}}}"
        case Months():
            return f"{{months: {by.months}}}"
        case _:
            assert_never(by)


def spell(length: timedelta) -> str:
    """A length of time as rulebooks write it: ``1h30m``, ``45s``."""
    seconds = round(length.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if n]
    return "".join(parts) or "0s"


@cache
def spell_target(within: Within) -> str:
    """A target in words: ``24h``, ``15 working days on cn``, ``7 days before due_date``."""
    match within:
        case Elapsed():
            return spell(within.target)
        case Working():
            return f"{spell(within.target)} working on {within.calendar}"
        case BusinessDays():
            return f"{within.days} business days on {within.calendar}"
        case WorkingDays():
            until = " until closing" if within.until == "close" else ""
            return f"{within.days} working days{until} on {within.calendar}"
        case Days():
            return f"{within.days} days"
        case Months():
            return f"{within.months} months"
        case Before():
            return f"{within.days} days before {within.field}"
        case At():
            return f"at {within.field}"
        case _:
            assert_never(within)
