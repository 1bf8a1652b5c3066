"""Serves a store: HTTP with the scheduler inside, and a demonstration."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Final

from api.cli.context import Context
from api.demo import inhabit
from api.engine import Engine, engine
from api.followers import ProcessRunner, further
from api.http import create_app
from api.http.server import listen, server
from api.quiet import write_log
from api.settings import HOST, Settings
from api.workers import check_workers, serve_with_workers
from commands import ROUTES
from domain.kernel.refusals import Refusal
from projections.board import worst_first
from store.open import MEMORY, POSTGRES, views_path

DEMO: Final = Path(".guanjia") / "demo.db"


class PortTaken(Refusal):
    """Port {port} cannot be used ({problem}): choose another with --port."""

    zh = "端口 {port} 无法使用（{problem}），请用 --port 换一个。"


def serve(context: Context) -> int:
    """Serve until interrupted or told to end."""
    write_log()
    settings = context.settings
    check_workers(_demo_settings(context, settings))
    with _listening(settings.port) as listener:
        settings = dataclasses.replace(settings, port=listener.getsockname()[1])
        if context.asked.demo:
            settings = _demo(context, settings)
        with engine(
            settings.store, create=context.asked.demo, routes=context.routes,
            further=further(settings),
        ) as opened:  # fmt: skip
            if context.asked.demo and not opened.log.head():
                context.line("正在生成演示小区……", "Making a small neighbourhood...")
                inhabit(opened)
            if context.routes is ROUTES and settings.store != MEMORY and sys.platform != "win32":
                opened.runner = ProcessRunner(opened, settings)
            _welcome(context, settings, opened)
            if settings.workers > 1:
                _run_workers(opened, settings, listener)
            else:
                _run(opened, settings, listener)
    context.line("已停止。", "Stopped.")
    return 0


def _listening(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise PortTaken(port=port, problem=error.strerror or str(error)) from None


def _demo_settings(context: Context, settings: Settings) -> Settings:
    """The demonstration has a store of its own, unless another was named."""
    if context.asked.demo and not context.asked.store:
        return dataclasses.replace(settings, store=str(DEMO))
    return settings


def _demo(context: Context, settings: Settings) -> Settings:
    """A store for the demonstration: a fresh one, unless another was named."""
    if context.asked.store:
        return settings
    DEMO.parent.mkdir(parents=True, exist_ok=True)
    for file in (DEMO, views_path(str(DEMO))):
        for tail in ("", "-wal", "-shm"):
            file.with_name(file.name + tail).unlink(missing_ok=True)
    return _demo_settings(context, settings)


def _run_workers(opened: Engine, settings: Settings, listener: socket.socket) -> None:
    """Let several processes answer; this one watches over them and the followers."""
    opened.runner.start()
    serve_with_workers(settings, listener)


def _run(opened: Engine, settings: Settings, listener: socket.socket) -> None:
    """Answer until a signal ends it; a request under way is finished."""
    before = signal.signal(
        signal.SIGTERM, lambda *_: None
    )  # uvicorn sends it to us again at the end
    try:
        with suppress(KeyboardInterrupt):
            server(create_app(opened, settings)).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _welcome(context: Context, settings: Settings, opened: Engine) -> None:
    """Say where to look and what to type."""
    where = settings.store
    away = where.startswith(POSTGRES) or where == MEMORY
    near = os.path.relpath(where) if context.asked.demo else where
    flag = "" if away else f" --store {quote(near)}"
    url = f"http://{HOST}:{settings.port}"
    opened.settle()
    case = worst_first(opened.projector.db, limit=1)
    first = case[0].case_id if case else "CASE"
    lines = [
        (f"管家已启动  {url}/", f"Guanjia is running at {url}/"),
        (f"  接口文档    {url}/docs", f"  the API     {url}/docs"),
        (f"  健康状态    {url}/health", f"  its health  {url}/health"),
        ("在另一个终端里试试：", "Try in another terminal:"),
        *(
            (f"  guanjia {words}{flag}",) * 2
            for words in (
                "board",
                "clocks --due",
                "clocks --lapsed",
                f"history {first}",
                "kpi",
                "doctor",
            )
        ),
        ("按 Ctrl-C 结束。", "Ctrl-C ends it."),
    ]
    for zh, en in lines:
        context.line(zh, en)
    sys.stdout.flush()
