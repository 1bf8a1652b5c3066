"""Connections are limited: slow clients are closed, and a full server makes room."""

import asyncio
import json
import logging
import resource
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.connections import Limits
from api.http.server import fitting, listen, server

SHORT = Limits(connections=8, head=0.3, body=0.3, rate=10, head_size=2000, lingering=0.3)
PATIENCE = 15
LONG = b"x" * (8 << 20)


class Application:
    """Reads the body and answers; `/held` waits until it is let go, `/long` says a lot."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.held = threading.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        if scope["path"] == "/held":
            self.held.release()
            await asyncio.to_thread(self.go.wait, PATIENCE)
        answer = LONG if scope["path"] == "/long" else b"%d" % len(body)
        length = str(len(answer)).encode()
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", length)]})  # fmt: skip
        await send({"type": "http.response.body", "body": answer})


class Running:
    """A server of the application in a thread."""

    def __init__(self, limits: Limits) -> None:
        self.application = Application()
        self.server = server(self.application, limits)
        self.listener = listen(0)
        self.listener.listen()
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)
        self.thread.start()
        with self.client() as first:
            assert answer(first, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200

    @contextmanager
    def client(self, *, receives: int | None = None) -> Iterator[socket.socket]:
        with socket.socket() as sock:
            if receives:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
            sock.settimeout(PATIENCE)
            sock.connect(self.address)
            yield sock

    def end(self) -> None:
        self.application.go.set()
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def running() -> Iterator[Callable[[Limits], Running]]:
    """Starts servers, and ends them."""
    started: list[Running] = []

    def start(limits: Limits) -> Running:
        started.append(Running(limits))
        return started[-1]

    yield start
    for one in started:
        one.end()


def answer(sock: socket.socket, request: bytes) -> tuple[int, bytes]:
    """The status and the body of what a request is answered with."""
    with suppress(ConnectionError):
        sock.sendall(request)
    return read(sock)


def read(sock: socket.socket) -> tuple[int, bytes]:
    """The status and the body of an answer; status 0 where the connection was closed instead."""
    with suppress(ConnectionError), sock.makefile("rb") as file:
        line = file.readline()
        if line:
            length = 0
            while (header := file.readline().strip().lower()) != b"":
                if header.startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            return int(line.split()[1]), file.read(length)
    return 0, b""


def code(found: tuple[int, bytes]) -> tuple[int, str]:
    return found[0], json.loads(found[1])["code"]


def test_an_answer_does_not_wait_for_a_delayed_acknowledgement() -> None:
    """The event loop turns Nagle's algorithm off for the connections of our listener."""

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            sock = transport.get_extra_info("socket")
            found.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def accept() -> int:
        nonlocal found
        loop = asyncio.get_running_loop()
        found = loop.create_future()
        with listen(0) as listener:
            accepting = await loop.create_server(Accepted, sock=listener)
            async with accepting:
                _, writer = await asyncio.open_connection(*listener.getsockname())
                option = await found
                writer.close()
                await writer.wait_closed()
                return option

    found: asyncio.Future[int]
    loop = asyncio.SelectorEventLoop()
    try:
        assert loop.run_until_complete(accept())
    finally:
        loop.close()


def test_the_fast_loop_and_parser_are_used() -> None:
    """Where they exist: uvloop does not on Windows."""
    config = server(Application()).config
    config.load()
    assert issubclass(config.http_protocol_class, HttpToolsProtocol)
    factory = config.get_loop_factory()
    assert factory is not None
    assert factory.__module__.startswith("asyncio" if sys.platform == "win32" else "uvloop")


@pytest.mark.parametrize(
    ("soft", "hard", "asked", "connections"),
    [
        (1024, 1024, [], 448),
        (1024, 4096, [(1576, 4096)], 1000),
        (256, 1200, [(1200, 1200)], 624),
        (9999, 9999, [], 1000),
        (1024, resource.RLIM_INFINITY, [(1576, resource.RLIM_INFINITY)], 1000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, [], 1000),
        (64, 64, [], 16),
    ],
)
def test_there_are_no_more_connections_than_the_process_may_have_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: list[Any], connections: int
) -> None:
    """More files are asked for where the system allows them."""
    wanted: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: wanted.append(limits))
    assert fitting(Limits()).connections == connections
    assert wanted == asked


