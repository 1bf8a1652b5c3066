"""How fast reports come in over HTTP, beside django-helpdesk on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks.figures import Bench, Row, faster, ratio, unmeasured
from benchmarks.load import Answers, NoGenerator, Post, send, spread, wrk
from benchmarks.peers.environment import Peer, PeerMissing
from benchmarks.processes import Server, free_port, serving
from benchmarks.service import await_cases, our_service, reports
from benchmarks.targets import TARGETS

TITLE = "intake over HTTP on SQLite beside django-helpdesk, the same load generator"
ROUNDS, SECONDS, WARM = 5, 6.0, 2.0
FEW_ROUNDS, FEW_SECONDS = 1, 1.0
CONNECTIONS: Final = (1, 32)
PREPARING: Final = 120.0
PEER: Final = "django-helpdesk, public submission"
FOUND: Final = 302
"""What a submitted form is answered: go and look at the ticket."""

Both = dict[int, list[tuple[Answers, Answers]]]
"""Ours and theirs, a pair per round, by number of connections."""


def measure(bench: Bench) -> list[Row]:
    """Load both in turn; where one is missing, the reason stands in the table."""
    peer = Peer(name="helpdesk", environments=bench.peers)
    try:
        wrk()
        peer.require()
        with our_service(bench.folder) as ours, _desk(bench.folder, peer) as (theirs, post, name):
            found = _rounds(bench, ours, theirs, post)
            _check(peer, bench.folder, found)
    except (PeerMissing, NoGenerator) as missing:
        return [
            unmeasured(target.what, str(missing), peer=PEER, target=target)
            for target in (TARGETS["helpdesk_1"], TARGETS["helpdesk_32"])
        ]
    return [row for connections in CONNECTIONS for row in _rows(connections, found, name)]


@contextmanager
def _desk(folder: Path, peer: Peer) -> Iterator[tuple[Server, Post, str]]:
    """Django-helpdesk at work, what is sent to it, and its name with its versions."""
    desk = folder / "helpdesk"
    desk.mkdir()
    prepared = peer.run("desk.py", "prepare", folder=desk, timeout=PREPARING)
    port = free_port()
    serve = peer.command("desk.py", "serve", str(port))
    path = prepared["path"]
    with serving(serve, port=port, ready=path, folder=desk, said="helpdesk.log") as server:
        yield server, _tickets(prepared), f"{prepared['name']}, public submission"


def _tickets(prepared: dict[str, Any]) -> Post:
    """The report as a resident writes it into the form."""

    def body(number: int) -> bytes:
        return urlencode(
            {
                "queue": prepared["queue"],
                "title": f"Plumbing, b{number % 20}, household-{number % 5000}",
                "body": "The pipe under the kitchen sink drips again since the morning.",
                "submitter_email": f"household-{number % 5000}@example.com",
                "priority": 3,
            }
        ).encode()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Post(path=prepared["path"], body=body, headers=headers, expected=(FOUND,))


def _rounds(bench: Bench, ours: Server, theirs: Server, post: Post) -> Both:
    rounds, seconds = (FEW_ROUNDS, FEW_SECONDS) if bench.quick else (ROUNDS, SECONDS)
    found: Both = {connections: [] for connections in CONNECTIONS}
    taken = 0
    for number in range(rounds + 1):
        bench.say(f"helpdesk: round {number} of {rounds}" if number else "helpdesk: warming up")
        for connections in CONNECTIONS:
            lasting = seconds if number else min(WARM, seconds)
            mine = send(ours.url, reports(), bench.folder, connections=connections, seconds=lasting)
            taken += mine.answered
            await_cases(ours, taken)
            his = send(theirs.url, post, bench.folder, connections=connections, seconds=lasting)
            if number:
                found[connections].append((mine, his))
    return found


def _check(peer: Peer, folder: Path, found: Both) -> None:
    """What the peer answered it must have stored."""
    stored = peer.run("desk.py", "count", folder=folder / "helpdesk", timeout=PREPARING)["tickets"]
    answered = sum(theirs.answered for pairs in found.values() for _, theirs in pairs)
    if stored < answered:
        raise PeerMissing(f"it answered {answered} tickets and stored {stored}")


def _rows(connections: int, found: Both, peer: str) -> list[Row]:
    label = "1 connection" if connections == 1 else f"{connections} connections"
    mine, theirs = zip(*found[connections], strict=True)
    slow, slow_theirs = spread("ms", "p99", mine), spread("ms", "p99", theirs)
    return [
        faster(
            f"reports, {label}", spread("per second", "rate", mine), peer,
            spread("per second", "rate", theirs), target=TARGETS[f"helpdesk_{connections}"],
        ),
        Row(
            what=f"p99, {label}", ours=slow, peer=peer, theirs=slow_theirs,
            compared=ratio(slow, slow_theirs),
        ),
        Row(
            what=f"requests not answered, {label}", ours=spread("", "errors", mine), peer=peer,
            theirs=spread("", "errors", theirs),
        ),
    ]  # fmt: skip
