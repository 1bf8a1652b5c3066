"""The HTTP service as tests call it: in this process, on a clock that a test turns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.cli.stores import equip
from api.engine import Engine
from api.http import create_app
from api.http.pool import Questions
from api.settings import HOST, Settings
from commands.registers import OpenSite
from tests.support.described import check

CASE = "repair-1"
REPORT = {"site": "main", "household": "1-2-301", "category": "water_pipe", "channel": "wechat"}


class World:
    """An engine whose clock a test turns, and a client of its service.

    Every answer that `ask` and `get` return was held against the OpenAPI document.
    """

    def __init__(
        self, folder: Path, questions: Questions | None = None, replaying: Questions | None = None
    ) -> None:
        self.now = datetime(2026, 5, 6, 1, tzinfo=UTC)
        self.engine = Engine(str(folder / "g.db"), create=True, clock=lambda: self.now)
        equip(self.engine, OpenSite(site="main", name="花园"))
        self.app = create_app(
            self.engine, Settings(body_limit=10_000), schedule=False, questions=questions,
            replaying=replaying,
        )  # fmt: skip
        self.client = TestClient(self.app, base_url=f"http://{HOST}", raise_server_exceptions=False)

    def ask(self, name: str, data: Any = None, **headers: str) -> Any:
        return checked(self.client.post(f"/commands/{name}", json=data, headers=headers))

    def get(self, path: str, **query: Any) -> Any:
        return checked(self.client.get(path, params=query or None))

    def ask_as_if(self, path: str, body: bytes, kind: str, **query: Any) -> Any:
        """A question judged by the drafts of its body."""
        headers = {"Content-Type": kind}
        return checked(self.client.post(path, params=query or None, content=body, headers=headers))


def checked(answer: Any) -> Any:
    """The answer, which the OpenAPI document announces."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind.endswith("json"):
        request = answer.request
        check(request.method, request.url.path, answer.status_code, kind, answer.json())
    return answer
