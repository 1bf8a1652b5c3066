"""Moments of warnings and rungs: how they are written, in which order, and when they come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, strategies as st

from domain.kernel.documents import DocumentInvalid
from domain.kinds import KINDS
from domain.kinds.complaint.facts import ComplaintLodged, Nature
from domain.kinds.repair.facts import PauseReason, RepairPaused, RepairReported, RepairResumed
from domain.promises import next_instant, pending
from domain.promises.facts import DeadlineLapsed
from domain.promises.rules import Moment, spell_target
from domain.rulebook.reader import read_rulebook
from domain.working_time import (
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
    due,
    shift,
)
from tests.support.scenario import Case, after, book, registers

OFFICE = {"name": "office", "hours": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}}
LODGED = ComplaintLodged(
    channel="phone", household="h", category="noise", level=1, nature=Nature.GENERAL, receiver="li",
)  # fmt: skip
FOUR_HOURS = Working(target=timedelta(hours=4), calendar="office")


def clock(*, calendar: str | None = "office", **rule):
    document = book(rule) | ({} if calendar is None else {"calendar": calendar})
    return read_rulebook(document, kinds=KINDS).clocks["reply"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("-2h", Moment(by=Elapsed(target=timedelta(hours=2)), sign=-1)),
        ("-{working: 4h}", Moment(by=FOUR_HOURS, sign=-1)),
        ("-{ working : '4h' }", Moment(by=FOUR_HOURS, sign=-1)),
        ("+{working: 4h, calendar: night}",
         Moment(by=Working(target=timedelta(hours=4), calendar="night"))),
        ("-{business_days: 2}", Moment(by=BusinessDays(days=2, calendar="office"), sign=-1)),
        ("+{working_days: 1, through_rest_days: true}",
         Moment(by=WorkingDays(days=1, calendar="office", through_rest_days=True))),
        ("-{working_days: 3, until: close}",
         Moment(by=WorkingDays(days=3, calendar="office", until="close"), sign=-1)),
        ("-{days: 7}", Moment(by=Days(days=7), sign=-1)),
        ("+{months: 1}", Moment(by=Months(months=1))),
        ({"before_due": {"working": "4h"}}, Moment(by=FOUR_HOURS, sign=-1)),
        ({"after_due": {"business_days": 2}}, Moment(by=BusinessDays(days=2, calendar="office"))),
        ({"before_due": "90m"}, Moment(by=Elapsed(target=timedelta(minutes=90)), sign=-1)),
    ],
)  # fmt: skip
def test_a_moment_is_a_share_or_a_length_of_time_from_the_due_instant(written, moment):
    rule = clock(ladder=[{"at": written, "to": "manager"}])
    assert rule.ladder[0].at == moment
    if moment.sign == -1:
        assert clock(warnings=[written]).warnings == (moment,)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (Moment(percent=75), "75%"),
        (Moment(by=Elapsed(target=timedelta(minutes=90)), sign=-1), "-1h30m"),
        (Moment(by=FOUR_HOURS), "+{working: 4h}"),
        (Moment(by=BusinessDays(days=2, calendar="cn"), sign=-1), "-{business_days: 2}"),
        (Moment(by=WorkingDays(days=2, calendar="cn")), "+{working_days: 2}"),
        (Moment(by=Days(days=2)), "+{days: 2}"),
        (Moment(by=Months(months=2)), "+{months: 2}"),
    ],
)
def test_a_moment_is_shown_as_it_is_written(moment, text):
    assert str(moment) == text


def test_a_moment_counts_on_the_calendar_of_its_clock():
    """On the one its targets name, else on the rulebook's; several must be told apart."""
    night = {"working": "8h", "calendar": "night"}
    warned = {"warnings": ["-{working: 4h}"]}
    on_night = Moment(by=Working(target=timedelta(hours=4), calendar="night"), sign=-1)
    assert clock(within=[night, "24h"], **warned).warnings == (on_night,)
    assert clock(within="24h", **warned).warnings == (Moment(by=FOUR_HOURS, sign=-1),)
    both = [night, {"working": "8h", "calendar": "day"}]
    assert clock(within=both, **warned).warnings == (Moment(by=FOUR_HOURS, sign=-1),)
    with pytest.raises(DocumentInvalid, match=r"several calendars \(day, night\): name one"):
        clock(calendar=None, within=both, **warned)


