"""For the order of a history: every command of a file, by its time, then line, then step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from api.imports.faults import Reject, ValueMissing, rejected
from api.imports.forms import Fill
from api.imports.mapping import Mapping
from api.imports.rows import Cells, Rows
from api.imports.steps import BoundStep
from commands.verbs import Command
from domain.refusals import Refusal

EVERY = 2000

Progress = Callable[[int, int, str], None]
"""Hears how much is done, of how much (0: not known), in which phase."""


class Planned(NamedTuple):
    """A command for when the history reaches ``at``; they compare in the order of asking."""

    at: datetime
    rank: int
    step: int
    line: int
    case: str
    command: Command
    happened: datetime | None
    actor: str | None

    def id(self, source: str) -> str:
        """The same for the same command of the same file, rising with time."""
        return f"{source}-{self.at.isoformat()[:19]}-{self.line:07d}-{self.step}"

    def key(self, source: str) -> tuple[str, str]:
        """Who asks, and the id."""
        return self.actor or importer_of(source), self.id(source)


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

    def __init__(self, mapping: Mapping, file: Path, progress: Progress | None = None) -> None:
        """Read the file.

        Raises:
            FileInvalid: it cannot be read or lacks a column.
        """
        self.rows = 0
        self.rejects: list[Reject] = []
        self.commands: list[Planned] = []
        self._mapping = mapping
        self._reached: dict[str, datetime] = {}
        self._progress = progress
        columns = mapping.columns
        index = {column: i for i, column in enumerate(columns)}
        self._case = mapping.case.bind(index)
        self._steps = [step.bind(index, mapping.times) for step in mapping.steps]
        lines: Iterable[Line] = self._lines(Rows(file, mapping.dialect, columns))
        if mapping.order:
            lines = _ordered(lines, [index[column] for column in mapping.order], mapping)
        self._read(lines)
        self.commands.sort()

    def _lines(self, rows: Rows) -> Iterator[Line]:
        case, missing = self._case, ValueMissing(field="case", column=self._mapping.case.shown)
        for found in rows:
            self.rows += 1
            if self._progress and self.rows % EVERY == 0:
                self._progress(self.rows, 0, "reading")
            if isinstance(found, Reject):
                self.rejects.append(found)
                continue
            line, cells = found
            number = _number(case, cells)
            if number is None:
                self.rejects.append(rejected(line, "", missing))
                continue
            yield Line(line, number, cells)

    def _read(self, lines: Iterable[Line]) -> None:
        history = any(step.when.history for step in self._mapping.steps)
        last: dict[str, Cells] = {}
        if any(step.when.future for step in self._mapping.steps):
            lines = list(lines)
            last = {line.case: line.cells for line in lines}
        before: dict[str, Cells] = {}
        for rank, (line, case, cells) in enumerate(lines):
            previous = before.get(case)
            for number, step in enumerate(self._steps):
                if step.test is None or step.test(cells, previous, last.get(case)):
                    self._plan(step, rank, number, Line(line, case, cells))
            if history:
                before[case] = cells

    def _plan(self, step: BoundStep, rank: int, number: int, line: Line) -> None:
        cells = line.cells
        try:
            at = step.at(cells)
            happened = step.happened(cells) if step.happened else None
            command = step.build(cells, line.case, self._mapping.site.site)
        except Refusal as refusal:
            self.rejects.append(rejected(line.line, step.name, refusal))
            return
        if self._mapping.keep_order:
            reached = self._reached.get(line.case, at)
            if at < reached:
                at, happened = reached, happened or at
            self._reached[line.case] = at
        actor = step.actor(cells) if step.actor else None
        self.commands.append(
            Planned(at, rank, number, line.line, line.case, command, happened, actor)
        )


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
    try:
        return 1, float(cell), ""
    except ValueError:
        pass
    try:
        return 2, mapping.times.read(cell, "order").timestamp(), ""
    except Refusal:
        return 3, 0.0, cell
