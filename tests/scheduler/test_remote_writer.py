"""Asked from another process, the writer answers as it does here."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from api.engine import engine
from api.http.schemas import example_of
from api.parsing import read_message
from commands import ROUTES
from commands.clocks import RecordDue
from commands.envelope import CommandEnvelope
from commands.registers import OpenSite
from commands.repair import AcceptRepair, ReportRepair
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.refusals import CaseExists, Refusal
from scheduler.frames import LARGEST, Frames
from scheduler.remote_writer import RemoteWriter, WriterAway, serve_commands
from scheduler.timers import BATCH
from store.errors import DiskFull, StoreFault
from store.follower import FollowerState
from store.log import Receipt

STATE = FollowerState(
    name="timers", position=7, lag=2, last_tick_age=0.5, taken=3, fault="gone"
)  # fmt: skip


class Decider:
    """A writer that remembers what it was asked, and answers what a test says."""

    def __init__(self) -> None:
        self.asked: list[CommandEnvelope] = []
        self.outcome: Any = None

    def ask_all(self, envelopes: Sequence[CommandEnvelope]) -> list[Any]:
        self.asked.extend(envelopes)
        return [self.outcome or answered(envelope) for envelope in envelopes]


def answered(envelope: CommandEnvelope) -> Receipt:
    return Receipt(envelope.actor, envelope.id, b"", "repair-1", 1, 2, 1)


class Linked:
    """A remote writer, the decider it reaches, and what it told of its followers."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.decider = Decider()
        self.told: list[list[FollowerState]] = []
        self.lost = threading.Event()
        self.here, self.there = Frames(ours), Frames(theirs)
        self.remote = RemoteWriter(self.here, "the store", self.lost.set)
        self.server = threading.Thread(target=self._serve)
        self.server.start()

    def _serve(self) -> None:
        writer: Any = self.decider
        serve_commands(self.there, writer, ROUTES.messages, self.told.append)

    def close(self) -> None:
        self.here.close()
        self.server.join(10)
        assert not self.server.is_alive()


@pytest.fixture
def linked() -> Iterator[Linked]:
    with closing(Linked()) as linked:
        yield linked


@pytest.mark.parametrize("name", ROUTES.messages)
def test_every_message_arrives_as_it_was_sent(linked: Linked, name: str) -> None:
    """With all its fields, personal texts included."""
    message = read_message(ROUTES, name, example_of(ROUTES.messages[name], ROUTES))
    linked.remote.ask_all([CommandEnvelope(message=message)])
    assert linked.decider.asked[0].message == message
    assert type(linked.decider.asked[0].message) is type(message)


def test_the_whole_envelope_arrives(linked: Linked) -> None:
    """Instants keep their microseconds; what was left out stays out."""
    at = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    bare = CommandEnvelope(message=RecordDue(case="repair-1"))
    whole = replace(
        bare, actor="scheduler", id="甲-1", occurred_at=at, correlation="c", causation="d",
        expected=4, recorded_at=at.replace(year=2027), known_at=at.replace(year=2025),
    )  # fmt: skip
    assert linked.remote.ask_all([bare, whole]) == [answered(bare), answered(whole)]
    assert linked.decider.asked == [bare, whole]


def test_refusals_and_faults_are_said_word_for_word(linked: Linked) -> None:
    """A refusal is a refusal there and here, a fault a fault, with code and both sentences."""
    envelope = CommandEnvelope(message=RecordDue(case="repair-1"))
    for outcome, kind in (
        (CaseExists(case="repair-1"), Refusal),
        (DiskFull(where="甲", problem="x"), StoreFault),
    ):
        linked.decider.outcome = outcome
        (found,) = linked.remote.ask_all([envelope])
        assert isinstance(found, kind)
        assert (found.code, found.sentence, str(found)) == (
            outcome.code, outcome.sentence, str(outcome),
        )  # fmt: skip
    linked.decider.outcome = ZeroDivisionError("by zero")
    (found,) = linked.remote.ask_all([envelope])
    assert not isinstance(found, Refusal | StoreFault)
    assert "ZeroDivisionError: by zero" in str(found)


