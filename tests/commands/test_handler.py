"""One way for every command: decided once, stored once, refused without a trace."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from eventsourcing.persistence import IntegrityError

from commands.cases import CloseCase
from commands.clocks import RecordDue
from commands.complaint import LodgeComplaint, ReplyToComplaint, ResolveComplaint
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.registers import PublishCalendar, PublishRulebook
from commands.repair import AcceptRepair, CompleteRepair, ReportRepair
from commands.routes import WrongKind
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import (
    AlreadyClosed,
    CaseExists,
    CommandInvalid,
    InTheFuture,
    UnknownCase,
    UnknownSite,
    VersionMoved,
    WithoutZone,
)
from domain.promises.facts import DeadlineLapsed
from store.log import Receipt
from store.memory import MemoryLog
from store.sqlite import SQLiteLog
from tests.support.scenario import SITE, START, Office, book

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")


@pytest.fixture(params=["memory", "sqlite"])
def log(request, tmp_path):
    log = MemoryLog() if request.param == "memory" else SQLiteLog(tmp_path / "log.db")
    yield log
    log.close()


def facts(office: Office, stream: str = CASE) -> list[str]:
    return [recorded.type for recorded in office.recorded(stream)]


def test_a_command_is_answered_with_where_its_facts_stand(log):
    office = Office(log)
    answer = office.done(LODGE, id="a")
    assert answer[:2] == ("system", "a")
    assert answer[3:] == (CASE, 1, log.head(), 1)


def test_an_envelope_names_who_when_where_and_under_which_rules():
    office = Office(None, book({}))
    office.done(
        LODGE, id="a", actor="li", occurred_at=START - timedelta(hours=1), correlation="c",
        causation="d",
    )  # fmt: skip
    (recorded,) = office.recorded(CASE)
    assert recorded.occurred_at == START - timedelta(hours=1)
    assert recorded.recorded_at == START
    assert (recorded.actor, recorded.command) == ("li", "a")
    assert (recorded.correlation, recorded.causation) == ("c", "d")
    assert (recorded.site, recorded.rules, recorded.version) == (SITE, 1, 1)


def test_a_repeated_command_stores_nothing_and_answers_the_same(log):
    office = Office(log)
    office.done(LODGE)
    first = office.done(REPLY, id="same")
    office.wait("1h")
    assert office.done(REPLY, id="same") == first
    assert Office(log).done(REPLY, id="same") == first  # by another process as well
    assert facts(office) == ["ComplaintLodged", "ComplaintReplied"]


def test_a_command_repeated_in_one_batch_is_decided_once():
    office = Office()
    office.done(LODGE)
    first, second = office.handler.handle_all(
        [CommandEnvelope(message=REPLY, id="same"), CommandEnvelope(message=REPLY, id="same")]
    )
    assert first == second
    assert facts(office) == ["ComplaintLodged", "ComplaintReplied"]


def test_a_quiet_command_is_answered_with_no_facts_and_remembered(log):
    office = Office(log)
    office.done(LODGE)
    office.done(ResolveComplaint(case=CASE, by="li"))
    quiet = office.done(ResolveComplaint(case=CASE, by="li"), id="quiet")
    assert (quiet.facts, quiet.version) == (0, 2)
    assert office.done(ResolveComplaint(case=CASE, by="li"), id="quiet") == quiet


def test_an_opening_command_without_a_number_gets_a_new_one():
    office = Office()
    report = ReportRepair(site=SITE, household="1-502", category="plumbing")
    one, two = office.done(report), office.done(report)
    assert one.stream != two.stream
    assert one.stream.startswith("repair-")


def test_a_second_desk_sees_what_the_first_stored(log):
    one = Office(log)
    one.done(LODGE)
    two = Office(log)
    one.done(ResolveComplaint(case=CASE, by="li"))
    assert two.done(CloseCase(case=CASE)).version == 3
    assert isinstance(one.ask(REPLY), AlreadyClosed)
    assert isinstance(one.ask(LODGE), CaseExists)


def test_a_second_desk_learns_of_a_rulebook_published_meanwhile(log):
    one, two = Office(log), Office(log)
    one.done(PublishRulebook(document=book({})))
    two.done(LODGE)
    assert two.recorded(CASE)[0].rules == 1
    two.wait("24h")
    two.tick()
    assert facts(two) == ["ComplaintLodged", "DeadlineLapsed"]


def test_a_refusal_is_its_own_commands_answer_alone():
    office = Office()
    good, bad, also_good = office.handler.handle_all(
        [
            CommandEnvelope(message=LODGE),
            CommandEnvelope(message=AcceptRepair(case="repair-9", technician="z")),
            CommandEnvelope(message=REPLY),
        ]
    )
    assert isinstance(good, Receipt)
    assert isinstance(bad, UnknownCase)
    assert bad.details["case"] == "repair-9"
    assert isinstance(also_good, Receipt)
    assert facts(office) == ["ComplaintLodged", "ComplaintReplied"]


class FailingLog(MemoryLog):
    """A log whose next appends fail, by an error that is given."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []

    @contextmanager
    def transaction(self, after=None):
        with super().transaction(after) as transaction:
            if self.failures:
                failure = self.failures.pop()

                def append(rows, receipts):
                    raise failure

                transaction.append = append
            yield transaction


