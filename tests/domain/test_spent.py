"""How much of a promise was used until it ended, as tables keep it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from hypothesis import given, strategies as st

from domain.kinds.repair.facts import (
    PauseReason,
    RepairPaused,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)
from domain.promises import explanation, spent
from tests.support.scenario import START, Case, after, book, registers

PAUSED = RepairPaused(reason=PauseReason.PARTS)
VISIT = {
    "case": "repair", "starts": "reported", "stops": ["arrived", "completed"],
    "pauses": "paused", "resumes": "resumed",
}  # fmt: skip
SPENT_IN = st.sampled_from(
    ["10h", {"working": "9h", "calendar": "office"}, {"days": 2}, {"months": 1},
     {"working_days": 2, "calendar": "office"}, {"business_days": 2, "calendar": "office"},
     {"working_days": 2, "calendar": "office", "through_rest_days": True},
     {"working_days": 2, "calendar": "office", "until": "close"}, {"at": "promised"}]
)  # fmt: skip


@given(SPENT_IN, st.integers(-100, 9000), st.booleans())
def test_what_tables_keep_of_an_ended_run_is_what_its_explanation_sums_to(within, minutes, paused):
    """The short ways of counting, which tables take, agree with the exact one."""
    office = {"name": "office", "hours": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}}
    known = registers(office, book(visit={**VISIT, "within": within}))
    case = Case(known, "repair-1").happens(
        RepairReported(household="h", category="x", promised=after("9h30m"))
    )
    if paused:
        case.happens(PAUSED, "30m").happens(RepairResumed(), "95m")
    assert spent(case.clock, known) is None
    case.happens(TechnicianArrived(technician="z", visit=1), START + timedelta(minutes=minutes))
    told = explanation(case.clock, known)
    amounts = [told.consumed, told.late]
    wanted = [float(a) if isinstance(a, Fraction) else a.total_seconds() for a in amounts]
    assert list(spent(case.clock, known)) == wanted
