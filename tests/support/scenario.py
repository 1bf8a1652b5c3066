"""Says what happened, what is asked, and what must come of it: rules, clocks and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from commands.clocks import RecordDue
from commands.envelope import Answer, CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from domain.kernel.facts import Fact, Recorded
from domain.kernel.personal import Personal
from domain.kernel.refusals import Refusal
from domain.kinds import KINDS
from domain.kinds.directory import Directory
from domain.kinds.rules.facts import RULES_STREAM, CalendarPublished, RulebookPublished
from domain.kinds.site.facts import SiteOpened
from domain.promises import Clock, Fold
from store.codec import Codec
from store.log import Log, Receipt
from store.memory import MemoryLog

START = datetime(2026, 5, 6, 1, tzinfo=UTC)  # a Wednesday, nine in the morning in Shanghai
SITE = "north"
ZONE = "Asia/Shanghai"
CODEC = Codec()
REASON = Personal("方案修订")

Evolve = Callable[[Any, Any], Any]
Decision = Callable[..., Sequence[Any]]


def after(text: str) -> datetime:
    """An instant so long after the start: `26h`, `30m`, `1h30m`, `3d`, `2d1h`."""
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    length, number = timedelta(), ""
    for character in text:
        if character in units:
            length += timedelta(**{units[character]: int(number)})
            number = ""
        else:
            number += character
    return START + length


def envelope(
    fact: Fact, version: int, at: datetime, *, stream: str, rules: int = 1, site: str = SITE
) -> Recorded:
    """A fact as the log would hold it, had it been recorded when it happened."""
    return Recorded(
        stream, version, version, fact, at, at, "someone", f"command-{version}", site, rules,
        None, None,
    )  # fmt: skip


def stored(fact: Fact) -> Fact:
    """The fact as it comes back from the log."""
    row = CODEC.encode(envelope(fact, 1, START, stream="case-1"))
    return CODEC.decode(row).fact


@dataclass(frozen=True)
class Asked:
    """What a decision answered, or how it refused."""

    evolve: Evolve
    history: tuple[Any, ...]
    initial: Any
    answer: Sequence[Any] | Refusal

    def then(self, *expected: Fact) -> None:
        """Exactly these facts, which survive the log and fold alike one by one and all at once."""
        assert not isinstance(self.answer, Refusal), f"refused: {self.answer}"
        assert list(self.answer) == list(expected)
        assert [stored(fact) for fact in self.answer] == list(expected)
        before = reduce(self.evolve, self.history, deepcopy(self.initial))
        step_by_step = reduce(self.evolve, self.answer, before)
        from_the_log = map(stored, (*self.history, *self.answer))
        assert reduce(self.evolve, from_the_log, deepcopy(self.initial)) == step_by_step

    def stays_quiet(self) -> None:
        """No fact: it is so already."""
        self.then()

    def refuses(self, refusal: type[Refusal], **details: object) -> None:
        """Refused so, with sentences in both languages that name the details."""
        assert type(self.answer) is refusal, f"answered {self.answer!r}"
        case = {"case": "case-1"} | self.answer.details
        self.answer.details.update(case)
        assert self.answer.sentence.endswith(".")
        assert self.answer.sentence_zh.endswith("。")
        for name, value in details.items():
            assert self.answer.details[name] == value


@dataclass(frozen=True)
class Given:
    """What happened so far."""

    evolve: Evolve
    history: tuple[Any, ...]
    initial: Any = None

    def when(self, decision: Decision, **words: object) -> Asked:
        """Ask a decision about it."""
        state = reduce(self.evolve, self.history, deepcopy(self.initial))
        try:
            answer: Sequence[Any] | Refusal = decision(state, **words)
        except Refusal as refusal:
            answer = refusal
        return Asked(self.evolve, self.history, self.initial, answer)


def story(evolve: Evolve, initial: Any = None) -> Callable[..., Given]:
    """The `given` of one kind of thing: it takes the facts that happened."""
    return lambda *facts: Given(evolve, facts, initial)


def registers(*documents: Mapping[str, Any], zone: str = ZONE) -> Directory:
    """One site, and these rulebooks and calendars published in this order from version 1 on."""
    known = Directory(KINDS)
    known.take(f"site-{SITE}", 1, SiteOpened(name="North", zone=zone))
    calendars: dict[str, int] = {}
    for version, document in enumerate(documents, start=1):
        fact: Fact
        if "rulebook" in document:
            fact = RulebookPublished(name=document["rulebook"], document=document)
        else:
            name = document["name"]
            calendars[name] = calendars.get(name, 0) + 1
            fact = CalendarPublished(name=name, version=calendars[name], document=document)
        known.take(RULES_STREAM, version, fact)
    return known


def book(clock: Mapping[str, Any] | None = None, **clocks: Mapping[str, Any]) -> dict[str, Any]:
    """A rulebook of these clocks, the first named `reply`; three roles stand behind its ladders.

    A clock that says nothing else counts 24 hours from a complaint to its answer.
    """
    usual = {"case": "complaint", "starts": "lodged", "stops": "replied", "within": "24h"}
    named = {**({} if clock is None else {"reply": clock}), **clocks}
    return {
        "rulebook": "test",
        "roles": {
            "supervisor": {"holders": [{"staff": "sun"}]},
            "head_of_department": {"holders": [{"staff": "hu"}]},
            "manager": {"holders": [{"staff": "ma"}]},
        },
        "clocks": {name: {**usual, **rule} for name, rule in named.items()},
    }


@dataclass
class Case:
    """The facts of one case in the order in which the log learned of them."""

    known: Directory
    stream: str = "complaint-1"
    facts: list[Recorded] = field(default_factory=list)

    def happens(
        self, fact: Fact, at: str | datetime = "0s", *, rules: int | None = None, site: str = SITE
    ) -> Case:
        """One more fact, at an instant or so long after the start."""
        instant = after(at) if isinstance(at, str) else at
        version = len(self.facts) + 1
        rules = self.known.rules.version if rules is None else rules
        self.facts.append(
            envelope(fact, version, instant, stream=self.stream, rules=rules, site=site)
        )
        return self

    def says(self, facts: Iterable[Fact]) -> Case:
        """Record clock facts at the instants they name."""
        for fact in facts:
            assert fact.happened is not None
            self.happens(fact, fact.happened)
        return self

    @property
    def fold(self) -> Fold:
        """The case folded."""
        kind = KINDS.of(self.stream)
        assert kind is not None
        return Fold.of(kind, self.facts, self.known)

    @property
    def clocks(self) -> list[Clock]:
        """The runs of all its clocks."""
        return self.fold.clocks

    @property
    def clock(self) -> Clock:
        """The one run of its one clock."""
        (clock,) = self.clocks
        return clock


class Office:
    """A command handler whose clock is moved by hand, over a log with one open site."""

    def __init__(self, log: Log | None = None, *documents: Mapping[str, Any]) -> None:
        """Open the site and publish calendars and rulebooks in the order given."""
        self.log = log or MemoryLog()
        self.now = START
        self.handler = CommandHandler(self.log, clock=lambda: self.now)
        if not self.handler.log.head():
            self.done(OpenSite(site=SITE, name="North", zone=ZONE))
        for document in documents:
            known = "rulebook" in document
            self.done(
                PublishRulebook(document=document, reason=REASON)
                if known
                else PublishCalendar(document=document)
            )

    def ask(self, command: Message, **request: Any) -> Answer:
        """The answer, or the refusal."""
        (reply,) = self.handler.handle_all([CommandEnvelope(message=command, **request)])
        return reply

    def done(self, command: Message, **request: Any) -> Receipt:
        """The answer; a refusal fails the test."""
        reply = self.ask(command, **request)
        assert isinstance(reply, Receipt), reply
        return reply

    def wait(self, length: str) -> None:
        """Let time pass."""
        self.now += after(length) - START

    def tick(self, *cases: str) -> None:
        """Let the engine look at some cases, or at all."""
        for case in cases or self.cases():
            self.done(RecordDue(case=case))

    def cases(self) -> list[str]:
        """The streams of all cases, by name."""
        names = {row.stream for row in self.log.rows(0, 1_000_000)}
        return sorted(name for name in names if name.startswith(("complaint-", "repair-")))

    def recorded(self, stream: str) -> list[Recorded]:
        """The facts of a stream, read from the log."""
        return [CODEC.decode(row) for row in self.log.stream(stream)]
