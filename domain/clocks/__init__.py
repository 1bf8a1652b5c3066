"""For the clocks of a case: what started, paused and stopped them, when they are due, how they end.

One fold over the facts of one case, as the log holds them. It is the only place that judges a
deadline: decisions, projections and explanations all ask it.
"""

from domain.clocks.clock import Clock, Pause, Verdict
from domain.clocks.fold import clocks_of
from domain.clocks.lookup import Lookup
from domain.clocks.pending import Pending, next_instant, pending
from domain.clocks.reckoning import explanation

__all__ = [
    "Clock",
    "Lookup",
    "Pause",
    "Pending",
    "Verdict",
    "clocks_of",
    "explanation",
    "next_instant",
    "pending",
]
