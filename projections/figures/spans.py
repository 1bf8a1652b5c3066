"""Lengths of time between two facts of a service cycle, pauses included or left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, Protocol

import msgspec

from domain.rulebook.kpis import Span

Instants = tuple[int, int]
_PAUSES: Final = msgspec.json.Decoder(list[tuple[int, int | None]])


class _Words(Protocol):
    """The first and last instants of the two facts a span lasts between."""

    start: Instants | None
    end: Instants | None


def measuring(span: Span) -> Callable[[int, str, str | None], int | None]:
    """How the length in one service cycle is told from its beginning, its words and its pauses.

    None where the cycle did not come to the span's end. Microseconds, as the tables keep them.
    """
    decode = _decoder(span.start, span.end).decode

    def length(opened: int, said: str, pauses: str | None) -> int | None:
        found: _Words = decode(said)
        if found.end is None:
            return None
        since = opened if found.start is None else found.start[0]
        until = found.end[1]
        if until <= since:
            return 0
        return until - since - (_paused(pauses, since, until) if span.net and pauses else 0)

    return length


def _paused(pauses: str, since: int, until: int) -> int:
    """For how long a cycle was paused between two instants; a pause that lasts has no end."""
    length = 0
    for begun, over in sorted(_PAUSES.decode(pauses), key=lambda pause: pause[0]):
        begins, ends = max(begun, since), until if over is None else min(over, until)
        if ends > begins:
            length += ends - begins
            since = ends
    return length


@cache
def _decoder(start: str, end: str) -> Any:  # noqa: ANN401 - a decoder of a type made here
    """A decoder that skips all words but two: the rest need not be built."""
    instants: Any = Instants | None
    made = msgspec.defstruct(
        "Words",
        [("start", instants, msgspec.field(name=start, default=None)),
         ("end", instants, msgspec.field(name=end, default=None))],
    )  # fmt: skip
    return msgspec.json.Decoder(made)
