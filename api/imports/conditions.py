"""Tests whether a step applies: conditions on a row, the case's previous row and its last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

from api.imports.forms import Index
from api.imports.rows import Cells
from domain.kernel.documents import DocumentInvalid, Path, Section, listed
from domain.kernel.refusals import Phrase

Test = Callable[[Cells, Cells | None, Cells | None], bool]
"""Judges a row by its cells, the case's previous row's (None on the first) and its last row's."""

Cell = str | None
Pair = Callable[[Cell, Cell], bool]

KEYS: Final = (
    "is", "is_not", "present", "changed", "from", "to", "increased", "equals", "final",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The conditions of a step. ``history`` and ``future`` say whether other rows are looked at."""

    columns: tuple[str, ...] = ()
    history: bool = False
    future: bool = False
    binders: tuple[Callable[[Index], Test], ...] = ()

    def bind(self, index: Index) -> Test | None:
        """One test of a row, None where every row passes."""
        tests = [binder(index) for binder in self.binders]
        return reduce(_both, tests) if tests else None


def _both(one: Test, other: Test) -> Test:
    return lambda now, before, last: one(now, before, last) and other(now, before, last)


def read_when(value: object, path: Path) -> When:
    """The conditions written at `path`: columns with what they must be, all of which must hold.

    Raises:
        DocumentInvalid: one of them is unclear.
    """
    if value is None:
        return When()
    columns: list[str] = []
    binders: list[Callable[[Index], Test]] = []
    history = future = False
    part = Section(value, path)
    for column, wanted in part.value.items():
        columns.append(column)
        condition = Section(
            wanted if isinstance(wanted, Mapping) else {"is": wanted}, part.at(column)
        )
        binders.extend(_tests(column, condition))
        condition.finish(*KEYS)
        history = history or any(key in condition for key in ("changed", "from", "to", "increased"))
        future = future or "final" in condition
        columns.extend([condition.text("equals")] if "equals" in condition else [])
    return When(columns=tuple(columns), history=history, future=future, binders=tuple(binders))


def _tests(column: str, part: Section) -> Iterator[Callable[[Index], Test]]:
    if not part.value:
        raise DocumentInvalid(
            part.path,
            Phrase(
                f"say what {column} must be: {', '.join(KEYS)}.",
                f"请写明对 {column} 的要求：{'、'.join(KEYS)}。",
            ),
        )
    if "is" in part:
        yield _now(column, _among(part, "is"), wanted=True)
    if "is_not" in part:
        yield _now(column, _among(part, "is_not"), wanted=False)
    if "present" in part:
        yield _now(column, frozenset({None}), wanted=not part.flag("present"))
    if "changed" in part:
        changed = part.flag("changed")
        yield _pair(column, lambda now, before: (now != before) == changed)
    if "from" in part or "to" in part:
        yield _pair(column, _transition(part))
    if "increased" in part:
        increased = part.flag("increased")
        yield _pair(column, lambda now, before: (_number(now) > _number(before)) == increased)
    if "equals" in part:
        yield _same(column, part.text("equals"))
    if "final" in part:
        yield _final(column, wanted=part.flag("final"))


def _now(column: str, values: frozenset[Cell], *, wanted: bool) -> Callable[[Index], Test]:
    def bind(index: Index) -> Test:
        at = index[column]
        if wanted:
            return lambda now, _before, _last: now[at] in values
        return lambda now, _before, _last: now[at] not in values

    return bind


def _pair(column: str, test: Pair) -> Callable[[Index], Test]:
    """A test of the cell now and on the case's previous row; None where there was none."""

    def bind(index: Index) -> Test:
        at = index[column]
        return lambda now, before, _last: test(now[at], None if before is None else before[at])

    return bind


def _transition(part: Section) -> Pair:
    """A change that leaves the values of `from`, enters those of `to`, or both."""
    sources = _among(part, "from") if "from" in part else None
    targets = _among(part, "to") if "to" in part else None

    def moved(now: Cell, before: Cell) -> bool:
        if sources is not None and not (before in sources and now not in sources):
            return False
        return targets is None or (now in targets and before not in targets)

    return moved


def _same(column: str, other: str) -> Callable[[Index], Test]:
    def bind(index: Index) -> Test:
        one, two = index[column], index[other]
        return lambda now, _before, _last: now[one] == now[two]

    return bind


def _final(column: str, *, wanted: bool) -> Callable[[Index], Test]:
    def bind(index: Index) -> Test:
        at = index[column]
        return lambda now, _before, last: last is None or (now[at] == last[at]) == wanted

    return bind


def _number(cell: Cell) -> float:
    try:
        return float(cell or 0)
    except ValueError:
        return 0


def _among(part: Section, key: str) -> frozenset[Cell]:
    values = listed(part.get(key))
    if not values:
        raise DocumentInvalid(
            part.at(key),
            Phrase(f"{key} needs a value or a list of them.", f"{key} 需要一个值或值的列表。"),
        )
    texts: set[Cell] = set()
    for value in values:
        if isinstance(value, bool):
            texts.add(str(value).lower())
        elif isinstance(value, str | int | float):
            texts.add(str(value))
        else:
            raise DocumentInvalid(
                part.at(key), Phrase(f"{key} names texts or numbers.", f"{key} 应为文本或数字。")
            )
    return frozenset(texts)
