"""Whatever is asked, in whatever order: what holds of every case, its log and its clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from commands import verbs
from commands.desk import Request
from commands.verbs import Command
from domain.cases import KINDS
from domain.clocks import Verdict, clocks_of
from domain.complaint import Nature
from domain.escalation import (
    CLOCK_FACTS,
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationRaised,
)
from domain.rating import NonAnswer, Rating
from domain.repair import PauseReason
from store.log import Receipt
from tests.support.scenario import SITE, Office

STAFF = st.sampled_from(["li", "wang", "zhou"])
REASONS = st.none() | st.sampled_from(["", "搬离"])
RATINGS = st.sampled_from(list(Rating))
LEVELS = st.sampled_from([1, 2, 3, 4])
NATURES = st.sampled_from(list(Nature))
PROMISED = st.none() | st.datetimes(timezones=st.just(Office().now.tzinfo)).map(
    lambda at: at.replace(year=2026, month=5, day=4 + at.day % 9)
)


def asked_of(case: str) -> dict[str, st.SearchStrategy[Command]]:
    """Each verb that both kinds of case know."""
    on = st.just(case)
    return {
        "follow_up": st.builds(verbs.FollowUp, case=on, by=STAFF),
        "rate": st.builds(verbs.RateService, case=on, rating=RATINGS),
        "silent": st.builds(
            verbs.LeaveUnanswered, case=on, reason=st.sampled_from(list(NonAnswer))
        ),
        "contact": st.builds(verbs.ContactResident, case=on, by=STAFF),
        "second": st.builds(verbs.OpenSecondService, case=on),
        "close": st.builds(verbs.CloseCase, case=on, by=STAFF, reason=REASONS),
    }


def complaints(case: str) -> list[st.SearchStrategy[Command]]:
    """Everything that can be asked of a complaint."""
    on = st.just(case)
    return [
        *asked_of(case).values(),
        st.builds(verbs.ReplyToComplaint, case=on, by=STAFF),
        st.builds(verbs.ProposeSolution, case=on, by=STAFF),
        st.builds(verbs.OfferHandover, case=on, to=STAFF, by=STAFF),
        st.builds(verbs.AcceptHandover, case=on, by=STAFF),
        st.builds(
            verbs.ReclassifyComplaint,
            case=on,
            by=STAFF,
            reason=st.sampled_from(["", "群体性"]),
            level=st.none() | LEVELS,
            nature=st.none() | NATURES,
        ),
        st.builds(verbs.ConveneCrisisTeam, case=on, leader=STAFF),
        st.builds(verbs.ResolveComplaint, case=on, by=STAFF),
    ]


def repairs(case: str) -> list[st.SearchStrategy[Command]]:
    """Everything that can be asked of a repair."""
    on = st.just(case)
    return [
        *asked_of(case).values(),
        st.builds(verbs.AcceptRepair, case=on, technician=STAFF),
        st.builds(verbs.DispatchRepair, case=on, technician=st.none() | STAFF),
        st.builds(verbs.RecordArrival, case=on, technician=st.none() | STAFF),
        st.builds(verbs.PauseRepair, case=on, reason=st.sampled_from(list(PauseReason))),
        st.builds(verbs.ResumeRepair, case=on),
        st.builds(verbs.CompleteRepair, case=on),
        st.builds(verbs.ReopenRepair, case=on, reason=REASONS),
    ]


def lodging(case: str) -> st.SearchStrategy[Command]:
    """The beginning of a complaint."""
    return st.builds(
        verbs.LodgeComplaint, case=st.just(case), site=st.just(SITE), channel=st.just("phone"),
        household=st.just("1-502"), category=st.just("noise"), receiver=STAFF,
        level=st.sampled_from([1, 2, 3]), nature=NATURES, promised=PROMISED,
    )  # fmt: skip


def reporting(case: str) -> st.SearchStrategy[Command]:
    """The beginning of a repair."""
    return st.builds(
        verbs.ReportRepair, case=st.just(case), site=st.just(SITE), household=st.just("1-502"),
        category=st.just("plumbing"), simple=st.booleans(), promised=PROMISED,
    )  # fmt: skip


WARNED = {"warnings": ["50%", "-30m"]}


def rulebook(*, acknowledged: bool, hours: int = 1) -> Mapping[str, object]:
    """Clocks of every make, with targets of so many hours, so that hours of play let them lapse."""
    answer = {"acknowledge": "20m"} if acknowledged else {}
    ladder = [
        {"at": "75%", "to": "lead", **answer},
        {"at": "100%", "to": "lead", **answer},
        {"at": "+1h", "to": "head", "unless": "contacted"},
        {"at": "300%", "to": "head"},
    ]
    both = {"case": ["complaint", "repair"], "ladder": ladder}
    work = {
        "case": "repair", "ladder": ladder, "pauses": "paused", "resumes": "resumed",
        "cancels": "closed", **WARNED,
    }  # fmt: skip
    return {
        "rulebook": "play",
        "calendar": "office",
        "roles": {"lead": {"holders": [{"staff": "sun"}]}, "head": {}},
        "clocks": {
            "reply": {
                "case": "complaint", "starts": "lodged", "stops": ["replied", "closed"],
                "within": [{"elapsed": f"{hours}h", "where": {"nature": "general"}}, "3h"],
                "ladder": ladder, **WARNED,
            },
            "solution": {
                "case": "complaint", "starts": ["lodged", "second_service"], "stops": "resolved",
                "cancels": "closed", "ladder": ladder, "where": {"level": [1, 2]},
                "pauses": "solution_proposed", "resumes": "replied", "within": {"working": "2h"},
            },
            "visit": {
                **work, "starts": ["reported", "reopened", "second_service"], "stops": "arrived",
                "within": [{"elapsed": "30m", "where": {"simple": True}}, f"{hours}h"],
            },
            "finish": {
                **work, "starts": ["accepted", "dispatched"], "stops": "completed",
                "within": {"working": "4h"},
            },
            "days": {
                **work, "starts": "reported", "stops": "completed", "within": {"days": 1},
            },
            "contact": {
                **both, "within": "2h", "stops": "contacted",
                "starts": {"fact": "rated", "where": {"rating": "dissatisfied"}},
            },
            "promise": {
                **both, "within": {"at": "promised"}, "starts": ["lodged", "reported"],
                "stops": ["resolved", "completed"], **WARNED,
            },
        },
    }  # fmt: skip


OFFICE = {"name": "office", "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]}}
MINUTES = st.integers(1, 600)


class CaseMachine(RuleBasedStateMachine):
    """One case of one kind, a moving clock, two desks on one log."""

    case = ""
    begin = staticmethod(lodging)
    verbs_of = staticmethod(complaints)

    @initialize(data=st.data())
    def open(self, data):
        """Publish the rules and begin the case."""
        self.office = Office(None, OFFICE, rulebook(acknowledged=True))
        self.second = Office(self.office.log)
        self.asked: list[tuple[Request, Receipt]] = []
        self.read = (-1, [])
        self.commands = st.one_of(*self.verbs_of(self.case))
        self.ask(data.draw(self.begin(self.case)))

    def ask(self, command: Command, **words) -> None:
        """Ask either desk; a refusal stores nothing."""
        desk = self.office.desk
        head = self.office.log.head()
        request = Request(command=command, **words)
        (reply,) = desk.ask_all([request])
        if isinstance(reply, Receipt):
            assert reply.position == self.office.log.head() == head + reply.facts
            self.asked.append((request, reply))
        else:
            assert self.office.log.head() == head
            assert reply.sentence
            assert reply.sentence_zh

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
        """On both desks."""
        self.office.now += timedelta(minutes=minutes)
        self.second.now = self.office.now

    @rule()
    def the_engine_looks(self):
        """Afterwards nothing is left to say: looking again stores nothing."""
        self.ask(verbs.RecordDue(case=self.case))
        head = self.office.log.head()
        self.ask(verbs.RecordDue(case=self.case))
        assert self.office.log.head() == head

    @rule()
    def the_other_desk_takes_over(self):
        """Which has not seen what was stored since its last turn."""
        self.office, self.second = self.second, self.office

    @rule(data=st.data())
    def something_is_asked_again(self, data):
        """The same command id gives the same answer and stores nothing."""
        request, before = data.draw(st.sampled_from(self.asked))
        head = self.office.log.head()
        (again,) = self.office.desk.ask_all([request])
        assert again == before
        assert self.office.log.head() == head

    @rule(clock=st.sampled_from(["reply", "visit", "contact"]), number=st.integers(1, 3))
    def a_rung_is_acknowledged(self, clock, number):
        """If it was raised."""
        self.ask(verbs.AcknowledgeEscalation(case=self.case, clock=clock, rung=number, by="sun"))

    @rule(clock=st.sampled_from(["reply", "visit", "contact"]))
    def a_breach_is_waived(self, clock):
        """If there is one."""
        self.ask(verbs.WaiveBreach(case=self.case, clock=clock, by="ma", reason="停电"))

    @rule(hours=st.integers(1, 3))
    def a_rulebook_is_published(self, hours):
        """For what starts from now on."""
        self.ask(verbs.PublishRulebook(document=rulebook(acknowledged=True, hours=hours)))

    @property
    def facts(self):
        """The facts of the case, read from the log where it has grown."""
        head = self.office.log.head()
        if self.read[0] != head:
            self.read = head, self.office.recorded(self.case)
        return self.read[1]

    @invariant()
    def the_log_folds_to_what_the_desk_knows(self):
        """Facts and state, of the desk that was asked last."""
        kept = self.office.desk.kept(self.case)
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

    @invariant()
    def clocks_are_consistent(self):
        """With what was recorded of them, and with their verdict."""
        for clock in clocks_of(self.facts, self.office.desk.registers):
            assert all(clock.started <= rung.reached <= rung.detected for rung in clock.raised)
            assert (clock.due is None) == (clock.verdict is Verdict.PAUSED)
            assert clock.breached or clock.lapsed is None
            assert clock.breached == (
                clock.verdict in {Verdict.LATE, Verdict.LAPSED, Verdict.WAIVED}
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


def said_by(office: Office, case: str) -> list:
    """The clock facts, without when the engine saw it, in the order of what they say."""
    facts = [r.fact for r in office.recorded(case) if isinstance(r.fact, CLOCK_FACTS)]
    return sorted((replace(fact, detected=fact.due) for fact in facts), key=repr)


def lived(steps: list, case: str, *, engine: bool) -> list:
    """What the clocks say of a life: each step is (minutes to wait, command, whether to look)."""
    office = Office(None, OFFICE, rulebook(acknowledged=False))
    for minutes, command, look in steps:
        office.now += timedelta(minutes=minutes)
        office.ask(command)
        # A look never falls on the instant of a command: the order of the two would decide.
        office.now += timedelta(seconds=1)
        if engine and look:
            office.ask(verbs.RecordDue(case=case))
        office.now += timedelta(seconds=59)
    office.wait("30d")
    office.done(verbs.RecordDue(case=case))
    return said_by(office, case)


@st.composite
def lives(draw, case, begin, verbs_of):
    """A case from its beginning, with waits of minutes to days."""
    waits = st.integers(0, 90) | st.integers(0, 3000)
    commands = st.one_of(*verbs_of(case))
    first = (0, draw(begin(case)), draw(st.booleans()))
    return [first, *draw(st.lists(st.tuples(waits, commands, st.booleans()), max_size=25))]


@settings(max_examples=80)
@given(lives("complaint-1", lodging, complaints))
def test_a_stopped_engine_says_the_same_of_a_complaint(steps):
    """Looking at arbitrary instants or once at the end gives the same clock facts."""
    assert lived(steps, "complaint-1", engine=True) == lived(steps, "complaint-1", engine=False)


@settings(max_examples=80)
@given(lives("repair-1", reporting, repairs))
def test_a_stopped_engine_says_the_same_of_a_repair(steps):
    """Looking at arbitrary instants or once at the end gives the same clock facts."""
    assert lived(steps, "repair-1", engine=True) == lived(steps, "repair-1", engine=False)
