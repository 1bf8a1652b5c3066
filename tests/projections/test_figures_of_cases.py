"""Figures over cases that came through commands: which are rows, when, and how long they took."""

from fractions import Fraction

import pytest

from commands.cases import CloseCase
from commands.complaint import AcceptHandover, OfferHandover, ResolveComplaint
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
from domain.kinds import KINDS
from domain.kinds.aftercare import Rating
from domain.kinds.repair.facts import PauseReason
from domain.rulebook.standard import standard_kpis
from tests.support.figures import HOUR, behind, figure, kpi, rate
from tests.support.neighbourhood import Neighbourhood

STANDARD = standard_kpis(KINDS)
SPAN = {"from": "accepted", "to": "completed"}


def failed(place: Neighbourhood, **share) -> list[str]:
    """The cases that do not meet a condition."""
    listing = behind(place, kpi(of="cases", share=share), counted=False)
    return sorted(str(entry.key[0]) for entry in listing.entries)


def test_a_case_is_a_row_once_it_is_closed(place: Neighbourhood):
    definition = STANDARD["first_time_fix"]
    place.repaired()
    assert figure(place, definition).total.value is None
    place.fixed()
    assert figure(place, definition).total.value == 1


def test_reopened_and_still_open_is_no_row_any_more(place: Neighbourhood):
    case = place.fixed()
    place.done(ReopenRepair(case=case))
    assert figure(place, STANDARD["first_time_fix"]).total.population == 0
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case))
    assert figure(place, STANDARD["first_time_fix"]).total.value == 0
    assert failed(place, reopened="none") == [case]
    assert failed(place, second_services="none") == []


def test_a_second_service_is_no_first_time_fix(place: Neighbourhood):
    case = place.fixed()
    rate(place, case, Rating.DISSATISFIED)
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case, reason=Personal("the resident agreed")))
    assert failed(place, second_services="none") == failed(place, second_service="none") == [case]
    assert failed(place, reopened="none") == []


def test_the_first_dispatch_is_no_reassignment_the_second_is_and_so_is_a_handover(
    place: Neighbourhood,
):
    once, twice = place.repair(), place.repair()
    for case, technicians in ((once, ("wu",)), (twice, ("wu", "hu"))):
        for technician in technicians:
            place.done(DispatchRepair(case=case, technician=StaffId(technician)))
        place.done(CompleteRepair(case=case))
        place.done(CloseCase(case=case))
    given = place.complaint()
    place.done(OfferHandover(case=given, to=StaffId("ma"), by=StaffId("li")))
    place.done(AcceptHandover(case=given, by=StaffId("ma")))
    place.done(ResolveComplaint(case=given, by=StaffId("ma")))
    place.done(CloseCase(case=given))
    assert failed(place, reassigned="none") == sorted([given, twice])


def test_visits_are_counted_in_each_service_cycle(place: Neighbourhood):
    twice, again = place.repair(), place.fixed()
    place.done(AcceptRepair(case=twice, technician=StaffId("wu")))
    place.done(RecordArrival(case=twice))
    place.done(RecordArrival(case=twice))
    place.done(ReopenRepair(case=again))
    place.done(RecordArrival(case=again))
    for case in (twice, again):
        place.done(CompleteRepair(case=case))
        place.done(CloseCase(case=case))
    assert failed(place, visits="<= 1") == [twice]


@pytest.mark.parametrize(
    ("later", "again"),
    [("7d", True), ("7d1s", False), ("0s", True)],
    ids=["at the window's end", "after it", "at once"],
)
def test_reported_again_is_counted_from_the_closing(place: Neighbourhood, later: str, again: bool):
    case = place.fixed()
    place.wait(later)
    place.repair()
    assert failed(place, again_after=["none", "> 168h"]) == ([case] if again else [])


@pytest.mark.parametrize(
    "differs",
    [{"household": HouseholdId("h-2")}, {"category": "power"}, {"site": "south"}],
    ids=str,
)
def test_another_household_category_or_site_does_not_report_again(
    place: Neighbourhood, differs: dict[str, str]
):
    place.done(OpenSite(site="south", name="South", zone="Asia/Shanghai"))
    place.fixed()
    place.wait("1d")
    usual = {"site": "north", "household": HouseholdId("h-1"), "category": "water"}
    place.done(ReportRepair(case="repair-x", **usual | differs))
    assert failed(place, again_after=["none", "> 168h"]) == []


