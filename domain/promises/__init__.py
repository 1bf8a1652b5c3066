"""Promises: clocks, ladders and verdicts; what was promised and whether it was kept.

One fold over the facts of one case is the only place that judges a deadline: decisions,
projections and explanations all ask it.
"""

from domain.promises.causes import cause_of, without_cause
from domain.promises.clock import Clock, Pause, Verdict
from domain.promises.facts import MADE_BY_ENGINE
from domain.promises.fold import Fold
from domain.promises.late_entries import entered_late, late_among
from domain.promises.pending import Pending, first_instant, next_instant, pending
from domain.promises.rejudging import judge_anew, settle
from domain.promises.spending import explanation, spent, unit_of

__all__ = [
    "MADE_BY_ENGINE",
    "Clock",
    "Fold",
    "Pause",
    "Pending",
    "Verdict",
    "cause_of",
    "entered_late",
    "explanation",
    "first_instant",
    "judge_anew",
    "late_among",
    "next_instant",
    "pending",
    "settle",
    "spent",
    "unit_of",
    "without_cause",
]
