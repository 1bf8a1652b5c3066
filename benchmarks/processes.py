"""Starts other processes for a measurement and ends them with everything they started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
HOST: Final = "127.0.0.1"
STARTING: Final = 60.0
"""Seconds a server gets until it answers."""
ENDING: Final = 20.0
"""Seconds a process gets to end after SIGTERM, before it is killed."""
SHOWN: Final = 300


class ProcessFailed(Exception):
    """A process did not do what it was started for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that answers HTTP on this machine."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """The JSON that a path answers.

        Raises:
            ProcessFailed: it answers another status than 200.
        """
        status, body = request(self.port, path)
        if status != http.client.OK:
            raise ProcessFailed(f"GET {path} answered {status}: {_tail(body)}")
        return json.loads(body)


def request(port: int, path: str, *, timeout: float = 30.0) -> tuple[int, bytes]:
    """Status and body of a GET."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def serving(
    command: Sequence[str], *, port: int, ready: str, folder: Path, said: str
) -> Iterator[Server]:
    """A server, from when it answers `ready` with a status below 500 until the end of the block.

    What it prints goes to the file `said` in the folder, which is also where it runs.

    Raises:
        ProcessFailed: it ends, or does not answer in time.
    """
    log = folder / said
    with started(command, folder=folder, log=log) as process:
        server = Server(process=process, port=port)
        _await_answer(server, ready, log)
        yield server


@contextmanager
def started(
    command: Sequence[str], *, folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is ended with the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - commands of our own
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            env=environment(), start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        end(process)


def output(command: Sequence[str], *, folder: Path, timeout: float) -> str:
    """What a command prints.

    Raises:
        ProcessFailed: it exits with another code than 0, or does not end in time.
    """
    process = subprocess.Popen(  # noqa: S603 - commands of our own
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ProcessFailed(f"{_name(command)} did not end within {timeout:.0f} s") from None
    finally:
        end(process)
    if process.returncode != 0:
        raise ProcessFailed(
            f"{_name(command)} exited with {process.returncode}: {_tail(err or out)}"
        )
    return out.decode("utf-8", "replace")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started at once, as a crash would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(ENDING)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, then kill what is left of its group."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(ENDING)
    for pipe in filter(None, (process.stdout, process.stderr)):
        pipe.close()


def environment() -> Mapping[str, str]:
    """Our environment without settings that would change what is measured."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GUANJIA_", "PYTHON", "DJANGO_", "DBOS_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT)}


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", module, *arguments]


def _await_answer(server: Server, ready: str, log: Path) -> None:
    limit = time.monotonic() + STARTING
    while time.monotonic() < limit:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _ = request(server.port, ready, timeout=5.0)
            if status < http.client.INTERNAL_SERVER_ERROR:
                return
        time.sleep(0.05)
    raise ProcessFailed(f"the server did not answer {ready}: {_tail(log.read_bytes())}")


def _name(command: Sequence[str]) -> str:
    return " ".join(Path(word).name if "/" in word else word for word in command[:4])


def _tail(said: bytes) -> str:
    """The last line a process said."""
    lines = said.decode("utf-8", "replace").split("\n")
    return next((line.strip()[-SHOWN:] for line in reversed(lines) if line.strip()), "nothing said")
