"""Whatever is asked, in whatever order: what holds of every case, its log and its clocks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import reduce

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from commands.clocks import AcknowledgeEscalation, RecordDue, WaiveBreach
from commands.envelope import CommandEnvelope
from commands.messages import Message
from commands.registers import PublishRulebook
from domain.kernel.facts import SCHEDULER
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.promises import Fold, Verdict, pending
from domain.promises.facts import (
    CLOCK_FACTS,
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationRaised,
)
from store.log import Receipt
from tests.support.asking import (
    MINUTES,
    OFFICE,
    complaints,
    lodging,
    repairs,
    reporting,
    rulebook,
)
from tests.support.scenario import REASON, SITE, Office


class CaseMachine(RuleBasedStateMachine):
    """One case of one kind, a moving clock, two command handlers on one log."""

    case = ""
    begin = staticmethod(lodging)
    verbs_of = staticmethod(complaints)

    @initialize(data=st.data())
    def open(self, data):
        """Publish the rules and begin the case."""
        self.office = Office(None, OFFICE, rulebook(acknowledged=True))
        self.second = Office(self.office.log)
        self.asked: list[tuple[CommandEnvelope, Receipt]] = []
        self.read = (-1, [])
        self.commands = st.one_of(*self.verbs_of(self.case))
        self.ask(data.draw(self.begin(self.case)))

    def ask(self, command: Message, **words) -> None:
        """Ask either handler; a refusal stores nothing."""
        handler = self.office.handler
        head = self.office.log.head()
        request = CommandEnvelope(message=command, **words)
        (reply,) = handler.handle_all([request])
        log = self.office.log
        due = 0 if isinstance(command, RecordDue) else self.recorded_by_itself(head)
        if isinstance(reply, Receipt):
            assert reply.position == log.head() == head + due + reply.facts
            if reply.facts or command.leaves_receipt:
                self.asked.append((request, reply))
        else:
            assert log.head() == head + due
            assert reply.sentence
            assert reply.sentence_zh

    def recorded_by_itself(self, head):
        """How many facts after a position the engine recorded: those of time, before all others."""
        rows = self.office.log.rows(head, 1000)
        actors = [self.office.handler.codec.decode(row).actor == SCHEDULER for row in rows]
        assert actors == sorted(actors, reverse=True)
        return sum(actors)

    @rule(data=st.data())
    def something_is_asked(self, data):
        """Now."""
        self.ask(data.draw(self.commands))

    @rule(data=st.data(), ago=MINUTES)
    def something_is_entered_late(self, data, ago):
        """It happened some minutes ago."""
        self.ask(data.draw(self.commands), occurred_at=self.office.now - timedelta(minutes=ago))

    @rule(minutes=MINUTES)
    def time_passes(self, minutes):
        """On both command handlers."""
        self.office.now += timedelta(minutes=minutes)
        self.second.now = self.office.now

    @rule()
    def the_engine_looks(self):
        """Afterwards nothing is left to say: looking again stores nothing."""
        self.ask(RecordDue(case=self.case))
        head = self.office.log.head()
        self.ask(RecordDue(case=self.case))
        assert self.office.log.head() == head

    @rule()
    def the_other_desk_takes_over(self):
        """Which has not seen what was stored since its last turn."""
        self.office, self.second = self.second, self.office

    @rule(data=st.data())
    def something_is_asked_again(self, data):
        """The same command id gives the same answer and stores nothing; an empty look has none."""
        request, before = data.draw(st.sampled_from(self.asked))
        head = self.office.log.head()
        (again,) = self.office.handler.handle_all([request])
        if request.message.leaves_receipt or getattr(before, "facts", 1):
            assert again == before
            assert self.office.log.head() == head

    @rule(clock=st.sampled_from(["reply", "visit", "contact"]), number=st.integers(1, 3))
    def a_rung_is_acknowledged(self, clock, number):
        """If it was raised."""
        self.ask(AcknowledgeEscalation(case=self.case, clock=clock, rung=number, by="sun"))

    @rule(clock=st.sampled_from(["reply", "visit", "contact"]))
    def a_breach_is_waived(self, clock):
        """If there is one."""
        self.ask(WaiveBreach(case=self.case, clock=clock, by="ma", reason=Personal("停电")))

    @rule(hours=st.integers(1, 3))
    def a_rulebook_is_published(self, hours):
        """For what starts from now on."""
        document = rulebook(acknowledged=True, hours=hours)
        self.ask(PublishRulebook(document=document, reason=REASON))

    @property
    def facts(self):
        """The facts of the case, read from the log where it has grown."""
        head = self.office.log.head()
        if self.read[0] != head:
            self.read = head, self.office.recorded(self.case)
        return self.read[1]

    @invariant()
    def the_log_folds_to_what_the_desk_knows(self):
        """Facts and state, of the handler that was asked last."""
        kept = self.office.handler.kept(self.case)
        facts = self.facts
        if kept is not None and len(kept.facts) == len(facts):
            own = [r.fact for r in facts if not isinstance(r.fact, CLOCK_FACTS)]
            assert kept.facts == facts
            assert kept.state == reduce(KINDS[self.case.partition("-")[0]].evolve, own, None)

    @invariant()
    def versions_are_without_gaps(self):
        """In every stream."""
        for stream in ("rules", f"site-{SITE}", self.case):
            versions = [row.version for row in self.office.log.stream(stream)]
            assert versions == list(range(1, len(versions) + 1))

    @invariant()
    def everything_is_said_at_most_once(self):
        """Warnings, lapses and rungs of each run of each clock."""
        said = Counter(
            (type(fact), fact.clock, fact.cycle, getattr(fact, "rung", getattr(fact, "warning", 0)))
            for fact in (recorded.fact for recorded in self.facts)
            if isinstance(fact, DeadlineWarned | DeadlineLapsed | EscalationRaised | BreachWaived)
        )
        assert not said or max(said.values()) == 1

    def folded(self):
        """The runs of all clocks, folded from the beginning."""
        kind = KINDS[self.case.partition("-")[0]]
        return Fold.of(kind, self.facts, self.office.handler.directory).clocks

    @invariant()
    def clocks_grow_fact_by_fact_as_from_the_beginning(self):
        """What the handler keeps of a case is what a fold of all its facts gives."""
        kept = self.office.handler.kept(self.case)
        if kept is not None and len(kept.facts) == len(self.facts):
            grown = kept.folded(self.office.handler.directory).clocks
            assert list(map(self.told, grown)) == list(map(self.told, self.folded()))

    def told(self, clock):
        """Everything that can be known of a run, and all it has still to say."""
        inner = {"pausing": None, "came": {}, "pauses": list(clock.pauses)}
        return vars(clock) | inner, pending(clock, self.office.handler.directory)

    @invariant()
    def clocks_are_consistent(self):
        """With what was recorded of them, and with their verdict."""
        for clock in self.folded():
            assert all(clock.started <= rung.reached <= rung.detected for rung in clock.raised)
            assert (clock.due is None) == (clock.verdict is Verdict.PAUSED)
            assert clock.breached or clock.lapsed is None
            assert clock.breached == (
                clock.verdict
                in {Verdict.LATE, Verdict.LAPSED, Verdict.WAIVED, Verdict.ENTERED_LATE}
            )


class ComplaintMachine(CaseMachine):
    """A complaint."""

    case = "complaint-1"


class RepairMachine(CaseMachine):
    """A repair."""

    case = "repair-1"
    begin = staticmethod(reporting)
    verbs_of = staticmethod(repairs)


TestComplaintMachine = ComplaintMachine.TestCase
TestRepairMachine = RepairMachine.TestCase
PLAYED = settings(max_examples=30, stateful_step_count=30)
TestComplaintMachine.settings = TestRepairMachine.settings = PLAYED