def test_a_system_that_gives_no_more_files_is_lived_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some refuse what they announced."""

    def refuse(_what: int, _limits: tuple[int, int]) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert fitting(Limits()).connections == 448


def test_a_half_sent_head_is_refused_in_time(running: Any, caplog: Any) -> None:
    """408 with a code, then the connection is closed; nothing is logged."""
    with running(SHORT).client() as sock:
        assert code(answer(sock, b"GET / HTTP/1.1\r\nHo")) == (408, "RequestTooSlow")
        assert sock.recv(1) == b""
    assert not caplog.records


def test_bytes_that_trickle_in_do_not_extend_the_time_of_a_head(running: Any) -> None:
    """The time counts from the first byte."""
    with running(SHORT).client() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nX: ")
        sock.settimeout(0.05)
        sent = 0
        while True:
            try:
                assert sock.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                sent += 1
                sock.sendall(b"y")
        assert read(sock)[0] == 408
        assert sent < 60


def test_a_client_that_says_nothing_is_closed_without_a_word(running: Any) -> None:
    """Browsers open connections ahead of time; an answer would confuse them."""
    with running(SHORT).client() as sock:
        assert sock.recv(1) == b""


def test_empty_lines_before_a_request_do_not_keep_a_connection(running: Any) -> None:
    """Nor those after an answer, which end the server's own wait for the next request."""
    with running(SHORT).client() as sock:
        assert answer(sock, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
        with suppress(ConnectionError):
            sock.sendall(b"\r\n")
            assert sock.recv(1) == b""


def test_a_half_sent_body_is_refused_in_time(running: Any, caplog: Any) -> None:
    """The application that waits for the rest is told that nobody is there."""
    with running(SHORT).client() as sock:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n12345"
        assert code(answer(sock, head)) == (408, "RequestTooSlow")
        assert sock.recv(1) == b""
    assert not caplog.records


def test_a_body_has_more_time_the_more_of_it_came(running: Any) -> None:
    """Ten bytes a second are enough here: thirty bytes give three seconds more."""
    with running(SHORT).client() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n")
        sock.sendall(b"x" * 30)
        sock.settimeout(1.2)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(PATIENCE)
        assert answer(sock, b"x" * 10) == (200, b"40")


def test_an_endless_head_is_refused(running: Any) -> None:
    """Whatever its headers are, more than the limit of them are not kept."""
    with running(SHORT).client() as sock:
        found = answer(sock, b"GET / HTTP/1.1\r\n" + b"X-Y: z\r\n" * 400)
        assert code(found) == (431, "HeadTooLarge")


def test_what_follows_a_chunked_body_is_not_kept_as_headers(running: Any) -> None:
    """Trailers have no limit of their own."""
    with running(SHORT).client() as sock:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
        assert answer(sock, head + b"Trailer: x\r\n\r\n") == (200, b"2")


def test_what_is_not_http_is_refused_with_a_problem(running: Any) -> None:
    """A client that speaks TLS or nonsense learns what is wrong."""
    with running(SHORT).client() as sock:
        assert code(answer(sock, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == (400, "RequestUnreadable")


def test_a_full_server_closes_whom_it_has_waited_for_longest(running: Any) -> None:
    """Connections that hold their places without a request do not keep others out."""
    limits = Limits(connections=3, head=PATIENCE, body=PATIENCE)
    one = running(limits)
    with one.client() as first, one.client() as second, one.client() as third:
        for sock in (first, second):
            sock.sendall(b"GET / HTTP/1.1\r\n")
        assert answer(third, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
        with one.client() as fourth:
            assert answer(fourth, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
            assert first.recv(1) == b""
            assert answer(second, b"Host: a\r\n\r\n")[0] == 200


def test_a_server_that_answers_all_its_connections_refuses_more(running: Any) -> None:
    """503 at once, then nothing worse; who was being answered is answered."""
    one = running(Limits(connections=2, spare=1, head=PATIENCE, body=PATIENCE))
    get = b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
    with one.client() as first, one.client() as second:
        for sock in (first, second):
            sock.sendall(get)
            assert one.application.held.acquire(timeout=PATIENCE)
        with one.client() as third:
            assert code(answer(third, get)) == (503, "ServerFull")
        one.application.go.set()
        assert read(first) == (200, b"0")
        assert read(second) == (200, b"0")


def test_an_answer_that_nobody_takes_is_given_up(running: Any) -> None:
    """Neither a long answer nor a row of them holds a connection for ever."""
    one = running(SHORT)
    with one.client(receives=4096) as sock:
        sock.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        for _ in range(200):
            if not one.server.server_state.connections:
                break
            with one.client() as other:
                other.recv(1)
        assert not one.server.server_state.connections


def test_an_unfinished_request_does_not_keep_the_server_from_ending(
    running: Any, caplog: Any
) -> None:
    """Nor does it leave a word in the log."""
    one = running(Limits(head=PATIENCE, body=PATIENCE))
    with one.client() as head, one.client() as body:
        head.sendall(b"GET / HTTP/1.1\r\n")
        body.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1")
        with one.client() as third:
            assert answer(third, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
        one.end()
        assert head.recv(1) == b""
        assert body.recv(1) == b""
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
