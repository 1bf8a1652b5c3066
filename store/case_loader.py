"""Loads and folds cases: page by page with what is at hand, or all at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Generic, TypeVar

from domain.kernel.facts import Recorded
from domain.kinds.directory import Directory
from store.codec import Codec
from store.log import Log
from store.register_reader import DirectoryReader
from store.rows import Row

KEPT_CASES = 20_000
BULK = 5000

Case = TypeVar("Case")
FoldCase = Callable[[Sequence[Recorded], Directory], Case]


class CaseLoader(Generic[Case]):
    """Folds the cases a page touches. ``at`` is the position up to which it has followed the log.

    The directory it folds with is that of the end of the page.
    """

    def __init__(
        self, log: Log, codec: Codec, fold: FoldCase[Case], registers: DirectoryReader
    ) -> None:
        """Begin with nothing at hand."""
        self.at = -1
        self._log = log
        self._codec = codec
        self._fold = fold
        self._facts: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._registers = registers
        self._directory = Directory(codec.kinds)

    def forget(self) -> None:
        """Trust nothing at hand any more: a page was not written, or another process wrote it."""
        self.at = -1
        self._facts.clear()

    def follow(self, page: Sequence[Row], at: int) -> bool:
        """Bring the directory to a page that follows a position; whether the page changes it."""
        if self.at != at:
            self.forget()
        self.at = page[-1].position
        changed = self._registers.take_page(page, at)
        self._directory = self._registers.at(self.at)
        return changed

    def cases(self, streams: Iterable[str], page: Sequence[Row]) -> dict[str, Case]:
        """The cases among some streams, folded from all their facts up to the page's end.

        A case that begins later is left out: a row set that is further on may have named it.
        """
        wanted = [s for s in dict.fromkeys(streams) if self._is_case(s)]
        fresh: dict[str, list[Row]] = {}
        for row in page:
            fresh.setdefault(row.stream, []).append(row)
        missing = [s for s in wanted if not self._extended(s, fresh.get(s, ()))]
        found = self._log.streams(missing, page[-1].position) if missing else []
        for stream, rows in groupby(found, key=lambda row: row.stream):
            self._facts[stream] = list(map(self._codec.decode, rows))
        cases = {s: self._fold(self._facts[s], self._directory) for s in wanted if s in self._facts}
        while len(self._facts) > KEPT_CASES:
            self._facts.popitem(last=False)
        return cases

    def _is_case(self, stream: str) -> bool:
        kind = self._codec.kinds.of(stream)
        return kind is not None and kind.case

    def _extended(self, stream: str, rows: Sequence[Row]) -> bool:
        """Whether the facts of a stream are at hand, with these rows as the newest of them."""
        known = self._facts.get(stream)
        if known is None and rows and rows[0].version == 1:
            known = self._facts[stream] = []
        if known is None or (rows and rows[0].version != len(known) + 1):
            return False
        known.extend(map(self._codec.decode, rows))
        self._facts.move_to_end(stream)
        return True


def bulks(
    log: Log, codec: Codec, fold: FoldCase[Case], directory: Directory, until: int
) -> Iterator[tuple[dict[str, Case], int]]:
    """Every case up to a position, folded once, by name, and how many facts each bulk took."""
    decode = codec.decode_stream
    cases: dict[str, Case] = {}
    count = 0
    for stream, rows in log.each_stream(until):
        count += len(rows)
        kind = codec.kinds.of(stream)
        if kind is not None and kind.case:
            cases[stream] = fold(decode(rows), directory)
        if count >= BULK:
            yield cases, count
            cases, count = {}, 0
    yield cases, count
