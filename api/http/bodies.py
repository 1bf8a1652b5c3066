"""Reads the body of a request, within a limit."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from api.http.problems import BodyTooLarge

JSON: Final = "application/json"


def media_type(request: Request) -> str:
    """What a body is said to be, without parameters; empty where nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(request: Request, limit: int) -> bytes:
    """The body, never more of it than the limit.

    Raises:
        BodyTooLarge: it is longer than `limit` bytes.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise BodyTooLarge(limit=limit)
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(found)
