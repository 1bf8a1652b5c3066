"""A client that openapi-python-client generates, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.serving import ROOT

GENERATOR = "openapi-python-client==0.29.1"
HOME = ROOT / "build" / "client"
CONFIG = json.dumps({"content_type_overrides": {"application/yaml": "application/octet-stream"}})
"""The generator knows no YAML; as bytes it is sent."""
REQUIRED = "GUANJIA_REQUIRE_CLIENT"
PATIENCE = 180


def generator() -> Path:
    """The folder of the programs of an environment with the generator, made where it is missing.

    Where it cannot be made the test is skipped; with GUANJIA_REQUIRE_CLIENT=1 it fails.
    """
    programs = HOME / ("Scripts" if sys.platform == "win32" else "bin")
    marker = HOME / GENERATOR
    if not marker.exists():
        venv.create(HOME, clear=True, with_pip=True)
        done = subprocess.run(
            [programs / "python", "-m", "pip", "--disable-pip-version-check", "--quiet",
             "install", "--retries", "0", GENERATOR],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode:
            reason = f"{GENERATOR} cannot be installed: {done.stderr.strip()[-300:]}"
            if os.environ.get(REQUIRED):
                pytest.fail(reason)
            pytest.skip(reason)
        marker.touch()
    return programs


def generate(url: str, to: Path) -> None:
    """Generate a client from the document of a running service; a warning is a failure."""
    programs = generator()
    config = to.with_name("generator.json")
    config.write_text(CONFIG, "utf-8")
    path = os.pathsep.join((str(programs), os.environ["PATH"]))  # it looks for ruff there
    done = subprocess.run(
        [programs / "openapi-python-client", "generate", "--url", f"{url}/openapi.json",
         "--output-path", to, "--meta", "none", "--fail-on-warning",
         "--config", config],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "arning" not in said, said


def run(script: str, folder: Path, *arguments: str) -> str:
    """Run a script beside a generated client; returns what it wrote."""
    done = subprocess.run(
        [generator() / "python", "-c", script, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