def test_a_conflict_never_fails_its_neighbours():
    log = FailingLog()
    office = Office(log)
    office.done(LODGE)
    log.failures = [IntegrityError("a version is there already")]
    replies = office.handler.handle_all(
        [CommandEnvelope(message=REPLY, id="a"), CommandEnvelope(message=REPLY, id="b")]
    )
    assert [reply.version for reply in replies] == [2, 3]
    assert facts(office) == ["ComplaintLodged", "ComplaintReplied", "ComplaintReplied"]


def test_a_single_command_is_decided_anew_after_a_conflict():
    log = FailingLog()
    office = Office(log)
    office.done(LODGE)
    log.failures = [IntegrityError("a version is there already")] * 3
    assert office.done(REPLY).version == 2


def test_a_failing_append_leaves_nothing_in_memory_behind():
    log = FailingLog()
    office = Office(log)
    office.done(LODGE)
    log.failures = [OSError("the disk is full")]
    with pytest.raises(OSError, match="disk"):
        office.ask(ResolveComplaint(case=CASE, by="li"), id="a")
    assert facts(office) == ["ComplaintLodged"]
    again = office.done(ResolveComplaint(case=CASE, by="li"), id="a")
    assert (again.version, again.facts) == (2, 1)


def test_a_failing_append_leaves_no_rulebook_in_force():
    log = FailingLog()
    office = Office(log)
    log.failures = [OSError("the disk is full")]
    with pytest.raises(OSError, match="disk"):
        office.ask(PublishRulebook(document=book({})))
    office.done(LODGE)
    assert office.recorded(CASE)[0].rules == 0
    assert office.done(PublishRulebook(document=book({}))).version == 1


def test_a_fault_inside_a_session_stores_nothing_of_it():
    office = Office()

    def lodge_and_fail() -> None:
        with office.handler.unit_of_work() as unit:
            unit.handle(CommandEnvelope(message=LODGE))
            unit.handle(CommandEnvelope(message=ReplyToComplaint(case="complaint-2", by="li")))

    with pytest.raises(UnknownCase):
        lodge_and_fail()
    assert facts(office) == []
    assert isinstance(office.ask(REPLY), UnknownCase)


@pytest.mark.parametrize(
    "command",
    [
        REPLY,
        RecordDue(case=CASE),
        CompleteRepair(case="repair-1"),
        CloseCase(case=CASE, by="li"),
    ],
)
def test_nothing_can_be_asked_of_a_case_that_does_not_exist(command):
    office = Office()
    head = office.log.head()
    refusal = office.ask(command)
    assert isinstance(refusal, UnknownCase)
    assert command.case in refusal.sentence
    assert command.case in refusal.sentence_zh
    assert office.log.head() == head


def test_a_case_is_opened_only_at_a_site_that_is_open():
    refusal = Office().ask(
        ReportRepair(site="nowhere", household="1-502", category="plumbing", case="repair-1")
    )
    assert isinstance(refusal, UnknownSite)
    assert refusal.details["site"] == "nowhere"


@pytest.mark.parametrize(
    "command",
    [
        ReplyToComplaint(case="repair-1", by="li"),
        LodgeComplaint(
            site=SITE, channel="x", household="h", category="c", receiver="r", case="repair-1"
        ),
        CloseCase(case="site-north"),
        CloseCase(case="rules-1"),
    ],
)
def test_a_verb_is_asked_only_of_its_kind_of_case(command):
    assert isinstance(Office().ask(command), WrongKind)


