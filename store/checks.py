"""Checks of a log: its end when it is opened, every hash and receipt when it is read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from store.damage import (
    broken_at,
    disordered,
    ends_elsewhere,
    missing_after,
    receipt_changed,
    receipts_missing,
    topic_missing,
    unindexed,
)
from store.errors import LogDamaged
from store.log import Link, Log
from store.rows import EARLIEST, Receipt, Row, Tail, chain_of, receipt_digest

PAGE = 10_000

Progress = Callable[[int, int], None]
"""Called with how much is done of how much."""


class Checked(NamedTuple):
    """What was checked: how many facts and receipts, and the chained hash at the end."""

    facts: int
    receipts: int
    chain: bytes


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
    begin, last = after, _link_at(log, after)
    while last.position < until:
        page = log.links(last.position, min(PAGE, until - last.position))
        if not page:
            raise missing_after(last.position, log.where)
        for link in page:
            if link.position != last.position + 1:
                raise missing_after(last.position, log.where)
            if link.chain != chain_of(last.chain, link.digest) or link.recorded_at < last.recorded_at:
                raise broken_at(link.position, log.where)
            last = link
        if progress is not None:
            progress(last.position - begin, until - begin)
    return last.chain


def _link_at(log: Log, position: int) -> Link:
    """The link to begin from; a log begins with an empty chain."""
    if not position:
        return Link(0, EARLIEST, b"", b"")
    found = log.links(position - 1, 1)
    if not found or found[0].position != position:
        raise missing_after(position - 1, log.where)
    return found[0]


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
    known = log.topics()
    last: Row | None = None
    for page in log.follow(0, PAGE):
        for row in page:
            before = last.chain if last else b""
            backwards = last is not None and row.recorded_at < last.recorded_at
            if row.chain != chain_of(before, row.digest) or backwards:
                raise broken_at(row.position, log.where)
            if known.get(row.topic, row.position + 1) > row.position:
                raise topic_missing(row.topic, log.where)
            last = row
        if progress is not None:
            progress(min(page[-1].position, until), until)
        if page[-1].position >= until:
            break
    if (last.position if last else 0) < until:
        raise missing_after(last.position if last else 0, log.where)
    return last.chain if last else b""


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
    count, position = 0, 0
    while page := log.receipt_page(count, PAGE):
        for number, receipt in page:
            if number != count + 1:
                raise receipts_missing(number, count, log.where)
            count = number
            if receipt.position - receipt.facts < position:
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


def check_receipts(
    found: Iterable[tuple[Receipt, bytes]], where: object, head: int | None = None
) -> list[Receipt]:
    """Receipts read with their digests, none of which points beyond the head.

    Raises:
        LogDamaged: one does not match, or facts it counts are gone.
    """
    receipts = []
    for receipt, digest in found:
        if receipt_digest(receipt) != digest:
            raise receipt_changed(receipt.command, where)
        if head is not None and receipt.position > head:
            raise ends_elsewhere(receipt.position, head, where)
        receipts.append(receipt)
    return receipts


def check_count(noted: int, found: int, where: object) -> None:
    """Check that there are as many receipts as were noted with the last append."""
    if noted != found:
        raise receipts_missing(noted, found, where)


def went_back(seen: Tail, found: Tail, where: object) -> LogDamaged:
    """The fault of a log that no longer has what was seen in it: it was replaced meanwhile."""
    if seen.position != found.position:
        return ends_elsewhere(seen.position, found.position, where)
    return broken_at(found.position, where)
