"""Our service as a process of its own, on a fresh store, and what is asked of it over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.load import Post
from benchmarks.processes import ProcessFailed, Server, free_port, output, python, serving

SITE: Final = "garden"
PATH: Final = "/commands/ReportRepair"
HEALTH: Final = "/health"
PREPARING: Final = 60.0


@contextmanager
def our_service(folder: Path, *, sites: tuple[str, ...] = (SITE,)) -> Iterator[Server]:
    """The service with all its followers, on a store with the shipped rulebook."""
    store = str(folder / "service.db")
    for site in sites:
        init = python("api.cli", "init", "--store", store, "--site", site)
        output(init, folder=folder, timeout=PREPARING)
    with serve(store, folder) as server:
        yield server


@contextmanager
def serve(store: str, folder: Path, *, said: str = "service.log") -> Iterator[Server]:
    """The service on a store that is there."""
    port = free_port()
    command = python("api.cli", "serve", "--store", store, "--port", str(port))
    with serving(command, port=port, ready=HEALTH, folder=folder, said=said) as server:
        yield server


def reports(site: str = SITE) -> Post:
    """Reports of something broken, as a steward writes them down."""

    def body(number: int) -> bytes:
        fields = {
            "site": site,
            "household": f"household-{number % 5000}",
            "category": "water_pipe",
            "simple": number % 3 == 0,
            "priority": 2,
            "channel": "phone",
            "building": f"b{number % 20}",
            "steward": f"staff-{number % 40}",
            "description": "The pipe under the kitchen sink drips again since the morning.",
            "external_id": f"R-{number}",
        }
        return json.dumps(fields).encode()

    return Post(path=PATH, body=body, headers={"Content-Type": "application/json"})


def await_cases(server: Server, count: int, patience: float = 120.0) -> None:
    """Wait until the board shows so many open cases: each answer was true, and nothing lags.

    Raises:
        ProcessFailed: it does not in time.
    """
    limit = time.monotonic() + patience
    while (found := int(server.get("/board?limit=1")["open"])) < count:
        if time.monotonic() > limit:
            raise ProcessFailed(f"{count} reports were answered, the board shows {found}")
        time.sleep(0.2)
