"""All row sets of one log in one database, kept by one projector."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kinds
from domain.kinds import KINDS
from domain.kinds.directory import Directory
from domain.promises import Clock, Fold
from domain.working_time import Working
from projections import clock_runs
from projections.cases import Cases
from projections.clock_runs import ClockRuns
from projections.services import Services
from store.codec import Codec, topic_of
from store.fleeting import Reads
from store.log import Log
from store.projector import PAGE, Projector
from store.register_reader import DirectoryReader
from store.row_set import RowSet, Share
from store.tables import TableDb

CaseProjector = Projector[Fold]


def row_sets(
    log: Log,
    db: TableDb,
    codec: Codec | None = None,
    *,
    page: int = PAGE,
    registers: DirectoryReader | None = None,
    share: Share | None = None,
) -> CaseProjector:
    """The projector of all row sets; missing tables are made.

    ``page`` is how many facts are written at once, ``share`` how a rebuild is shared out.
    """
    codec = codec or Codec(KINDS)
    kinds = codec.kinds
    return Projector(
        log, db, case_row_sets(kinds), folding(kinds), unsettled, codec, page=page,
        registers=registers, share=share,
    )  # fmt: skip


def case_row_sets(kinds: Kinds, reads: Reads | None = None) -> tuple[RowSet[Fold], ...]:
    """The row sets of cases, each of which a question can also have for itself.

    ``reads`` are the columns that matter: what takes long to work out is empty in any other.
    """
    runs = ClockRuns() if reads is None else ClockRuns(reads.get(clock_runs.TABLE, frozenset()))
    return Cases(kinds), Services(frozenset(map(topic_of, kinds.common))), runs


def folding(kinds: Kinds) -> Callable[[Sequence[Recorded], Directory], Fold]:
    """How all facts of one case are folded."""

    def fold(facts: Sequence[Recorded], directory: Directory) -> Fold:
        kind = kinds.of(facts[0].stream)
        assert kind is not None, "only cases are folded"
        return Fold.of(kind, facts, directory)

    return fold


def unsettled(case: Fold) -> bool:
    """Whether a later calendar may still change the case's rows.

    A year is missing that a deadline counts on, or that a rung beyond the deadline may reach into.
    """
    return any(
        clock.provisional or (_may_reach_beyond(clock) and (clock.running or clock.breached))
        for clock in case.clocks
    )


def _may_reach_beyond(clock: Clock) -> bool:
    """Whether a rung may come when more working time than the target has passed."""
    rule = clock.rule
    return rule.counted_moments or (rule.beyond_target and type(clock.within) is Working)
