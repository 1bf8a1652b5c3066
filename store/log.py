"""The append-only log: what every engine offers, and the checks that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from eventsourcing.persistence import IntegrityError

from domain.kernel.refusals import Phrase
from store.damage import unindexed
from store.errors import ClockBehind, LogDamaged, LogFromNewerVersion, RecordedBackwards, StoreFault
from store.recorder import PollingSubscription, Recorder
from store.rows import Link, Receipt, Row, Stored, Tail, instant, sealed

__all__ = [
    "FORMAT",
    "AppendTransaction",
    "IntegrityError",
    "Log",
    "PollingSubscription",
    "Receipt",
    "Remark",
    "Tail",
]

FORMAT = 2
"""The layout of the log's tables; a store with a higher number was written by a newer version."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far behind the log's last row a clock may be and still be raised to it."""

SAMPLES = 1024
GOLDEN = 0.6180339887498949
FINGERPRINT_BYTES = 16
NO_FINGERPRINT = bytes(FINGERPRINT_BYTES)

ReceiptKey = tuple[str, str]
"""Who asked, and the command's id."""


class Remark(NamedTuple):
    """A judgement of something around the log: a version, a setting, a permission."""

    subject: str
    fine: bool
    sentence: Phrase


class AppendTransaction(ABC):
    """The log while one writer holds it: what is read here stays true until the append is done.

    What was appended in the block can be read in it. After a refused append the block stores
    nothing: leaving it raises the refusal again, even where it was caught inside.
    """

    def __init__(self, where: str, tail: Tail) -> None:
        """Begin at the end of the log."""
        self.where = where
        self.tail = tail
        self.grown = False
        self._refused: Exception | None = None

    @property
    def head(self) -> int:
        """The last position."""
        return self.tail.position

    @property
    def last_recorded_at(self) -> int:
        """When the last row was recorded, in microseconds since 1970; the next cannot be earlier.

        For an empty log it is the first instant of the year 1.
        """
        return self.tail.recorded_at

    def raised(self, now: datetime, last: datetime | None = None) -> datetime:
        """The instant to record at: now, or that of the last row where the clock is behind it.

        ``last`` is when a row was recorded that is still to be appended.

        Raises:
            ClockBehind: the clock is too far behind.
        """
        last = last or instant(self.tail.recorded_at)
        if now >= last:
            return now
        if last - now > CLOCK_TOLERANCE:
            raise ClockBehind(now=now.isoformat(), last=last.isoformat(), where=self.where)
        return last

    @abstractmethod
    def rows(self, after: int, limit: int) -> list[Row]:
        """Rows of any stream after a position."""

    @abstractmethod
    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Rows of one stream after a version."""

    @abstractmethod
    def receipts(self, keys: Sequence[ReceiptKey]) -> dict[ReceiptKey, Receipt]:
        """The receipts there are for (scope, command)."""

    def append(self, rows: Sequence[Row], receipts: Sequence[Receipt] = ()) -> list[Row]:
        """Store rows at the positions they name, which follow the head without a gap.

        Every row is counted by one receipt, in the order of the rows, so that neither can end
        before the other unnoticed. Without receipts the log makes one for all rows.

        Returns the rows with their hashes.

        Raises:
            IntegrityError: a version of a stream, or the receipt of a command, is there already.
            RecordedBackwards: a row was recorded before the one it follows.
            ValueError: positions do not follow the head, or a receipt cannot be true.
        """
        try:
            self._must_follow(rows)
            stored = sealed(rows, self.tail.chain)
            receipts = receipts or _own_receipt(rows)
            self._must_be_true(rows, receipts)
            self._insert(stored, receipts)
        except Exception as refusal:
            self._refused = refusal
            raise
        if stored:
            last = stored[-1]
            self.tail = Tail(last.position, last.recorded_at, last.chain)
            self.grown = True
        return stored

    @abstractmethod
    def _insert(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        """Store what was checked."""

    def raise_refusal(self) -> None:
        """Raise the refusal of an earlier append, if there was one."""
        if self._refused is not None:
            raise self._refused

    def _must_follow(self, rows: Sequence[Row]) -> None:
        """Positions and times follow the head; versions of a stream follow each other."""
        last, versions = self.tail.recorded_at, dict[str, int]()
        for expected, (position, stream, version, _, recorded_at, *_) in enumerate(
            rows, self.head + 1
        ):
            if position != expected:
                raise ValueError(f"position {position} where {expected} follows")
            if recorded_at < last:
                at, after = instant(recorded_at).isoformat(), instant(last).isoformat()
                raise RecordedBackwards(at=at, last=after, where=self.where)
            if version < 0 or version != versions.get(stream, version - 1) + 1:
                raise IntegrityError(f"version {version} of {stream} does not follow")
            last, versions[stream] = recorded_at, version

    def _must_be_true(self, rows: Sequence[Row], receipts: Sequence[Receipt]) -> None:
        """Each receipt counts rows of this append, or none, and the last of them is as it says."""
        head, limit = self.head, self.head + len(rows)
        counted = head
        for _, command, fingerprint, stream, version, position, facts in receipts:
            if len(fingerprint) != FINGERPRINT_BYTES:
                raise ValueError(f"the fingerprint of {command} has not {FINGERPRINT_BYTES} bytes")
            if facts < 0 or position - facts != counted or position > limit:
                raise ValueError(f"the receipt of {command} counts rows of others, or skips some")
            if facts and rows[position - head - 1][1:3] != (stream, version):
                raise ValueError(f"the receipt of {command} names another row")
            counted = position
        if counted != limit:
            raise ValueError(f"no receipt counts the rows after position {counted}")


def _own_receipt(rows: Sequence[Row]) -> list[Receipt]:
    """The receipt of rows that nobody asked for by a command of their own."""
    if not rows:
        return []
    first, last = rows[0].position, rows[-1]
    name = f"rows-{first}"
    return [Receipt("", name, NO_FINGERPRINT, last.stream, last.version, last.position, len(rows))]


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
