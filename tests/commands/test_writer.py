"""Threads that ask at the same time share a commit, and each gets its own answer."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commands import writer
from commands.envelope import Answer, CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.registers import OpenSite
from commands.repair import AcceptRepair, ReportRepair
from commands.writer import Writer
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.refusals import CaseExists, UnknownCase, VersionMoved
from store.errors import DiskFull, StoreFault
from store.log import Log, Receipt
from store.memory import MemoryLog
from store.sqlite import SQLiteLog

THREADS = 16


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    log = MemoryLog() if request.param == "memory" else SQLiteLog(tmp_path / "log.db")
    yield log
    log.close()


class SlowHandler(CommandHandler):
    """A handler that begins when a gate opens, and counts its batches."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []
        self.held = 0

    def handle_all(self, envelopes: Sequence[CommandEnvelope]) -> list[Answer]:
        self.held = len(envelopes)
        self.gate.wait(10)
        self.held = 0
        self.batches.append(len(envelopes))
        return super().handle_all(envelopes)


@pytest.fixture
def handler(log: Log) -> SlowHandler:
    handler = SlowHandler(log)
    handler.handle_all([CommandEnvelope(message=OpenSite(site="a", name="A"))])
    handler.batches.clear()
    return handler


@pytest.fixture
def shared(handler: SlowHandler) -> Iterator[Writer]:
    shared = Writer(handler)
    yield shared
    handler.gate.set()
    shared.close()


def report(case: str | None = None) -> Message:
    return ReportRepair(site="a", household=HouseholdId("h"), category="water", case=case)


def together(
    handler: SlowHandler, shared: Writer, envelopes: Sequence[CommandEnvelope]
) -> list[object]:
    """Ask everything while a first commit is held up, so that the rest waits for the next."""

    def ask(envelope: CommandEnvelope) -> object:
        try:
            return shared.ask(envelope)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return error

    handler.gate.clear()
    with ThreadPoolExecutor(len(envelopes)) as pool:
        asked = [pool.submit(ask, envelope) for envelope in envelopes]
        while shared._queue.qsize() + handler.held < len(envelopes):
            pass
        handler.gate.set()
        return [future.result(10) for future in asked]


def test_one_asker_is_answered_at_once(handler: SlowHandler, shared: Writer) -> None:
    """A lone envelope does not wait for company."""
    answered = shared.ask(CommandEnvelope(message=report("repair-1")))
    assert (answered.stream, answered.version, answered.facts) == ("repair-1", 1, 1)


def test_those_who_wait_share_one_commit(handler: SlowHandler, shared: Writer) -> None:
    """Sixteen envelopes take two commits: the one under way and the next."""
    envelopes = [CommandEnvelope(message=report(f"repair-{n}")) for n in range(THREADS)]
    replies = together(handler, shared, envelopes)
    assert {reply.stream for reply in replies} == {f"repair-{n}" for n in range(THREADS)}
    assert len(handler.batches) == shared.batches <= 2


def test_several_are_asked_in_one_commit_and_answered_one_by_one(
    handler: SlowHandler, shared: Writer
) -> None:
    """Refusals come back as what they are, in their place; nothing is raised."""
    shared.ask(CommandEnvelope(message=report("repair-0")))
    committed: list[int] = []
    shared.committed = lambda: committed.append(handler.log.head())
    outcomes = shared.ask_all(
        [CommandEnvelope(message=report(f"repair-{n}")) for n in (1, 0, 2)]
    )  # fmt: skip
    assert [type(outcome) for outcome in outcomes] == [Receipt, CaseExists, Receipt]
    assert shared.batches == 2
    assert committed == [handler.log.head()]


def test_more_than_fit_in_a_commit_keep_nobody_waiting_behind_them(
    handler: SlowHandler, shared: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits beside many shares their commit; who waits behind enough for one gets the next."""
    monkeypatch.setattr(writer, "MOST", 3)
    handler.gate.clear()

    def ask(count: int) -> int:
        return len(shared.ask_all([CommandEnvelope(message=report()) for _ in range(count)]))

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, 1)]
        while handler.held < 1:
            pass
        asked += [pool.submit(ask, 2) for _ in range(3)]
        while shared._queue.qsize() < 3:
            pass
        handler.gate.set()
        assert [future.result(10) for future in asked] == [1, 2, 2, 2]
    assert handler.batches == [1, 4, 2]


def test_a_refusal_is_its_askers_alone(handler: SlowHandler, shared: Writer) -> None:
    """Neighbours of refused envelopes are stored."""
    shared.ask(CommandEnvelope(message=report("repair-0")))
    envelopes = [
        CommandEnvelope(message=report("repair-0")),
        CommandEnvelope(message=AcceptRepair(case="repair-9", technician=StaffId("t"))),
        CommandEnvelope(message=AcceptRepair(case="repair-0", technician=StaffId("t")), expected=7),
        CommandEnvelope(message=report("repair-1")),
        CommandEnvelope(message=report("repair-2")),
    ]
    replies = together(handler, shared, envelopes)
    assert [type(reply) for reply in replies] == [
        CaseExists, UnknownCase, VersionMoved, Receipt, Receipt,
    ]  # fmt: skip


def test_a_repeated_command_is_answered_as_the_first(handler: SlowHandler, shared: Writer) -> None:
    """The same id asked by many threads stores one fact and gives one answer."""
    envelopes = [CommandEnvelope(message=report(), id="once") for _ in range(THREADS)]
    replies = together(handler, shared, envelopes)
    assert len(set(replies)) == 1
    assert handler.log.head() == 2


def test_a_fault_of_the_store_reaches_every_asker_of_the_commit(
    handler: SlowHandler, shared: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full everybody hears it, and the next envelope is served again."""

    def fail(_envelopes: Sequence[CommandEnvelope]) -> list[Answer]:
        raise DiskFull(where="here")

    with monkeypatch.context() as patch:
        patch.setattr(handler, "handle_all", fail)
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(shared.ask, CommandEnvelope(message=report())) for _ in range(4)]
            for future in futures:
                with pytest.raises(DiskFull):
                    future.result(10)
    assert shared.ask(CommandEnvelope(message=report("repair-1"))).version == 1


