"""Row sets as SQL: where the rows of a figure come from, and what each of their columns is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.rulebook.columns import JUDGED, Column, RowSet, Type
from domain.rulebook.kpis import Comparison, Criterion
from store.tables import TableDb, Value

FAR: Final = 1 << 62
"""Farther than any length of time in microseconds: stands in for one that never ends."""

_AGAIN: Final = (
    "((SELECT n.opened FROM cases AS n WHERE n.site = c.site AND n.household = c.household"
    " AND n.category = c.category AND n.opened >= c.closed AND n.case_id <> c.case_id"
    " ORDER BY n.opened LIMIT 1) - c.closed)"
)
_SERVED_AGAIN: Final = (
    "CASE WHEN EXISTS (SELECT 1 FROM services AS n WHERE n.case_id = s.case_id"
    " AND n.cycle > s.cycle AND n.served IS NOT NULL) THEN 1 ELSE 0 END"
)


class Sql(NamedTuple):
    """A piece of a statement with the parameters it asks for."""

    text: str
    parameters: tuple[Value, ...] = ()


class Set(NamedTuple):
    """A row set as tables have it.

    ``day`` is the local day by which a row belongs to a period, ``at`` the instant behind it,
    ``outcome`` what came of it,
    ``key`` what names a row, ``rows`` the condition of those that are rows of figures, and
    ``made`` the columns that are computed.
    """

    table: str
    alias: str
    day: str
    at: str
    outcome: str | None
    key: tuple[str, ...]
    rows: str
    made: Mapping[str, str]


def _amount(column: str) -> str:
    """An amount of a target as a length: a day of a target in days is one of 24 hours."""
    lengths = (("seconds", 1_000_000), ("days", 86_400_000_000))
    cases = (
        f"WHEN '{unit}' THEN CAST(round({column} * {micros}) AS BIGINT)" for unit, micros in lengths
    )
    return f"(CASE r.unit {' '.join(cases)} END)"


SETS: Final[Mapping[RowSet, Set]] = MappingProxyType(
    {
        "cases": Set(
            "cases", "c", "closed_on", "closed", None, ("case_id",), "c.closed IS NOT NULL",
            {
                "served_after": "(c.served - c.opened)",
                "closed_after": "(c.closed - c.opened)",
                "closed_after_net": "(c.closed - c.opened - c.paused)",
                "again_after": _AGAIN,
            },
        ),
        "services": Set(
            "services", "s", "served_on", "served", "answer", ("case_id", "cycle"),
            "s.served IS NOT NULL",
            {"served_after": "(s.served - s.opened)", "served_again": _SERVED_AGAIN},
        ),
        "clocks": Set(
            "clock_runs", "r", "due_on", "due", "verdict", ("case_id", "clock", "cycle"),
            f"r.verdict IN ({', '.join(map(repr, JUDGED))})",
            {
                "stopped_after": "(r.stopped - r.started)",
                "consumed": _amount("r.consumed"),
                "lateness": _amount("r.lateness"),
            },
        ),
    }
)  # fmt: skip


class Source:
    """The rows of one row set. It notes whether a column of their case was asked for."""

    def __init__(self, db: TableDb, rows: RowSet) -> None:
        """Begin with the row set alone."""
        self.set = SETS[rows]
        self.joined = False
        self._with_cycles = False
        self._db = db

    @property
    def tables(self) -> str:
        """What stands behind FROM."""
        table, alias = self.set.table, self.set.alias
        found = f"{table} AS {alias}"
        if self.joined and alias != "c":
            found += f" JOIN cases AS c ON c.case_id = {alias}.case_id"
        if self._with_cycles and alias == "c":
            found += " JOIN services AS s ON s.case_id = c.case_id"
        return found

    @property
    def cycles(self) -> str:
        """The service cycles of the rows: a service is one itself, a case is joined with its own.

        There is a row for each cycle then.
        """
        self._with_cycles = True
        return "s"

    def own(self, name: str) -> str:
        """A column of the table."""
        return f"{self.set.alias}.{name}"

    def column(self, column: Column) -> Sql:
        """What a column is."""
        if column.origin == "own":
            return Sql(self.set.made.get(column.name) or self.own(column.name))
        self.joined = True
        if column.origin == "label":
            return Sql(*self._db.json_text("c.labels", column.name))
        return Sql(f"c.{column.name}")

    def meets(self, criterion: Criterion) -> Sql:
        """Whether a row meets a line of a condition."""
        column = criterion.column
        if column.type is Type.WORD:
            tests = [self._word(column.name, c.operator) for c in criterion.comparisons]
        else:
            tests = _tests(self.column(column), column.type, criterion)
        joint = " AND " if criterion.every else " OR "
        parameters = tuple(value for test in tests for value in test.parameters)
        return Sql(f"({joint.join(test.text for test in tests)})", parameters)

    def _word(self, word: str, operator: str) -> Sql:
        """Whether a fact came: in the service cycle of a service, in any of a case."""
        found, parameters = "s.words LIKE ?", (f'%"{word}":%',)
        if self.set.alias == "c":
            found = (
                "EXISTS (SELECT 1 FROM services AS w"
                " WHERE w.case_id = c.case_id AND w.words LIKE ?)"
            )
        return Sql(found if operator == "some" else f"NOT {found}", parameters)


def _tests(column: Sql, kept: Type, criterion: Criterion) -> list[Sql]:
    """The comparisons of a line, of which one or every one must hold."""
    given = criterion.comparisons
    text, parameters = column
    if kept is Type.COUNT:
        text = f"coalesce({text}, 0)"  # a count that a kind does not keep is nought
    if all(one.operator == "=" for one in given) and len(given) > 1:
        wanted = tuple(_kept(one) for one in given)
        return [Sql(f"{text} IN ({', '.join('?' * len(given))})", (*parameters, *wanted))]
    if kept is Type.LENGTH and (shortened := _shortened(text, given)):
        return [Sql(shortened.text, (*parameters, *shortened.parameters))]
    return [_test(Sql(text, parameters), kept, one) for one in given]


def _test(column: Sql, kept: Type, one: Comparison) -> Sql:
    text, parameters = column
    if kept is Type.COUNT and one.operator in {"some", "none"}:
        return Sql(f"{text} {'>' if one.operator == 'some' else '='} 0", parameters)
    match one.operator:
        case "some":
            return Sql(f"{text} IS NOT NULL", parameters)
        case "none":
            return Sql(f"{text} IS NULL", parameters)
        case "!=":
            test = f"({text} IS NULL OR {text} <> ?)"
            return Sql(test, (*parameters, *parameters, _kept(one)))
        case operator:
            return Sql(f"{text} {operator} ?", (*parameters, _kept(one)))


def _shortened(text: str, given: tuple[Comparison, ...]) -> Sql | None:
    """``[none, "> 168h"]`` as one test, because a computed length is worth looking up once."""
    by_operator = {one.operator: one for one in given}
    if len(given) != 2 or "none" not in by_operator:  # noqa: PLR2004 - none and one other
        return None
    (other,) = (one for one in given if one.operator != "none")
    if other.operator in {">", ">="}:
        return Sql(f"coalesce({text}, {FAR}) {other.operator} ?", (_kept(other),))
    if other.operator in {"<", "<="}:
        return Sql(f"coalesce({text}, -{FAR}) {other.operator} ?", (_kept(other),))
    return None


def _kept(one: Comparison) -> Value:
    """The operand as tables keep it."""
    return int(one.operand) if isinstance(one.operand, bool) else one.operand
