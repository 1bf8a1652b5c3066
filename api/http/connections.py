"""Limits connections: a slow client is closed, and a full server makes room for the next one.

uvicorn limits neither how long a client may take to send a request nor how many connections are
open. Both are limited here, in a subclass of its protocol. nginx and Apache's mod_reqtimeout do
the same: a time for the head, a time for the body that grows with what arrives, and idle
connections closed first when there are too many.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from api.http.problems import (
    HeadTooLarge,
    RequestTooSlow,
    RequestUnreadable,
    ServerFull,
    problem_of,
)

if TYPE_CHECKING:
    from api.http.problems import Problem
    from domain.kernel.refusals import Refusal

AWAITED, HEAD, BODY, TAKEN = range(4)
"""What a connection waits for: a request, its head, its body, or for us, who have all of it."""
SWEEP: Final = 0.5
"""Seconds between two looks for connections whose time is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may use. Times are in seconds, sizes in bytes.

    ``head`` is the time for a whole request head, and for the first byte of a new connection.
    ``body`` is the time for a body, and for taking an answer; each ``rate`` bytes of a body add a
    second. ``spare`` connections beyond ``connections`` are still told that the server is full.
    """

    connections: int = 1000
    spare: int = 64
    head: float = 10.0
    body: float = 20.0
    rate: int = 10_000
    head_size: int = 1 << 16
    lingering: float = 2.0


class Connections:
    """The open connections of one server, and in which order they began to wait for clients."""

    def __init__(self, limits: Limits) -> None:
        """Begin without connections."""
        self.limits = limits
        self.waiting: OrderedDict[LimitedProtocol, None] = OrderedDict()
        self._open: set[LimitedProtocol] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, connection: LimitedProtocol) -> None:
        """Take a connection in; where there are too many, one that waits for its client goes."""
        self._open.add(connection)
        if self._loop is None:
            self._loop = connection.loop
            self._loop.call_later(SWEEP, self._sweep)
        excess = len(self._open) - self.limits.connections
        if excess <= 0:
            return
        if self.waiting:
            oldest, _ = self.waiting.popitem(last=False)
            oldest.drop()
        elif excess <= self.limits.spare:
            connection.app = _full
        else:
            connection.drop()

    def remove(self, connection: LimitedProtocol) -> None:
        """Forget a closed connection."""
        self._open.discard(connection)
        self.waiting.pop(connection, None)

    def _sweep(self) -> None:
        """Close the connections whose time is up, and look again while there are any."""
        loop = self._loop
        assert loop is not None
        now = loop.time()
        for connection in [found for found in self._open if found.deadline < now]:
            connection.expire(now)
        if self._open:
            loop.call_later(SWEEP, self._sweep)
        else:
            self._loop = None


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline for whatever the client has to do next."""

    shared: ClassVar[Connections]
    deadline = math.inf
    _stage = AWAITED
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: it has some time for the first byte."""
        super().connection_made(transport)
        self.shared.add(self)
        self._wait(AWAITED, self.shared.limits.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whomever."""
        super().connection_lost(exc)
        self.shared.remove(self)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived; those of an unfinished head count."""
        super().data_received(data)
        if self._stage == HEAD:
            self._received += len(data)
            if self._received > self.shared.limits.head_size:
                self._refuse(HeadTooLarge(limit=self.shared.limits.head_size))

    def on_message_begin(self) -> None:
        """The first byte of a request arrived."""
        super().on_message_begin()
        self._received = 0
        self._wait(HEAD, self.shared.limits.head)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header arrived; what follows a body is not a header and is not kept."""
        if self._stage == HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete: the request is handed over, its body may follow."""
        self._wait(BODY, self.shared.limits.body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body arrived: the rest has more time, unless nobody reads it any more."""
        super().on_body(body)
        if not self.cycle.response_complete:
            self.deadline += len(body) / self.shared.limits.rate

    def on_message_complete(self) -> None:
        """The request is complete: the client waits for us."""
        super().on_message_complete()
        self._stage = TAKEN
        if self.cycle.response_complete:
            self._wait(AWAITED, self.shared.limits.body)
        else:
            self._work()

    def on_response_complete(self) -> None:
        """The answer is written: the client has some time to take it."""
        super().on_response_complete()
        if self._stage == TAKEN and self.cycle.response_complete:
            self._wait(AWAITED, self.shared.limits.body)

    def pause_writing(self) -> None:
        """The client does not take what is written."""
        super().pause_writing()
        self._wait(self._stage, self.shared.limits.body)

    def resume_writing(self) -> None:
        """The client took enough for us to go on."""
        super().resume_writing()
        if self._stage == TAKEN and not self.cycle.response_complete:
            self._work()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP; the parser's word for it is the same each time."""
        del msg
        self._refuse(RequestUnreadable())

    def shutdown(self) -> None:
        """The server ends: an unfinished request is not waited for."""
        super().shutdown()
        if self._stage in {HEAD, BODY}:
            self.transport.close()

    def expire(self, now: float) -> None:
        """The client's time is up."""
        if self._stage in {HEAD, BODY} and not self.transport.is_closing():
            self._refuse(RequestTooSlow())
        else:
            self.drop()
        self.deadline = now + self.shared.limits.lingering

    def drop(self) -> None:
        """Close without a word; what the client did not take is given up."""
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _wait(self, stage: int, seconds: float) -> None:
        self._stage = stage
        self.deadline = self.loop.time() + seconds
        self.shared.waiting[self] = None
        self.shared.waiting.move_to_end(self)

    def _work(self) -> None:
        self.deadline = math.inf
        self.shared.waiting.pop(self, None)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer from here where no other answer is under way, and close."""
        self.deadline = self.loop.time() + self.shared.limits.lingering
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if self._stage == BODY:
            free = cycle is not None and not cycle.response_started
        else:
            free = cycle is None or cycle.response_complete
        if free and not self.pipeline:
            self.transport.write(_raw(problem_of(refusal, "")))
        self.transport.close()


def limited(limits: Limits) -> type[LimitedProtocol]:
    """The protocol of a server with these limits."""
    return type("Limited", (LimitedProtocol,), {"shared": Connections(limits)})


def _raw(problem: Problem) -> bytes:
    """A problem as the bytes of an answer, where no application writes it."""
    lines = [
        STATUS_LINE[problem.status_code].rstrip(),
        *(b"%s: %s" % pair for pair in problem.raw_headers),
        b"connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(problem.body)


async def _full(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - uvicorn's own types
    """The application of a connection beyond the limit."""
    problem = problem_of(ServerFull(), scope["path"])
    problem.headers["connection"] = "close"
    await problem(scope, receive, send)
