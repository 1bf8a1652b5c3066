"""Builds a peer's environment from its pins, and runs a script in it that prints JSON."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import ROOT, ProcessFailed, output

PEERS: Final = ROOT / "build" / "peers"
SOURCES: Final = Path(__file__).parent
NAMES: Final = ("helpdesk", "dbos", "duckdb", "pm4py")
BUILDING: Final = 900.0
"""Seconds a package index gets."""


class PeerMissing(Exception):
    """A peer cannot be measured here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer by its name, with the folder of all peers' environments."""

    name: str
    environments: Path = PEERS
    sources: Path = SOURCES

    @property
    def folder(self) -> Path:
        """Its environment."""
        return self.environments / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def requirements(self) -> Path:
        """Its pins."""
        return self.sources / self.name / "requirements.txt"

    def script(self, file: str) -> Path:
        """One of its scripts."""
        return self.sources / self.name / file

    def missing(self) -> str:
        """Why it cannot be measured, "" where it can."""
        if self._stamp.exists() and self._stamp.read_text("utf-8") == self._pins():
            return ""
        if self._failure.exists():
            return f"not built: {self._failure.read_text('utf-8')}"
        state = "built from other pins" if self._stamp.exists() else "not built"
        return f"{state}: run python -m benchmarks.peers {self.name}"

    def require(self) -> None:
        """Go on only where it can be measured.

        Raises:
            PeerMissing: it cannot, and why.
        """
        if missing := self.missing():
            raise PeerMissing(missing)

    def build(self) -> bool:
        """Make the environment where it is missing or out of date; whether it had to be made.

        Raises:
            PeerMissing: it cannot be made; the reason is kept for the table.
        """
        if not self.missing():
            return False
        self.environments.mkdir(parents=True, exist_ok=True)
        self._failure.unlink(missing_ok=True)
        try:
            self._run(sys.executable, "-m", "venv", "--clear", str(self.folder))
            self._run(
                str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input",
                "--quiet", "install", "--no-deps", "--require-hashes",
                "-r", str(self.requirements),
            )  # fmt: skip
        except ProcessFailed as failed:
            self._failure.write_text(str(failed), encoding="utf-8")
            raise PeerMissing(f"not built: {failed}") from None
        self._stamp.write_text(self._pins(), encoding="utf-8")
        return True

    def command(self, file: str, *arguments: str) -> list[str]:
        """The command that runs one of its scripts, cut off from our packages.

        Raises:
            PeerMissing: its environment is not there.
        """
        self.require()
        return [str(self.python), "-I", str(self.script(file)), *arguments]

    def run(self, file: str, *arguments: str, folder: Path, timeout: float) -> dict[str, Any]:
        """What a script found: the JSON object on the last line it prints.

        Raises:
            PeerMissing: there is no environment, or the script failed.
        """
        try:
            said = output(self.command(file, *arguments), folder=folder, timeout=timeout)
        except ProcessFailed as failed:
            raise PeerMissing(str(failed)) from None
        return _read(self.name, said.strip().splitlines())

    @property
    def _stamp(self) -> Path:
        return self.folder / "built"

    @property
    def _failure(self) -> Path:
        return self.environments / f"{self.name}.failed"

    def _pins(self) -> str:
        """What the environment is made of."""
        pins = hashlib.sha256(self.requirements.read_bytes()).hexdigest()
        return f"{platform.python_version()} {pins}"

    def _run(self, *command: str) -> None:
        output(command, folder=self.environments, timeout=BUILDING)


def _read(name: str, lines: Sequence[str]) -> dict[str, Any]:
    try:
        found = json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        raise PeerMissing(f"{name} printed no JSON object: {' '.join(lines)[-200:]!r}")
    return found
