"""However looks of the engine and commands alternate, dated or not, all ends alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from commands.cases import CloseCase
from commands.clocks import RecordDue
from commands.messages import Message
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    PauseRepair,
    RecordArrival,
    ReportRepair,
    ResumeRepair,
)
from domain.kernel.facts import SCHEDULER
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.repair.facts import PauseReason
from domain.promises import Fold
from domain.promises.facts import CLOCK_FACTS
from projections.cases import Cases
from projections.clock_runs import CLOCK_RUNS, ClockRuns
from store.log import Receipt
from tests.support.asking import OFFICE
from tests.support.naive_clock import NaiveClock, Told, always, in_office, lived
from tests.support.scenario import SITE, Office, book

CASE = "repair-1"
HALF = timedelta(seconds=30)
HELD = {"case": "repair", "starts": "reported", "pauses": "paused", "resumes": "resumed"}
LADDER = {
    "warnings": ["50%", "-20m"],
    "ladder": [
        {"at": "75%", "to": "supervisor"},
        {"at": "100%", "to": "supervisor", "unless": "accepted"},
        {"at": "+30m", "to": "manager"},
    ],
}
RULES = {
    **book(
        visit={**HELD, **LADDER, "stops": "arrived", "within": "90m"},
        finish={
            **HELD, **LADDER, "stops": "completed", "cancels": "closed",
            "within": {"working": "3h"},
        },
        accept={"case": "repair", "starts": "reported", "stops": "accepted", "within": "40m"},
    ),
    "calendar": "office",
}  # fmt: skip


def naive() -> dict[str, NaiveClock]:
    """The same promises, kept by hand."""
    return {
        "visit": NaiveClock(90, always, "arrived"),
        "finish": NaiveClock(180, in_office, "completed", "closed"),
        "accept": NaiveClock(40, always, "accepted", holds=False),
    }


AGO = st.none() | st.integers(0, 60) | st.integers(0, 400)
WAITS = st.integers(1, 20) | st.integers(1, 90) | st.integers(1, 3000)
DONE = (
    AcceptRepair(case=CASE, technician="wu"),
    RecordArrival(case=CASE, technician="wu"),
    CompleteRepair(case=CASE),
)
STOPS = st.sampled_from(DONE)
COMMANDS = st.sampled_from(
    [
        *DONE,
        CloseCase(case=CASE, reason=Personal("x")),
        *(PauseRepair(case=CASE, reason=reason) for reason in list(PauseReason)[:1] * 3),
        *[ResumeRepair(case=CASE)] * 3,
    ]
)


class Interleavings(RuleBasedStateMachine):
    """Three engines are told the same: one never looks, one always, one whenever it happens to."""

    ends: ClassVar[Counter[str]] = Counter()

    @initialize(ago=AGO, minutes=st.integers(0, 1440))
    def begin(self, ago, minutes):
        """A repair is reported, maybe some time after it was seen."""
        self.offices = never, always_, sometimes = [Office(None, OFFICE, RULES) for _ in range(3)]
        self.never, self.always, self.sometimes = never, always_, sometimes
        self.advance(timedelta(minutes=minutes))
        self.ask(ReportRepair(case=CASE, site=SITE, household="1-502", category="c"), ago)

    def advance(self, length):
        for office in self.offices:
            office.now += length

    def ask(self, command: Message, ago: int | None) -> None:
        """Each answers alike, refusals included."""
        at = None if ago is None else self.never.now - timedelta(minutes=ago)
        answers = [office.ask(command, occurred_at=at) for office in self.offices]
        assert len({type(answer) for answer in answers}) == 1
        assert len({getattr(answer, "facts", None) for answer in answers}) == 1

    @rule(command=COMMANDS, ago=AGO)
    def something_is_asked(self, command, ago):
        """Now, or as of some time ago, also before the case began."""
        self.ask(command, ago)

    @rule(command=STOPS, minutes=st.integers(1, 240), share=st.integers(0, 100))
    def work_is_done_and_entered_some_time_later(self, command, minutes, share):
        """Done when some share of that time had passed."""
        self.time_passes(minutes, looks=False)
        self.ask(command, minutes - minutes * share // 100)

    @rule(minutes=WAITS, looks=st.booleans())
    def time_passes(self, minutes, looks):
        """Looks fall between the minutes, commands on them."""
        self.advance(timedelta(minutes=minutes) - HALF)
        self.look(self.always)
        if looks:
            self.look(self.sometimes)
        self.advance(HALF)

    def look(self, office: Office) -> None:
        """The engine records what fell due."""
        assert isinstance(office.ask(RecordDue(case=CASE)), Receipt)

    def teardown(self):
        """At the end all look, and stand alike; the verdicts are those of a tally sheet."""
        if not hasattr(self, "offices"):
            return
        self.advance(timedelta(days=30) + HALF)
        for office in self.offices:
            self.look(office)
        folds = [self.fold(office) for office in self.offices]
        rows = [self.rows(fold) for fold in folds]
        assert rows[0] == rows[1] == rows[2]
        assert self.said(folds[0]) == self.said(folds[1]) == self.said(folds[2])
        self.compare(folds[0])

    def fold(self, office: Office) -> Fold:
        return Fold.of(KINDS["repair"], office.recorded(CASE), office.handler.directory)

    def rows(self, fold: Fold) -> tuple:
        """The rows of both tables, without when the engine saw a lapse."""
        seen = CLOCK_RUNS.names.index("detected")
        runs = [(*row[:seen], *row[seen + 1 :]) for row in ClockRuns().rows(fold)["clock_runs"]]
        return runs, Cases(KINDS).rows(fold)["cases"]

    def said(self, fold: Fold) -> list:
        """What the engine recorded, without when it saw it."""
        facts = [r.fact for r in fold.facts if isinstance(r.fact, CLOCK_FACTS)]
        return sorted((replace(fact, detected=fact.due) for fact in facts), key=repr)

    def compare(self, fold: Fold) -> None:
        """With clocks kept by hand, from what people said alone."""
        told = [
            Told(r.recorded_at, r.occurred_at, r.fact.word, r.command)
            for r in fold.facts
            if r.actor != SCHEDULER and not isinstance(r.fact, CLOCK_FACTS)
        ]
        for name, clock in naive().items():
            by_hand = lived(clock, told, self.never.now)
            run = fold.run(name, 1)
            assert run is not None
            assert (run.verdict, run.stopped or run.cancelled) == (by_hand.verdict, by_hand.ended)
            if by_hand.lapsed is not None:
                assert run.due == by_hand.lapsed
            self.ends[by_hand.verdict] += 1


AGAIN = 10
"""How often lives are drawn anew until every outcome came about."""


def test_verdicts_and_rows_do_not_depend_on_when_the_engine_looked():
    """Every outcome must come about, or nothing was shown: a rare one may take more lives."""
    Interleavings.ends.clear()
    wanted = {"met", "entered_late", "late", "lapsed", "cancelled"}
    for _ in range(AGAIN):
        run_state_machine_as_test(
            Interleavings, settings=settings(max_examples=80, stateful_step_count=15)
        )
        if wanted <= Interleavings.ends.keys():
            return
    assert wanted <= Interleavings.ends.keys()
