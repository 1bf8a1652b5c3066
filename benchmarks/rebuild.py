"""Measures how fast all row sets are made anew, together and on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from benchmarks.figures import Bench, Row, Spread, faster, seconds_of
from benchmarks.library import application, replay, store_cases
from benchmarks.neighbourhood import ask_all, lives, publish
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from domain.kinds import KINDS
from projections.parallel import sharing
from projections.row_sets import row_sets
from store.log import Log
from store.open import open_log, open_views

TITLE = "rebuild of all row sets together, on all cores"
ROUNDS = 5
CASES = 18_500
FEW = 100


def measure(bench: Bench) -> list[Row]:
    """Rebuild and the library's replay of the same facts in turn."""
    rounds, cases = (1, FEW) if bench.quick else (ROUNDS, CASES)
    store = str(bench.folder / "rebuild.db")
    log = open_log(store)
    bench.say(f"rebuild: recording {cases} lives")
    handler = CommandHandler(log)
    publish(handler)
    ask_all(handler, lives(cases))
    app = application(bench.folder / "rebuild-library.db")
    bench.say("rebuild: storing the same facts for the library")
    store_cases(app, handler.codec, log, cases)
    views = row_sets(log, open_views(store), share=sharing(store, KINDS))
    views.rebuild()
    samples: list[tuple[float, ...]] = []
    for number in range(rounds):
        bench.say(f"rebuild: round {number + 1} of {rounds}")
        count, theirs = log.head(), app.recorder.max_notification_id() or 0
        ours_wall, ours_cpu = both_clocks(views.rebuild)
        theirs_wall, theirs_cpu = both_clocks(partial(replay, app))
        samples.append(
            (count / ours_wall, theirs / theirs_wall, count / ours_cpu, theirs / theirs_cpu)
        )
    rows = _rows(samples, per_case=_facts_per_case(log, cases))
    views.db.close()
    app.close()
    log.close()
    return rows


def both_clocks(work: Callable[[], object]) -> tuple[float, float]:
    """How long it takes by the wall clock and by the processors of all its processes."""
    begun = sum(os.times()[:4])
    wall = seconds_of(work)
    return wall, sum(os.times()[:4]) - begun


def _facts_per_case(log: Log, cases: int) -> float:
    return log.head() / cases


def _rows(samples: list[tuple[float, ...]], *, per_case: float) -> list[Row]:
    ours, theirs, ours_cpu, theirs_cpu = (
        Spread("facts/s", column) for column in zip(*samples, strict=True)
    )
    peer = "eventsourcing, its mapper alone, pages of 500, one core"
    return [
        faster("rebuild, wall time", ours, peer, theirs, target=TARGETS["rebuild"]),
        faster("rebuild, processor time", ours_cpu, peer, theirs_cpu),
        Row(what="facts per case", ours=Spread("facts", (per_case,))),
    ]
