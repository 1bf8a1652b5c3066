"""A case folded once along its facts: its state, its course in time, and its clocks.

Decisions, conditions, projections and figures all read this one fold. Every replay runs through
it, so it is kept fast.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from domain.kernel.facts import Fact, Mark, Recorded
from domain.kernel.kinds import Kind
from domain.promises.clock import Came, Clock
from domain.promises.course import Course, Service
from domain.promises.directory import Book, Directory
from domain.promises.hearing import hear, pause_note
from domain.promises.late_entries import is_late, late_among
from domain.promises.meaning import Meaning, meaning
from domain.promises.rules import ClockRule, Starter
from domain.promises.situation import Situation
from domain.promises.starting import start

_BEGINS: Final = Mark.BEGINS_CYCLE


class Fold(Situation):
    """One case as of the newest fact it took.

    ``facts`` are all facts so far and ``clocks`` every run of every clock, all oldest first;
    ``runs`` are those of each clock by its name. What clocks do without, such as the service
    cycles, is read from the facts when it is asked for.
    """

    __slots__ = (
        "_book", "_came", "_course", "_holds", "_meanings", "_open", "_version", "clocks",
        "directory", "facts", "runs",
    )  # fmt: skip

    _book: Book
    _meanings: dict[type[Fact], Meaning]

    def __init__(self, kind: Kind, directory: Directory) -> None:
        """Begin before the first fact."""
        super().__init__(kind)
        self.directory = directory
        self.facts: list[Recorded] = []
        self.clocks: list[Clock] = []
        self.runs: dict[str, list[Clock]] = {}
        self._came: dict[str, list[datetime]] = {}
        self._open: list[Clock] = []
        self._version = -1
        self._course: Course | None = None
        self._holds: dict[str, str] = {}

    @classmethod
    def of(cls, kind: Kind, facts: Iterable[Recorded], directory: Directory) -> Fold:
        """The fold of all facts of one case, in stream order."""
        fold = cls(kind, directory)
        take = fold.take
        for recorded in facts:
            take(recorded)
        return fold

    def take(self, recorded: Recorded) -> None:
        """Take one more fact."""
        self.facts.append(recorded)
        self.read(recorded)
        if recorded.rules != self._version:
            self._take_rules(recorded.rules)
        fact = recorded.fact
        word, note, starters, turns = self._meanings.get(type(fact)) or self._meaning()
        if note is not None:
            run = self.run(fact.clock, fact.cycle)  # type: ignore[attr-defined]
            if run is not None:
                note(run, recorded)
                run.foreseen = None
        if self._came and word in self._came:
            insort(self._came[word], recorded.occurred_at)
        if self._open:
            self._hear(word)
        for starter in starters:
            self._start(starter)
        if turns:
            _follow(self._holds, turns, self)

    @property
    def services(self) -> list[Service]:
        """Its service cycles, oldest first."""
        if self._course is None:
            self._course = Course()
        return self._course.of(self.facts)

    @property
    def entered_late(self) -> bool:
        """Whether the newest fact was entered late."""
        return is_late(self.recorded, self._book.entered_late_after)

    @property
    def late_entries(self) -> int:
        """How many of its facts were entered late."""
        return late_among(self.facts, self.directory.rules)

    @property
    def running(self) -> Sequence[Clock]:
        """The runs that have not ended."""
        return self._open

    def run(self, clock: str, cycle: int) -> Clock | None:
        """A run of a clock, None if there is none."""
        runs = self.runs.get(clock, ())
        return runs[cycle - 1] if 0 < cycle <= len(runs) else None

    def heeds(self, word: str) -> bool:
        """Whether a fact of that word may start, end, hold or excuse something of its clocks."""
        rules = self.directory.rules
        starters = rules.rulebook(rules.version).starters.get(self.kind.name, {})
        return word in starters or any(
            word in clock.rule.heard or word in clock.rule.excuses for clock in self.clocks
        )

    def held(self, rule: ClockRule) -> str | None:
        """The note of a pause of this service cycle that began earlier and lasts, None if none."""
        return self._holds.get(rule.name)

    def came(self, words: Iterable[str]) -> Came:
        """When the facts of some words came, each in order and kept up from now on."""
        for word in words:
            if word not in self._came:
                self._came[word] = sorted(r.occurred_at for r in self.facts if r.fact.word == word)
        return self._came

    def _meaning(self) -> Meaning:
        """What the newest fact means, worked out for all facts of its type."""
        fact = type(self.recorded.fact)
        found = self._meanings[fact] = meaning(fact, self.kind.name, self._book)
        return found

    def _hear(self, word: str) -> None:
        """Let running clocks hear the fact."""
        ended = False
        for clock in self._open:
            effects = clock.rule.heard.get(word)
            if effects is not None and hear(clock, effects, self):
                ended = True
        if ended:
            self._open = [clock for clock in self._open if clock.end is None]

    def _take_rules(self, version: int) -> None:
        """Judge what starts from now on by a version of the rules."""
        self._version = version
        self._book = self.directory.rules.rulebook(version)
        self._meanings = self._book.meanings[self.kind.name]
        self._holds = {}
        pausable = self._book.pausable.get(self.kind.name)
        if pausable and len(self.facts) > 1:
            past = Situation(self.kind)
            for recorded in self.facts[:-1]:
                past.read(recorded)
                _follow(self._holds, pausable, past)

    def _start(self, starter: Starter) -> None:
        """Start a run of a clock, unless one runs in this service cycle."""
        name = starter.rule.name
        runs = self.runs.get(name)
        if runs is None:
            clock = start(starter, 1, self)
            if clock is None:
                return
            self.runs[name] = [clock]
        else:
            last = runs[-1]
            if last.end is None and last.service == self.service:
                return
            clock = start(starter, last.cycle + 1, self)
            if clock is None:
                return
            runs.append(clock)
        self.clocks.append(clock)
        self._open.append(clock)


def _follow(holds: dict[str, str], rules: Iterable[ClockRule], case: Situation) -> None:
    """Keep up which rules a pause of the case holds, from one fact to the next."""
    fact = case.recorded.fact
    for rule in rules:
        if fact.word in rule.heard and case.sets_off(rule.pauses):
            holds[rule.name] = pause_note(case.recorded)
        elif holds and (
            fact.mark is _BEGINS
            or (
                fact.word in rule.heard
                and case.sets_off((*rule.resumes, *rule.stops, *rule.cancels))
            )
        ):
            holds.pop(rule.name, None)