def test_a_defect_met_by_one_envelope_does_not_fail_its_neighbours(
    handler: SlowHandler, shared: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error belongs to the envelope that meets it."""
    honest = SlowHandler.handle_all

    def handle_all(self: SlowHandler, envelopes: Sequence[CommandEnvelope]) -> list[Answer]:
        self.held = len(envelopes)
        self.gate.wait(10)
        self.held = 0
        if any(envelope.actor == "poison" for envelope in envelopes):
            raise ZeroDivisionError
        return honest(self, envelopes)

    monkeypatch.setattr(SlowHandler, "handle_all", handle_all)
    envelopes = [
        CommandEnvelope(message=report(f"repair-{n}"), actor="poison" if n == 3 else "x")
        for n in range(6)
    ]
    replies = together(handler, shared, envelopes)
    assert [n for n, reply in enumerate(replies) if isinstance(reply, ZeroDivisionError)] == [3]
    assert handler.log.head() == 6


def test_a_storm_of_threads_loses_nothing(handler: SlowHandler, shared: Writer) -> None:
    """Every answer is in the log, every version is unique, positions have no gaps."""
    rounds = 25

    def work(_: int) -> list[Receipt]:
        found = []
        for _ in range(rounds):
            first = shared.ask(CommandEnvelope(message=report()))
            accept = AcceptRepair(case=first.stream, technician=StaffId("t"))
            found += [first, shared.ask(CommandEnvelope(message=accept))]
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer for some in pool.map(work, range(THREADS)) for answer in some]
    positions = sorted(answer.position for answer in answers)
    assert positions == list(range(2, 2 + THREADS * rounds * 2))
    rows = handler.log.rows(1, 10_000)
    assert {(row.stream, row.version, row.position) for row in rows} == {
        (answer.stream, answer.version, answer.position) for answer in answers
    }


def test_an_interrupted_asker_holds_up_nobody(
    handler: SlowHandler, shared: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command is answered in its absence, and those behind it in the line are woken."""
    names = [f"patient-{n}" for n in range(THREADS)]
    names[THREADS // 2] = "impatient"
    wait = writer._Thread._wait

    def interrupted(self) -> None:
        if self.envelopes[0].id == "impatient" and not interruptions:
            interruptions.append(self)
            raise KeyboardInterrupt
        wait(self)

    interruptions: list[object] = []
    monkeypatch.setattr(writer._Thread, "_wait", interrupted)

    def ask(name: str) -> Receipt | None:
        try:
            return shared.ask(CommandEnvelope(message=report(f"repair-{name}"), id=name))
        except KeyboardInterrupt:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        replies = dict(zip(names, pool.map(ask, names, timeout=10), strict=True))
    assert [name for name, reply in replies.items() if reply is None] == ["impatient"]
    again = shared.ask(CommandEnvelope(message=report("repair-impatient"), id="impatient"))
    assert (again.stream, again.facts) == ("repair-impatient", 1)


def test_tasks_of_an_event_loop_share_a_commit_and_get_their_own_answers(
    handler: SlowHandler, shared: Writer
) -> None:
    async def everything() -> list[object]:
        handler.gate.clear()
        asked = [
            asyncio.ensure_future(shared.submit(CommandEnvelope(message=message)))
            for message in [*(report(f"repair-{n}") for n in range(8)), report("repair-3")]
        ]
        await asyncio.sleep(0)
        handler.gate.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    replies = asyncio.run(asyncio.wait_for(everything(), 10))
    assert [reply.stream for reply in replies[:8]] == [f"repair-{n}" for n in range(8)]
    assert isinstance(replies[8], CaseExists)
    assert sum(handler.batches) == 9
    assert len(handler.batches) <= 2


def test_a_task_that_went_away_is_stored_and_disturbs_nobody(
    handler: SlowHandler, shared: Writer
) -> None:
    async def impatient() -> None:
        handler.gate.clear()
        gone = asyncio.ensure_future(shared.submit(CommandEnvelope(message=report("repair-1"))))
        await asyncio.sleep(0)
        gone.cancel()
        handler.gate.set()
        await shared.submit(CommandEnvelope(message=report("repair-2")))

    asyncio.run(asyncio.wait_for(impatient(), 10))
    assert [row.stream for row in handler.log.rows(1, 10)] == ["repair-1", "repair-2"]


def test_a_closed_writer_answers_what_waits_and_refuses_the_rest(handler: SlowHandler) -> None:
    shared = Writer(handler)
    handler.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(shared.ask, CommandEnvelope(message=report("repair-1")))
        while not shared._thread.is_alive() or handler.log.head() > 1:
            pass
        handler.gate.set()
        assert asked.result(10).stream == "repair-1"
    shared.close()
    shared.close()
    with pytest.raises(StoreFault, match="closed"):
        shared.ask(CommandEnvelope(message=report("repair-2")))
    assert handler.log.head() == 2
