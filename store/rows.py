"""The rows of the log, and the hashes that show whether one was changed, moved or removed.

The digest of a row is the SHA-256 of the MessagePack array of its first six columns; the chained
hash is the SHA-256 of the chained hash of the row before it, followed by its own digest.
SHA-256 because every machine of the last years computes it in hardware, PostgreSQL and every
auditor's tools have it, and at 400 bytes no other hash of the standard library is faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple, cast

import msgspec

from store.damage import changed, misplaced, missing_after

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HASH_BYTES = 32
_DAY, _SECOND = 86_400_000_000, 1_000_000

_pack = msgspec.msgpack.Encoder().encode


def micros(at: datetime) -> int:
    """An instant as whole microseconds since 1970, UTC."""
    since = at - EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def instant(at: int) -> datetime:
    """The instant, in UTC, of so many microseconds since 1970."""
    return EPOCH + timedelta(0, 0, at)


EARLIEST = micros(datetime.min.replace(tzinfo=UTC))


class Row(NamedTuple):
    """One row of the log.

    ``recorded_at`` is in microseconds since 1970, UTC; ``state`` is the JSON document of the fact
    and the rest of its envelope; ``digest`` and ``chain`` are empty until the row is stored.
    """

    position: int
    stream: str
    version: int
    topic: str
    recorded_at: int
    state: bytes
    digest: bytes = b""
    chain: bytes = b""


as_row = cast("Callable[[Iterable[Any]], Row]", partial(tuple.__new__, Row))
"""Makes a row of its columns, all eight of them, without a call of Python code."""

Stored = tuple[int, str, int, str, int, bytes, bytes, bytes]
"""The columns of a row in the order of `Row`, as the database's driver returns them."""


Link = tuple[int, int, bytes, bytes]
"""Position, time, digest and chained hash of a row: what its chain is checked with."""


class Tail(NamedTuple):
    """Where the log ends: position, time and chained hash of its last row."""

    position: int = 0
    recorded_at: int = EARLIEST
    chain: bytes = b""


class Receipt(NamedTuple):
    """What a command did: where stream and log stood after it, and how many facts it stored.

    ``scope`` is who asked, ``fingerprint`` 16 bytes that stand for the command's content.
    """

    scope: str
    command: str
    fingerprint: bytes
    stream: str
    version: int
    position: int
    facts: int


def digest_of(row: Row) -> bytes:
    """The digest of a row: of everything in it but the hashes."""
    return sha256(_pack(row[:6])).digest()


def chain_of(before: bytes, digest: bytes) -> bytes:
    """The chained hash of a row, given that of the row before it; empty before the first."""
    return sha256(before + digest).digest()


def receipt_digest(receipt: Receipt) -> bytes:
    """The digest of a receipt: of everything in it."""
    return sha256(_pack(receipt)).digest()


def sealed(rows: Iterable[Row], chain: bytes) -> list[Row]:
    """Rows with their hashes, to follow a row with this chained hash."""
    pack, hashed, found = _pack, sha256, []
    for row in rows:
        columns = row[:6]
        digest = hashed(pack(columns)).digest()
        chain = hashed(chain + digest).digest()
        found.append(as_row((*columns, digest, chain)))
    return found


def checked(found: Iterable[Stored], where: object) -> list[Row]:
    """Rows as they came from the database.

    Raises:
        LogDamaged: one does not match its digest.
    """
    rows = list(map(as_row, found))
    check_digests(rows, where)
    return rows


def checked_page(found: Iterable[Stored], after: int, where: object) -> list[Row]:
    """Rows that follow a position without a gap.

    Raises:
        LogDamaged: one is missing or does not match its digest.
    """
    rows = checked(found, where)
    positions = range(after + 1, after + 1 + len(rows))
    if list(map(_POSITION, rows)) != list(positions):
        raise missing_after(_last_without_gap(rows, after), where)
    return rows


def checked_stream(found: Iterable[Stored], after: int, where: object) -> list[Row]:
    """The rows of one stream after a version.

    Raises:
        LogDamaged: one is missing or does not match its digest.
    """
    rows = checked(found, where)
    _check_versions(rows, after, where)
    return rows


def checked_streams(
    found: Iterable[Stored], where: object
) -> Iterator[tuple[str, Sequence[Stored]]]:
    """Each stream of rows in the order of streams and versions, from its first version on.

    Raises:
        LogDamaged: a row is missing, out of order, or does not match its digest.
    """
    pack, hashed = _pack, sha256
    current, rows, expected = "", list[Stored](), 0
    for row in found:  # one pass for everything: this is the loop of every rebuild
        position, stream, version, topic, recorded_at, state, digest, _ = row
        columns = (position, stream, version, topic, recorded_at, state)
        if hashed(pack(columns)).digest() != digest:
            raise changed(position, stream, where)
        if stream != current or not rows:
            if rows:
                yield current, rows
            if stream < current:
                raise misplaced(position, stream, where)
            current, rows, expected = stream, [], min(version, 1)
        if version != expected:
            raise misplaced(position, stream, where)
        expected += 1
        rows.append(row)
    if rows:
        yield current, rows


def check_digests(rows: Sequence[Stored], where: object) -> None:
    """Check rows.

    Raises:
        LogDamaged: one does not match its digest.
    """
    pack, hashed = _pack, sha256
    for position, stream, version, topic, recorded_at, state, digest, _ in rows:
        columns = (position, stream, version, topic, recorded_at, state)
        if hashed(pack(columns)).digest() != digest:
            raise changed(position, stream, where)


def _check_versions(rows: Sequence[Stored], after: int, where: object) -> None:
    """Versions follow each other; the first is 1, or 0 where a library counts from there."""
    if rows:
        first = rows[0][2]
        begins = first == after + 1 or (after == -1 and first == 1)
        if not begins or list(map(_VERSION, rows)) != list(range(first, first + len(rows))):
            raise misplaced(rows[0][0], rows[0][1], where)


def _last_without_gap(rows: Sequence[Row], after: int) -> int:
    for row in rows:
        if row.position != after + 1:
            break
        after = row.position
    return after


_POSITION = cast("Any", itemgetter(0))
_VERSION = cast("Any", itemgetter(2))
