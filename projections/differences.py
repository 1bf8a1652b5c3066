"""The differences between a case as it was judged and as other rules judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.promises import Clock, Fold, without_cause
from domain.promises.facts import EscalationRaised
from projections.instants import micros, optional_micros
from store.row_set import Rows
from store.tables import Column, Record, Table, TableDb

FLIPS: Final = Table(
    name="flips",
    columns=(
        Column("case_id", "TEXT"),
        Column("clock", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("rules", "INTEGER"),
        Column("before", "TEXT", required=False),
        Column("after", "TEXT", required=False),
        Column("due_before", "INTEGER", required=False),
        Column("due_after", "INTEGER", required=False),
    ),
    key=("case_id", "clock", "cycle"),
)
RUNGS: Final = Table(
    name="rungs",
    columns=(
        Column("case_id", "TEXT"),
        Column("clock", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("rung", "INTEGER"),
        Column("role", "TEXT"),
        Column("raised", "INTEGER"),
        Column("site", "TEXT"),
        Column("addressee", "TEXT", required=False),
        Column("reached", "INTEGER"),
    ),
    key=("case_id", "clock", "cycle", "rung", "role", "raised"),
)
WITHOUT_CAUSE: Final = Table(
    name="without_cause",
    columns=(
        Column("case_id", "TEXT"),
        Column("version", "INTEGER"),
        Column("cause", "INTEGER"),
    ),
    key=("case_id", "version"),
)


class Pair(NamedTuple):
    """A case as it was judged and as other rules judge it; one of them may see none."""

    before: Fold
    after: Fold


class Differences:
    """Runs that are judged otherwise, rungs that only one of both raises, facts without cause.

    Of a run that only one of both has, the other verdict is empty. ``raised`` is 1 for a rung that
    the other rules raise besides, 0 for one they spare. A fact without cause follows from a
    warning, a lapse or a rung that they leave out; ``cause`` is the version of that.
    """

    name = "differences"
    version = 1
    tables = (FLIPS, RUNGS, WITHOUT_CAUSE)
    unmoved_by: frozenset[str] = frozenset()

    def rows(self, case: Pair) -> Rows:
        """The rows of a case, none where nothing differs."""
        return {
            FLIPS.name: list(_flips(case)),
            RUNGS.name: list(_rungs(case)),
            WITHOUT_CAUSE.name: [
                (fact.stream, fact.version, cause.version)
                for fact, cause in without_cause(case.before, case.after)
            ],
        }


DIFFERENCES: Final = Differences()


def _flips(case: Pair) -> Iterator[Record]:
    first = case.before.facts[0]
    for run, one, other in runs(case):
        mine, theirs = _stands(one), _stands(other)
        if mine != theirs:
            rules = next(clock.rules for clock in (one, other) if clock is not None)
            yield (
                first.stream, *run, case.before.kind.name, first.site, rules,
                mine[0], theirs[0], mine[1], theirs[1],
            )  # fmt: skip


def runs(case: Pair) -> Iterator[tuple[tuple[str, int], Clock | None, Clock | None]]:
    """Every run by clock and cycle, as it stands before and after; one of both may be missing."""
    before, after = ({(c.name, c.cycle): c for c in fold.clocks} for fold in case)
    for run in dict.fromkeys((*before, *after)):
        yield run, before.get(run), after.get(run)


def _stands(clock: Clock | None) -> tuple[str | None, int | None]:
    """The verdict and the due instant of a run."""
    if clock is None:
        return None, None
    return str(clock.verdict), optional_micros(clock.due)


def _rungs(case: Pair) -> Iterator[Record]:
    before, after = _raised(case.before.clocks), _raised(case.after.clocks)
    for ours, others, raised in ((before, after, 0), (after, before, 1)):
        for key in ours.keys() - others.keys():
            fact, first = ours[key], case.before.facts[0]
            yield (
                first.stream, fact.clock, fact.cycle, fact.rung, fact.to, raised, first.site,
                fact.addressee, micros(fact.reached),
            )  # fmt: skip


def _raised(clocks: Iterable[Clock]) -> dict[tuple[str, int, int, str], EscalationRaised]:
    return {
        (fact.clock, fact.cycle, fact.rung, fact.to): fact
        for clock in clocks
        for fact in clock.raised
    }


# ---------------------------------------------------------------------- reading


class Flip(NamedTuple):
    """A run of a clock that would be judged otherwise; instants in microseconds since 1970, UTC."""

    case_id: str
    clock: str
    cycle: int
    kind: str
    site: str
    rules: int
    before: str | None
    after: str | None
    due_before: int | None
    due_after: int | None


class Rung(NamedTuple):
    """A rung that would be raised besides, or spared; ``reached`` in microseconds."""

    case_id: str
    clock: str
    cycle: int
    rung: int
    role: str
    raised: int
    site: str
    addressee: str | None
    reached: int


VERDICTS: Final = "before IS NOT after"


def flips(db: TableDb, *, limit: int, offset: int = 0) -> list[Flip]:
    """Runs with another verdict, by clock and case; those that move only their due come last."""
    rows = db.ask(
        f"SELECT {', '.join(Flip._fields)} FROM flips"  # noqa: S608 - names of our own
        f" ORDER BY {VERDICTS} DESC, clock, before, after, case_id, cycle LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return [Flip._make(row) for row in rows]


def flipped(db: TableDb) -> list[tuple[str, str | None, str | None, int]]:
    """How many runs of each clock go from one verdict to another."""
    rows = db.ask(
        f"SELECT clock, before, after, count(*) FROM flips WHERE {VERDICTS}"  # noqa: S608 - a text of our own
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    return [(str(c), b and str(b), a and str(a), int(n)) for c, b, a, n in rows]  # type: ignore[misc,arg-type]


def moved(db: TableDb) -> int:
    """How many runs keep their verdict but are due at another instant."""
    ((count,),) = db.ask(f"SELECT count(*) FROM flips WHERE NOT ({VERDICTS})")  # noqa: S608 - as above
    return int(count or 0)


def rungs(db: TableDb, *, limit: int, offset: int = 0) -> list[Rung]:
    """The rungs raised besides or spared, by role and instant."""
    rows = db.ask(
        f"SELECT {', '.join(Rung._fields)} FROM rungs"  # noqa: S608 - names of our own
        " ORDER BY raised DESC, role, reached, case_id, clock, cycle, rung LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return [Rung._make(row) for row in rows]


def called(db: TableDb) -> list[tuple[str, str | None, bool, int]]:
    """How many rungs each role and addressee gets besides (True) or is spared (False)."""
    rows = db.ask(
        "SELECT role, addressee, raised, count(*) FROM rungs GROUP BY 1, 2, 3 ORDER BY 3 DESC, 1, 2"
    )
    return [(str(r), a and str(a), bool(up), int(n)) for r, a, up, n in rows]  # type: ignore[misc,arg-type]


def count_without_cause(db: TableDb) -> int:
    """How many facts follow from what the other rules leave out."""
    ((count,),) = db.ask("SELECT count(*) FROM without_cause")
    return int(count or 0)


def facts_without_cause(db: TableDb, *, limit: int, offset: int = 0) -> list[tuple[str, int, int]]:
    """Case, version and the version of the cause of each such fact, by case."""
    rows = db.ask(
        "SELECT case_id, version, cause FROM without_cause ORDER BY case_id, version"
        " LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return [(str(case), int(version), int(cause)) for case, version, cause in rows]  # type: ignore[arg-type]
