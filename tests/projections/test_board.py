"""What is to be done first: open work, what is broken before all, what stands still at the end."""

from commands.cases import CloseCase
from commands.clocks import WaiveBreach
from commands.complaint import ReclassifyComplaint, ReplyToComplaint
from commands.registers import OpenSite
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    PauseRepair,
    RecordArrival,
    ReopenRepair,
    ReportRepair,
    ResumeRepair,
)
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.personal import Personal
from domain.kinds.repair.facts import PauseReason
from projections.board import BoardRow, size, worst_first
from projections.instants import micros
from tests.support.neighbourhood import Neighbourhood, calendar
from tests.support.scenario import SITE


def order(place: Neighbourhood) -> list[str]:
    return [row.case_id for row in worst_first(place.db)]


def only(place: Neighbourhood) -> BoardRow:
    (row,) = worst_first(place.db)
    return row


def test_closed_work_is_not_on_the_board(place: Neighbourhood):
    case = place.fixed()
    assert order(place) == []
    place.done(ReopenRepair(case=case))
    assert order(place) == [case]
    assert only(place).cycle == 2
    place.done(CloseCase(case=case, reason=Personal("nothing was found")))
    assert size(place.db) == (0, 0)


def test_what_is_due_sooner_comes_first(place: Neighbourhood):
    complaint, repair = place.complaint(), place.repair()  # 24 hours and 30 minutes
    assert order(place) == [repair, complaint]
    place.done(AcceptRepair(case=repair, technician=StaffId("wu")))  # tomorrow, within the day
    place.wait("1h")
    later = place.repair()
    assert order(place) == [later, complaint, repair]


def test_a_broken_promise_comes_before_everything_that_is_due(place: Neighbourhood):
    broken = place.complaint()
    place.wait("24h1s")
    place.tick(broken)
    fresh = place.repair()
    assert order(place) == [broken, fresh]
    assert size(place.db) == (2, 1)
    assert worst_first(place.db)[0].lapsed == 1


def test_a_lapse_that_nobody_has_recorded_yet_is_not_counted(place: Neighbourhood):
    place.complaint()
    place.wait("25h")
    assert size(place.db) == (1, 0)


def test_a_promise_kept_late_is_no_longer_pressing(place: Neighbourhood):
    case = place.complaint()
    place.wait("25h")
    place.tick(case)
    place.done(ReplyToComplaint(case=case, by=StaffId("li")))
    assert (only(place).lapsed, only(place).clock, only(place).due) == (0, None, None)


def test_a_waived_breach_presses_nobody(place: Neighbourhood):
    case = place.complaint()
    place.wait("25h")
    place.tick(case)
    place.done(WaiveBreach(case=case, clock="reply", by=StaffId("ma"), reason=Personal("away")))
    assert only(place).lapsed == 0


def test_what_stands_still_comes_last(place: Neighbourhood):
    paused = place.repair("repair-a")
    place.done(AcceptRepair(case=paused, technician=StaffId("wu")))
    place.done(PauseRepair(case=paused, reason=PauseReason.PARTS))
    running = place.repair("repair-b")
    place.done(AcceptRepair(case=running, technician=StaffId("wu")))
    assert order(place) == [running, paused]
    row = worst_first(place.db)[1]
    assert (row.status, row.due, row.clock) == ("paused", None, "complete")
    place.done(ResumeRepair(case=paused))
    assert worst_first(place.db)[0].status == "accepted"


def test_after_a_pause_a_case_stands_where_it_stood(place: Neighbourhood):
    case = place.repair()
    for step, status in (
        (None, "open"),
        (AcceptRepair(case=case, technician=StaffId("wu")), "accepted"),
        (DispatchRepair(case=case, technician=StaffId("sun")), "dispatched"),
        (RecordArrival(case=case), "on_site"),
    ):
        if step is not None:
            place.done(step)
        place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
        assert only(place).status == "paused"
        place.done(ResumeRepair(case=case))
        assert only(place).status == status


def test_what_happened_during_a_pause_stands_after_it(place: Neighbourhood):
    case = place.repair()
    place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
    place.done(DispatchRepair(case=case, technician=StaffId("sun")))
    place.done(ResumeRepair(case=case))
    assert only(place).status == "dispatched"


def test_the_most_pressing_promise_is_named(place: Neighbourhood):
    case = place.repair()
    row = only(place)
    assert (row.clock, row.due) == ("accept", micros(place.now) + 30 * 60 * 10**6)
    place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    assert only(place).clock == "complete"


def test_the_rungs_of_the_open_promises_are_shown(place: Neighbourhood):
    case = place.repair()
    place.wait("1h")
    place.tick(case)
    assert only(place).rungs == 1


def test_the_board_says_who_has_the_case_and_how_far_it_is(place: Neighbourhood):
    case = place.repair(external_id="12345-7", priority=2, steward=StaffId("li"))
    place.done(DispatchRepair(case=case, technician=StaffId("wu"), team="water"))
    row = only(place)
    assert (row.steward, row.technician, row.team) == ("li", "wu", "water")
    assert (row.external_id, row.priority, row.status) == ("12345-7", 2, "dispatched")
    place.done(RecordArrival(case=case))
    assert only(place).status == "on_site"
    place.done(CompleteRepair(case=case))
    assert only(place).status == "served"


def test_a_complaint_shows_its_newest_category_and_level(place: Neighbourhood):
    case = place.complaint()
    place.done(
        ReclassifyComplaint(
            case=case, by=StaffId("li"), reason=Personal("it burns"), category="fire", level=3
        )
    )
    assert (only(place).category, only(place).level) == ("fire", 3)


def test_the_board_of_one_site_shows_no_other(place: Neighbourhood):
    place.done(OpenSite(site="south", name="South", zone="Asia/Shanghai"))
    here = place.repair()
    place.done(
        ReportRepair(site="south", household=HouseholdId("h-9"), category="water", case="repair-s")
    )
    assert [row.case_id for row in worst_first(place.db, site=SITE)] == [here]
    assert (size(place.db, "south"), size(place.db)) == ((1, 0), (2, 0))


def test_the_board_is_read_page_by_page_in_one_order(place: Neighbourhood):
    names = [place.repair() for _ in range(5)]
    pages = [worst_first(place.db, limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [row.case_id for page in pages for row in page] == names


def test_without_rules_there_is_a_board_without_promises():
    place = Neighbourhood(None, None, calendar(2026), {"rulebook": "empty"})
    place.repair()
    assert (only(place).clock, only(place).due) == (None, None)
    place.close()