def test_a_report_before_the_closing_is_another_matter(place: Neighbourhood):
    case = place.repaired()
    place.wait("1h")
    place.repair()
    place.wait("1h")
    place.done(CloseCase(case=case))
    assert failed(place, again_after="none") == []


def test_the_first_report_afterwards_tells_how_soon_it_came(place: Neighbourhood):
    place.fixed()
    for length in ("3h", "4h"):
        place.wait(length)
        place.repair()
    definition = kpi(of="cases", mean="again_after")
    assert figure(place, definition).total.value == 3 * HOUR


def test_a_day_is_the_sites_also_where_summer_time_ends(place: Neighbourhood):
    """Midnight before 1 November in New York is 04:00 in UTC; in winter it would be 05:00."""
    place.done(OpenSite(site="york", name="York", zone="America/New_York"))
    place.wait("178d23h45m")  # to 31 October, 20:45 in New York
    case = place.done(
        ReportRepair(site="york", household=HouseholdId("h"), category="c", case="repair-y")
    ).stream
    place.done(CompleteRepair(case=case))
    definition = kpi(of="cases", count="rows", where={"site": "york"})
    place.wait("3h14m59s")
    place.done(CloseCase(case=case))
    assert [row.group for row in figure(place, definition, by="day").rows] == ["2026-10-31"]
    place.done(ReopenRepair(case=case))
    place.wait("1s")
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case))
    assert [row.group for row in figure(place, definition, by="month").rows] == ["2026-11"]
    assert figure(place, definition, period="2026-10").total.value is None


def test_a_month_begins_at_midnight_of_the_site(place: Neighbourhood):
    case = place.repaired()
    place.wait("25d15h")  # midnight after 31 May in Shanghai, four in the afternoon in UTC
    place.done(CloseCase(case=case))
    definition = STANDARD["first_time_fix"]
    assert [row.group for row in figure(place, definition, by="month").rows] == ["2026-06"]
    assert figure(place, definition, period="2026-05").total.value is None
    assert figure(place, definition, period="2026-06-01").total.value == 1


def test_lengths_are_told_with_and_without_pauses(place: Neighbourhood):
    case = place.repair()
    place.wait("1h")
    place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
    place.wait("5h")
    place.done(ResumeRepair(case=case))
    place.wait("1h")
    place.done(CompleteRepair(case=case))
    place.wait("3h")
    place.done(CloseCase(case=case))
    for column, hours in (("served_after", 7), ("closed_after", 10), ("closed_after_net", 5)):
        assert figure(place, kpi(of="cases", mean=column)).total.value == hours * HOUR


def test_a_span_is_summed_over_the_service_cycles(place: Neighbourhood):
    """Two hours of the first, of which half an hour is a pause; three of the second."""
    case = place.repair()
    place.wait("4h")
    place.done(AcceptRepair(case=case, technician=StaffId("wu")))
    place.wait("1h")
    place.done(PauseRepair(case=case, reason=PauseReason.PARTS))
    place.wait("30m")
    place.done(ResumeRepair(case=case))
    place.wait("30m")
    place.done(CompleteRepair(case=case))
    place.wait("9h")
    place.done(ReopenRepair(case=case))
    place.wait("3h")
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case))
    gross, net = kpi(of="repair", mean=SPAN), kpi(of="repair", mean=SPAN | {"net": True})
    assert figure(place, gross).total.value == 5 * HOUR
    assert figure(place, net).total.value == Fraction(9, 2) * HOUR
    (entry,) = behind(place, net, counted=None).entries
    assert (entry.key, entry.value) == ((case,), Fraction(9, 2) * HOUR)
    services = figure(place, kpi(of="services", p90=SPAN), by="cycle")
    assert [(row.group, row.value) for row in services.rows] == [(1, 2 * HOUR), (2, 3 * HOUR)]


def test_a_case_that_never_came_to_the_spans_end_has_no_length(place: Neighbourhood):
    case = place.repair()
    place.done(CloseCase(case=case, reason=Personal("withdrawn")))
    found = figure(place, kpi(of="repair", mean=SPAN)).total
    assert (found.value, found.population) == (None, 0)
