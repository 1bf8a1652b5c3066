"""Several processes that answer HTTP on one listener, for stores that several can write to."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

import msgspec

from api.child import Child, start_process
from api.settings import Settings
from api.worker import Work
from domain.kernel.refusals import Refusal
from scheduler.frames import Frames, LinkLost
from store.open import POSTGRES

MODULE: Final = "api.worker"


class WorkersNeedPostgres(Refusal):
    """{workers} workers cannot write to {store} at once: leave --workers at 1, or keep the store on
    PostgreSQL.
    """  # noqa: D205 - a docstring is the sentence shown

    zh = "{store} 不支持 {workers} 个进程同时写入：请使用 --workers 1，或改用 PostgreSQL 存储。"


def check_workers(settings: Settings) -> None:
    """Refuse several workers where one process writes.

    Raises:
        WorkersNeedPostgres: the store is not on PostgreSQL.
    """
    if settings.workers > 1 and not settings.store.startswith(POSTGRES):
        raise WorkersNeedPostgres(workers=settings.workers, store=settings.store)


def serve_with_workers(settings: Settings, listener: socket.socket) -> None:
    """Keep as many workers as are set answering on a listener, until a signal ends it."""
    listener.listen()
    with ExitStack() as stack, _ended_by_signal() as ended:
        for number in range(1, settings.workers + 1):
            child = Child(f"worker {number}", lambda: _start(settings, listener))
            stack.callback(child.stop)
            child.start()
        ended.wait()


def _start(settings: Settings, listener: socket.socket) -> subprocess.Popen[bytes]:
    ours, theirs = socket.socketpair()
    with theirs:
        link = Frames(ours)
        fds = [theirs.fileno(), listener.fileno()]
        try:
            process = start_process(MODULE, str(theirs.fileno()), fds=fds)
            with suppress(LinkLost):  # it died, and will be started again
                link.send(msgspec.json.encode(Work(settings, listener.fileno())))
        finally:
            link.close()
    return process


@contextmanager
def _ended_by_signal() -> Iterator[threading.Event]:
    """An event that SIGINT or SIGTERM sets."""
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
