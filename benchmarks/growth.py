"""Measures whether it stays as fast: a durable command at 10,000 and at 1,000,000 facts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from time import perf_counter
from uuid import uuid4

from benchmarks.crowd import ask_in_threads, own_cases, requests, work
from benchmarks.figures import Bench, Row, Spread, against, seconds_of
from benchmarks.library import application, case_id, fill, save_loop, savings
from benchmarks.raw import RawRows
from benchmarks.standing import FACTS_PER_CASE, build, case_name, copy
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from commands.ids import new_id
from commands.messages import Message
from commands.writer import Writer
from domain.kernel.facts import kind_of
from store.log import Log
from store.open import open_log
from store.rows import Row as Stored

TITLE = "cost per durable command at 1,000,000 facts against 10,000"
SIZES, FEW_SIZES = (10_000, 1_000_000), (1_000, 4_000)
ROUNDS, FEW_ROUNDS = 15, 1
CASES, FEW_CASES = 500, 32
SAVES = 600
AT_ONCE = 32
PAGE = 5000
WAYS = (
    ("ours, one thread, 32 commands per commit", TARGETS["growth"]),
    ("ours, 32 threads", TARGETS["growth_threads"]),
    ("eventsourcing, Application.save", None),
    ("sqlite3, bare rows, 32 per commit", None),
)

Cost = tuple[float, ...]
"""Microseconds per command, in the order of `WAYS`."""


def measure(bench: Bench) -> list[Row]:
    """Each round measures every way at both sizes, one size after the other."""
    small, large = FEW_SIZES if bench.quick else SIZES
    rounds, cases = (FEW_ROUNDS, FEW_CASES) if bench.quick else (ROUNDS, CASES)
    contests = (
        Contest(bench, small, cases, rounds, anew=True),
        Contest(bench, large, cases, rounds, anew=False),
    )
    found: tuple[list[Cost], list[Cost]] = ([], [])
    for number in range(rounds):
        bench.say(f"growth: round {number + 1} of {rounds}")
        for which in (0, 1) if number % 2 else (1, 0):
            found[which].append(contests[which].costs(number))
    for contest in contests:
        contest.close()
    return _rows(found, (small, large))


class Contest:
    """One size of log, for ours and for the peers.

    With ``anew`` each round works on a fresh copy of our log, which would else outgrow its size;
    the large one hardly grows.
    """

    def __init__(self, bench: Bench, size: int, cases: int, rounds: int, *, anew: bool) -> None:
        """Build the log and fill the peers' stores."""
        self._path = bench.folder / f"growth-{size}.db"
        self._size, self._cases, self._rounds, self._anew = size, cases, rounds, anew
        self._chance = Random(size)
        build(self._path, size // FACTS_PER_CASE, datetime.now(UTC), bench.say)
        bench.say(f"{self._path.stem}: filling the peers")
        first = case_name(0)
        log = open_log(str(self._path))
        rows, decode = log.stream(first), CommandHandler(log).codec.decode
        log.close()
        self._app = application(bench.folder / f"growth-{size}-library.db")
        save_loop(self._app, list(savings(map(decode, rows))))
        like = self._app.recorder.select_events(case_id(first))
        fill(self._app, like, (uuid4() for _ in range(size // len(like))))
        self._raw = RawRows(bench.folder / f"growth-{size}-raw.db")
        for some in _copies(rows, size):
            self._raw.append(some, at_once=len(some))

    def costs(self, number: int) -> Cost:
        """Each way once; the peers store what ours just has."""
        path = self._path
        if self._anew:
            path = copy(path, path.with_name(f"{path.stem}-{number}.db"))
        log = open_log(str(path))
        in_batches, in_threads, rows = self._ours(log, number)
        commands = list(savings(map(CommandHandler(log).codec.decode, rows)))[:SAVES]
        log.close()
        saves = seconds_of(partial(save_loop, self._app, commands))
        raw = seconds_of(partial(self._raw.append, rows))
        return in_batches, in_threads, saves * 1e6 / len(commands), raw * 1e6 / len(rows)

    def _ours(self, log: Log, number: int) -> tuple[float, float, list[Stored]]:
        """The cost in batches and in threads, and the rows of the new cases among them."""
        handler = CommandHandler(log)
        old = range(number, self._size // FACTS_PER_CASE, self._rounds)
        drawn = self._chance.sample(old, min(self._cases, len(old)))
        handler.handle_all(requests(own_cases(1)[0]))
        head = log.head()
        seconds, asked = self._in_batches(handler, self._mixed(drawn[::2]))
        done = log.rows(head, asked)
        os.sync()
        in_threads, waits = ask_in_threads(Writer(handler), self._mixed(drawn[1::2]))
        new = {row.stream for row in done if row.version == 1}
        return (
            seconds * 1e6 / asked, in_threads * 1e6 / len(waits),
            [row for row in done if row.stream in new],
        )  # fmt: skip

    def _in_batches(
        self, handler: CommandHandler, cases: Sequence[Sequence[Message]]
    ) -> tuple[float, int]:
        asked = requests([command for case in cases for command in case])
        os.sync()
        begun = perf_counter()
        for start in range(0, len(asked), AT_ONCE):
            for reply in handler.handle_all(asked[start : start + AT_ONCE]):
                assert not isinstance(reply, Exception), reply
        return perf_counter() - begun, len(asked)

    def _mixed(self, old: Sequence[int]) -> list[list[Message]]:
        """New cases and, as many, ones drawn from anywhere in the log."""
        pairs = zip(own_cases(len(old)), old, strict=True)
        return [case for new, number in pairs for case in (new, work(case_name(number)))]

    def close(self) -> None:
        """Close the peers' stores."""
        self._raw.close()
        self._app.close()


def _copies(rows: Sequence[Stored], count: int) -> Iterator[list[Stored]]:
    """So many rows like these, each time in a stream of its own, a few thousand at once."""
    page: list[Stored] = []
    for _ in range(count // len(rows)):
        stream = f"{kind_of(rows[0].stream)}-{new_id()}"
        page.extend(row._replace(stream=stream) for row in rows)
        if len(page) >= PAGE:
            yield page
            page = []
    if page:
        yield page


def _rows(found: tuple[list[Cost], list[Cost]], sizes: tuple[int, int]) -> list[Row]:
    columns = zip(WAYS, zip(*found[0], strict=True), zip(*found[1], strict=True), strict=True)
    return [
        against(
            f"{name}: at {sizes[1]:,} facts", Spread("us per command", large),
            f"the same at {sizes[0]:,}", Spread("us per command", small),
            unit="us more", target=target,
        )
        for (name, target), small, large in columns
    ]  # fmt: skip
