"""A stop in time that is entered after the lapse was recorded."""

from __future__ import annotations

import pytest

from domain.kernel.personal import Personal
from domain.kinds.case import CaseClosed
from domain.kinds.complaint.facts import ComplaintLodged, ComplaintReplied
from domain.promises import Verdict, pending
from domain.promises.facts import BreachWaived, DeadlineLapsed
from tests.support.scenario import Case, after, book, registers

LODGED = ComplaintLodged(household="1-502", category="noise", channel="phone", receiver="li")
REPLIED = ComplaintReplied(by="li")
CLOSED = CaseClosed(reason=Personal("x"))
LAPSED = DeadlineLapsed(clock="reply", cycle=1, due=after("24h"), detected=after("24h"))


def complaint(**clock) -> Case:
    """Lodged at the start, to be answered within a day."""
    return Case(registers(book(clock))).happens(LODGED)


@pytest.mark.parametrize(
    ("stop", "verdict"),
    [("23h", Verdict.ENTERED_LATE), ("24h", Verdict.ENTERED_LATE), ("24h1s", Verdict.LATE)],
)
def test_a_stop_in_time_that_is_entered_after_the_lapse_is_entered_late(stop, verdict):
    """The recorded lapse stays: the promise was broken as far as anybody knew."""
    case = complaint(ladder=[{"at": "+1h", "to": "manager"}])
    clock = case.happens(LAPSED, "24h").happens(REPLIED, stop).clock
    assert clock.verdict is verdict
    assert clock.breached
    assert pending(clock, case.known) == []


def test_a_waiver_excuses_what_was_entered_late_as_well():
    waived = BreachWaived(clock="reply", cycle=1, by="ma", reason=Personal("停电"))
    case = complaint().happens(LAPSED, "24h").happens(REPLIED, "23h").happens(waived, "26h")
    assert case.clock.verdict is Verdict.WAIVED


def test_a_cancellation_entered_after_the_lapse_leaves_it_lapsed():
    case = complaint(cancels="closed").happens(LAPSED, "24h").happens(CLOSED, "3h")
    assert case.clock.verdict is Verdict.LAPSED
