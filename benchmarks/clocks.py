"""Measures whether one worker notices what falls due among a million running clocks, in time."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from api.engine import Engine
from benchmarks.figures import Bench, Row, Spread, at_most, judged, percentile
from benchmarks.neighbourhood import SITE, ask_all, report
from benchmarks.standing import CLOCKS_PER_CASE, build, urgent
from benchmarks.targets import TARGETS
from benchmarks.timers import Fired, as_they_come, overdue
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.ids import new_id
from domain.promises.facts import DeadlineLapsed
from store.open import open_log

TITLE = "one million running clocks on SQLite"
CASES, WAVE, WAVES = 500_000, 100_000, 2
FEW_CASES, FEW_WAVE, FEW_WAVES = 500, 100, 1
TICKS, FEW_TICKS = 2000, 20
PROBES, FEW_PROBES = 100, 3
APART = 0.05
MINUTE = timedelta(minutes=1)
PATIENCE = 15.0


def measure(bench: Bench) -> list[Row]:
    """Single lapses in real time, idle ticks, waves of lapses after their minute, APScheduler."""
    cases, wave, waves = (FEW_CASES, FEW_WAVE, FEW_WAVES) if bench.quick else (CASES, WAVE, WAVES)
    now = datetime.now(UTC)
    dues = [now + timedelta(hours=6 + number) for number in range(waves)]
    store = prepare(bench, cases, wave, dues, now)
    seen = single_lapses(store, FEW_PROBES if bench.quick else PROBES, bench)
    clock = SetClock(now)
    engine = Engine(str(store), clock=clock)
    idle = idle_ticks(engine, FEW_TICKS if bench.quick else TICKS, bench)
    seconds = []
    for number, due in enumerate(dues, start=1):
        bench.say(f"clocks: wave {number} of {waves}, {wave:,} lapses")
        clock.now = due
        os.sync()
        begun = perf_counter()
        engine.timers.tick()
        seconds.append(perf_counter() - begun)
    lost, doubled = count_lapses(engine, wave * waves + len(seen))
    engine.close()
    peers = timers(bench, wave)
    own = Own(idle, seconds, lost + doubled, seen)
    return _rows(cases * CLOCKS_PER_CASE, wave, own, peers)


class Own(NamedTuple):
    """Milliseconds of idle ticks and single lapses, seconds of waves, lapses gone wrong."""

    idle: Sequence[float]
    waves: Sequence[float]
    wrong: int
    seen: Sequence[float]


class SetClock:
    """A clock that says what it was told."""

    def __init__(self, now: datetime) -> None:
        """Begin at an instant."""
        self.now = now

    def __call__(self) -> datetime:
        """The time that was told last."""
        return self.now


def prepare(bench: Bench, cases: int, wave: int, dues: Sequence[datetime], now: datetime) -> Path:
    """A log of open cases, with row sets; a wave of them lapses in the minute before each due."""
    store = bench.folder / "clocks.db"
    patient = cases - wave * len(dues)
    build(store, patient, now, bench.say)
    log = open_log(str(store))
    handler = CommandHandler(log)
    for number, due in enumerate(dues):
        ask_all(handler, urgent(patient + number * wave, wave, due, MINUTE))
    log.close()
    bench.say("clocks: building the row sets")
    engine = Engine(str(store))
    engine.projector.rebuild()
    engine.close()
    return store


def single_lapses(store: Path, probes: int, bench: Bench) -> list[float]:
    """Milliseconds from each due instant to its detection, the worker running in real time."""
    bench.say(f"clocks: {probes} single lapses in real time")
    engine = Engine(str(store))
    head = engine.log.head()
    engine.runner.start()
    for number in range(probes):
        case = f"repair-p{new_id()}"
        command = report(case, number, category="probe")
        (reply,) = engine.handler.handle_all([CommandEnvelope(message=command, actor=SITE)])
        assert not isinstance(reply, Exception), reply
        time.sleep(APART)
    limit = perf_counter() + PATIENCE
    found: list[float] = []
    while len(found) < probes and perf_counter() < limit:
        time.sleep(APART)
        rows = engine.log.rows(head, probes * 10, ("DeadlineLapsed",))
        facts = [engine.codec.decode(row).fact for row in rows]
        found = [
            (fact.detected - fact.due).total_seconds() * 1000
            for fact in facts
            if isinstance(fact, DeadlineLapsed)
        ]
    engine.close()
    assert len(found) == probes, f"{len(found)} of {probes} lapses were seen"
    return found


def idle_ticks(engine: Engine, ticks: int, bench: Bench) -> list[float]:
    """Milliseconds of ticks that find nothing to do."""
    bench.say(f"clocks: {ticks} idle ticks")
    engine.timers.tick()
    found = []
    for _ in range(ticks):
        begun = perf_counter()
        engine.timers.tick()
        found.append((perf_counter() - begun) * 1000)
    return found


def count_lapses(engine: Engine, expected: int) -> tuple[int, int]:
    """How many lapses are missing, and how many were recorded once more than they should."""
    seen: Counter[tuple[str, str, int]] = Counter()
    after = 0
    while rows := engine.log.rows(after, 5000, ("DeadlineLapsed",)):
        after = rows[-1].position
        for row in rows:
            fact = engine.codec.decode(row).fact
            assert isinstance(fact, DeadlineLapsed)
            seen[row.stream, fact.clock, fact.cycle] += 1
    return expected - len(seen), seen.total() - len(seen)


def timers(bench: Bench, jobs: int) -> tuple[Fired, Fired]:
    """What users would do otherwise: APScheduler with a job per deadline, at work and too late."""
    bench.say(f"clocks: APScheduler, {jobs:,} jobs as they come due")
    live = as_they_come(jobs, 1.0 if bench.quick else 60.0)
    bench.say(f"clocks: APScheduler, {jobs:,} jobs that came due while it was down")
    return live, overdue(jobs, 60.0)


def _rows(running: int, wave: int, own: Own, peers: tuple[Fired, Fired]) -> list[Row]:
    live, late = peers
    peer = "APScheduler, memory store, defaults"
    idle, wrong = own.idle, Spread("lapses", (own.wrong,))
    once = TARGETS["lapses_once"]
    waves = Row(
        what=f"{wave:,} due in one minute, recorded with a rung each, all at once after it",
        ours=Spread("s", tuple(own.waves)), peer=f"{peer}, as they come: after the minute",
        theirs=Spread("s", (live.tail,)), target=TARGETS["lapses"],
    )  # fmt: skip
    lost = Row(what="lapses lost or recorded twice", ours=wrong, target=once)
    come = replace(
        lost, peer=f"{peer}: dropped as they come", theirs=Spread("lapses", (live.dropped,))
    )
    down = replace(
        lost, peer=f"{peer}: dropped after an outage", theirs=Spread("lapses", (late.dropped,))
    )
    return [
        at_most(
            f"idle tick, {running:,} running", Spread("ms", (median(idle),)), TARGETS["idle_tick"]
        ),
        at_most("idle tick, p99", Spread("ms", (percentile(idle, 99),)), TARGETS["idle_tick_p99"]),
        judged(waves, max(own.waves)),
        judged(come, own.wrong),
        judged(down, own.wrong),
        Row(what="a single lapse, due to detected, median", ours=Spread("ms", (median(own.seen),))),
        at_most(
            "a single lapse, p99", Spread("ms", (percentile(own.seen, 99),)),
            TARGETS["single_lapse"],
        ),
    ]  # fmt: skip
