"""For the rulebook: one document that says every promise, refused where it is unclear."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from domain.clock_rules import (
    Choice,
    ClockRule,
    Condition,
    Holder,
    Kpi,
    Moment,
    Role,
    Rung,
    Starter,
    Trigger,
    Value,
)
from domain.facts import CASE_KINDS
from domain.reading import (
    DocumentInvalid,
    Path,
    Section,
    clock_time,
    duration,
    listed,
    unknown,
    whole,
)
from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Within,
    Working,
    WorkingDays,
)

FAILED_FIRST_TIME = ("reopened", "second_service", "reassigned", "second_visit", "reported_again")
KPI_QUESTIONS = ("first_time_fix", "satisfaction", "on_time")

_PERCENT = re.compile(r"(\d{1,4})%")
_MOST_PERCENT = 1000
_MOST_MONTHS = 1200
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """A rulebook as judged by: its clocks, roles and KPI definitions by name."""

    name: str
    title: str = ""
    clocks: Mapping[str, ClockRule] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    kpis: Mapping[str, Kpi] = field(default_factory=dict)

    @cached_property
    def starters(self) -> Mapping[str, Mapping[str, tuple[Starter, ...]]]:
        """For each kind and word: the rules a fact may start."""
        found: dict[str, dict[str, tuple[Starter, ...]]] = {}
        for rule in self.clocks.values():
            for kind in rule.kinds:
                by_word = found.setdefault(kind, {})
                for trigger in rule.starts:
                    by_word[trigger.word] = (
                        *by_word.get(trigger.word, ()),
                        Starter.of(rule, trigger),
                    )
        return found

    @cached_property
    def calendars(self) -> frozenset[str]:
        """The names of all calendars the clocks count on."""
        targets = (choice.within for rule in self.clocks.values() for choice in rule.within)
        return frozenset(
            t.calendar for t in targets if isinstance(t, Working | BusinessDays | WorkingDays)
        )


def read_rulebook(document: Mapping[str, Any], *, words: Mapping[str, frozenset[str]]) -> Rulebook:
    """Read a rulebook; `words` are the facts each kind of case knows, by kind.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    top = Section(document)
    name = top.text("rulebook")
    default_calendar = top.get("calendar")
    roles = {key: _role(key, part) for key, part in top.section("roles").sections()}
    clocks = {
        key: _ClockReader(words, roles, default_calendar).read(key, part)
        for key, part in top.section("clocks").sections()
    }
    kpis = {key: _kpi(key, part, clocks) for key, part in top.section("kpis").sections()}
    title = top.text("title", "")
    top.finish()
    return Rulebook(name=name, title=title, clocks=clocks, roles=roles, kpis=kpis)


