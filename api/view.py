"""What a question looks at: the live tables, or tables made through a lens for it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kinds
from domain.kinds.directory import Directory
from domain.promises import Fold
from projections.lens import Focus, Lens, focus
from projections.parallel import replayed
from projections.replay import ALL, fill, sets_named
from store.codec import Codec
from store.log import Log
from store.open import MEMORY, open_views
from store.projector import Progress
from store.tables import TableDb

if TYPE_CHECKING:
    from api.engine import Engine


class View(Protocol):
    """The facts and rows that a question is answered from; an engine is the view of now."""

    @property
    def lens(self) -> Lens:
        """The lens that is looked through."""

    @property
    def log(self) -> Log:
        """The log."""

    @property
    def codec(self) -> Codec:
        """What reads its rows."""

    @property
    def kinds(self) -> Kinds:
        """The kinds of stream there are."""

    @property
    def tables(self) -> TableDb:
        """The row sets."""

    def directory(self) -> Directory:
        """The registers, with the rules that judge."""

    def position(self) -> int:
        """The position of the log up to which it is looked."""

    def now(self) -> datetime:
        """The instant as of which it is looked."""

    def facts(self, stream: str) -> Sequence[Recorded]:
        """The facts of a stream that are seen, none where there are none."""

    def fold(self, case: str) -> Fold | None:
        """A case as it is seen; None where it is not."""


class Through:
    """A log seen through a lens."""

    def __init__(self, engine: Engine, focus: Focus, tables: TableDb) -> None:
        """Look at tables that were made for the question."""
        self.log = engine.log
        self.codec = engine.codec
        self.kinds = focus.kinds
        self.tables = tables
        self.focus = focus
        self.lens = focus.lens

    def directory(self) -> Directory:
        """The registers up to the position, with the rules that judge."""
        return self.focus.directory

    def position(self) -> int:
        """The position of the log up to which it is looked."""
        return self.focus.until

    def now(self) -> datetime:
        """The instant as of which it is looked."""
        return self.focus.instant

    def facts(self, stream: str) -> Sequence[Recorded]:
        """The facts as they were recorded; under other rules those of a case as they are judged."""
        kind = self.kinds.of(stream)
        if kind is None or (kind.case and not self.focus.sees(stream)):
            return ()
        if kind.case and self.lens.other_rules:
            case = self.fold(stream)
            return () if case is None else case.facts
        return self.focus.facts(self._read(stream))

    def fold(self, case: str) -> Fold | None:
        """A case as it is judged; None where it is not seen."""
        return self.focus.fold(self._read(case)) if self.focus.sees(case) else None

    def _read(self, stream: str) -> list[Recorded]:
        return [self.codec.decode(row) for row in self.log.streams([stream], self.focus.until)]


@contextmanager
def through(
    engine: Engine, lens: Lens, *, names: Sequence[str] = ALL, progress: Progress | None = None
) -> Iterator[View]:
    """What is seen through a lens, until the end of the block; the empty lens is the engine itself.

    ``names`` are the row sets the question reads. Nothing of it touches the live tables.

    Raises:
        DocumentInvalid, CalendarUnknown: the lens's rules cannot judge.
        StoreFault: the log cannot be read.
    """
    if lens.live:
        yield engine
        return
    held = focus(lens, engine.log, engine.registers, engine.kinds, engine.now())
    tables = open_views(MEMORY)
    try:
        found = replayed(engine.store, held, engine.log, engine.codec, names)
        fill(tables, sets_named(names, held.kinds), found, progress or _silent, held.until)
        yield Through(engine, held, tables)
    finally:
        tables.close()


def _silent(done: int, total: int) -> None:
    """Show nothing."""
