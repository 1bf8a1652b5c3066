"""What people enter long after it happened is marked; what the engine makes is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.kernel.documents import DocumentInvalid
from domain.kernel.facts import Recorded
from domain.kinds import KINDS
from domain.kinds.complaint.facts import ComplaintLodged, ComplaintReplied
from domain.kinds.repair.facts import PauseReason, RepairPaused, RepairReported, RepairResumed
from domain.promises import Fold, entered_late
from domain.promises.facts import DeadlineLapsed
from domain.rulebook.reader import read_rulebook
from tests.support.scenario import after, book, envelope, registers

LODGED = ComplaintLodged(household="1-502", category="noise", channel="phone", receiver="li")
REPLIED = ComplaintReplied(by="li")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def known(tolerance: str | None = None, **clock):
    document = book(clock)
    return registers(
        document if tolerance is None else {**document, "entered_late_after": tolerance}
    )


def entered(fact, version, happened, delay, *, stream="complaint-1", rules=1, **words) -> Recorded:
    """A fact that was entered so long after it happened."""
    at = after(happened)
    recorded = envelope(fact, version, at, stream=stream, rules=rules)
    return recorded._replace(recorded_at=at + delay, **words)


@pytest.mark.parametrize(
    ("tolerance", "delay", "late"),
    [
        (None, DAY, False),
        (None, DAY + SECOND, True),
        ("1h", timedelta(hours=1), False),
        ("1h", timedelta(hours=1, seconds=1), True),
        ("72h", 3 * DAY, False),
    ],
)
def test_a_fact_is_late_beyond_what_its_rulebook_tolerates(tolerance, delay, late):
    rules = known(tolerance).rules
    assert entered_late(entered(REPLIED, 2, "1h", delay), rules) is late


def test_the_rulebook_in_force_when_it_was_recorded_decides():
    rules = registers({**book({}), "entered_late_after": "1h"}, book({})).rules
    assert entered_late(entered(REPLIED, 2, "1h", timedelta(hours=3), rules=1), rules)
    assert not entered_late(entered(REPLIED, 2, "1h", timedelta(hours=3), rules=2), rules)
    assert not entered_late(entered(REPLIED, 2, "1h", DAY, rules=0), rules)


def test_of_an_import_counts_when_its_source_knew():
    rules = known().rules
    imported = entered(REPLIED, 2, "1h", 900 * DAY, known_at=after("2h"))
    assert not entered_late(imported, rules)
    assert entered_late(imported._replace(known_at=after("26h")), rules)


@pytest.mark.parametrize(
    ("actor", "late"),
    [("scheduler", False), ("reaction-close", False), ("scheduler2", True), ("li", True)],
)
def test_what_the_engine_makes_is_never_late(actor, late):
    rules = known().rules
    assert entered_late(entered(REPLIED, 2, "1h", 9 * DAY, actor=actor), rules) is late
    lapse = DeadlineLapsed(clock="reply", cycle=1, due=after("24h"), detected=after("9d"))
    assert not entered_late(entered(lapse, 2, "24h", 9 * DAY, actor=actor), rules)


@pytest.mark.parametrize(("started", "stopped"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_run_counts_the_late_entries_that_began_and_ended_it(started, stopped):
    delay = [timedelta(0), 2 * DAY]
    facts = [entered(LODGED, 1, "0s", delay[started]), entered(REPLIED, 2, "1h", delay[stopped])]
    fold = Fold.of(KINDS["complaint"], facts, known())
    assert fold.clocks[0].late_entries == fold.late_entries == started + stopped


def test_what_does_nothing_to_a_run_is_not_counted_for_it():
    """Of a run that has ended, and of one whose pause is told while it stands still."""
    facts = [entered(LODGED, 1, "0s", 0 * DAY), entered(REPLIED, 2, "1h", 0 * DAY)]
    fold = Fold.of(KINDS["complaint"], [*facts, entered(REPLIED, 3, "2h", 2 * DAY)], known())
    assert (fold.clocks[0].late_entries, fold.late_entries) == (0, 1)


def test_pauses_and_resumptions_entered_late_are_counted_for_the_run_they_hold():
    visit = {
        "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
        "resumes": "resumed",
    }  # fmt: skip
    reported = RepairReported(household="1-502", category="c")
    paused = RepairPaused(reason=next(iter(PauseReason)))
    facts = [
        entered(fact, version, f"{version}h", delay, stream="repair-1")
        for version, (fact, delay) in enumerate(
            [(reported, 0 * DAY), (paused, 2 * DAY), (RepairResumed(), 2 * DAY)], start=1
        )
    ]
    fold = Fold.of(KINDS["repair"], facts, known(**visit))
    assert [clock.late_entries for clock in fold.clocks] == [2]


@pytest.mark.parametrize("value", ["soon", 24, "0h", "", ["1h"], "900000h"])
def test_a_tolerance_is_a_length_of_time(value):
    with pytest.raises(DocumentInvalid) as refused:
        read_rulebook({"rulebook": "x", "entered_late_after": value}, kinds=KINDS)
    assert refused.value.path == ("entered_late_after",)


def test_a_rulebook_tolerates_a_day_unless_it_says_otherwise():
    assert read_rulebook({"rulebook": "x"}, kinds=KINDS).entered_late_after == DAY
    said = read_rulebook({"rulebook": "x", "entered_late_after": "36h"}, kinds=KINDS)
    assert said.entered_late_after == 1.5 * DAY
