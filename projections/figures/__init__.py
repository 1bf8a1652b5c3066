"""Figures: definitions of the rulebook, computed over the row sets. It knows tables only."""

from projections.figures.evaluation import Question, evaluate, evaluate_all
from projections.figures.listing import Entry, Listing, listed
from projections.figures.parts import SMALL, Figure, Row
from projections.figures.periods import Period
from projections.figures.selection import Asked

__all__ = [
    "SMALL",
    "Asked",
    "Entry",
    "Figure",
    "Listing",
    "Period",
    "Question",
    "Row",
    "evaluate",
    "evaluate_all",
    "listed",
]
