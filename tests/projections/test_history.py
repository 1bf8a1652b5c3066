"""What happened to a case: every fact in order, found by any of its numbers, as of any instant."""

from datetime import datetime, timedelta

from commands.complaint import ReclassifyComplaint
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    PauseRepair,
    RecordArrival,
    ResumeRepair,
)
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds.complaint.facts import Nature
from domain.kinds.repair.facts import PauseReason
from projections.history import Entry, find_case, history
from projections.lens import position_at
from tests.support.neighbourhood import Neighbourhood
from tests.support.scenario import CODEC


def told(place: Neighbourhood, case: str, as_of: datetime | None = None) -> list[Entry]:
    head = place.log.head()
    until = head if as_of is None else position_at(place.log, as_of, head)
    rules = place.handler.directory.rules
    return list(history(map(CODEC.decode, place.log.streams([case], until)), rules))


def test_every_fact_is_told_in_order_with_who_and_when(place: Neighbourhood):
    case = place.repair()
    began = place.now
    place.wait("10m")
    place.done(AcceptRepair(case=case, technician=StaffId("wu")), actor="wu")
    place.wait("5m")
    place.done(RecordArrival(case=case), actor="li", occurred_at=began)
    entries = told(place, case)
    assert [(e.version, e.fact, e.word, e.actor) for e in entries] == [
        (1, "RepairReported", "reported", "system"),
        (2, "RepairAccepted", "accepted", "wu"),
        (3, "TechnicianArrived", "arrived", "li"),
    ]
    assert (entries[2].occurred_at, entries[2].recorded_at) == (began, place.now)


def test_an_import_into_a_later_log_says_when_its_source_knew(place: Neighbourhood):
    case = place.repair()
    place.wait("3d")
    place.repair()
    known = place.now - timedelta(days=1)
    place.done(AcceptRepair(case=case, technician=StaffId("wu")), recorded_at=known)
    reported, *_, accepted = told(place, case)
    assert reported.known_at is None
    assert (accepted.occurred_at, accepted.known_at, accepted.recorded_at) == (
        known, known, place.now,
    )  # fmt: skip
    assert len(told(place, case, as_of=place.now - timedelta(days=1))) == 1


def test_an_entry_says_only_what_it_changed(place: Neighbourhood):
    case = place.repair()
    place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    place.done(DispatchRepair(case=case, technician=StaffId("wu"), team="water"))
    assert [entry.changed for entry in told(place, case)][1:] == [
        {"technician": "wu"},
        {"team": "water"},
    ]


def test_every_escalation_says_all_it_holds(place: Neighbourhood):
    """Rungs share clock, cycle and due instant: each says them anew, and whom it reached when."""
    case = place.complaint()
    due = place.now + timedelta(hours=24)
    place.wait("27h")
    place.tick(case)
    rungs = [entry.changed for entry in told(place, case) if entry.word == "escalated"]
    assert rungs == [
        {
            "clock": "reply", "cycle": 1, "rung": number, "due": due, "reached": reached,
            "detected": place.now, "to": role, "addressee": staff, "cause": "time",
        }
        for number, role, staff, reached in (
            (1, "supervisor", "sun", due), (2, "manager", "ma", due + timedelta(hours=2)),
        )
    ]  # fmt: skip


def test_what_describes_a_case_is_compared_with_its_last_description(place: Neighbourhood):
    """A second pause for the same reason says the reason; a category that stays is not repeated."""
    case = place.repair()
    for _ in range(2):
        place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
        place.done(ResumeRepair(case=case))
    assert [e.changed for e in told(place, case) if e.word == "paused"] == [
        {"reason": PauseReason.PARTS}
    ] * 2
    noise = place.complaint()
    place.done(
        ReclassifyComplaint(
            case=noise, category="noise", level=2, nature=Nature.GENERAL,
            by=StaffId("li"), reason=Personal("loud"),
        )
    )  # fmt: skip
    assert told(place, noise)[-1].changed == {"level": 2, "by": "li", "reason": "loud"}


def test_personal_texts_are_told_as_texts(place: Neighbourhood):
    case = place.repair(place=Personal("1-2-301"))
    assert told(place, case)[0].changed["place"] == "1-2-301"


def test_as_of_an_instant_only_what_was_known_then_is_told(place: Neighbourhood):
    case = place.repair()
    began = place.now
    place.wait("1h")
    place.done(CompleteRepair(case=case), occurred_at=began)  # entered an hour late
    assert len(told(place, case, as_of=began)) == 1
    words = [entry.word for entry in told(place, case, as_of=place.now)]
    assert words == ["reported", "lapsed", "escalated", "completed"]
    assert told(place, "repair-none") == []


def test_a_case_is_found_by_its_own_number(place: Neighbourhood):
    case = place.repair()
    assert find_case(place.log, CODEC, place.db, case) == case


def test_a_case_is_found_by_the_number_it_has_elsewhere(place: Neighbourhood):
    case = place.repair(external_id="12345-7")
    assert find_case(place.log, CODEC, place.db, "12345-7") == case


def test_a_number_elsewhere_that_looks_like_one_of_ours_is_found_too(place: Neighbourhood):
    case = place.repair(external_id="repair-1")
    assert find_case(place.log, CODEC, place.db, "repair-1") == case


def test_a_number_of_two_cases_finds_none(place: Neighbourhood):
    place.repair(external_id="7")
    place.complaint(external_id="7")
    assert find_case(place.log, CODEC, place.db, "7") is None


def test_an_unknown_number_and_what_is_no_case_find_nothing(place: Neighbourhood):
    assert find_case(place.log, CODEC, place.db, "repair-9") is None
    assert find_case(place.log, CODEC, place.db, "site-north") is None
    assert find_case(place.log, CODEC, place.db, "") is None


def test_what_was_entered_late_is_marked(place: Neighbourhood):
    """A visit of the day before yesterday; what fell due in between is the engine's own."""
    case = place.repair()
    place.wait("3d")
    late = place.now - timedelta(days=2)
    place.done(AcceptRepair(case=case, technician=StaffId("wu")), occurred_at=late)
    place.done(RecordArrival(case=case), occurred_at=place.now - timedelta(days=1))
    marked = [(entry.word, entry.entered_late) for entry in told(place, case)]
    assert marked[0] == ("reported", False)
    assert marked[-2:] == [("accepted", True), ("arrived", False)]
    assert ("lapsed", False) in marked
    assert sum(late for _, late in marked) == 1
