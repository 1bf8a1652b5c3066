"""Sends the same kind of POST over many connections with wrk, and says how it was answered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.figures import Spread
from benchmarks.processes import ProcessFailed, output

SCRIPT: Final = Path(__file__).with_name("load.lua")
BODIES: Final = 1000
"""How many bodies are prepared; each is sent again and again, always under a new key."""
GRACE: Final = 30.0
PLAIN: Final = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 {}:,._-/=+&%"
)


class NoGenerator(Exception):
    """The load generator is not here: install Debian's package wrk."""

    def __init__(self) -> None:
        """The docstring is the message."""
        super().__init__("wrk is not installed (Debian's package wrk)")


class LoadFailed(Exception):
    """The load could not be sent, or was not answered as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is sent: a path, a maker of bodies by number, headers, the statuses of success."""

    path: str
    body: Callable[[int], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: tuple[int, ...] = (201,)


class Answers(NamedTuple):
    """How a load was answered: per second and milliseconds; ``errors`` are no answers."""

    rate: float
    p50: float
    p99: float
    answered: int
    errors: int


def spread(unit: str, name: str, answers: Sequence[Answers]) -> Spread:
    """One figure of several loads."""
    return Spread(unit, tuple(float(getattr(found, name)) for found in answers))


def wrk() -> str:
    """Where wrk is.

    Raises:
        NoGenerator: it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise NoGenerator
    return found


def send(
    url: str, post: Post, folder: Path, *, connections: int, seconds: float, rate: float = 0
) -> Answers:
    """Send for so many seconds, as fast as it is answered or so many a second.

    Every request has an Idempotency-Key of its own. Latencies are wrk's, which count the wait of
    requests that a stalled connection could not send.

    Raises:
        NoGenerator: wrk is not installed.
        LoadFailed: it could not connect, or nothing was answered.
    """
    prepared = folder / "prepared.lua"
    prepared.write_text(_prepared(url, post), encoding="ascii")
    command = [
        wrk(), "--threads", "1", "--connections", str(connections),
        "--duration", f"{max(1, round(seconds))}s", "--timeout", "10s", "--script", str(SCRIPT),
        url, "--", str(prepared), uuid4().hex, ",".join(map(str, post.expected)), str(rate),
    ]  # fmt: skip
    try:
        said = output(command, folder=folder, timeout=seconds + GRACE)
    except ProcessFailed as failed:
        raise LoadFailed(str(failed)) from None
    return _answers(json.loads(said.strip().splitlines()[-1]))


def _answers(found: Mapping[str, float]) -> Answers:
    errors = int(found["refused"] + found["broken"] + found["timed_out"])
    answered = int(found["requests"] - found["refused"])
    if answered <= 0:
        raise LoadFailed(
            f"nothing was answered well: {int(found['refused'])} refused,"
            f" the last with {int(found['refused_with'])}, {int(found['broken'])} broken off"
        )
    seconds = found["microseconds"] / 1e6
    return Answers(answered / seconds, found["p50"] / 1000, found["p99"] / 1000, answered, errors)


def _prepared(url: str, post: Post) -> str:
    """The requests as a Lua table, cut where the key goes."""
    host = urlsplit(url).netloc
    lines = [f"POST {post.path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in post.headers.items()]
    bodies = [post.body(number) for number in range(BODIES)]
    heads = [
        "\r\n".join([*lines, f"Content-Length: {len(body)}", "Idempotency-Key: "]).encode("latin-1")
        for body in bodies
    ]
    tails = [b"\r\n\r\n" + body for body in bodies]
    return (
        f"return {{\nheads = {{{', '.join(map(_quoted, heads))}}},\n"
        f"tails = {{{', '.join(map(_quoted, tails))}}},\n}}\n"
    )


def _quoted(text: bytes) -> str:
    """Bytes as Lua writes them."""
    return '"' + "".join(chr(b) if b in PLAIN else f"\\{b:03d}" for b in text) + '"'