@pytest.mark.parametrize(
    "case", ["complaint", "complaint-", "complaint-a b", "complaint-号", "x" * 200]
)
def test_a_number_that_no_case_can_have_is_refused(case):
    assert isinstance(Office().ask(ReplyToComplaint(case=case, by="li")), CommandInvalid)


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (datetime(2026, 5, 6, 1), WithoutZone),  # noqa: DTZ001 - which is the point
        (START + timedelta(minutes=5, seconds=1), InTheFuture),
        (START + timedelta(minutes=5), None),
        (START - timedelta(days=9), None),
        (datetime(1, 1, 1, tzinfo=UTC), CommandInvalid),
        (datetime.max.replace(tzinfo=UTC), CommandInvalid),
    ],
)
def test_when_it_happened_is_a_time_people_can_mean(at, refusal):
    office = Office()
    reply = office.ask(LODGE, occurred_at=at)
    assert isinstance(reply, refusal or Receipt)
    assert len(facts(office)) == (refusal is None)


def test_who_saw_an_older_version_is_told_and_nothing_is_stored():
    office = Office()
    office.done(LODGE, expected=0)
    refusal = office.ask(REPLY, expected=0)
    assert isinstance(refusal, VersionMoved)
    assert (refusal.details["expected"], refusal.details["actual"]) == (0, 1)
    assert office.done(REPLY, expected=1).version == 2


def test_documents_are_refused_with_the_place_of_the_fault():
    office = Office()
    for command, path in [
        (PublishRulebook(document={}), ()),
        (PublishRulebook(document=book({"within": "soon"})), ("clocks", "reply", "within")),
        (PublishRulebook(document={"rulebook": "\ud800"}), ("rulebook",)),
        (PublishCalendar(document={"name": "x"}), ("hours",)),
    ]:
        fault = office.ask(command)
        assert isinstance(fault, DocumentInvalid)
        assert fault.path == path
    assert office.log.stream("rules") == []


def test_an_import_relives_the_instant_at_which_the_log_would_have_learned():
    office = Office(None, book({}))
    office.now = START + timedelta(days=40)
    office.done(LODGE, recorded_at=START + timedelta(days=30))
    due = START + timedelta(days=31)
    office.done(RecordDue(case=CASE), recorded_at=due)
    (lodged, lapsed) = office.recorded(CASE)
    assert lodged.recorded_at == lodged.occurred_at == START + timedelta(days=30)
    assert lapsed.fact == DeadlineLapsed(clock="reply", cycle=1, due=due, detected=due)


def test_streams_beyond_those_kept_at_hand_are_loaded_again(monkeypatch):
    monkeypatch.setattr("commands.handler.KEPT_STREAMS", 1)
    office = Office()
    office.done(LODGE)
    office.done(ReportRepair(site=SITE, household="h", category="c", case="repair-1"))
    assert office.done(REPLY).version == 2


def test_a_desk_opened_on_a_full_log_knows_its_sites(log):
    Office(log).done(LODGE)
    handler = CommandHandler(log, clock=lambda: START)
    (answer,) = handler.handle_all([CommandEnvelope(message=REPLY)])
    assert isinstance(answer, Receipt)
    assert set(handler.directory.sites) == {SITE}


def test_a_batch_reads_the_cases_it_asks_in_one_go(log, monkeypatch):
    """The answers are those of one by one; a case that is not there is refused alone."""
    office = Office(log, book({}))
    office.done(LODGE)
    office.done(replace(LODGE, case="complaint-2"))
    handler = CommandHandler(log, clock=lambda: office.now)
    asked = []
    streams = log.streams
    monkeypatch.setattr(log, "streams", lambda *a: (asked.append(list(a[0])), streams(*a))[1])
    cases = ["complaint-1", "complaint-2", "complaint-3", "complaint-\ud800"]
    replies = handler.handle_all(
        [CommandEnvelope(message=ReplyToComplaint(case=c, by="li")) for c in cases]
    )
    assert asked == [["complaint-1", "complaint-2", "complaint-3"]]
    assert [type(reply) for reply in replies[:3]] == [Receipt, Receipt, UnknownCase]
    assert not isinstance(replies[3], Receipt)
    assert [facts(office, case) for case in cases[:3]] == [
        ["ComplaintLodged", "ComplaintReplied"],
        ["ComplaintLodged", "ComplaintReplied"],
        [],
    ]


def test_an_empty_look_at_a_case_stores_nothing():
    """Timers look often; what has nothing to record leaves no row, not even a receipt."""
    office = Office(None, book({}))
    office.done(LODGE)
    head = office.log.head()
    office.done(RecordDue(case=CASE), id="look")
    assert office.log.head() == head
    assert office.log.receipts([("system", "look")]) == {}
    office.wait("25h")
    assert office.done(RecordDue(case=CASE), id="look").facts == 1
