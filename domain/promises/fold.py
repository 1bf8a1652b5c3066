"""A case folded once along its facts: its state, its course in time, and its clocks.

Decisions, conditions, projections and figures all read this one fold. Every replay runs through
it, so it is kept fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from domain.kernel.facts import Mark, Recorded
from domain.kernel.kinds import Kind
from domain.promises.clock import Clock
from domain.promises.course import Service
from domain.promises.directory import Directory
from domain.promises.hearing import hear, pause_note
from domain.promises.notes import NOTES
from domain.promises.rules import ClockRule, Starter
from domain.promises.situation import Situation
from domain.promises.starting import start

_NO_STARTERS: Mapping[str, tuple[Starter, ...]] = MappingProxyType({})


class Fold(Situation):
    """One case as of the newest fact it took.

    ``facts`` are all facts so far, ``services`` its service cycles and ``clocks`` every run of
    every clock, both oldest first; ``runs`` finds a run by clock and cycle.
    """

    __slots__ = (
        "_holds", "_last", "_open", "_pausable", "_starters", "_version", "clocks", "directory",
        "facts", "runs", "services",
    )  # fmt: skip

    def __init__(self, kind: Kind, directory: Directory) -> None:
        """Begin before the first fact."""
        super().__init__(kind)
        self.directory = directory
        self.facts: list[Recorded] = []
        self.services: list[Service] = []
        self.clocks: list[Clock] = []
        self.runs: dict[tuple[str, int], Clock] = {}
        self._last: dict[str, Clock] = {}
        self._open: list[Clock] = []
        self._version = -1
        self._starters = _NO_STARTERS
        self._pausable: tuple[ClockRule, ...] = ()
        self._holds: dict[str, str] = {}

    @classmethod
    def of(cls, kind: Kind, facts: Iterable[Recorded], directory: Directory) -> Fold:
        """The fold of all facts of one case, in stream order."""
        fold = cls(kind, directory)
        for recorded in facts:
            fold.take(recorded)
        return fold

    def take(self, recorded: Recorded) -> None:
        """Take one more fact."""
        self.facts.append(recorded)
        self.read(recorded)
        fact = recorded.fact
        note = NOTES.get(type(fact))
        if note is None:
            self._proceed(recorded)
        elif (run := self.runs.get((fact.clock, fact.cycle))) is not None:  # type: ignore[attr-defined]
            note(run, recorded)
        word = fact.word
        if self._open:
            self._hear(word)
        if recorded.rules != self._version:
            self._take_rules(recorded.rules)
        for starter in self._starters.get(word, ()):
            self._start(starter)
        if self._pausable:
            _follow(self._holds, self._pausable, self)

    def held(self, rule: ClockRule) -> str | None:
        """The note of a pause of this service cycle that began earlier and lasts, None if none."""
        return self._holds.get(rule.name)

    def _proceed(self, recorded: Recorded) -> None:
        """Note in the course of the case when the fact came."""
        fact, at = recorded.fact, recorded.occurred_at
        if not self.services:
            self.services.append(Service(1, at))
        elif fact.mark is Mark.BEGINS_CYCLE:
            self.services[-1].ends(at)
            self.services.append(Service(self.service, at))
        self.services[-1].take(fact, at)

    def _hear(self, word: str) -> None:
        """Let running clocks hear the fact."""
        ended = False
        for clock in self._open:
            if word in clock.rule.heard:
                hear(clock, self)
                ended = ended or clock.end is not None
        if ended:
            self._open = [clock for clock in self._open if clock.end is None]

    def _take_rules(self, version: int) -> None:
        """Judge what starts from now on by a version of the rules."""
        self._version = version
        book = self.directory.rules.rulebook(version)
        self._starters = book.starters.get(self.kind.name, _NO_STARTERS)
        self._pausable = book.pausable.get(self.kind.name, ())
        self._holds = {}
        if self._pausable and len(self.facts) > 1:
            past = Situation(self.kind)
            for recorded in self.facts[:-1]:
                past.read(recorded)
                _follow(self._holds, self._pausable, past)

    def _start(self, starter: Starter) -> None:
        """Start a run of a clock, unless one runs in this service cycle."""
        name = starter.rule.name
        last = self._last.get(name)
        if last is not None and last.service == self.service and last.end is None:
            return
        clock = start(starter, 1 if last is None else last.cycle + 1, self)
        if clock is None:
            return
        self.clocks.append(clock)
        self._open.append(clock)
        self._last[name] = self.runs[name, clock.cycle] = clock


def _follow(holds: dict[str, str], rules: Iterable[ClockRule], case: Situation) -> None:
    """Keep up which rules a pause of the case holds, from one fact to the next."""
    fact = case.recorded.fact
    for rule in rules:
        if fact.word in rule.heard and case.sets_off(rule.pauses):
            holds[rule.name] = pause_note(case.recorded)
        elif holds and (
            fact.mark is Mark.BEGINS_CYCLE
            or (
                fact.word in rule.heard
                and case.sets_off((*rule.resumes, *rule.stops, *rule.cancels))
            )
        ):
            holds.pop(rule.name, None)
