"""Threads that ask at the same time share a commit, and each gets its own answer."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commands.desk import Desk, Reply, Request
from commands.group_commit import GroupCommit
from commands.verbs import AcceptRepair, Command, OpenSite, ReportRepair
from domain.facts import HouseholdId, StaffId
from domain.refusals import CaseExists, UnknownCase, VersionMoved
from store.errors import DiskFull
from store.log import Log, Receipt
from store.memory import MemoryLog
from store.sqlite import SQLiteLog

THREADS = 16


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    log = MemoryLog() if request.param == "memory" else SQLiteLog(tmp_path / "log.db")
    yield log
    log.close()


class SlowDesk(Desk):
    """A desk that begins when a gate opens, and counts its batches."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []

    def ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        self.gate.wait(10)
        self.batches.append(len(requests))
        return super().ask_all(requests)


@pytest.fixture
def desk(log: Log) -> SlowDesk:
    desk = SlowDesk(log)
    desk.ask_all([Request(command=OpenSite(site="a", name="A"))])
    desk.batches.clear()
    return desk


def report(case: str | None = None) -> Command:
    return ReportRepair(site="a", household=HouseholdId("h"), category="water", case=case)


def together(desk: SlowDesk, shared: GroupCommit, requests: Sequence[Request]) -> list[object]:
    """Ask everything while a first commit is held up, so that the rest waits for the next."""

    def ask(request: Request) -> object:
        try:
            return shared.ask(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return error

    desk.gate.clear()
    with ThreadPoolExecutor(len(requests)) as pool:
        asked = [pool.submit(ask, request) for request in requests]
        while len(shared._waiting) < len(requests) - 1:
            pass
        desk.gate.set()
        return [future.result(10) for future in asked]


def test_one_asker_is_answered_at_once(desk: SlowDesk) -> None:
    """A lone request does not wait for company."""
    answered = GroupCommit(desk).ask(Request(command=report("repair-1")))
    assert (answered.stream, answered.version, answered.facts) == ("repair-1", 1, 1)


def test_those_who_wait_share_one_commit(desk: SlowDesk) -> None:
    """Sixteen requests take two commits: the one under way and the next."""
    shared = GroupCommit(desk)
    requests = [Request(command=report(f"repair-{n}")) for n in range(THREADS)]
    replies = together(desk, shared, requests)
    assert {reply.stream for reply in replies} == {f"repair-{n}" for n in range(THREADS)}
    assert len(desk.batches) == shared.batches == 2


def test_a_refusal_is_its_askers_alone(desk: SlowDesk) -> None:
    """Neighbours of refused requests are stored."""
    shared = GroupCommit(desk)
    shared.ask(Request(command=report("repair-0")))
    requests = [
        Request(command=report("repair-0")),
        Request(command=AcceptRepair(case="repair-9", technician=StaffId("t"))),
        Request(command=AcceptRepair(case="repair-0", technician=StaffId("t")), expected=7),
        Request(command=report("repair-1")),
        Request(command=report("repair-2")),
    ]
    replies = together(desk, shared, requests)
    assert [type(reply) for reply in replies] == [
        CaseExists, UnknownCase, VersionMoved, Receipt, Receipt,
    ]  # fmt: skip


def test_a_repeated_command_is_answered_as_the_first(desk: SlowDesk) -> None:
    """The same id asked by many threads stores one fact and gives one answer."""
    shared = GroupCommit(desk)
    requests = [Request(command=report(), id="once") for _ in range(THREADS)]
    replies = together(desk, shared, requests)
    assert len(set(replies)) == 1
    assert desk.log.head() == 2


def test_a_fault_of_the_store_reaches_every_asker_of_the_commit(
    desk: SlowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full everybody hears it, and the next request is served again."""
    shared = GroupCommit(desk)

    def fail(_requests: Sequence[Request]) -> list[Reply]:
        raise DiskFull(where="here")

    with monkeypatch.context() as patch:
        patch.setattr(desk, "ask_all", fail)
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(shared.ask, Request(command=report())) for _ in range(4)]
            for future in futures:
                with pytest.raises(DiskFull):
                    future.result(10)
    assert shared.ask(Request(command=report("repair-1"))).version == 1


def test_a_defect_met_by_one_request_does_not_fail_its_neighbours(
    desk: SlowDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error belongs to the request that meets it."""
    shared = GroupCommit(desk)
    honest = SlowDesk.ask_all

    def ask_all(self: SlowDesk, requests: Sequence[Request]) -> list[Reply]:
        self.gate.wait(10)
        if any(request.actor == "poison" for request in requests):
            raise ZeroDivisionError
        return honest(self, requests)

    monkeypatch.setattr(SlowDesk, "ask_all", ask_all)
    requests = [
        Request(command=report(f"repair-{n}"), actor="poison" if n == 3 else "x") for n in range(6)
    ]
    replies = together(desk, shared, requests)
    assert [n for n, reply in enumerate(replies) if isinstance(reply, ZeroDivisionError)] == [3]
    assert desk.log.head() == 6


def test_a_storm_of_threads_loses_nothing(desk: SlowDesk) -> None:
    """Every answer is in the log, every version is unique, positions have no gaps."""
    shared = GroupCommit(desk)
    rounds = 25

    def work(_: int) -> list[Receipt]:
        found = []
        for _ in range(rounds):
            first = shared.ask(Request(command=report()))
            accept = AcceptRepair(case=first.stream, technician=StaffId("t"))
            found += [first, shared.ask(Request(command=accept))]
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer for some in pool.map(work, range(THREADS)) for answer in some]
    positions = sorted(answer.position for answer in answers)
    assert positions == list(range(2, 2 + THREADS * rounds * 2))
    rows = desk.log.rows(1, 10_000)
    assert {(row.stream, row.version, row.position) for row in rows} == {
        (answer.stream, answer.version, answer.position) for answer in answers
    }


class Interrupted(GroupCommit):
    """The asker of one request is interrupted as soon as it waits."""

    interrupted = False

    def _see_through(self, mine) -> None:
        if mine.request.id == "impatient" and not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        super()._see_through(mine)


def test_an_interrupted_asker_holds_up_nobody(desk: SlowDesk) -> None:
    """Its request is answered in its absence, and those behind it in the line are woken."""
    shared = Interrupted(desk)
    ids = [f"patient-{n}" for n in range(THREADS)]
    ids[THREADS // 2] = "impatient"

    def ask(name: str) -> Receipt | None:
        try:
            return shared.ask(Request(command=report(f"repair-{name}"), id=name))
        except KeyboardInterrupt:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        replies = dict(zip(ids, pool.map(ask, ids, timeout=10), strict=True))
    assert [name for name, reply in replies.items() if reply is None] == ["impatient"]
    again = shared.ask(Request(command=report("repair-impatient"), id="impatient"))
    assert (again.stream, again.facts) == ("repair-impatient", 1)