class _ClockReader:
    """Reads one clock with what it may refer to at hand."""

    def __init__(
        self,
        words: Mapping[str, frozenset[str]],
        roles: Mapping[str, Role],
        default_calendar: str | None,
    ) -> None:
        self.words = words
        self.roles = roles
        self.default_calendar = default_calendar
        self.known: frozenset[str] = frozenset()

    def read(self, name: str, part: Section) -> ClockRule:
        if not _NAME.fullmatch(name):
            raise DocumentInvalid(
                part.path, "a clock's name is lower case words joined by dots or underscores."
            )
        kinds = _kinds(part)
        self.known = frozenset().union(*(self.words[kind] for kind in kinds))
        rule = ClockRule(
            name=name,
            title=part.text("title", ""),
            kinds=kinds,
            where=condition(part.get("where"), part.at("where")),
            starts=self._triggers(part, "starts", needed=True),
            stops=self._triggers(part, "stops", needed=True),
            pauses=self._triggers(part, "pauses"),
            resumes=self._triggers(part, "resumes"),
            cancels=self._triggers(part, "cancels"),
            within=self._choices(part),
            warnings=tuple(_warning(value, path) for value, path in part.entries("warnings")),
            ladder=self._ladder(part),
            obligations=tuple(whole(n, path) for n, path in part.entries("obligations")),
        )
        if bool(rule.pauses) != bool(rule.resumes):
            raise DocumentInvalid(
                part.path, "pauses and resumes go together: name both or neither."
            )
        part.finish()
        return rule

    def _triggers(self, part: Section, key: str, *, needed: bool = False) -> tuple[Trigger, ...]:
        written = part.entries(key, needed=needed)
        return tuple(self._trigger(value, path) for value, path in written)

    def _trigger(self, value: object, path: Path) -> Trigger:
        if isinstance(value, str):
            return Trigger(self._word(value, path))
        part = Section(value, path)
        trigger = Trigger(
            self._word(part.text("fact"), part.at("fact")),
            condition(part.get("where"), part.at("where")),
        )
        part.finish()
        return trigger

    def _word(self, word: object, path: Path) -> str:
        if not isinstance(word, str) or word not in self.known:
            raise DocumentInvalid(path, unknown("fact", word, self.known))
        return word

    def _choices(self, part: Section) -> tuple[Choice, ...]:
        written = part.entries("within", needed=True)
        return tuple(self._choice(value, path) for value, path in written)

    def _choice(self, value: object, path: Path) -> Choice:
        if isinstance(value, str):
            return Choice(Elapsed(target=duration(value, path)))
        part = Section(value, path)
        where = condition(part.get("where"), part.at("where"))
        found = [form for form in _FORMS if form in part]
        if "before" in found and "days" in found:  # which counts in days of its own
            found.remove("days")
        if len(found) != 1:
            raise DocumentInvalid(path, f"say exactly one of: {', '.join(_FORMS)}.")
        within = _FORMS[found[0]](part, self.default_calendar)
        part.finish()
        return Choice(within, where)

    def _ladder(self, part: Section) -> tuple[Rung, ...]:
        written = part.entries("ladder")
        return tuple(
            self._rung(number, Section(value, path))
            for number, (value, path) in enumerate(written, start=1)
        )

    def _rung(self, number: int, step: Section) -> Rung:
        to, wait = step.text("to"), step.get("acknowledge")
        if to not in self.roles:
            raise DocumentInvalid(step.at("to"), unknown("role", to, self.roles))
        rung = Rung(
            number=number,
            at=moment(step.need("at"), step.at("at")),
            to=to,
            unless=frozenset(self._word(word, path) for word, path in step.entries("unless")),
            acknowledge=None if wait is None else duration(wait, step.at("acknowledge")),
        )
        step.finish()
        return rung


def _kinds(part: Section, *, needed: bool = True) -> frozenset[str]:
    written = part.entries("case", needed=needed)
    for kind, path in written:
        if kind not in CASE_KINDS:
            raise DocumentInvalid(path, unknown("case", kind, CASE_KINDS))
    return frozenset(kind for kind, _ in written)


def _warning(value: object, path: Path) -> Moment:
    found = moment(value, path)
    if not found.before_due:
        raise DocumentInvalid(path, "a warning comes before the deadline: write 75% or -2h.")
    return found


def moment(value: object, path: Path) -> Moment:
    """A moment such as ``50%``, ``100%``, ``-2h`` or ``+30m``."""
    if isinstance(value, str):
        if (match := _PERCENT.fullmatch(value)) and int(match[1]) <= _MOST_PERCENT:
            return Moment(percent=int(match[1]))
        if value[:1] in {"+", "-"}:
            offset = duration(value[1:], path)
            return Moment(offset=offset if value[0] == "+" else -offset)
    raise DocumentInvalid(path, f"{value!r} is not a moment: write it like 50%, 100%, -2h or +30m.")


def condition(value: object, path: Path) -> Condition:
    """A mapping of attributes to the value, or the list of values, a case must have."""
    if value is None:
        return Condition()
    part = Section(value, path)
    wanted = []
    for key, values in part.value.items():
        choices = listed(values)
        if not choices or not all(isinstance(v, str | int | bool) for v in choices):
            raise DocumentInvalid(
                part.at(key), "a condition names a text, a number or a list of them."
            )
        plain: frozenset[Value] = frozenset(choices)
        wanted.append((str(key), plain))
    return Condition(tuple(wanted))


