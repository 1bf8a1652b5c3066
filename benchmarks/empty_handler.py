"""The yardstick of the intake: the same framework answers the same parsed body, storing nothing.

Run as ``python -m benchmarks.empty_handler PORT``; FastAPI on uvicorn with one worker.
"""

from __future__ import annotations

import itertools
import sys
from datetime import datetime
from importlib.util import find_spec

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.processes import HOST

PATH = "/commands/ReportRepair"
READY = "/ready"


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a report of something broken."""

    site: str
    household: str
    category: str
    simple: bool = False
    priority: int | None = None
    channel: str = "other"
    building: str | None = None
    steward: str | None = None
    place: str | None = None
    description: str | None = None
    contact: str | None = None
    appointment: datetime | None = None
    promised: datetime | None = None
    external_id: str | None = None
    labels: dict[str, str] = {}
    case: str | None = None


class Answer(msgspec.Struct):
    """What a command is answered."""

    case: str
    version: int
    position: int
    facts: int
    command: str


def create_app() -> FastAPI:
    """One route that parses and answers, and one that says the server is there."""
    app = FastAPI(openapi_url=None)
    read = msgspec.json.Decoder(Report).decode
    write = msgspec.json.Encoder().encode
    numbers = itertools.count(1)

    @app.post(PATH)
    async def report(request: Request) -> Response:
        found = read(await request.body())
        number = next(numbers)
        key = request.headers.get("idempotency-key", "")
        answer = Answer(found.case or f"repair-{number:026d}", 1, number, 1, key)
        return Response(write(answer), 201, {"ETag": '"1"'}, "application/json")

    @app.get(READY)
    async def ready() -> Response:
        return Response(b"{}", media_type="application/json")

    return app


def stack() -> str:
    """What uvicorn finds here: the fast loop and parser, or the plain ones."""
    loop = "uvloop" if find_spec("uvloop") else "asyncio"
    parser = "httptools" if find_spec("httptools") else "h11"
    return f"{loop} and {parser}"


def main(port: int) -> None:
    """Answer until told to end."""
    uvicorn.run(
        create_app(), host=HOST, port=port, log_level="warning", access_log=False,
        server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
