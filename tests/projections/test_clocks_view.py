"""Which promises are running, what is due next, and what became of all the others."""

from datetime import timedelta

from commands.cases import CloseCase
from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.complaint import ReplyToComplaint
from commands.registers import PublishCalendar
from commands.repair import AcceptRepair, CompleteRepair, PauseRepair, ReopenRepair, ResumeRepair
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds.repair.facts import PauseReason
from projections.clock_runs import ClockRun, counts, due_before, each, find, first_due
from projections.instants import instant, micros
from tests.support.neighbourhood import RULES, Neighbourhood, calendar
from tests.support.scenario import book

HOUR = timedelta(hours=1)


def clock(place: Neighbourhood, case: str, name: str) -> ClockRun:
    (row,) = find(place.db, case=case, clock=name)
    return row


def test_a_clock_starts_with_its_target_and_its_due_instant(place: Neighbourhood):
    row = clock(place, place.complaint(), "reply")
    assert (row.target, row.verdict, row.cycle, row.site) == ("24h", "running", 1, "north")
    assert (instant(row.started), instant(row.due or 0)) == (place.now, place.now + 24 * HOUR)
    assert (row.stopped, row.paused, row.detected, row.rungs) == (None, None, None, 0)


def test_a_promise_kept_is_met_and_has_nothing_left_to_say(place: Neighbourhood):
    case = place.complaint()
    place.wait("24h")
    place.done(ReplyToComplaint(case=case, by=StaffId("li")))
    row = clock(place, case, "reply")
    assert (row.verdict, row.next) == ("met", None)
    assert row.stopped == row.due


def test_an_instant_later_it_is_late_though_nobody_looked_in_between(place: Neighbourhood):
    case = place.complaint()
    place.wait("24h1s")
    place.done(ReplyToComplaint(case=case, by=StaffId("li")))
    row = clock(place, case, "reply")
    assert (row.verdict, row.next, row.rungs) == ("late", None, 1)
    assert instant(row.detected or 0) == place.now  # the command recorded the lapse


def test_a_stop_in_time_that_is_entered_after_the_lapse_is_entered_late(place: Neighbourhood):
    case = place.complaint()
    place.wait("26h")
    at = place.now - 3 * HOUR
    place.done(ReplyToComplaint(case=case, by=StaffId("li")), occurred_at=at)
    row = clock(place, case, "reply")
    assert (row.verdict, row.next, row.rungs) == ("entered_late", None, 1)
    assert (instant(row.stopped or 0), instant(row.detected or 0)) == (at, place.now)
    assert (row.consumed, row.lateness) == (23 * 3600, 0)


def test_a_lapse_carries_its_due_instant_and_when_it_was_seen(place: Neighbourhood):
    case = place.complaint()
    due = place.now + 24 * HOUR
    place.wait("30h")
    place.tick(case)
    row = clock(place, case, "reply")
    assert (row.verdict, row.rungs) == ("lapsed", 2)
    assert (instant(row.due or 0), instant(row.detected or 0)) == (due, place.now)


def test_what_is_due_next_moves_from_rung_to_rung(place: Neighbourhood):
    case = place.complaint()
    due = place.now + 24 * HOUR
    assert first_due(place.db) == micros(due)
    place.now = due
    place.tick(case)
    assert first_due(place.db) == micros(due + 2 * HOUR)
    place.wait("2h")
    place.tick(case)
    assert first_due(place.db) is None


def test_cases_are_due_in_the_order_of_their_earliest_instants_each_once(place: Neighbourhood):
    complaint = place.complaint()
    repair = place.repair()  # two clocks: half an hour, and half of two working days
    place.wait("10m")
    later = place.repair()
    everything = due_before(place.db, micros(place.now + 100 * HOUR), 100)
    assert [case for _, case in everything] == [repair, later, complaint]
    assert due_before(place.db, everything[0][0], 100) == []
    assert due_before(place.db, everything[0][0] + 1, 100) == everything[:1]


def test_silence_after_a_rung_brings_the_next_instant_forward(place: Neighbourhood):
    case = place.repair()
    place.wait("30m")
    place.tick(case)
    row = clock(place, case, "accept")
    assert (row.rungs, row.acknowledged) == (1, 0)
    place.done(AcknowledgeEscalation(case=case, clock="accept", rung=1, by=StaffId("sun")))
    assert clock(place, case, "accept").acknowledged == 1


def test_a_pause_takes_the_due_instant_away_and_gives_it_back_later(place: Neighbourhood):
    case = place.repair()
    place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    before = clock(place, case, "complete")
    place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
    paused = clock(place, case, "complete")
    assert (paused.verdict, paused.due, paused.next) == ("paused", None, None)
    assert paused.paused == micros(place.now)
    place.wait("1h")
    place.done(ResumeRepair(case=case))
    after = clock(place, case, "complete")
    assert (after.verdict, after.paused) == ("running", None)
    assert (after.due or 0) - (before.due or 0) == 3_600_000_000


