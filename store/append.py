"""One append to the log: what must hold of rows and receipts before any engine stores them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta

from eventsourcing.persistence import IntegrityError

from store.errors import ClockBehind, RecordedBackwards
from store.rows import Receipt, Row, Tail, instant, sealed

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far behind the log's last row a clock may be and still be raised to it."""

FINGERPRINT_BYTES = 16
NO_FINGERPRINT = bytes(FINGERPRINT_BYTES)

ReceiptKey = tuple[str, str]
"""Who asked, and the command's id."""


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
