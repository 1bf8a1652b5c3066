"""Checks of a log: its end when it is opened, every hash and receipt when it is read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from store.damage import (
    broken_at,
    disordered,
    ends_elsewhere,
    missing_after,
    noting_damage,
    receipt_changed,
    receipts_missing,
    shrunk,
    topic_missing,
    unindexed,
)
from store.errors import LogDamaged
from store.log import Log
from store.rows import EARLIEST, Link, Receipt, Row, Tail, chain_of, check_digests, receipt_digest

PAGE = 10_000

Progress = Callable[[int, int], None]
"""Called with how much is done of how much."""


class Checked(NamedTuple):
    """What was checked: how many facts and receipts, and the chained hash at the end."""

    facts: int
    receipts: int
    chain: bytes


@noting_damage
def check_chain(
    log: Log, after: int = 0, until: int | None = None, progress: Progress | None = None
) -> bytes:
    """Check that every position up to one is there, in order, and chained to the one before.

    Together with the digests, which reading checks, no fact was changed, moved, added or removed.
    Returns the chained hash at the end. Ranges of positions can be checked side by side.

    Raises:
        LogDamaged: the chain is broken.
    """
    until = log.head() if until is None else until
    begin = after
    last, chain = _link_at(log, after)
    while after < until:
        page = log.links(after, min(PAGE, until - after))
        if not page:
            raise missing_after(after, log.where)
        for position, recorded_at, digest, link in page:
            if position != after + 1:
                raise missing_after(after, log.where)
            if sha256(chain + digest).digest() != link or recorded_at < last:
                raise broken_at(position, log.where)
            after, last, chain = position, recorded_at, link
        if progress is not None:
            progress(after - begin, until - begin)
    return chain


def _link_at(log: Log, position: int) -> tuple[int, bytes]:
    """Time and chained hash to go on from; a log begins with an empty one."""
    if not position:
        return EARLIEST, b""
    found = log.links(position - 1, 1)
    if not found or found[0][0] != position:
        raise missing_after(position - 1, log.where)
    return found[0][1], found[0][3]


@noting_damage
def check_whole(log: Log, progress: Progress | None = None) -> Checked:
    """Check everything there is: pages, digests, chain, order, indexes, topics and receipts.

    Raises:
        LogDamaged: something is wrong, with the place.
    """
    for problem in log.integrity():
        raise LogDamaged(where=log.where, problem=problem)
    until = log.head()
    chain = _check_rows(log, until, progress)
    _check_places(log, until)
    return Checked(until, _check_receipts(log), chain)


def _check_rows(log: Log, until: int, progress: Progress | None) -> bytes:
    """Digests, chain, order and topics of all rows up to a position, in one pass."""
    topics = log.topics()
    after, last, chain = 0, EARLIEST, b""
    while after < until:
        page = log.stored(after, min(PAGE, until - after))
        if not page:
            raise missing_after(after, log.where)
        check_digests(page, log.where)
        for position, _, _, topic, recorded_at, _, digest, link in page:
            if position != after + 1:
                raise missing_after(after, log.where)
            if sha256(chain + digest).digest() != link or recorded_at < last:
                raise broken_at(position, log.where)
            if topics.get(topic, position + 1) > position:
                raise topic_missing(topic, log.where)
            after, last, chain = position, recorded_at, link
        if progress is not None:
            progress(after, until)
    return chain


def _check_places(log: Log, until: int) -> None:
    """Streams are read by an index: it must name every row once, in order."""
    count, last = 0, ("", -1)
    for place in log.places(until):
        if place <= last:
            raise disordered(place[0], log.where)
        count, last = count + 1, place
    if count != until:
        raise unindexed(until, count, log.where)


def _check_receipts(log: Log) -> int:
    """Receipts are numbered without gaps, and each counts the rows that follow the last's."""
    count, position = 0, 0
    while page := log.receipt_page(count, PAGE):
        for number, receipt in page:
            if number != count + 1:
                raise receipts_missing(number, count, log.where)
            count = number
            if receipt.position - receipt.facts != position:
                raise receipt_changed(receipt.command, log.where)
            position = receipt.position
        _check_facts_of([receipt for _, receipt in page], log)
    return count


def _check_facts_of(receipts: Sequence[Receipt], log: Log) -> None:
    """The facts a receipt counts are in its stream: the last is where it says."""
    telling = [receipt for receipt in receipts if receipt.facts]
    there = log.facts_at([receipt.position for receipt in telling])
    for receipt in telling:
        if there.get(receipt.position) != (receipt.stream, receipt.version):
            raise receipt_changed(receipt.command, log.where)


def check_last_link(rows: Sequence[Row], where: object) -> None:
    """Check the chained hash of the first of two rows, which follows the second.

    Raises:
        LogDamaged: it does not match.
    """
    if rows:
        before = rows[1].chain if len(rows) > 1 else b""
        if rows[0].chain != chain_of(before, rows[0].digest):
            raise broken_at(rows[0].position, where)


def check_receipts(found: Iterable[Sequence[Any]], where: object) -> list[Receipt]:
    """Receipts as they came from the database, whose eighth column is the digest.

    Raises:
        LogDamaged: one does not match.
    """
    receipts = []
    for row in found:
        receipt = Receipt._make(row[:7])
        if receipt_digest(receipt) != row[7]:
            raise receipt_changed(receipt.command, where)
        receipts.append(receipt)
    return receipts


def check_tail(found: Sequence[Any], where: object) -> tuple[Tail, int]:
    """Where the log ends, and how many receipts there are.

    ``found`` are position, time and chain of the last row, number and position of the last
    receipt. Every row is counted by a receipt, so both end at the same position.

    Raises:
        LogDamaged: rows or receipts are gone, or were added by something else.
    """
    position, recorded_at, chain, number, counted = found
    if position != counted:
        raise ends_elsewhere(counted, position, where)
    return (Tail(position, recorded_at, chain) if position else Tail()), number


def check_grown(seen: Tail, found: Tail, links: Sequence[Link], where: object) -> None:
    """Check that a log still holds what was seen as its end; ``links`` are those at that position.

    Raises:
        LogDamaged: it does not: the log was replaced meanwhile, by an older copy perhaps.
    """
    if found.position < seen.position:
        raise shrunk(seen.position, found.position, where)
    if seen.position and [link[3] for link in links] != [seen.chain]:
        raise broken_at(seen.position, where)
