"""A lens: which facts a question looks at, as known and true when, and under which rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from domain.kernel.facts import Recorded, kind_of
from domain.kernel.kinds import Kinds
from domain.kinds.directory import Directory
from domain.kinds.rules.decisions import CalendarUnknown
from domain.promises import Fold, judge_anew, settle
from domain.rulebook import read_rulebook
from domain.working_time.documents import calendar_from_document
from store.log import Log
from store.register_reader import DirectoryReader
from store.rows import instant as instant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """How the log is looked at; the empty lens is the live tables.

    ``until`` is the last position, ``known_at`` the instant by which facts were recorded and
    ``true_at`` the one by which they had happened. ``rulebook`` and ``calendars`` are documents
    that judge every fact; without sites, kinds or cases all of them are looked at.
    """

    until: int | None = None
    known_at: datetime | None = None
    true_at: datetime | None = None
    rulebook: Mapping[str, Any] | None = None
    calendars: tuple[Mapping[str, Any], ...] = ()
    sites: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    cases: frozenset[str] | None = None

    @property
    def other_rules(self) -> bool:
        """Whether facts are judged by other rules than those of their time."""
        return self.rulebook is not None or bool(self.calendars)

    @property
    def as_recorded(self) -> Lens:
        """The same with the rules of the time."""
        return replace(self, rulebook=None, calendars=())

    @property
    def dated(self) -> bool:
        """Whether it ends before the log does, or may."""
        return (self.until, self.known_at, self.true_at) != (None, None, None)

    @property
    def live(self) -> bool:
        """Whether the live tables say what is seen through it."""
        return self == LIVE


LIVE: Final = Lens()


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """A lens held over a log: up to which position and instant, and with which registers.

    ``directory`` judges; ``registers`` is the same without the lens's own rules.
    """

    lens: Lens
    kinds: Kinds
    until: int
    instant: datetime
    registers: Directory
    directory: Directory

    def sees(self, stream: str) -> bool:
        """Whether a stream is a case that is looked at, as far as its name tells."""
        lens, kind = self.lens, self.kinds.of(stream)
        if kind is None or not kind.case or (lens.kinds and kind.name not in lens.kinds):
            return False
        return lens.cases is None or stream in lens.cases

    def facts(self, facts: Sequence[Recorded]) -> Sequence[Recorded]:
        """The facts of a stream that are seen."""
        lens = self.lens
        if not facts or (lens.sites and facts[0].site not in lens.sites):
            return ()
        if lens.true_at is None:
            return facts
        return [recorded for recorded in facts if recorded.occurred_at <= lens.true_at]

    def fold(self, facts: Sequence[Recorded]) -> Fold | None:
        """A case as it is seen, with all that fell due by the instant; None where it is not seen.

        ``facts`` are those of one case up to the position.
        """
        seen = self.facts(facts)
        if not seen:
            return None
        kind = self.kinds[kind_of(seen[0].stream)]
        if self.lens.other_rules:
            return judge_anew(kind, seen, self.directory, until=self.instant)
        case = Fold.of(kind, seen, self.directory)
        if self.lens.dated:
            settle(case, self.instant)
        return case

    @property
    def as_recorded(self) -> Focus:
        """The same facts, judged by the rules of their time."""
        return replace(self, lens=self.lens.as_recorded, directory=self.registers)


def focus(lens: Lens, log: Log, registers: DirectoryReader, kinds: Kinds, now: datetime) -> Focus:
    """Hold a lens over a log as it is now.

    Raises:
        DocumentInvalid: the rulebook or a calendar cannot be read.
        CalendarUnknown: the rulebook counts on a calendar that there is not.
    """
    until = log.head() if lens.until is None else min(lens.until, log.head())
    instants = [at for at in (lens.known_at, lens.true_at) if at is not None]
    if lens.known_at is not None:
        until = position_at(log, lens.known_at, until)
    elif lens.until is not None and until:
        instants.append(_recorded_at(log, until))
    instant = min(instants, default=now)
    return refocus(lens, registers.at(until), kinds, until=until, instant=instant)


def refocus(
    lens: Lens, registers: Directory, kinds: Kinds, *, until: int, instant: datetime
) -> Focus:
    """The same lens held up to a position and an instant that are known already."""
    return Focus(
        lens=lens,
        kinds=kinds,
        until=until,
        instant=instant,
        registers=registers,
        directory=_under(lens, registers, kinds),
    )


def position_at(log: Log, instant: datetime, head: int) -> int:
    """The last position up to `head` that was recorded by an instant: they are in one order."""
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        if _recorded_at(log, middle) <= instant:
            low = middle
        else:
            high = middle - 1
    return low


def _recorded_at(log: Log, position: int) -> datetime:
    (row,) = log.rows(position - 1, 1)
    return instant_of(row.recorded_at)


def _under(lens: Lens, registers: Directory, kinds: Kinds) -> Directory:
    """The registers with the lens's own calendars and rulebook in the place of all others."""
    directory = registers
    for document in lens.calendars:
        directory = directory.counting(calendar_from_document({**document, "version": 1}))
    if lens.rulebook is None:
        return directory
    book = read_rulebook(lens.rulebook, kinds=kinds)
    for name in sorted(book.calendars):
        if directory.rules.calendar(name, directory.rules.version) is None:
            raise CalendarUnknown(calendar=name)
    return directory.under(book)
