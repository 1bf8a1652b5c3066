"""Puts the HTTP service together: the application with its scheduler inside, for this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api.engine import Engine
from api.http.commands import command_paths, command_route
from api.http.docs import docs_routes
from api.http.guard import Guard
from api.http.openapi import describe
from api.http.page import page_routes
from api.http.pool import Questions
from api.http.problems import tell_problems
from api.http.queries import query_routes
from api.http.replays import replays
from api.http.schemas import schemas
from api.settings import Settings

VERSION = "0.1.0"


def create_app(
    engine: Engine,
    settings: Settings,
    *,
    schedule: bool = True,
    questions: Questions | None = None,
    replaying: Questions | None = None,
) -> FastAPI:
    """The application for an engine, which the caller closes; it runs the followers if asked to.

    Questions are answered within `questions`, those through a lens within `replaying`; by default
    each has threads of the application's.
    """
    pool, replaying = questions or Questions(), replaying or replays()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if schedule:
            engine.runner.start()
        yield
        if schedule:
            engine.runner.stop()
        pool.close()
        replaying.close()

    app = FastAPI(
        title="Guanjia", version=VERSION, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.add_middleware(Guard, hosts=settings.hosts)
    tell_problems(app)
    app.router.routes.append(command_route(engine, settings.body_limit))
    app.include_router(query_routes(engine, pool, replaying, settings.body_limit))
    app.include_router(page_routes(engine, pool, settings.lang))
    app.include_router(docs_routes(app, settings.lang))

    def document() -> dict[str, Any]:
        return describe(app, command_paths(engine.routes), schemas(engine.routes))

    app.openapi = document  # type: ignore[method-assign]
    return app
