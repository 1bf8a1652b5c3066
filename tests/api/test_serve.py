"""The service as a process: it escalates within a minute, ends cleanly, survives kill -9."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Serving:
    """A process that serves, and what it said."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.said = folder / "said.txt"
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("GUANJIA_")
        }
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--lang", "en", *words],
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

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

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
    assert "guanjia board" in said
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
    answered = serving.ask("ReportRepair", site="huayuan", household="1-1-101", category="水管")
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
