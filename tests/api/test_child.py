"""A process of ours is started again when it dies, and does not outlive the one that started it."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import child
from api.child import Child, start_process
from tests.support.patience import patient
from tests.support.serving import running

WAITS = "import sys; sys.stdin.read()"
PATIENCE = 20
until = patient(PATIENCE)


class Spawned:
    """Processes that run a line of Python, each started by a child under test."""

    def __init__(self) -> None:
        self.code = WAITS
        self.begun: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", self.code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.begun.append(process)
        return process

    def close(self) -> None:
        for process in self.begun:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()


@pytest.fixture
def spawned() -> Iterator[Spawned]:
    spawned = Spawned()
    yield spawned
    spawned.close()


def test_it_ends_when_it_is_stopped(spawned: Spawned) -> None:
    """Its standard input ends: no signal is needed."""
    kept = Child("waiter", spawned)
    kept.start()
    assert until(lambda: kept.alive)
    assert kept.stop()
    assert [process.returncode for process in spawned.begun] == [0]
    assert not kept.alive


def test_a_killed_process_is_started_again(
    spawned: Spawned, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said why, with the signal that killed it."""
    kept = Child("waiter", spawned)
    kept.start()
    assert until(lambda: kept.alive)
    spawned.begun[0].kill()
    assert until(lambda: len(spawned.begun) == 2 and kept.alive)
    assert "waiter ended with -9" in (kept.fault or "")
    assert "waiter ended with -9" in caplog.text
    assert kept.stop()


def test_what_dies_again_and_again_is_started_ever_more_rarely(
    spawned: Spawned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as long each time, up to a limit."""
    monkeypatch.setattr(child, "SOONEST", 0.01)
    monkeypatch.setattr(child, "LATEST", 0.04)
    spawned.code = "raise SystemExit(3)"
    kept = Child("waiter", spawned)
    pauses: list[float] = []
    wait = kept._stopped.wait

    def note(seconds: float) -> bool:
        pauses.append(seconds)
        return wait(seconds)

    monkeypatch.setattr(kept._stopped, "wait", note)
    kept.start()
    assert until(lambda: len(pauses) >= 5)
    kept.stop()
    assert pauses[:5] == [0.01, 0.02, 0.04, 0.04, 0.04]


def test_what_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little memory now is no reason to be silent for ever."""
    monkeypatch.setattr(child, "SOONEST", 0.01)
    tries: list[int] = []

    def fail() -> subprocess.Popen[bytes]:
        tries.append(1)
        raise OSError(12, "Cannot allocate memory")

    kept = Child("waiter", fail)
    kept.start()
    assert until(lambda: len(tries) >= 3)
    assert "Cannot allocate memory" in (kept.fault or "")
    assert kept.stop()


def test_what_does_not_end_is_killed(spawned: Spawned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping takes no longer than the limit."""
    monkeypatch.setattr(child, "ENDING", 0.2)
    spawned.code = "import time; time.sleep(600)"
    kept = Child("waiter", spawned)
    kept.start()
    assert until(lambda: kept.alive)
    assert not kept.stop()
    assert spawned.begun[0].wait(PATIENCE) == -signal.SIGKILL


def test_what_hangs_is_killed_and_started_again(
    spawned: Spawned, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that is there and does nothing is worse than none."""
    monkeypatch.setattr(child, "LOOK", 0.05)
    kept = Child("waiter", spawned, hung=lambda: len(spawned.begun) == 1)
    kept.start()
    assert until(lambda: len(spawned.begun) == 2 and kept.alive)
    assert spawned.begun[0].returncode == -signal.SIGKILL
    assert "does not move" in caplog.text
    assert kept.stop()


def test_it_is_woken_by_bytes_and_never_waited_for(spawned: Spawned) -> None:
    """One that does not read takes what a pipe takes; the rest is left out, nobody blocks."""
    kept = Child("waiter", spawned)
    kept.wake()
    kept.start()
    assert until(lambda: kept.alive)
    os.kill(spawned.begun[0].pid, signal.SIGSTOP)
    begun = time.monotonic()
    for _ in range(100_000):
        kept.wake()
    assert time.monotonic() - begun < PATIENCE
    os.kill(spawned.begun[0].pid, signal.SIGCONT)
    assert kept.stop()
    kept.wake()


def test_our_module_is_started_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder named like one of ours is never taken for it."""
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").write_text("raise SystemExit(77)")
    monkeypatch.chdir(tmp_path)
    process = start_process("api.follow", "0")
    process.communicate(timeout=PATIENCE)
    assert process.returncode not in {0, 77}


SERVER = """
import sys, time
from api.child import Child
import subprocess
def spawn():
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0)
    print(process.pid, flush=True)
    return process
Child("waiter", spawn).start()
time.sleep(600)
"""


def test_it_does_not_outlive_a_killed_server() -> None:
    """SIGKILL leaves no time to say goodbye: the end of the pipe says it."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, cwd=child.ROOT
    )
    assert server.stdout is not None
    with server.stdout as said:
        pid = int(said.readline())
    assert running(pid)
    server.kill()
    server.wait()
    assert until(lambda: not running(pid))


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
