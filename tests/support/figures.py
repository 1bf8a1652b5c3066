"""Asking for figures over cases that came through commands."""

from __future__ import annotations

from typing import Any

from api.parsing import read_period
from commands.cases import RateService
from domain.kernel.documents import Section
from domain.kinds import KINDS
from domain.kinds.aftercare import Rating
from domain.rulebook import Kpi
from domain.rulebook.columns import Column
from domain.rulebook.figures import columns_of, read_kpis
from domain.rulebook.kpis import PERIODS
from projections.figures import Asked, Figure, Listing, evaluate, listed
from tests.support.neighbourhood import Neighbourhood

HOUR = 3_600_000_000


def kpi(**document: Any) -> Kpi:
    """The figure of a definition."""
    return read_kpis(Section({"kpi": document}), KINDS)["kpi"]


def asked(
    definition: Kpi, by: str | None = None, period: str | None = None, site: str | None = None
) -> Asked:
    """How a figure is asked for by the names people use."""
    column: Column | str | None = by
    if by is not None and by not in PERIODS:
        column = columns_of(definition.rows, definition.kinds, KINDS).find(by)
        assert column is not None, by
    return Asked(by=column, period=read_period(period), site=site)


def figure(place: Neighbourhood, definition: Kpi, **how: Any) -> Figure:
    """A figure over a neighbourhood."""
    return evaluate(place.db, definition, asked(definition, **how))


def behind(place: Neighbourhood, definition: Kpi, *, counted: bool | None, **how: Any) -> Listing:
    """The rows behind a figure."""
    return listed(place.db, definition, asked(definition, **how), counted=counted, limit=100)


def rate(place: Neighbourhood, case: str, rating: Rating) -> None:
    """A resident rates a service."""
    place.done(RateService(case=case, rating=rating))
