"""For having all views at once: the five questions, over one log, in one database."""

from __future__ import annotations

from typing import Final

from domain.clocks import Clock
from domain.working_time import Working
from projections.board import Board
from projections.clocks import Clocks
from projections.dossier import Dossier
from projections.first_time_fix import FirstTimeFix
from projections.history import History
from projections.satisfaction import Satisfaction
from store.codec import Codec
from store.log import Log
from store.view_db import ViewDb
from store.views import PAGE, Views

CaseViews = Views[Dossier]
WHOLE: Final = 100


def all_views(log: Log, db: ViewDb, codec: Codec | None = None, *, page: int = PAGE) -> CaseViews:
    """The five views, made where they are missing; `page` is how many facts are written at once."""
    views = (History(), Clocks(), Board(), FirstTimeFix(), Satisfaction())
    return Views(log, db, views, Dossier, unsettled, codec, page=page)


def unsettled(case: Dossier) -> bool:
    """Whether a later calendar may still change the case's rows.

    A year is missing that a deadline counts on, or that a rung beyond the deadline may reach into.
    """
    return any(clock.provisional or _speaks_later(clock) for clock in case.clocks)


def _speaks_later(clock: Clock) -> bool:
    """Whether a rung may come when more working time than the target has passed."""
    if type(clock.within) is not Working or not (clock.running or clock.breached):
        return False
    return any(
        rung.at.percent is not None and rung.at.percent > WHOLE for rung in clock.rule.ladder
    )