def test_a_rulebook_counts_on_the_calendars_of_its_moments_as_well():
    document = book(
        {"warnings": ["-{working: 4h, calendar: night}"],
         "ladder": [{"at": "+{business_days: 1, calendar: day}", "to": "manager"}]}
    )  # fmt: skip
    assert read_rulebook(document, kinds=KINDS).calendars == {"night", "day"}


def test_the_last_working_day_may_end_when_its_hours_close():
    (choice,) = clock(within={"working_days": 5, "until": "close"}).within
    assert choice.within == WorkingDays(days=5, calendar="office", until="close")
    assert spell_target(choice.within) == "5 working days until closing on office"
    case = Case(registers(OFFICE, book(visit={
        "case": "repair", "starts": "reported", "stops": "arrived",
        "within": {"working_days": 2, "calendar": "office", "until": "close"},
    })), "repair-1").happens(RepairReported(household="h", category="x"))  # fmt: skip
    assert case.clock.due == after("2d8h30m")  # Friday, 17:30


OUT_OF_ORDER = [
    ("24h", ["100%", "75%"]),
    ("24h", ["+1h", "100%"]),
    ("24h", ["+2h", "+1h"]),
    ("24h", ["-1h", "-2h"]),
    ("24h", ["100%", "-2h"]),
    ("24h", ["-2h", "75%"]),  # 18 hours after the start, the other 22
    ("24h", ["+12h", "125%"]),
    (["1h", {"elapsed": "3h", "where": {"level": 2}}], ["75%", "-30m"]),  # for one of the targets
    ({"working": "8h"}, ["-{working: 1h}", "50%"]),
    ({"working": "8h"}, ["+{working: 2h}", "+{working: 1h}"]),
    ({"working": "8h"}, ["+{business_days: 1}", "-{working: 1h}"]),
    ({"days": 30}, ["+{days: 2}", "+{days: 1}"]),
    ({"days": 30}, ["-{months: 1}", "-{months: 2}"]),
]
IN_ORDER = [
    ("24h", ["75%", "-2h", "100%", "+1h", "+2h", "150%"]),
    ("24h", ["50%", "-12h", "+12h", "150%"]),  # at the same instant
    (["3h", {"elapsed": "4h", "where": {"level": 2}}], ["50%", "-30m"]),
    ({"working": "8h"}, ["50%", "-{working: 1h}", "-30m", "-{days: 1}"]),  # nobody can know
    ({"working": "8h"}, ["+{working: 8h}", "+{working: 1h, calendar: night}"]),
    ({"days": 3}, ["-{days: 1}", "75%"]),
]


@pytest.mark.parametrize(("within", "moments"), OUT_OF_ORDER)
def test_rungs_out_of_order_are_refused_where_it_is_certain(within, moments):
    with pytest.raises(DocumentInvalid, match="in the order in which they are reached") as fault:
        clock(within=within, ladder=[{"at": at, "to": "manager"} for at in moments])
    assert fault.value.path == ("clocks", "reply", "ladder", 1, "at")


@pytest.mark.parametrize(("within", "moments"), IN_ORDER)
def test_rungs_in_order_are_taken(within, moments):
    rule = clock(within=within, ladder=[{"at": at, "to": "manager"} for at in moments])
    assert len(rule.ladder) == len(moments)


def visit(within: object, warnings: list, ladder: list = ()) -> Case:
    rule = {
        "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
        "resumes": "resumed", "within": within, "warnings": warnings,
        "ladder": [{"at": at, "to": "manager"} for at in ladder],
    }  # fmt: skip
    known = registers(OFFICE, book(visit=rule) | {"calendar": "office"})
    return Case(known, "repair-1").happens(RepairReported(household="h", category="x"))


