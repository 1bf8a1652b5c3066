"""What a question looks at: the live tables, or tables made through a lens for it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kinds
from domain.kinds.directory import Directory
from domain.promises import Fold
from projections.lens import Focus, Lens, focus
from projections.parallel import replayed
from projections.replay import ALL, Wanted, fill, make
from store.codec import Codec
from store.fleeting import FleetingTables
from store.log import Log
from store.projector import Progress
from store.tables import TableDb

if TYPE_CHECKING:
    from api.engine import Engine

Found = TypeVar("Found")


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

    def read(self, question: Callable[[TableDb], Found]) -> Found:
        """What a question finds that reads row sets alone, always the same columns of them."""

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
    """A log seen through a lens. Tables are filled for a question when it reads them."""

    def __init__(
        self, engine: Engine, focus: Focus, names: Sequence[str], progress: Progress
    ) -> None:
        """Look at no table yet."""
        self.log = engine.log
        self.codec = engine.codec
        self.kinds = focus.kinds
        self.focus = focus
        self.lens = focus.lens
        self._store = engine.store
        self._wanted = Wanted(tuple(names))
        self._progress = progress
        self._filled: list[FleetingTables] = []
        self._whole: TableDb | None = None

    @property
    def tables(self) -> TableDb:
        """All tables of the row sets."""
        if self._whole is None:
            self._whole = self._fill(self._wanted)
        return self._whole

    def read(self, question: Callable[[TableDb], Found]) -> Found:
        """What a question finds, in tables that hold what it reads and no more."""
        if self._whole is not None:
            return question(self._whole)
        with closing(FleetingTables()) as empty:
            make(empty, self._wanted.sets(self.kinds))
            reads = empty.reads(question)
        return question(self._fill(self._wanted._replace(reads=reads)))

    def _fill(self, wanted: Wanted) -> TableDb:
        tables = FleetingTables()
        self._filled.append(tables)
        found = replayed(self._store, self.focus, self.log, self.codec, wanted)
        fill(tables, wanted.sets(self.kinds), found, self._progress, self.focus.until)
        return tables

    def close(self) -> None:
        """Let the tables vanish."""
        for tables in self._filled:
            tables.close()

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
    with closing(Through(engine, held, names, progress or _silent)) as view:
        yield view


def _silent(done: int, total: int) -> None:
    """Show nothing."""
