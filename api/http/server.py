"""Runs an application under uvicorn, with limits on connections and open files."""

from __future__ import annotations

import dataclasses
import socket
import sys
from typing import Any, Final

import uvicorn

from api.http.connections import Limits, limited
from api.settings import HOST

if sys.platform != "win32":
    import resource

PATIENCE: Final = 5
"""Seconds a request under way has to be finished when the server ends."""
BACKLOG: Final = 256
"""Connections that wait to be accepted; asyncio accepts as many at once."""
OWN_FILES: Final = 256
"""Files that the store, its threads' connections and the log of the process may have open."""
FEWEST: Final = 16


def listen(port: int) -> socket.socket:
    """A listener on this machine; port 0 lets the system choose one.

    Raises:
        OSError: the port cannot be used.
    """
    # Event loops set TCP_NODELAY only where the protocol is named; without it every answer waits
    # for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def server(app: Any, limits: Limits | None = None) -> uvicorn.Server:  # noqa: ANN401 - any ASGI application
    """A server for an application; `run` it with the sockets of `listen`."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=limited(limits or fitting(Limits())),
            ws="none",
            lifespan="on",
            backlog=BACKLOG,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE,
        )
    )


def fitting(limits: Limits) -> Limits:
    """The limits with no more connections than the process may have files open.

    The process is allowed more files where the system lets it; a full server that cannot open a
    file could not even read its store.
    """
    if sys.platform == "win32":  # it has no such limit
        return limits
    besides = limits.spare + BACKLOG + OWN_FILES
    allowed = _allow_files(limits.connections + besides)
    return dataclasses.replace(
        limits, connections=max(min(limits.connections, allowed - besides), FEWEST)
    )


def _allow_files(wanted: int) -> int:
    """How many files the process may have open, after asking for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return wanted if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        return soft
    return most
