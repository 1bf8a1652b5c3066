"""For the HTTP service: the application with its scheduler inside, for this machine only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from api.engine import Engine
from api.http.commands import command_routes, schemas
from api.http.page import page_routes
from api.http.problems import HostUnknown, problem_of, tell_problems
from api.http.queries import query_routes
from api.settings import Settings

VERSION = "0.1.0"
BEHIND = "Guanjia-Behind"
"""The header that says how many facts an answer has not seen."""
GUARDS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(engine: Engine, settings: Settings, *, schedule: bool = True) -> FastAPI:
    """The application for an engine, which the caller closes; it runs the scheduler if it shall."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if schedule:
            engine.worker.start()
        yield
        engine.worker.stop()

    app = FastAPI(
        title="Guanjia 管家", version=VERSION, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.middleware("http")(_guard(settings.hosts))
    tell_problems(app)
    app.include_router(command_routes(engine, settings.body_limit))
    app.include_router(query_routes(engine))
    app.include_router(page_routes(engine, settings.lang))
    app.openapi = lambda: _openapi(app, engine)  # type: ignore[method-assign]
    return app


Answering = Callable[[Request], Awaitable[Response]]


def _guard(hosts: tuple[str, ...]) -> Callable[[Request, Answering], Awaitable[Response]]:
    """Answer only under our own names, so that no page elsewhere can point its name at us."""

    async def guarded(request: Request, go_on: Answering) -> Response:
        host = request.url.hostname or ""
        if host in hosts:
            answer = await go_on(request)
        else:
            answer = problem_of(HostUnknown(host=host[:100]), request.url.path)
        if behind := getattr(request.state, "behind", 0):
            answer.headers[BEHIND] = str(behind)
        for name, value in GUARDS.items():
            answer.headers.setdefault(name, value)
        return answer

    return guarded


def _openapi(app: FastAPI, engine: Engine) -> dict[str, Any]:
    """The description of the service, with the commands' schemas; made once."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        known = found.setdefault("components", {}).setdefault("schemas", {})
        app.openapi_schema = {
            **found,
            "components": {"schemas": {**known, **schemas(engine.routes)}},
        }
    return app.openapi_schema
