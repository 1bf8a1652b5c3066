"""Many askers at once, who each work on their own cases and share commits: tasks or threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

import uvloop

from benchmarks.neighbourhood import report
from commands.cases import CloseCase
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.messages import Message
from commands.repair import AcceptRepair, CompleteRepair
from commands.writer import Writer
from domain.kernel.facts import StaffId

ASKERS = 32
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


def ask_in_tasks(shared: Writer, cases: Sequence[Sequence[Message]]) -> tuple[float, list[float]]:
    """Share cases among tasks of one event loop, as the service asks.

    Returns the seconds for all, and for each command until its answer. Every task asks one command
    after the other and waits for each answer.
    """
    shares = _shares(cases)

    async def work_through(mine: list[CommandEnvelope]) -> list[float]:
        waited = []
        for request in mine:
            begun = perf_counter()
            await shared.submit(request)
            waited.append(perf_counter() - begun)
        return waited

    async def all_of_them() -> tuple[float, list[float]]:
        begun = perf_counter()
        found = await asyncio.gather(*map(work_through, shares))
        return perf_counter() - begun, [seconds for waits in found for seconds in waits]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_of_them())


def _shares(cases: Sequence[Sequence[Message]]) -> list[list[CommandEnvelope]]:
    return [requests([c for case in cases[n::ASKERS] for c in case]) for n in range(ASKERS)]


def ask_in_threads(shared: Writer, cases: Sequence[Sequence[Message]]) -> tuple[float, list[float]]:
    """The same with a thread for each asker."""
    shares = _shares(cases)
    start = Barrier(ASKERS + 1)

    def work_through(mine: list[CommandEnvelope]) -> list[float]:
        waited = []
        start.wait()
        for request in mine:
            begun = perf_counter()
            shared.ask(request)
            waited.append(perf_counter() - begun)
        return waited

    with ThreadPoolExecutor(ASKERS) as pool:
        futures = [pool.submit(work_through, share) for share in shares]
        start.wait()
        begun = perf_counter()
        waits = [seconds for future in futures for seconds in future.result()]
        return perf_counter() - begun, waits
