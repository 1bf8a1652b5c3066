"""Shares the work of a replay among processes, each of which folds a part of the streams."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import Final, NamedTuple, cast

import msgspec

from domain.kernel.kinds import Kinds
from projections.lens import LIVE, Focus, Lens, refocus
from projections.replay import Wanted, batches
from store.codec import Codec
from store.cycles import without_cycles
from store.damage import unindexed
from store.errors import StoreFault
from store.log import Log
from store.open import MEMORY, open_log
from store.register_reader import DirectoryReader
from store.row_set import CaseRows, Share

WORTH_IT: Final = 60_000
"""Facts from which on the start of further processes is made up for."""
MOST: Final = 8
START: Final = "from projections.parallel import work; work()"
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


class Job(NamedTuple):
    """What a worker process is to do; it can be sent to it."""

    store: str
    kinds: Kinds
    lens: Lens
    until: int
    instant: datetime
    wanted: Wanted
    part: int = 1
    of: int = 1


class WorkerLost(StoreFault):
    """A process that replayed a part of {where} ended before it was done (exit code {code})."""

    zh = "重放 {where} 的子进程提前结束（退出码 {code}）。"


def processes(store: str, until: int) -> int:
    """How many processes are worth it: one per processor, where the log is long."""
    if store == MEMORY or until < WORTH_IT:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST)


def sharing(store: str, kinds: Kinds) -> Share:
    """How the tables of a store are built anew by several processes."""

    def share(names: Sequence[str], until: int) -> Iterator[CaseRows] | None:
        of = processes(store, until)
        if of == 1:
            return None
        return shared(Job(store, kinds, LIVE, until, datetime.now(UTC), Wanted(tuple(names))), of)

    return share


def replayed(
    store: str, focus: Focus, log: Log, codec: Codec, wanted: Wanted
) -> Iterator[CaseRows]:
    """The batches of a lens, made here or by several processes where that is worth it."""
    of = processes(store, focus.until) if focus.lens.cases is None else 1
    if of == 1:
        return batches(focus, log, codec, wanted)
    job = Job(store, focus.kinds, focus.lens, focus.until, focus.instant, wanted)
    return shared(job, of)


def shared(job: Job, of: int) -> Iterator[CaseRows]:
    """The batches of all parts of a job as they come, each made by a process of its own.

    Raises:
        StoreFault: what a worker met, or that it ended early.
    """
    workers = [_Worker(job._replace(part=part, of=of)) for part in range(1, of + 1)]
    try:
        facts = 0
        by_reader = {worker.reader: worker for worker in workers}
        while by_reader:
            for reader in cast("list[Connection]", wait(list(by_reader))):
                batch = by_reader[reader].receive()
                if batch is None:
                    del by_reader[reader]
                else:
                    facts += batch.facts
                    yield batch
        if facts != job.until:
            raise unindexed(job.until, facts, job.store)
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A process that folds a part, and what it sends."""

    def __init__(self, job: Job) -> None:
        reader, writer = os.pipe()
        self._where = job.store
        self.reader = Connection(reader, writable=False)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program again
                [sys.executable, "-P", "-c", START, str(writer)],
                stdin=subprocess.PIPE,
                pass_fds=[writer],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        finally:
            os.close(writer)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(pickle.dumps(job))  # that it has ended already is said when it is read

    def receive(self) -> CaseRows | None:
        """The next batch, None after the last one."""
        try:
            message = self.reader.recv_bytes()
        except (EOFError, OSError):
            raise WorkerLost(where=self._where, code=self._process.wait()) from None
        if not message:
            return None
        if message[:1] == b"!":
            raise pickle.loads(message[1:])  # noqa: S301 - from a process of our own
        return CaseRows(*_unpack(message))

    def end(self) -> None:
        """End the process, also in the middle of its work."""
        self.reader.close()
        self._process.kill()
        self._process.wait()


def work() -> None:
    """Do the job that comes on the standard input and send the batches to the pipe named."""
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    out = Connection(int(sys.argv[1]), readable=False)
    try:
        log = open_log(job.store, create=False, write=False)
        codec = Codec(job.kinds, where=log.where)
        registers = DirectoryReader(log, codec).at(job.until)
        focus = refocus(job.lens, registers, job.kinds, until=job.until, instant=job.instant)
        with without_cycles():
            for batch in batches(focus, log, codec, job.wanted, part=job.part, of=job.of):
                out.send_bytes(_pack(batch))
        out.send_bytes(b"")
    except BrokenPipeError:
        return  # whoever asked has gone
    except StoreFault as fault:
        out.send_bytes(b"!" + pickle.dumps(fault))