def test_clocks_that_stand_still_come_last_in_order_of_due(place: Neighbourhood):
    paused = place.repair("repair-a")
    place.done(PauseRepair(case=paused, reason=PauseReason.PARTS))
    other = place.repair("repair-b")
    assert [row.case_id for row in find(place.db, clock="complete")] == [other, paused]
    by_case = find(place.db, clock="complete", order="case")
    assert [row.case_id for row in by_case] == [paused, other]
    assert len(find(place.db, limit=3)) == 3


def test_each_service_has_a_run_of_its_own(place: Neighbourhood):
    case = place.fixed()
    place.done(ReopenRepair(case=case))
    first, second = find(place.db, case=case, clock="complete", order="case")
    assert (first.cycle, first.verdict, second.cycle, second.verdict) == (1, "met", 2, "running")


def test_a_waiver_is_the_verdict_and_the_breach_stays_recorded(place: Neighbourhood):
    case = place.complaint()
    place.wait("25h")
    place.tick(case)
    place.done(WaiveBreach(case=case, clock="reply", by=StaffId("ma"), reason=Personal("flood")))
    row = clock(place, case, "reply")
    assert (row.verdict, row.next) == ("waived", None)
    assert row.detected is not None


def test_a_cancelled_promise_is_neither_met_nor_missed(place: Neighbourhood):
    case = place.repair()
    place.done(CloseCase(case=case, reason=Personal("reported twice")))
    assert counts(place.db) == {"cancelled": 2}


def test_runs_are_found_by_verdict_and_site(place: Neighbourhood):
    place.complaint()
    place.fixed()
    assert counts(place.db) == {"met": 2, "running": 1}
    assert {row.clock for row in find(place.db, verdict=("met", "late"))} == {"accept", "complete"}
    assert find(place.db, site="elsewhere") == []
    assert len(find(place.db, site="north", verdict=("running",))) == 1


def test_every_run_is_read_page_by_page(place: Neighbourhood, monkeypatch):
    monkeypatch.setattr("projections.clock_runs.PAGE", 2)
    names = [place.repair() for _ in range(5)]
    found = [(row.case_id, row.clock) for row in each(place.db)]
    assert found == [(name, which) for name in names for which in ("accept", "complete")]
    assert [row.case_id for row in each(place.db, clock="accept")] == names


def test_a_year_without_a_calendar_is_told_until_it_is_published():
    place = Neighbourhood(None, None, calendar(2025), RULES)
    case = place.repair()
    done = place.repaired()
    assert clock(place, case, "complete").provisional == 1
    before = clock(place, case, "complete").due
    place.done(PublishCalendar(document=calendar(2026, days={"2026-05-07": "放假"})))
    row = clock(place, case, "complete")
    assert row.provisional == 0
    assert row.due != before  # the day off moved it, though nothing happened to the case
    assert clock(place, done, "complete").provisional == 0
    place.close()


def test_a_rung_far_beyond_the_deadline_waits_for_the_calendar_of_its_year():
    place = Neighbourhood(None, None, calendar(2026), RULES)
    place.wait("236d")  # three days before the end of the year
    case = place.repair()
    place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    row = clock(place, case, "complete")
    assert row.provisional == 0  # due on the last day of 2026, but three times that is in 2027
    place.wait("3d")
    place.tick(case)
    before = clock(place, case, "complete").next
    place.done(PublishCalendar(document=calendar(2027, days={"2027-01-01": "元旦"})))
    assert clock(place, case, "complete").next != before
    live = place.projector.digest("clock_runs")
    place.projector.rebuild()
    assert place.projector.digest("clock_runs") == live
    place.close()


def test_a_rung_counted_in_days_of_the_calendar_waits_for_the_calendar_of_its_year():
    rule = {
        "within": "24h",
        "ladder": [{"at": "+{business_days: 1, calendar: cn}", "to": "manager"}],
    }
    place = Neighbourhood(None, None, calendar(2025), book(rule))
    case = place.complaint()
    place.wait("25h")
    place.tick(case)
    before = clock(place, case, "reply").next
    place.done(PublishCalendar(document=calendar(2026, days={"2026-05-08": "放假"})))
    assert clock(place, case, "reply").next > before
    live = place.projector.digest("clock_runs")
    place.projector.rebuild()
    assert place.projector.digest("clock_runs") == live
    place.close()


def test_a_repair_done_before_it_was_accepted_keeps_both_promises(place: Neighbourhood):
    case = place.repair()
    place.done(CompleteRepair(case=case))
    assert counts(place.db) == {"met": 2}
