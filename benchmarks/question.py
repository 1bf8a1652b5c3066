"""Measures how fast a question through a lens is: one figure, as of and as if by other rules."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Bench, Row, Spread, at_most, faster, seconds_of
from benchmarks.library import application, replay, store_cases
from benchmarks.neighbourhood import RULEBOOK, ask_all, lives, publish
from benchmarks.processes import ProcessFailed, end, environment, python
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from store.log import Log
from store.open import open_log
from store.rows import instant

TITLE = "one figure as of an instant and as if by other rules, a whole process on all cores"
ROUNDS = 3
CASES, LIBRARY_CASES = 92_000, 18_500
FEW = 100
ANSWERING = 600.0
SAMPLED = 0.05
"""Seconds between two looks at the memory."""
PAGE = 4096


def measure(bench: Bench) -> list[Row]:
    """The question on the command line and the library's replay of its own facts in turn."""
    rounds, cases = (1, FEW) if bench.quick else (ROUNDS, CASES)
    store = str(bench.folder / "question.db")
    log = open_log(store)
    bench.say(f"question: recording {cases:,} lives")
    handler = CommandHandler(log)
    publish(handler)
    ask_all(handler, lives(cases))
    app = application(bench.folder / "question-library.db")
    fewer = FEW if bench.quick else LIBRARY_CASES
    bench.say(f"question: storing the facts of {fewer:,} lives for the library")
    store_cases(app, handler.codec, log, fewer)
    question = _question(bench.folder, store, log)
    samples: list[tuple[float, float, float]] = []
    for number in range(rounds):
        bench.say(f"question: round {number + 1} of {rounds}")
        seconds, megabytes = _asked(question, bench.folder)
        theirs = (app.recorder.max_notification_id() or 0) / seconds_of(lambda: replay(app))
        samples.append((log.head() / seconds, theirs, megabytes))
    ours, library, memory = zip(*samples, strict=True)
    app.close()
    facts = log.head()
    log.close()
    peer = "eventsourcing, its mapper alone, pages of 500, one core"
    return [
        faster(
            f"on_time as of and as if, over {facts:,} facts", Spread("facts/s", ours),
            peer, Spread("facts/s", library), target=TARGETS["question_rate"],
        ),
        at_most(
            "memory of all its processes together", Spread("MB", memory),
            TARGETS["question_memory"],
        ),
    ]  # fmt: skip


def _question(folder: Path, store: str, log: Log) -> list[str]:
    """The command: as of the middle of the log, by the same rulebook with shorter targets."""
    clocks = {**RULEBOOK["clocks"]}
    clocks["repair.accept"] = {**clocks["repair.accept"], "within": "20m"}
    other = folder / "other.json"
    other.write_text(json.dumps({**RULEBOOK, "clocks": clocks}), encoding="utf-8")
    (last,) = log.rows(log.head() - 1, 1)
    at = instant(last.recorded_at).isoformat()
    return python(
        "api.cli", "kpi", "on_time", "--as-of", at, "--as-if", str(other), "--json",
        "--store", store,
    )  # fmt: skip


def _asked(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """How many seconds a command takes, and how many MB all of its processes use at most."""
    begun = perf_counter()
    process = subprocess.Popen(  # noqa: S603 - a command of our own
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), start_new_session=True,
    )  # fmt: skip
    most, done = [0.0], threading.Event()
    watching = threading.Thread(target=_watch, args=(process.pid, most, done))
    watching.start()
    try:
        out, err = process.communicate(timeout=ANSWERING)
        seconds = perf_counter() - begun
    finally:
        done.set()
        watching.join()
        end(process)
    if process.returncode != 0 or json.loads(out)["total"]["population"] == 0:
        raise ProcessFailed(f"the question was not answered: {err[-300:].decode()}")
    return seconds, most[0]


def _watch(pid: int, most: list[float], done: threading.Event) -> None:
    """Keep the largest sum of the resident memory of a process and its children."""
    while not done.wait(SAMPLED):
        resident = sum(_resident(one) for one in (pid, *_children(pid)))
        most[0] = max(most[0], resident / 1e6)


def _children(pid: int) -> Iterator[int]:
    try:
        tasks = list(os.scandir(f"/proc/{pid}/task"))
        for task in tasks:
            yield from map(int, Path(task.path, "children").read_text().split())
    except OSError:
        return


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0