def test_threads_that_ask_at_once_get_their_own_answers(linked: Linked) -> None:
    """One asks after the other; states go between."""

    def ask(name: str) -> None:
        for n in range(50):
            envelope = CommandEnvelope(message=RecordDue(case=name), id=f"{name}-{n}")
            assert linked.remote.ask_all([envelope]) == [answered(envelope)]
            linked.remote.tell([STATE])

    failed: list[Exception] = []

    def run(name: str) -> None:
        try:
            ask(name)
        except Exception as error:  # noqa: BLE001 - told to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(f"repair-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert len(linked.decider.asked) == 200


def test_states_are_told(linked: Linked) -> None:
    """The followers' own words, for health to show."""
    linked.remote.tell([STATE])
    linked.remote.ask_all([])
    assert linked.told == [[STATE]]


def test_a_writer_that_has_gone_is_said_and_nothing_is_waited_for(linked: Linked) -> None:
    """Whoever asks is told in a sentence; the link is given up."""
    linked.there.close()
    with pytest.raises(WriterAway, match="the store"):
        linked.remote.ask_all([CommandEnvelope(message=RecordDue(case="repair-1"))])
    assert linked.lost.is_set()


def test_telling_a_process_that_has_gone_is_noticed(linked: Linked) -> None:
    """It is the sign of life that would not be seen."""
    linked.there.close()
    linked.server.join(10)
    linked.remote.tell([STATE])
    assert linked.lost.is_set()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"nonsense",
        b'{"type":"Ask","number":1}',
        b'{"type":"Ask","number":1,"commands":[["NoSuchMessage",{},"a","i",null,null,null,null,null]]}',
        b'{"type":"Ask","number":1,"commands":[["RecordDue",{"case":1},"a","i",null,null,null,null,null]]}',
    ],
)
def test_what_is_not_in_the_format_ends_the_link(linked: Linked, frame: bytes) -> None:
    """Nothing of it is asked of the writer."""
    linked.here.send(frame)
    linked.server.join(10)
    assert not linked.server.is_alive()
    assert linked.decider.asked == []


@pytest.mark.parametrize("answer", [b"?", b'{"type":"Outcomes","number":9,"outcomes":[]}'])
def test_an_answer_to_something_else_is_not_taken(answer: bytes) -> None:
    """The link is given up: what the commands came to is not known."""
    ours, theirs = socket.socketpair()
    remote, other = RemoteWriter(Frames(ours), "the store"), Frames(theirs)

    def answer_wrongly() -> None:
        other.receive()
        other.send(answer)

    thread = threading.Thread(target=answer_wrongly)
    thread.start()
    with pytest.raises(WriterAway):
        remote.ask_all([CommandEnvelope(message=RecordDue(case="repair-1"))])
    thread.join()
    other.close()


def test_a_real_writer_answers_over_the_link(tmp_path: Any) -> None:
    """Facts are stored, and a repeat is answered as the first time."""
    with engine(str(tmp_path / "g.db"), create=True) as opened:
        here, there = (Frames(end) for end in socket.socketpair())
        remote = RemoteWriter(here, "x")
        thread = threading.Thread(
            target=serve_commands,
            args=(there, opened.writer, opened.routes.messages, lambda _: None),
        )
        thread.start()
        report = ReportRepair(
            site="a", household=HouseholdId("h"), category="c", case="repair-1"
        )  # fmt: skip
        commands = [
            CommandEnvelope(message=OpenSite(site="a", name="A")),
            CommandEnvelope(message=report, id="once"),
            CommandEnvelope(message=report, id="twice"),
            CommandEnvelope(message=AcceptRepair(case="repair-1", technician=StaffId("t"))),
        ]
        first = remote.ask_all(commands)
        assert [type(one).__name__ for one in first] == [
            "Receipt", "Receipt", "_Refused", "Receipt",
        ]  # fmt: skip
        assert remote.ask_all(commands[1:2]) == [first[1]]
        assert opened.log.head() == 3
        here.close()
        thread.join()


def test_the_format_is_bounded_for_a_whole_batch_of_timers() -> None:
    """A batch of the timers' size takes a small part of a frame."""
    longest = CommandEnvelope(message=RecordDue(case="r" * 120), recorded_at=datetime.now(UTC))
    assert BATCH * (len(msgspec.json.encode(longest.message)) + 300) < LARGEST / 4
