"""Plans an import: every command of a file in the order of time, line and step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from api.imports.faults import Reject, RowInTheFuture, ValueMissing, rejected
from api.imports.forms import Fill
from api.imports.mapping import Mapping
from api.imports.remedies import located, remedy
from api.imports.rows import Cells, Rows
from api.imports.steps import BoundStep
from commands.envelope import content_of, fingerprint_of
from commands.messages import Message
from domain.kernel.refusals import Refusal

EVERY = 2000

Progress = Callable[[int, int, str], None]
"""Called with how much is done, of how much (0: not known), in which phase."""


class Planned(NamedTuple):
    """A command to be asked at the instant ``at``; they compare in the order of asking."""

    at: datetime
    rank: int
    step: int
    line: int
    case: str
    command: Message
    happened: datetime | None
    actor: str | None

    def id(self, source: str) -> str:
        """The same for the same command of the same file, rising with time."""
        return f"{source}-{self.at.isoformat()[:19]}-{self.line:07d}-{self.step}"

    def key(self, source: str) -> tuple[str, str]:
        """Who asks, and the id."""
        return self.actor or importer_of(source), self.id(source)

    @property
    def fingerprint(self) -> bytes:
        """What is asked, as the receipt of its command keeps it."""
        return fingerprint_of(content_of(self.command, self.happened or self.at))


def importer_of(source: str) -> str:
    """Who asks where the file names nobody."""
    return f"import-{source}"


class Line(NamedTuple):
    """A row with its place in the file, its case and what the mapping looks at."""

    line: int
    case: str
    cells: Cells


class Plan:
    """The commands of a file in the order of their times, and the rows that give none."""

    def __init__(
        self, mapping: Mapping, file: Path, *, now: datetime, progress: Progress | None = None
    ) -> None:
        """Read the file; what is dated after `now` is rejected.

        Raises:
            FileInvalid: it cannot be read or lacks a column.
        """
        self.rows = 0
        self.rejects: list[Reject] = []
        self.commands: list[Planned] = []
        self.said: dict[tuple[str, str], bool] = {}
        """Whether the source says that a clock of a case was kept in time, as last said."""
        self._mapping = mapping
        self._latest = now
        self._reached: dict[str, tuple[datetime, datetime]] = {}
        """Of each case: when it began, and its latest time so far."""
        self._progress = progress
        columns = mapping.columns
        index = {column: i for i, column in enumerate(columns)}
        self._case = mapping.case.bind(index)
        self._steps = [step.bind(index, mapping.times) for step in mapping.steps]
        self._claims = [claim.bind(index) for claim in mapping.claims]
        lines: Iterable[Line] = self._lines(Rows(file, mapping.dialect, columns))
        if mapping.order:
            lines = _ordered(lines, [index[column] for column in mapping.order], mapping)
        self._read(lines)
        self.commands.sort()

    def _lines(self, rows: Rows) -> Iterator[Line]:
        missing = ValueMissing(field="case", column=self._mapping.case.shown)
        setting = remedy(self._mapping, missing)
        for found in rows:
            self.rows += 1
            if self._progress and self.rows % EVERY == 0:
                self._progress(self.rows, 0, "reading")
            if isinstance(found, Reject):
                self.rejects.append(found)
                continue
            line, cells = found
            number = _number(self._case, cells)
            if number is None:
                self.rejects.append(rejected(line, missing, setting=setting))
                continue
            yield Line(line, number, cells)

    def _read(self, lines: Iterable[Line]) -> None:
        history = any(step.when.history for step in self._mapping.steps)
        last: dict[str, Cells] = {}
        if any(step.when.future for step in self._mapping.steps):
            lines = list(lines)
            last = {line.case: line.cells for line in lines}
        before: dict[str, Cells] = {}
        steps = [(number, step, step.test) for number, step in enumerate(self._steps)]
        for rank, line in enumerate(lines):
            _, case, cells = line
            previous, final = before.get(case), last.get(case)
            for number, step, test in steps:
                if test is None or test(cells, previous, final):
                    self._plan(step, rank, number, line)
            if self._claims:
                self._hear(line)
            if history:
                before[case] = cells

    def _hear(self, line: Line) -> None:
        """Take what a row says of verdicts."""
        for number, claim in enumerate(self._claims):
            try:
                in_time = claim.read(line.cells)
            except Refusal as refusal:
                place = ("verdicts", number, "in_time")
                setting = located(self._mapping, place)
                self.rejects.append(rejected(line.line, refusal, case=line.case, setting=setting))
                continue
            if in_time is not None:
                self.said[line.case, claim.clock] = in_time

    def _plan(self, step: BoundStep, rank: int, number: int, line: Line) -> None:
        cells = line.cells
        try:
            at = step.at(cells)
            if at > self._latest:
                raise RowInTheFuture(at=at.isoformat(), now=self._latest.isoformat())
            happened = step.happened(cells) if step.happened else None
            command = step.build(cells, line.case, self._mapping.site.site)
        except Refusal as refusal:
            setting = remedy(self._mapping, refusal, number)
            self.rejects.append(
                rejected(line.line, refusal, case=line.case, command=step.name, setting=setting)
            )
            return
        if self._mapping.keep_order:
            at, happened = self._in_order(line.case, at, happened)
        actor = step.actor(cells) if step.actor else None
        self.commands.append(
            Planned(at, rank, number, line.line, line.case, command, happened, actor)
        )

    def _in_order(
        self, case: str, at: datetime, happened: datetime | None
    ) -> tuple[datetime, datetime | None]:
        """When a command is asked, and happened, where the order of rows is trusted over clocks."""
        began, reached = self._reached.get(case, (at, at))
        if at < reached:
            at, happened = reached, happened or at
        self._reached[case] = (began, at)
        return at, None if happened is None else max(happened, began)


def _number(case: Fill, cells: Cells) -> str | None:
    number = case(cells)
    return None if number is None else sys.intern(number)


def _ordered(lines: Iterable[Line], columns: Sequence[int], mapping: Mapping) -> list[Line]:
    """The rows by the cells of the columns: times and numbers as such, all else as texts."""

    def key(line: Line) -> list[tuple[int, float, str]]:
        return [_sortable(line.cells[column], mapping) for column in columns]

    return sorted(lines, key=key)


def _sortable(cell: str | None, mapping: Mapping) -> tuple[int, float, str]:
    if cell is None:
        return 0, 0.0, ""
    with suppress(ValueError):
        number = float(cell)
        if isfinite(number):  # "nan" would have no place among the others
            return 1, number, ""
    try:
        return 2, mapping.times.read(cell, "order").timestamp(), ""
    except Refusal:
        return 3, 0.0, cell
