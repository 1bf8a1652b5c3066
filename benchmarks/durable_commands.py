"""Measures how many durable commands a second 32 askers get from one SQLite file."""

from __future__ import annotations

import os
from functools import partial

from benchmarks.crowd import ASKERS, ask_in_tasks, ask_in_threads, own_cases
from benchmarks.figures import Bench, Row, Spread, faster, percentile, seconds_of
from benchmarks.library import application, save_loop, savings
from benchmarks.neighbourhood import publish
from benchmarks.raw import RawRows
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from commands.writer import Writer
from store.open import open_log

TITLE = "durable commands on SQLite, 32 askers: report, accept, complete, close"
ROUNDS = 7
CASES = ASKERS * 128
SAVES = 2000
"""How many commands the library gets in a round; its rate does not depend on it."""


def measure(bench: Bench) -> list[Row]:
    """Ours, the library and raw rows in turn; the first round warms up and does not count."""
    rounds, cases = (2, ASKERS) if bench.quick else (ROUNDS, CASES)
    log = open_log(str(bench.folder / "durable.db"))
    handler = CommandHandler(log)
    publish(handler)
    shared = Writer(handler)
    app = application(bench.folder / "durable-library.db")
    raw = RawRows(bench.folder / "durable-raw.db")
    found: dict[str, list[float]] = {
        "ours": [],
        "library": [],
        "raw": [],
        "threads": [],
        "slowest": [],
        "mean": [],
    }
    for number in range(rounds):
        bench.say(f"durable_commands: round {number + 1} of {rounds}")
        head, batches = log.head(), shared.batches
        work = own_cases(cases)
        os.sync()
        seconds, waits = ask_in_tasks(shared, work)
        rows = log.rows(head, len(waits))
        assert len(rows) == len(waits), "every command stores one fact"
        commands = list(savings(map(handler.codec.decode, rows)))[:SAVES]
        found["ours"].append(len(waits) / seconds)
        found["mean"].append(len(waits) / (shared.batches - batches))
        found["slowest"].append(percentile(waits, 99) * 1000)
        found["library"].append(len(commands) / seconds_of(partial(save_loop, app, commands)))
        found["raw"].append(len(rows) / seconds_of(partial(raw.append, rows)))
        seconds, waits = ask_in_threads(shared, own_cases(cases))
        found["threads"].append(len(waits) / seconds)
    raw.close()
    app.close()
    log.close()
    return _rows({name: tuple(samples[1:]) for name, samples in found.items()})


def _rows(found: dict[str, tuple[float, ...]]) -> list[Row]:
    ours = Spread("commands/s", found["ours"])
    return [
        faster(
            "durable commands", ours, "eventsourcing, Application.save in a loop, one thread",
            Spread("commands/s", found["library"]), target=TARGETS["durable_library"],
        ),
        faster(
            "durable commands", ours, "sqlite3, bare rows, 32 per commit",
            Spread("rows/s", found["raw"]), target=TARGETS["durable_raw"],
        ),
        Row(what="time to an answer, p99", ours=Spread("ms", found["slowest"])),
        Row(what="the same from 32 threads", ours=Spread("commands/s", found["threads"])),
        Row(what="commands that share a commit", ours=Spread("commands", found["mean"])),
    ]  # fmt: skip
