"""One of several processes that answer HTTP: it ends when the process that started it does.

``python -m api.worker FD``: FD is a socket over which the settings and the listener come.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Final

import msgspec
import uvicorn

from api.engine import engine
from api.followers import NotedRunner, further
from api.http import create_app
from api.http.server import server
from api.quiet import write_log
from api.settings import Settings
from scheduler.frames import Frames, LinkLost
from store.cycles import be_patient
from store.errors import StoreFault

FIRST: Final = 10.0
"""Seconds in which the settings must come."""


class Work(msgspec.Struct):
    """What a worker needs to know: the settings, and which of its files is the listener."""

    settings: Settings
    listener: int


def main(fd: int) -> int:
    """Answer until the other process ends; 1 where that is not possible."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write_log()
    be_patient()
    try:
        work = msgspec.json.decode(Frames(socket.socket(fileno=fd)).receive(FIRST), type=Work)
        answer(work.settings, socket.socket(fileno=work.listener))
    except (LinkLost, TimeoutError):
        return 1
    except StoreFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


def answer(settings: Settings, listener: socket.socket) -> None:
    """Answer on a listener that others share, beside followers of another process."""
    with engine(settings.store, further=further(settings)) as opened, suppress(KeyboardInterrupt):
        names = [follower.name for follower in opened.followers]
        opened.runner = NotedRunner(opened.projector, names)
        serving = server(create_app(opened, settings))
        threading.Thread(target=_await_end, args=(serving,), daemon=True).start()
        serving.run(sockets=[listener])


def _await_end(serving: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1 << 12):
        pass
    serving.should_exit = True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
