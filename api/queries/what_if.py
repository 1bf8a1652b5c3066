"""Compares how open cases stand with how they would stand under other rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from api.engine import Engine
from api.queries.cases import Answer
from domain.kernel.facts import Recorded
from domain.kinds.directory import Directory
from domain.promises import MADE_BY_ENGINE, Clock, Fold, Verdict
from domain.promises.rules import spell_target
from projections.board import worst_first
from projections.differences import Pair, runs
from projections.replay import some_streams

Heard = Callable[[int, int], None]


class Comparison:
    """What would be different for open cases.

    ``otherwise`` are the running clocks with another due instant or verdict, ``gained`` and
    ``lost`` the runs that a case would have besides, or would not have. ``labels`` are those any
    case that was looked at carries.
    """

    def __init__(self) -> None:
        """Begin before the first case."""
        self.looked_at = 0
        self.otherwise: list[Answer] = []
        self.gained: list[Answer] = []
        self.lost: list[Answer] = []
        self.labels: set[str] = set()

    def take(self, case: Sequence[Recorded], now: datetime, ours: Fold, other: Fold) -> None:
        """Compare two folds of the same case."""
        self.looked_at += 1
        self.labels.update(getattr(ours.state, "labels", ()))
        zone = ours.directory.zone(case[0].site)
        for (name, cycle), before, after in runs(Pair(ours, other)):
            told = [None if c is None else _stands(c, now, zone) for c in (before, after)]
            if told[0] == told[1] or not (before is None or after is None or before.running):
                continue
            title = next(c.rule.title for c in (after, before) if c is not None)
            row = {"case": case[0].stream, "clock": name, "title": title, "cycle": cycle}
            row |= {"before": told[0], "after": told[1]}
            found = (
                self.lost if after is None else self.gained if before is None else self.otherwise
            )
            found.append(row)


def compare(
    engine: Engine, other: Directory, now: datetime, *, limit: int, heard: Heard | None = None
) -> Comparison:
    """Fold open cases, at most so many and the worst first, under these rules and under others.

    Both folds leave out what the engine itself recorded, so that both judge anew and only the
    rules differ.
    """
    directory, found = engine.directory(), Comparison()
    cases = [row.case_id for row in worst_first(engine.projector.db, limit=limit)]
    for facts in _facts(engine, cases):
        kind = engine.routes.kinds.of(facts[0].stream)
        assert kind is not None, "only cases are on the board"
        found.take(facts, now, Fold.of(kind, facts, directory), Fold.of(kind, facts, other))
        if heard is not None:
            heard(found.looked_at, len(cases))
    return found


def _facts(engine: Engine, cases: Sequence[str]) -> Iterator[list[Recorded]]:
    """The facts of each case, without those of the engine's own making."""
    for _, rows in some_streams(engine.log, cases, engine.log.head()):
        recorded = map(engine.codec.decode, rows)
        yield [fact for fact in recorded if not isinstance(fact.fact, MADE_BY_ENGINE)]


def _stands(clock: Clock, now: datetime, zone: Any) -> Answer:  # noqa: ANN401 - a time zone
    """How a run stands: its target, its due instant at the site, and its verdict as of now."""
    overdue = clock.running and clock.due is not None and clock.due < now
    return {
        "target": spell_target(clock.within),
        "due": None if clock.due is None else clock.due.astimezone(zone),
        "verdict": str(Verdict.LAPSED if overdue else clock.verdict),
    }
