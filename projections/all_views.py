"""For having all views at once: the five questions, over one log, in one database."""

from __future__ import annotations

from projections.board import Board
from projections.clocks import Clocks
from projections.dossier import Dossier
from projections.first_time_fix import FirstTimeFix
from projections.history import History
from projections.satisfaction import Satisfaction
from store.codec import Codec
from store.log import Log
from store.view_db import ViewDb
from store.views import Views

CaseViews = Views[Dossier]


def all_views(log: Log, db: ViewDb, codec: Codec | None = None) -> CaseViews:
    """The five views, made where they are missing."""
    views = (History(), Clocks(), Board(), FirstTimeFix(), Satisfaction())
    return Views(log, db, views, Dossier, unsettled, codec)


def unsettled(case: Dossier) -> bool:
    """Whether a year is missing from a calendar that one of the case's clocks counts on."""
    return any(clock.provisional for clock in case.clocks)
