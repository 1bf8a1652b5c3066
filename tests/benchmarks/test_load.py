"""The load generator: distinct keys, the bodies that were made, and no answer taken for another."""

import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from benchmarks.load import BODIES, LoadFailed, NoGenerator, Post, send


class Recorder(ThreadingHTTPServer):
    """A server that keeps what it was sent and answers statuses in turn."""

    daemon_threads = True

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = statuses
        self.lock = threading.Lock()
        self.keys: list[str] = []
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        self.kinds: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """The generator breaks its connections off at the end."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.keys.append(self.headers["Idempotency-Key"])
            self.server.bodies.append(body)
            self.server.paths.add(self.path)
            self.server.kinds.add(self.headers["Content-Type"])
            status = self.server.statuses[len(self.server.keys) % len(self.server.statuses)]
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def recorder():
    servers = []

    def start(*statuses: int) -> Recorder:
        servers.append(Recorder(*statuses))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    if shutil.which("wrk") is None:
        if os.environ.get("GUANJIA_REQUIRE_WRK") == "1":
            pytest.fail("wrk is not installed")
        pytest.skip("wrk is not installed")
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def post(**changed) -> Post:
    made = {"path": "/commands", "body": lambda number: b'{"n": %d}' % number}
    return Post(**(made | changed))


def test_every_request_has_a_key_of_its_own(recorder, tmp_path):
    server = recorder(201)
    answers = send(server.url, post(), tmp_path, connections=4, seconds=1)
    assert answers.answered > BODIES  # so that bodies came round again
    assert len(set(server.keys)) == len(server.keys) >= answers.answered
    again = send(server.url, post(), tmp_path, connections=4, seconds=1)
    assert len(set(server.keys)) == len(server.keys) >= answers.answered + again.answered


def test_bodies_path_and_headers_arrive_as_they_were_made(recorder, tmp_path):
    server = recorder(201)
    text = '管家 "quoted" \\ \n \x00 ]] {0}%d'
    made = post(
        path="/a/b?c=d",
        body=lambda number: f"{number}:{text}".encode(),
        headers={"Content-Type": "text/plain"},
    )
    send(server.url, made, tmp_path, connections=2, seconds=1)
    assert {body.decode().partition(":")[2] for body in server.bodies} == {text}
    assert {int(body.partition(b":")[0]) for body in server.bodies} == set(range(BODIES))
    assert (server.paths, server.kinds) == ({"/a/b?c=d"}, {"text/plain"})


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_an_answer_of_another_status_is_a_failure_and_no_part_of_the_rate(
    recorder, tmp_path, status
):
    server = recorder(201, status)
    answers = send(server.url, post(), tmp_path, connections=2, seconds=1)
    assert answers.errors == pytest.approx(answers.answered, abs=4)
    assert answers.rate < len(server.keys) * 0.6


def test_a_redirect_counts_where_it_is_the_answer(recorder, tmp_path):
    server = recorder(302)
    answers = send(server.url, post(expected=(302,)), tmp_path, connections=2, seconds=1)
    assert answers.errors == 0
    assert 0 < answers.p50 <= answers.p99


def test_a_pace_is_kept_over_all_connections(recorder, tmp_path):
    server = recorder(201)
    answers = send(server.url, post(), tmp_path, connections=8, seconds=2, rate=50)
    assert answers.rate == pytest.approx(50, rel=0.15)


def test_a_load_that_nobody_answers_well_is_told_with_the_status(recorder, tmp_path):
    server = recorder(422)
    with pytest.raises(LoadFailed, match=r"nothing was answered well: \d+ refused.* with 422"):
        send(server.url, post(), tmp_path, connections=2, seconds=1)


def test_a_load_to_nowhere_is_told(recorder, tmp_path):
    server = recorder(201)
    nowhere = f"http://127.0.0.1:{urlsplit(server.url).port}"
    server.shutdown()
    server.server_close()
    with pytest.raises(LoadFailed, match="unable to connect"):
        send(nowhere, post(), tmp_path, connections=2, seconds=1)


def test_without_the_generator_its_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoGenerator, match="Debian's package wrk"):
        send("http://127.0.0.1:1", post(), tmp_path, connections=1, seconds=1)
