"""Compares what the source says was kept with what the engine judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from api.imports.fields import TRUTHS, choice
from api.imports.forms import Form, Index, read_form
from api.imports.rows import Cells
from commands.handler import CommandHandler
from domain.kernel.documents import DocumentInvalid, Section, unknown
from domain.promises import Clock, Fold, Verdict

AT_ONCE: Final = 500
OUTCOMES: Final[Mapping[Verdict, bool]] = {
    Verdict.MET: True,
    Verdict.ENTERED_LATE: True,
    Verdict.LATE: False,
    Verdict.LAPSED: False,
    Verdict.WAIVED: False,
}
"""Whether the work was done in time, of runs that have an outcome."""

Said = Mapping[tuple[str, str], bool]
"""By case and clock: whether the source says that it was done in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a mapping says of one clock: the form that tells whether it was kept in time."""

    clock: str
    in_time: Form

    def bind(self, index: Index) -> BoundClaim:
        """The claim for a file whose columns are known."""
        fill, convert = self.in_time.bind(index), choice("in_time", TRUTHS)

        def read(cells: Cells) -> bool | None:
            text = fill(cells)
            return None if text is None else bool(convert(text))

        return BoundClaim(self.clock, read)


class BoundClaim(NamedTuple):
    """A claim ready for rows; it reads None where a row says nothing."""

    clock: str
    read: Callable[[Cells], bool | None]


class Contradiction(NamedTuple):
    """A run that the source and the engine judge differently."""

    case: str
    clock: str
    said: bool
    verdict: str


class Compared(NamedTuple):
    """How many verdicts were compared with the source, and those that contradict it."""

    total: int
    contradictions: Sequence[Contradiction]


def read_claim(part: Section, clocks: Mapping[str, object] | None) -> Claim:
    """The claim written in a section; `clocks` are those there are, None where that is not known.

    Raises:
        DocumentInvalid: it is unclear, or there is no such clock.
    """
    clock = part.text("clock")
    if clocks is not None and clock not in clocks:
        raise DocumentInvalid(part.at("clock"), unknown("clock", clock, clocks))
    claim = Claim(clock=clock, in_time=read_form(part.need("in_time"), part.at("in_time")))
    part.finish()
    return claim


def compare(said: Said, handler: CommandHandler) -> Compared:
    """Compare what a source says with the verdicts of the log; runs without an outcome are not."""
    with handler.unit_of_work() as unit:
        directory, head = unit.directory, unit.head
    claims: dict[str, dict[str, bool]] = {}
    for (case, clock), in_time in said.items():
        claims.setdefault(case, {})[clock] = in_time
    cases, count = sorted(claims), 0
    found: list[Contradiction] = []
    for start in range(0, len(cases), AT_ONCE):
        rows = handler.log.streams(cases[start : start + AT_ONCE], head)
        for case, facts in groupby(rows, key=lambda row: row.stream):
            kind = handler.routes.kinds.of(case)
            assert kind is not None, "only cases are imported"
            fold = Fold.of(kind, map(handler.codec.decode, facts), directory)
            for clock, in_time in claims[case].items():
                run = _judged(fold, clock)
                if run is not None:
                    count += 1
                    if OUTCOMES[run.verdict] is not in_time:
                        found.append(Contradiction(case, clock, in_time, str(run.verdict)))
    return Compared(count, found)


def _judged(fold: Fold, clock: str) -> Clock | None:
    """The last run of a clock, None where it has no outcome."""
    runs = fold.runs.get(clock, ())
    return runs[-1] if runs and runs[-1].verdict in OUTCOMES else None
