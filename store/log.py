"""The append-only log: what every engine offers, and the checks that all of them share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from eventsourcing.persistence import IntegrityError

from domain.kernel.refusals import Phrase
from store.append import AppendTransaction, ReceiptKey
from store.damage import unindexed
from store.errors import LogDamaged, LogFromNewerVersion, StoreFault
from store.recorder import PollingSubscription, Recorder
from store.rows import Link, Receipt, Row, Stored, Tail

__all__ = [
    "FORMAT",
    "IntegrityError",
    "Log",
    "PollingSubscription",
    "Receipt",
    "Remark",
    "Tail",
]

FORMAT = 2
"""The layout of the log's tables; a store with a higher number was written by a newer version."""

SAMPLES = 1024
GOLDEN = 0.6180339887498949


class Remark(NamedTuple):
    """A judgement of something around the log: a version, a setting, a permission."""

    subject: str
    fine: bool
    sentence: Phrase


class Log(Recorder):
    """An append-only log of rows. Engines differ in where rows are kept, not in what holds.

    Reading checks every row's digest, so that damage is a fault and never another fact.

    ``fault`` is why nothing can be written: a changed table, a topic this program does not know,
    damage that was met at opening or by anybody who read. What can be read is still read.
    """

    where: str
    fault: StoreFault | None = None

    def __init__(self, topics: frozenset[str] | None = None) -> None:
        """Prepare; ``topics`` are the stored names this program knows, all where it is None."""
        super().__init__()
        self._known = topics

    @abstractmethod
    def transaction(self, after: Tail | None = None) -> AbstractContextManager[AppendTransaction]:
        """Hold the log; what is appended is durable when the block is left, or not there at all.

        ``after`` is where the caller last saw the log end. With it PostgreSQL holds nothing in
        the block and appends in one round trip when it is left; if the log ends elsewhere by
        then, nothing is stored, and no answer decided in the block may be given. Other engines
        do not need it.

        Raises:
            StoreFault: the log cannot be written, for the reason its class says.
            HeadMoved: the log does not end at `after`.
        """

    @abstractmethod
    def streams(self, streams: Sequence[str], until: int) -> list[Row]:
        """The rows of several streams up to a position, ordered by stream and version."""

    @abstractmethod
    def prefixed(self, prefix: str) -> list[Row]:
        """The rows of all streams whose name begins with an ASCII prefix, ordered by position."""

    def each_stream(
        self, until: int, part: int = 1, of: int = 1
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        """Each stream up to a position, in the order of names, with its rows as plain tuples.

        ``part`` (from 1) ``of`` several is a range of names with about as many rows as the
        others, so that processes can share the work. Nothing is missing when the rows of all
        parts are as many as `until`; with one part this is checked here.

        Raises:
            LogDamaged: a row is missing, out of order, or does not match its digest.
        """
        if not 1 <= part <= of:
            raise ValueError(f"part {part} of {of}")
        found = self._each_stream(until, *self._names_of(until, part, of))
        return self._noting(found if of > 1 else self._all(found, min(until, self.head())))

    def _noting(
        self, found: Iterator[tuple[str, Sequence[Stored]]]
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        """The same; damage that is met stops the writing."""
        with self.stopped_by_damage():
            yield from found

    def _all(
        self, found: Iterator[tuple[str, Sequence[Stored]]], expected: int
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        """The same; at its end there were as many rows as there are positions."""
        count = 0
        for stream, rows in found:
            count += len(rows)
            yield stream, rows
        if count != expected:
            raise unindexed(expected, count, self.where)

    @abstractmethod
    def _each_stream(
        self, until: int, first: str, end: str | None
    ) -> Iterator[tuple[str, Sequence[Stored]]]:
        """Each stream up to a position from one name on, before another; to the last where None."""

    @abstractmethod
    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""

    @abstractmethod
    def tail(self) -> Tail:
        """Where the log ends."""

    @abstractmethod
    def probe(self) -> None:
        """Check that the log is still where it was opened, without reading it.

        Raises:
            StoreMoved, StoreAway: it is not.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""

    def follow(self, after: int, limit: int = 5000) -> Iterator[list[Row]]:
        """Pages of rows after a position up to the end of the log."""
        while page := self.rows(after, limit):
            yield page
            after = page[-1].position

    # What the check of the whole log reads, and what is around it.

    @abstractmethod
    def stored(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` rows after a position, unchecked."""

    @abstractmethod
    def links(self, after: int, limit: int) -> list[Link]:
        """At most `limit` links of the chain after a position."""

    @abstractmethod
    def places(self, until: int) -> Iterator[tuple[str, int]]:
        """Stream and version of every row up to a position, by the index of streams."""

    @abstractmethod
    def receipt_page(self, after: int, limit: int) -> list[tuple[int, Receipt]]:
        """At most `limit` receipts with their numbers, after a number."""

    @abstractmethod
    def facts_at(self, positions: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Stream and version of the rows at some positions."""

    @abstractmethod
    def topics(self) -> dict[str, int]:
        """Each topic in the log, with a position not after its first use."""

    def integrity(self) -> list[str]:
        """What the engine itself finds wrong with its pages; nothing where it cannot say."""
        return []

    def remarks(self) -> list[Remark]:
        """Judgements of what is around the log: versions, settings, permissions."""
        return []

    def _names_of(self, until: int, part: int, of: int) -> tuple[str, str | None]:
        """The first name of a part, and that of the next: quantiles of a sample of positions."""
        if of == 1 or not until:
            return "", None
        positions = sorted({1 + int(until * (i * GOLDEN % 1)) for i in range(1, SAMPLES)})
        sample = sorted(stream for stream, _ in self.facts_at(positions).values()) or [""]
        bounds = ["", *(sample[len(sample) * i // of] for i in range(1, of))]
        return bounds[part - 1], bounds[part] if part < of else None

    def note_damage(self, fault: LogDamaged) -> None:
        """Refuse to write from now on: whoever reads has met damage."""
        self.fault = self.fault or fault

    @contextmanager
    def stopped_by_damage(self) -> Iterator[None]:
        """Note the damage that is met inside."""
        try:
            yield
        except LogDamaged as fault:
            self.note_damage(fault)
            raise

    def _must_be_writable(self) -> None:
        if self.fault is not None:
            raise type(self.fault)(**self.fault.details)

    def _unknown_topic(self, topics: Iterable[str]) -> LogFromNewerVersion | None:
        """The fault of a log with topics that this program does not know."""
        unknown = sorted(set(topics) - self._known) if self._known is not None else []
        if not unknown:
            return None
        return LogFromNewerVersion(where=self.where, what=", ".join(unknown[:3]))
