"""The service as a process: it escalates within a minute, ends cleanly, survives kill -9."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer
from tests.support.serving import ROOT, Serving, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_the_demonstration_escalates_within_a_minute_and_ends_cleanly(folder: Path) -> None:
    """Something lapses and climbs soon after the start; SIGTERM ends it with code 0."""
    serving = Serving(folder, "--demo")
    try:
        before = serving.get("/health")["position"]
        assert serving.get("/board")["open"] > 5
        limit = time.monotonic() + 60
        while serving.get("/health")["scheduler"]["recorded"] < 2 and time.monotonic() < limit:
            time.sleep(0.2)
        assert serving.get("/health")["position"] > before
        newest = serving.get("/escalations")["escalations"][0]
        assert newest["detected"] >= newest["reached"]
        assert newest["addressee"]
    finally:
        code = serving.end(signal.SIGTERM)
    said = serving.said.read_text()
    assert code == 0, said
    assert "Traceback" not in said
    assert " board --store .guanjia/demo.db" in said
    assert (folder / ".guanjia" / "demo.db").exists()


def test_ctrl_c_ends_it_cleanly(folder: Path) -> None:
    """SIGINT is how a person ends it."""
    serving = Serving(folder, "--demo", "--store", "other.db")
    code = serving.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in serving.said.read_text()


def test_a_killed_service_goes_on_where_it_was(folder: Path) -> None:
    """After kill -9 nothing answered is lost, and what fell due meanwhile is recorded."""
    serving = Serving(folder, "--demo", "--store", "garden.db")
    answered = serving.ask(
        "ReportRepair", site="huayuan", household="1-1-101", category="water_pipe"
    )
    serving.end(signal.SIGKILL)
    again = Serving(folder, "--store", "garden.db")
    try:
        facts = again.get(f"/cases/{answered['case']}/history")["facts"]
        assert [fact["word"] for fact in facts] == ["reported"]
        assert again.get("/health")["position"] >= answered["position"]
        assert again.ask("CloseCase", case=answered["case"], reason="moved")["version"] >= 2
    finally:
        assert again.end(signal.SIGTERM) == 0


def test_a_taken_port_is_one_sentence(folder: Path) -> None:
    """Two services cannot share a port, and the second says so."""
    first = Serving(folder, "--demo", "--store", "one.db")
    try:
        port = first.url.rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", "serve", "--demo", "--port", port],
            cwd=folder, capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 3
        assert done.stderr.startswith("PortTaken: ")
        assert not (folder / ".guanjia").exists()
    finally:
        first.end(signal.SIGTERM)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let the tests' own process have more sockets open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_slow_clients_by_the_thousand_neither_stop_the_service_nor_fill_its_log(
    folder: Path, many_files: None
) -> None:
    """1,500 half-sent requests, more than the process may have files: others are answered."""
    serving = Serving(folder, "--demo", files=1024)
    host, _, port = serving.url.rpartition("/")[2].rpartition(":")
    try:
        with ExitStack() as stack:
            for number in range(1500):
                slow = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
                slow.sendall(b"POST /commands/CloseCase HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
                if number % 250 == 249:
                    assert serving.get("/board")["open"] > 5
            case = serving.get("/board")["cases"][0]["case"]
            assert serving.ask("CloseCase", case=case, reason="moved")["facts"] >= 1
        assert serving.get("/health")["status"] == "ok"
    finally:
        code = serving.end(signal.SIGTERM)
    assert code == 0
    assert len(serving.said.read_bytes()) < 10_000


def test_a_client_that_goes_away_while_it_sends_is_no_error(folder: Path) -> None:
    """Nothing is stored, and the log has nothing to say of it."""
    serving = Serving(folder, "--demo")
    host, _, port = serving.url.rpartition("/")[2].rpartition(":")
    head = (
        "POST /commands/CloseCase HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    try:
        before = serving.said.read_bytes()
        for _ in range(20):
            with socket.create_connection((host, int(port)), timeout=10) as going:
                going.sendall(head.encode())
        assert serving.get("/board")["open"] > 5
    finally:
        code = serving.end(signal.SIGTERM)
    assert code == 0
    assert serving.said.read_bytes().removeprefix(before).decode() == "Stopped.\n"


def test_damage_that_is_said_again_and_again_does_not_fill_the_log(folder: Path) -> None:
    """Each kind of message is written a few times a minute."""
    serving = Serving(folder, "--demo")
    host, _, port = serving.url.rpartition("/")[2].rpartition(":")
    try:
        for _ in range(100):
            with socket.create_connection((host, int(port)), timeout=10) as talking:
                talking.sendall(b"nonsense\r\n\r\n")
                assert talking.recv(12) == b"HTTP/1.1 400"
    finally:
        serving.end(signal.SIGTERM)
    assert serving.said.read_text().count("Invalid HTTP request") == 5


def test_a_log_file_that_was_moved_away_is_noticed(folder: Path) -> None:
    """The service goes on writing into a file that nobody would find again: its health says so."""
    serving = Serving(folder, "--demo", "--store", "garden.db")
    try:
        assert serving.get("/health")["status"] == "ok"
        (folder / "garden.db").rename(folder / "elsewhere.db")
        with pytest.raises(urllib.error.HTTPError) as caught:
            serving.get("/health")
        assert caught.value.code == 503
        (fault,) = json.load(caught.value)["faults"]
        assert (fault["part"], fault["code"]) == ("files", "FileMoved")
        (folder / "elsewhere.db").rename(folder / "garden.db")
        assert serving.get("/health")["status"] == "ok"
    finally:
        serving.end(signal.SIGTERM)


def until(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + 30
    while not true():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


def test_several_workers_answer_on_postgresql(
    folder: Path, postgres_server: PostgresServer
) -> None:
    """One that is killed is started again; each reads what the other wrote; all end together."""
    store = postgres_server.new_database()
    serving = Serving(folder, "--demo", "--store", store, "--workers", "2")
    try:
        before = serving.get("/board")["open"]
        killed, stays = serving.started("api.worker", 2)
        os.kill(killed, signal.SIGKILL)
        until(lambda: not running(killed), "it is not dead")
        for number in range(1, 21):
            serving.ask("ReportRepair", site="huayuan", household="h", category="other")
            assert serving.get("/board")["open"] == before + number
        workers = serving.started("api.worker", 2)
        assert stays in workers
        assert killed not in workers
        until(lambda: serving.health()["followers"][1]["position"] is not None, "no word")
        until(lambda: serving.health()["status"] == "ok", "it is not well")
        processes = [*workers, serving.followers()]
    finally:
        code = serving.end(signal.SIGTERM)
    assert code == 0, serving.said.read_text()
    assert not any(map(running, processes))
    assert "Traceback" not in serving.said.read_text()


def test_killed_with_workers_it_leaves_none_behind(
    folder: Path, postgres_server: PostgresServer
) -> None:
    """They notice that the process is gone which started them."""
    store = postgres_server.new_database()
    serving = Serving(folder, "--demo", "--store", store, "--workers", "2")
    processes = [*serving.started("api.worker", 2), serving.followers()]
    serving.end(signal.SIGKILL)
    until(lambda: not any(map(running, processes)), "somebody was left behind")


@pytest.mark.parametrize("words", [["--demo"], ["--store", "garden.db"], ["--store", ":memory:"]])
def test_several_workers_need_postgresql(folder: Path, words: list[str]) -> None:
    """One sentence, and nothing is made."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "serve", "--workers", "2", *words],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("WorkersNeedPostgres: ")
    assert list(folder.iterdir()) == []
