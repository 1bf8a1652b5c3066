"""Wraps the application: only its own host names are answered, HEAD is GET without a body."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Defect, HostUnknown, problem_of

log = logging.getLogger("guanjia.http")

BEHIND: Final = "Guanjia-Behind"
"""The header that says how many facts an answer has not seen."""
GUARDS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_RAW: Final = [(name.lower().encode(), value.encode()) for name, value in GUARDS.items()]


class Guard:
    """The outermost part of the application.

    A page elsewhere could point its own name at this machine, so other names are refused. Plain
    ASGI: Starlette's middleware class starts a task group and two streams for each request.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        """Guard an application that answers as `hosts`."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        host = host_of(scope)
        if host not in self._hosts:
            await problem_of(HostUnknown(host=host[:100] or "-"), scope["path"])(
                scope, receive, answer.send
            )
            return
        try:
            await self._app(answer.scope, receive, answer.send)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if answer.begun:
                raise
            await problem_of(Defect(), scope["path"])(scope, receive, answer.send)


class _Answer:
    """An answer on its way out, with the headers that every one has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._silent = scope["method"] == "HEAD"
        self._state = scope.setdefault("state", {})
        # A copy: the server looks into its own scope to see that a body is not wanted.
        self.scope = {**scope, "method": "GET"} if self._silent else scope
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message["headers"] = [*message.get("headers", ()), *self._headers(message)]
        elif self._silent:
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, message: Message) -> Iterable[tuple[bytes, bytes]]:
        there = {name for name, _ in message.get("headers", ())}
        if behind := self._state.get("behind", 0):
            yield BEHIND.lower().encode(), str(behind).encode()
        yield from (pair for pair in _RAW if pair[0] not in there)


def host_of(scope: Scope) -> str:
    """The host name that a request is addressed to; empty where it names none, or several."""
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1:
        return ""
    host: str = named[0].decode("latin-1").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
