"""Measures how long a case takes from its answer until the board shows it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.load import Post
from benchmarks.processes import HOST, ProcessFailed

PATIENCE: Final = 30.0
"""Seconds after which a case that is not shown counts as lost."""


class Probe(threading.Thread):
    """Reports a case now and then, and looks at the board of its site until it is there.

    Sites take turns, so that a board stays short enough to be read whole.
    """

    def __init__(self, port: int, posts: Sequence[tuple[str, Post]], *, apart: float) -> None:
        """Prepare; `posts` are the sites with what is sent there, `apart` the seconds between."""
        super().__init__(daemon=True)
        self.milliseconds: list[float] = []
        """From the answer to the board, one per case."""
        self.fault: Exception | None = None
        self._port = port
        self._posts = posts
        self._apart = apart
        self._ended = threading.Event()

    def run(self) -> None:
        """Probe until ended."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
        try:
            number = 0
            while not self._ended.wait(self._apart):
                number += 1
                self.milliseconds.append(self._one(connection, number) * 1000)
        except (OSError, http.client.HTTPException, ProcessFailed) as fault:
            self.fault = fault
        finally:
            connection.close()

    def end(self) -> list[float]:
        """Stop, and what was found.

        Raises:
            ProcessFailed: a probe went wrong.
        """
        self._ended.set()
        self.join(PATIENCE * 2)
        if self.fault is not None or self.is_alive():
            raise ProcessFailed(f"a case could not be followed to the board: {self.fault}")
        return self.milliseconds

    def _one(self, connection: http.client.HTTPConnection, number: int) -> float:
        """Seconds from the answer to a report until the board shows the case."""
        site, post = self._posts[number % len(self._posts)]
        connection.request("POST", post.path, post.body(number), dict(post.headers))
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in post.expected:
            raise ProcessFailed(f"a report was answered {answer.status}: {said[:200]!r}")
        case, answered = json.loads(said)["case"], time.perf_counter()
        while time.perf_counter() - answered < PATIENCE:
            connection.request("GET", f"/board?site={site}&limit=1000")
            shown = connection.getresponse().read()
            seen = time.perf_counter()
            if case.encode() in shown:
                return seen - answered
        raise ProcessFailed(f"{case} is not on the board after {PATIENCE:.0f} s")
