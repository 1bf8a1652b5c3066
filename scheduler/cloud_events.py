"""Facts as CloudEvents 1.0 on Kafka, in binary mode: the document is the value, the rest headers.

Three headers are extensions: ``ce_version`` is the fact's place in its stream, ``ce_position`` its
place in the log, and ``ce_after`` a position up to which the topic held every fact when this one
was sent. Shapes: the specification's Kafka protocol binding, version 1.0.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from store.rows import Row

Header = tuple[str, bytes]

SPECIFICATION: Final = b"1.0"
CONTENT: Final = b"application/json"
TYPES: Final = "guanjia."
"""What the names of facts begin with in ``ce_type``, so that nobody else's are taken for them."""


class Event(NamedTuple):
    """A fact as a record of a topic."""

    key: bytes
    value: bytes
    headers: Sequence[Header]


class Place(NamedTuple):
    """Which fact a record of the topic carries, and what it proves."""

    position: int
    stream: str
    version: int
    after: int


def event(row: Row, *, source: str, occurred: datetime, after: int) -> Event:
    """The record of a fact. Only what the log stores goes out: personal texts as they are kept."""
    headers = {
        "ce_specversion": SPECIFICATION,
        "ce_id": f"{row.stream}/{row.version}".encode(),
        "ce_source": source.encode(),
        "ce_type": f"{TYPES}{row.topic}".encode(),
        "ce_time": occurred.isoformat().encode(),
        "ce_subject": row.stream.encode(),
        "ce_version": str(row.version).encode(),
        "ce_position": str(row.position).encode(),
        "ce_after": str(after).encode(),
        "content-type": CONTENT,
    }
    return Event(row.stream.encode(), bytes(row.state), tuple(headers.items()))


def place(headers: Iterable[Header]) -> Place | None:
    """Which fact a record carries; None where it is no record of ours."""
    found = dict(headers)
    try:
        return Place(
            position=int(found["ce_position"]), stream=found["ce_subject"].decode(),
            version=int(found["ce_version"]), after=int(found["ce_after"]),
        )  # fmt: skip
    except (KeyError, ValueError):
        return None