def _calendar(part: Section, default: str | None) -> str:
    name = part.get("calendar", default)
    if not isinstance(name, str):
        raise DocumentInvalid(part.path, "name a calendar here, or one for the whole rulebook.")
    return name


def _working(part: Section, default: str | None) -> Within:
    return Working(
        target=duration(part.need("working"), part.at("working")), calendar=_calendar(part, default)
    )


def _business_days(part: Section, default: str | None) -> Within:
    cutoff, opens = part.get("cutoff"), part.get("opens")
    if (cutoff is None) != (opens is None):
        raise DocumentInvalid(part.path, "cutoff and opens go together: name both or neither.")
    return BusinessDays(
        days=part.whole("business_days"),
        calendar=_calendar(part, default),
        cutoff=None if cutoff is None else clock_time(cutoff, part.at("cutoff")),
        opens=None if opens is None else clock_time(opens, part.at("opens")),
    )


def _elapsed(part: Section, _: str | None) -> Within:
    return Elapsed(target=duration(part.need("elapsed"), part.at("elapsed")))


def _working_days(part: Section, default: str | None) -> Within:
    return WorkingDays(
        days=part.whole("working_days"),
        calendar=_calendar(part, default),
        through_rest_days=part.flag("through_rest_days"),
    )


def _before(part: Section, _: str | None) -> Within:
    return Before(field=part.text("before"), days=part.whole("days", least=0))


_FORMS: Mapping[str, Callable[[Section, str | None], Within]] = {
    "elapsed": _elapsed,
    "working": _working,
    "business_days": _business_days,
    "working_days": _working_days,
    "before": _before,
    "months": lambda part, _: Months(months=part.whole("months", most=_MOST_MONTHS)),
    "at": lambda part, _: At(field=part.text("at")),
    "days": lambda part, _: Days(days=part.whole("days")),
}


def _role(name: str, part: Section) -> Role:
    holders = []
    for i, value in enumerate(listed(part.get("holders"))):
        step = Section(value, (*part.at("holders"), i))
        holders.append(
            Holder(
                staff=step.text("staff"),
                site=None if step.get("site") is None else step.text("site"),
                since=_day(step, "since"),
                until=_day(step, "until"),
            )
        )
        step.finish()
    role = Role(name=name, title=part.text("title", ""), holders=tuple(holders))
    part.finish()
    return role


def _day(part: Section, key: str) -> str | None:
    value = part.get(key)
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise DocumentInvalid(
            part.at(key), f"{value!r} is not a date: write it like 2026-01-31."
        ) from None


def _kpi(name: str, part: Section, clocks: Mapping[str, ClockRule]) -> Kpi:
    question = part.text("question")
    if question not in KPI_QUESTIONS:
        raise DocumentInvalid(part.at("question"), unknown("question", question, KPI_QUESTIONS))
    kpi = Kpi(
        name=name,
        question=question,
        title=part.text("title", ""),
        kinds=_kinds(part, needed=False) or frozenset(CASE_KINDS),
        where=condition(part.get("where"), part.at("where")),
        parameters=_parameters(question, part, clocks),
    )
    part.finish()
    return kpi


def _parameters(
    question: str, part: Section, clocks: Mapping[str, ClockRule]
) -> Mapping[str, object]:
    """The parameters a question takes; see docs/reference/rulebook.md."""
    if question == "first_time_fix":
        without = [str(word) for word in listed(part.get("without"))]
        for word in without:
            if word not in FAILED_FIRST_TIME:
                raise DocumentInvalid(part.at("without"), unknown("word", word, FAILED_FIRST_TIME))
        again = part.get("again_within")
        window = None if again is None else duration(again, part.at("again_within"))
        if "reported_again" in without and window is None:
            raise DocumentInvalid(
                part.path, "reported_again needs again_within: say within how long."
            )
        return {"without": tuple(without), "again_within": window}
    if question == "on_time":
        clock = part.get("clock")
        if clock is not None and clock not in tuple(clocks):
            raise DocumentInvalid(part.at("clock"), unknown("clock", clock, clocks))
        return {"clock": clock, "by": str(part.get("by", "clock"))}
    return {"by": str(part.get("by", "site"))}


NOTHING = Rulebook(name="nothing")
