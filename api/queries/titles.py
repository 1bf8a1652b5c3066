"""Finds what people read for clocks, roles and values: as the right rulebook calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from api.view import View
from domain.kinds.directory import Directory
from store.tables import Record

AT_ONCE: Final = 500


class Titles:
    """Titles by the rulebook that started a run, or by the one in force."""

    def __init__(self, directory: Directory) -> None:
        """Read them from the registers as they stand."""
        self._rules = directory.rules

    def clock(self, name: str, rules: int | None) -> str:
        """What a version of the rules calls a clock; its name where it says nothing else."""
        rule = None if rules is None else self._rules.rulebook(rules).clocks.get(name)
        return (rule.title if rule else "") or name

    def role(self, name: str, rules: int | None) -> str:
        """What a version of the rules calls a role, else the rulebook in force."""
        books = [] if rules is None else [self._rules.rulebook(rules)]
        found = (book.roles.get(name) for book in (*books, self._rules.in_force))
        return next((role.title for role in found if role is not None and role.title), "")

    def value(self, kind: str, field: str, value: Any) -> str | None:  # noqa: ANN401 - whatever the field holds
        """What the rulebook in force calls a value of a field; the value where it says nothing."""
        return None if value is None else self._rules.in_force.vocabulary.title(kind, field, value)


class Judged(NamedTuple):
    """A run and the version of the rules that judges it; ``due`` in microseconds."""

    case: str
    clock: str
    cycle: int
    due: int | None
    rules: int


def runs_of(view: View, cases: Iterable[str]) -> Iterator[Judged]:
    """The runs of some cases."""
    chosen = "SELECT case_id, clock, cycle, due, rules FROM clock_runs WHERE"
    yield from map(Judged._make, rows_of(view, chosen, cases))


def rows_of(view: View, chosen: str, cases: Iterable[str]) -> Iterator[Record]:
    """What a statement chooses of some cases; its text ends where their condition follows."""
    wanted = sorted(set(cases))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        yield from view.tables.ask(f"{chosen} case_id IN ({','.join('?' * len(some))})", some)
