"""How soon many deadlines of one instant are recorded, exactly once, beside DBOS on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from api.engine import Engine
from benchmarks.clocks import count_lapses
from benchmarks.figures import Bench, Row, Spread, at_most, sooner, unmeasured
from benchmarks.neighbourhood import ask_all, publish
from benchmarks.peers.environment import Peer, PeerMissing
from benchmarks.processes import ProcessFailed, kill
from benchmarks.service import serve
from benchmarks.standing import urgent
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from store.open import open_log
from tests.support.postgres import PostgresServer, find_binaries

TITLE = "deadlines of one instant, the service at work in real time, on SQLite"
ROUNDS, COUNT = 3, 20_000
FEW_ROUNDS, FEW_COUNT = 1, 200
LEAD: Final = 0.0008
"""Seconds allowed per deadline to prepare the store and start the service."""
STARTING: Final = 4.0
LOOK: Final = 0.005
LOST: Final = 120.0
"""Seconds after the instant at which what was not recorded counts as lost."""
ENROLLING: Final = 1800.0
PEER: Final = "DBOS on PostgreSQL"
RULEBOOK: Final[Mapping[str, Any]] = {
    "rulebook": "deadlines",
    "clocks": {
        "repair.done": {
            "case": "repair", "starts": "reported", "stops": "completed", "within": "24h",
        },
    },
}  # fmt: skip


class Prepared(NamedTuple):
    """A store of running clocks, the instant of them all by the wall clock, the head of its log."""

    store: str
    due: float
    head: int


def measure(bench: Bench) -> list[Row]:
    """Ours and DBOS in turn; then ours with two services, both killed while they record."""
    rounds, count = (FEW_ROUNDS, FEW_COUNT) if bench.quick else (ROUNDS, COUNT)
    ours: list[float] = []
    theirs: list[dict[str, Any]] = []
    missing = ""
    with ExitStack() as stack:
        dbos = Dbos(bench, stack)
        for number in range(rounds):
            bench.say(f"deadlines: round {number + 1} of {rounds}")
            ours.append(_alone(bench.folder / f"alone-{number}", count))
            if not missing:
                try:
                    theirs.append(dbos.lapse(count))
                except PeerMissing as reason:
                    missing = str(reason)
    what = f"{count:,} deadlines of one instant, until the last is durable"
    beside = _beside(what, Spread("s", tuple(ours)), theirs, missing)
    bench.say("deadlines: two services, both killed")
    wrong = _killed(bench.folder / "killed", count)
    once = at_most(
        f"lost or doubled of {count:,}, two services, both killed while they record",
        Spread("lapses", (wrong,)), TARGETS["deadlines_once"],
    )  # fmt: skip
    return [beside, once]


class Dbos:
    """The peer with a PostgreSQL of its own, which is started when it is first needed."""

    def __init__(self, bench: Bench, stack: ExitStack) -> None:
        """Nothing is started yet; `stack` ends what will be."""
        self._peer = Peer(name="dbos", environments=bench.peers)
        self._folder = bench.folder
        self._stack = stack
        self._server: PostgresServer | None = None

    def lapse(self, count: int) -> dict[str, Any]:
        """What a run on a fresh database found.

        Raises:
            PeerMissing: it cannot run here, or lost a deadline.
        """
        self._peer.require()
        found = self._peer.run(
            "deadlines.py", self._started().new_database(), str(count),
            folder=self._folder, timeout=ENROLLING,
        )  # fmt: skip
        if found["lost"]:
            raise PeerMissing(f"DBOS lost {found['lost']} deadlines")
        return found

    def _started(self) -> PostgresServer:
        if self._server is None:
            binaries = find_binaries()
            if binaries is None:
                raise PeerMissing("PostgreSQL is not installed here")
            self._server = PostgresServer(binaries)
            self._stack.callback(self._server.close)
        return self._server


def _beside(what: str, ours: Spread, theirs: list[dict[str, Any]], missing: str) -> Row:
    target = TARGETS["deadlines"]
    if missing:
        return unmeasured(what, missing, ours=ours, peer=PEER, target=target)
    seconds = Spread("s", tuple(float(found["seconds"]) for found in theirs))
    return sooner(what, ours, str(theirs[0]["name"]), seconds, target=target)


def _alone(folder: Path, count: int) -> float:
    """Seconds from the instant until one service has recorded everything.

    A busy machine may need longer to prepare than was allowed for; then it gets twice the time.

    Raises:
        ProcessFailed: even then the service was not up at the instant, or too few were recorded.
    """
    for patience in (1, 2, 4):
        prepared = _prepare(folder / str(patience), count, patience)
        with serve(prepared.store, folder):
            if time.time() < prepared.due:
                return _watch(prepared, count)
    raise ProcessFailed("the service was not up at the instant")


def _killed(folder: Path, count: int) -> int:
    """How many were lost or doubled while two services were killed and a third went on."""
    prepared = _prepare(folder, count)
    store = prepared.store
    with (
        serve(store, folder, said="first.log") as first,
        serve(store, folder, said="second.log") as second,
    ):
        _watch(prepared, count // 4)
        kill(first.process)
        _watch(prepared, count // 2)
        kill(second.process)
        with serve(store, folder, said="third.log"):
            _watch(prepared, count)
    engine = Engine(store)
    lost, doubled = count_lapses(engine, count)
    engine.close()
    return lost + doubled


def _prepare(folder: Path, count: int, patience: int = 1) -> Prepared:
    """As many cases as there are deadlines, reported a day before the instant."""
    folder.mkdir(parents=True)
    store = str(folder / "deadlines.db")
    due = datetime.now(UTC) + timedelta(seconds=(STARTING + count * LEAD) * patience)
    log = open_log(store)
    handler = CommandHandler(log)
    publish(handler, RULEBOOK)
    ask_all(handler, urgent(0, count, due, timedelta(0)))
    head = log.head()
    log.close()
    return Prepared(store, due.timestamp(), head)


def _watch(prepared: Prepared, count: int) -> float:
    """Seconds from the instant until so many lapses are in the log, where they are durable.

    Raises:
        ProcessFailed: too few were recorded in time.
    """
    log = open_log(prepared.store, create=False)
    try:
        time.sleep(max(0.0, prepared.due - time.time()))
        while log.head() - prepared.head < count:
            if time.time() > prepared.due + LOST:
                found = log.head() - prepared.head
                raise ProcessFailed(f"{found} of {count} deadlines were recorded")
            time.sleep(LOOK)
        return time.time() - prepared.due
    finally:
        log.close()