def said(case: Case) -> list:
    found = pending(case.clock, case.known)
    assert next_instant(case.clock, case.known) == found[0].at
    return [p.at for p in found]


def test_moments_are_counted_in_the_hours_of_the_calendar():
    """Due on Thursday at 9:00: four working hours before is Wednesday, 14:00."""
    case = visit("24h", ["-{working: 4h}"], ["+{working: 8h}", "+{business_days: 2}"])
    friday, monday = after("2d30m"), after("5d")
    assert said(case) == [after("5h"), after("24h"), friday, monday]


def test_a_counted_moment_waits_for_the_end_of_a_pause_before_it():
    """From Wednesday 15:00 to Thursday 9:00: due on Friday at noon, four hours before 17:00."""
    case = visit({"working": "15h"}, ["-{working: 4h}"])
    case.happens(RepairPaused(reason=PauseReason.PARTS), "6h").happens(RepairResumed(), "24h")
    assert said(case) == [after("1d8h"), after("2d3h")]


def test_a_calendar_that_is_completed_later_moves_what_was_not_yet_said():
    office = {**OFFICE, "years": [2025]}
    rule = {"within": "24h", "ladder": [{"at": "+{business_days: 1, calendar: office}",
                                         "to": "manager"}]}  # fmt: skip
    holiday = {**OFFICE, "years": [2026], "days": {"2026-05-08": "holiday"}}
    for documents, instant in [((), after("2d")), ((holiday,), after("5d"))]:
        known = registers(office, book(rule), *documents)
        case = Case(known).happens(LODGED, rules=2)
        assert pending(case.clock, known)[-1].at == instant


@pytest.mark.parametrize("paused", [False, True])
def test_after_a_lapse_counted_rungs_follow_the_due_instant_it_came_with(paused):
    case = visit("24h", [], ["+{working: 2h}", "+{days: 1}"])
    if paused:
        case.happens(RepairPaused(reason=PauseReason.PARTS), "1h").happens(RepairResumed(), "2h")
    lapsed = DeadlineLapsed(clock="visit", cycle=1, due=after("20h"), detected=after("20h"))
    case.happens(lapsed, "20h")
    assert said(case) == [after("25h30m"), after("44h")]


PAUSES = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)), max_size=4)
LENGTHS = st.sampled_from(["{working: 3h}", "{business_days: 1}", "{working_days: 1}",
                           "{days: 1}", "2h"])  # fmt: skip
TARGETS = st.sampled_from(["30h", {"working": "15h"}, {"days": 2}, {"working_days": 2}])


@example({"working": "15h"}, "2h", "-", [(1950, 811)])  # a pause by night moves no target
@given(TARGETS, LENGTHS, st.sampled_from("-+"), PAUSES)
def test_a_counted_moment_is_what_shifting_the_due_instant_gives(within, length, sign, pauses):
    """Reckoned anew from all pauses up to the first that begins after the moment."""
    moment = f"{sign}{length}"
    case = visit(within, [moment] if sign == "-" else [], [moment] if sign == "+" else [])
    for since, minutes in sorted(pauses):
        case.happens(RepairPaused(reason=PauseReason.PARTS), f"{since}m")
        case.happens(RepairResumed(), f"{since + minutes}m")
    run, (wanted,) = case.clock, case.clock.rule.moments
    terms = {"zone": case.known.zone(run.site), "calendar": case.known.rules.calendar("office", 1)}

    def at(told: list) -> object:
        last = due(run.within, start=run.started, **terms, pauses=told).at
        if wanted.offset is not None:  # a plain length is time on the wall, pauses or not
            return last + wanted.offset
        return shift(last, by=wanted.by, sign=wanted.sign, **terms, pauses=told)

    told = sorted((pause.since, pause.until) for pause in run.pauses)
    counts = [n for n, (since, _) in enumerate(told) if at(told[:n]) < since]
    expected = max(at(told[: counts[0]] if counts else told), run.started)
    found = [p.at for p in pending(run, case.known) if p.what != "lapse"]
    assert found == [expected]
