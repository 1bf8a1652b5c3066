"""For the cases that views look at: folded page by page with what is at hand, or all at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Generic, TypeVar

from domain.cases import KINDS
from domain.facts import Recorded, kind_of
from domain.registers import RULES_STREAM, SITE_KIND, Registers
from store.codec import Codec, Row
from store.log import Log
from store.register_reader import REGISTER_TOPICS, take_registers

KEPT_CASES = 20_000
BULK = 5000

Case = TypeVar("Case")
Fold = Callable[[Sequence[Recorded], Registers], Case]


class Folder(Generic[Case]):
    """Folds the cases a page touches. ``at`` is the position up to which it has followed the log.

    The registers it folds with are those at the end of the page, or later ones.
    """

    def __init__(self, log: Log, codec: Codec, fold: Fold[Case]) -> None:
        """Begin with nothing at hand."""
        self.at = -1
        self._log = log
        self._codec = codec
        self._fold = fold
        self._facts: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._registers = Registers()
        self._taken: dict[str, int] = {}

    def forget(self) -> None:
        """Trust nothing at hand any more: a page was not written, or another process wrote it."""
        self.at = -1
        self._facts.clear()
        self._log.just_read.forget()

    def learn(self, page: Sequence[Row], at: int) -> bool:
        """Know the registers for a page that follows a position; whether the page changes any."""
        if self.at != at:
            self.forget()
            self._registers, self._taken = Registers(), {}
            self._take((*self._log.stream(RULES_STREAM), *self._log.prefixed(f"{SITE_KIND}-")))
        self.at = page[-1].position
        news = [row for row in page if row.topic in REGISTER_TOPICS]
        self._take(news)
        return bool(news)

    def _take(self, rows: Iterable[Row]) -> None:
        """Take register facts once each: those read ahead come again in their page."""
        fresh = [row for row in rows if row.version > self._taken.get(row.stream, 0)]
        take_registers(self._registers, fresh, self._codec)
        self._taken.update((row.stream, row.version) for row in fresh)

    def cases(self, streams: Iterable[str], page: Sequence[Row]) -> dict[str, Case]:
        """The cases among some streams, folded from all their facts up to the page's end.

        A case that begins later is left out: a view that is further on may have named it.
        """
        wanted = [s for s in dict.fromkeys(streams) if kind_of(s) in KINDS]
        fresh: dict[str, list[Row]] = {}
        for row in page:
            fresh.setdefault(row.stream, []).append(row)
        missing = [s for s in wanted if not self._extended(s, fresh.get(s, ()))]
        found = self._log.streams(missing, page[-1].position) if missing else []
        for stream, rows in groupby(found, key=lambda row: row.stream):
            self._facts[stream] = list(map(self._codec.decode, rows))
        cases = {s: self._fold(self._facts[s], self._registers) for s in wanted if s in self._facts}
        while len(self._facts) > KEPT_CASES:
            self._facts.popitem(last=False)
        return cases

    def _extended(self, stream: str, rows: Sequence[Row]) -> bool:
        """Whether the facts of a stream are at hand, with these rows as the newest of them."""
        known = self._facts.get(stream)
        if known is None and rows:
            before = rows[0].version - 1
            facts = self._log.just_read.take(stream, before) if before else ()
            if facts is not None:
                known = self._facts[stream] = list(facts)
        if known is None or (rows and rows[0].version != len(known) + 1):
            return False
        known.extend(map(self._codec.decode, rows))
        self._facts.move_to_end(stream)
        return True


def bulks(
    log: Log, codec: Codec, fold: Fold[Case], registers: Registers, until: int
) -> Iterator[tuple[dict[str, Case], int]]:
    """Every case up to a position, folded once, in the order of names, and the facts that took."""
    decode = codec.decode_stream
    cases: dict[str, Case] = {}
    count = 0
    for stream, rows in log.each_stream(until):
        count += len(rows)
        if kind_of(stream) in KINDS:
            cases[stream] = fold(decode(rows), registers)
        if count >= BULK:
            yield cases, count
            cases, count = {}, 0
    yield cases, count
