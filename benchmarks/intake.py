"""How fast reports come in over HTTP, beside the same framework that stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import Final, NamedTuple

from benchmarks.empty_handler import READY, stack
from benchmarks.figures import Bench, Row, Spread, faster, judged, percentile, ratio, unmeasured
from benchmarks.load import Answers, NoGenerator, Post, send, spread, wrk
from benchmarks.processes import Server, free_port, python, serving
from benchmarks.service import await_cases, our_service, reports
from benchmarks.targets import TARGETS
from benchmarks.visible import Probe

TITLE = "durable intake over HTTP on SQLite, followers running: POST /commands/ReportRepair"
ROUNDS, SECONDS, WARM = 5, 6.0, 2.0
FEW_ROUNDS, FEW_SECONDS = 1, 1.0
CONNECTIONS: Final = (32, 1)
PACE, FEW_PACE = 1000, 100
"""Commands a second while cases are followed to the board."""
WATCHED, FEW_WATCHED = 20.0, 2.0
APART, FEW_APART = 0.05, 0.1
SITES: Final = tuple(f"probe-{number}" for number in range(16))
KEPT_PACE: Final = 0.95
"""The share of the pace that has to be answered for the figure to count."""


class Side(NamedTuple):
    """A server to be loaded, with what was answered so far by number of connections."""

    server: Server
    post: Post
    answers: dict[int, list[Answers]]


def measure(bench: Bench) -> list[Row]:
    """Load both in turn, one at a time; the other is idle."""
    try:
        wrk()
    except NoGenerator as missing:
        return _missing(str(missing))
    with ExitStack() as stacked:
        ours = stacked.enter_context(our_service(bench.folder, sites=("garden", *SITES)))
        port = free_port()
        empty = stacked.enter_context(
            serving(
                python("benchmarks.empty_handler", str(port)), port=port, ready=READY,
                folder=bench.folder, said="empty.log",
            )
        )  # fmt: skip
        sides = [Side(empty, reports(), {}), Side(ours, reports(), {})]
        total = _rounds(bench, sides)
        await_cases(ours, total)
        seen, pace = _visible(bench, ours)
    return [*_rows(sides[1], sides[0]), _shown(seen, pace, FEW_PACE if bench.quick else PACE)]


def _rounds(bench: Bench, sides: Sequence[Side]) -> int:
    """Every side at every number of connections; returns how many reports ours took."""
    rounds, seconds = (FEW_ROUNDS, FEW_SECONDS) if bench.quick else (ROUNDS, SECONDS)
    taken = 0
    for number in range(rounds + 1):
        bench.say(f"intake: round {number} of {rounds}" if number else "intake: warming up")
        for connections in CONNECTIONS:
            for side in sides:
                answers = send(
                    side.server.url, side.post, bench.folder, connections=connections,
                    seconds=seconds if number else min(WARM, seconds),
                )  # fmt: skip
                if number:
                    side.answers.setdefault(connections, []).append(answers)
                if side is sides[-1]:
                    taken += answers.answered
                    await_cases(side.server, taken)  # so that the next one is alone
    return taken


def _visible(bench: Bench, ours: Server) -> tuple[list[float], float]:
    """Milliseconds until cases were on the board, and the commands a second meanwhile."""
    pace, seconds = (FEW_PACE, FEW_WATCHED) if bench.quick else (PACE, WATCHED)
    bench.say(f"intake: following cases to the board at {pace:,} commands/s")
    posts = [(site, reports(site)) for site in SITES]
    probe = Probe(ours.port, posts, apart=FEW_APART if bench.quick else APART)
    probe.start()
    answers = send(
        ours.url, reports(), bench.folder, connections=max(CONNECTIONS), seconds=seconds, rate=pace
    )
    return probe.end(), answers.rate


def _rows(ours: Side, empty: Side) -> list[Row]:
    rows = []
    for connections in CONNECTIONS:
        mine, theirs = ours.answers[connections], empty.answers[connections]
        peer = f"the same framework storing nothing, on {stack()}"
        many = connections == max(CONNECTIONS)
        label = f"{connections} connections" if many else "1 connection"
        slow = replace(
            faster(f"p99, {label}", spread("ms", "p99", mine), peer, spread("ms", "p99", theirs)),
            target=TARGETS["intake_p99"] if many else None,
        )
        assert slow.compared is not None
        rows += [
            faster(
                f"reports, {label}", spread("commands/s", "rate", mine), peer,
                spread("answers/s", "rate", theirs),
                target=TARGETS["intake_rate"] if many else None,
            ),
            judged(slow, slow.compared.median),
            Row(what=f"p50, {label}", ours=spread("ms", "p50", mine), peer=peer,
                theirs=spread("ms", "p50", theirs),
                compared=ratio(spread("ms", "p50", mine), spread("ms", "p50", theirs))),
            Row(what=f"requests not answered, {label}", ours=spread("", "errors", mine), peer=peer,
                theirs=spread("", "errors", theirs)),
        ]  # fmt: skip
    return rows


def _shown(seen: Sequence[float], pace: float, wanted: float) -> Row:
    target = TARGETS["visible"]
    slowest = percentile(seen, 99)
    row = Row(
        what=f"from the answer to the board, p99 of {len(seen)} cases, at {pace:,.0f} commands/s"
        f" of {wanted:,} wanted, median {median(seen):.0f} ms",
        ours=Spread("ms", (slowest,)), target=target,
    )  # fmt: skip
    return replace(row, reached=target.reached_by(slowest) and pace >= wanted * KEPT_PACE)


def _missing(why: str) -> list[Row]:
    names = ("intake_rate", "intake_p99", "visible")
    return [unmeasured(TARGETS[name].what, why, target=TARGETS[name]) for name in names]
