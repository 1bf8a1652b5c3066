"""Many askers at once: threads that each work on their own cases through shared commits."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

from benchmarks.neighbourhood import report
from commands.cases import CloseCase
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.messages import Message
from commands.repair import AcceptRepair, CompleteRepair
from commands.writer import Writer
from domain.kernel.facts import StaffId

THREADS = 32
TECHNICIAN = StaffId("staff-7")


def own_cases(count: int) -> list[list[Message]]:
    """So many cases of their own: report, accept, complete, close."""
    return [life(f"repair-{new_id()}", number) for number in range(count)]


def life(case: str, number: int) -> list[Message]:
    """Report, accept, complete, close."""
    return [report(case, number), *work(case)]


def work(case: str) -> list[Message]:
    """What is left of a repair that was reported: accept, complete, close."""
    return [
        AcceptRepair(case=case, technician=TECHNICIAN),
        CompleteRepair(case=case, by=TECHNICIAN),
        CloseCase(case=case, by=TECHNICIAN),
    ]


def requests(commands: Sequence[Message]) -> list[CommandEnvelope]:
    """Commands as they come from people, each with a correlation of its own."""
    return [CommandEnvelope(message=c, actor="staff-7", correlation=new_id()) for c in commands]


def ask_in_threads(shared: Writer, cases: Sequence[Sequence[Message]]) -> tuple[float, list[float]]:
    """Share cases among threads: the seconds for all, and for each command until its answer.

    Every thread asks one command after the other and waits for each answer.
    """
    shares = [requests([c for case in cases[n::THREADS] for c in case]) for n in range(THREADS)]
    start = Barrier(THREADS + 1)

    def work_through(mine: list[CommandEnvelope]) -> list[float]:
        waited = []
        start.wait()
        for request in mine:
            begun = perf_counter()
            shared.ask(request)
            waited.append(perf_counter() - begun)
        return waited

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work_through, share) for share in shares]
        start.wait()
        begun = perf_counter()
        waits = [seconds for future in futures for seconds in future.result()]
        return perf_counter() - begun, waits
