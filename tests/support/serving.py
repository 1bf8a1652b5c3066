"""The service as a process, and what it said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Serving:
    """A process that serves, and what it said."""

    def __init__(self, folder: Path, *words: str, files: int | None = None) -> None:
        self.said = folder / "said.txt"
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("GUANJIA_")
        }
        with self.said.open("wb") as out:
            limited = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"] if files else []
            command = ["-m", "api.cli", "serve", "--port", "0", "--lang", "en", *words]
            self.process = subprocess.Popen(
                [*limited, sys.executable, *command],
                cwd=folder, stdout=out, stderr=subprocess.STDOUT,
                env={**environment, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        self.url = self._url()

    def _url(self) -> str:
        for _ in range(600):
            if found := re.search(r"http://127\.0\.0\.1:\d+", self.said.read_text()):
                self.url = found[0]
                if self._answers():
                    return found[0]
            assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.05)
        raise AssertionError(self.said.read_text())

    def _answers(self) -> bool:
        try:
            self.get("/rulebook")
        except OSError:
            return False
        return True

    def followers(self) -> int:
        """The process of its followers, as soon as there is one."""
        (pid,) = self.started("api.follow", 1)
        return pid

    def started(self, module: str, count: int) -> list[int]:
        """So many processes that run a module of ours, as soon as there are as many."""
        return started(self.process.pid, module, count)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def health(self) -> Any:
        """How it stands, whether well or not."""
        try:
            return self.get("/health")
        except urllib.error.HTTPError as failing:
            with failing:
                return json.load(failing)

    def ask(self, name: str, **fields: object) -> Any:
        request = urllib.request.Request(
            f"{self.url}/commands/{name}", json.dumps(fields).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def end(self, number: int) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [pid for pid, (state, of) in _processes().items() if of == parent and state != "Z"]


def started(parent: int, module: str, count: int) -> list[int]:
    """So many processes that run a module of ours, as soon as a process has as many."""
    found: list[int] = []
    for _ in range(600):
        found = [pid for pid in children(parent) if module.encode() in _words(pid).split()]
        if len(found) == count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"there are {len(found)} {module}")


def running(pid: int) -> bool:
    """Whether a process runs that may be no child of ours."""
    return _processes().get(pid, ("Z", 0))[0] != "Z"


def _processes() -> dict[int, tuple[str, int]]:
    """The state and the parent of every process."""
    said = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in said.stdout.splitlines()]
    return {int(pid): (state[0], int(parent)) for pid, parent, state in rows}


def _words(pid: int) -> bytes:
    said = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, check=False)
    return said.stdout
