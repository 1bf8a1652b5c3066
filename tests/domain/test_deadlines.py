"""What is said of deadlines, when, in which order, and by whom it is acknowledged or excused."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from domain.kernel.personal import Personal
from domain.kernel.refusals import NotBreached, ReasonRequired, UnknownClock, UnknownRung
from domain.kinds.aftercare import ResidentContacted
from domain.kinds.case import CaseClosed
from domain.kinds.complaint.facts import ComplaintLodged, ComplaintReplied, Nature
from domain.kinds.repair.facts import (
    PauseReason,
    RepairPaused,
    RepairReported,
    RepairResumed,
    TechnicianArrived,
)
from domain.promises import decisions, next_instant, pending
from domain.promises.facts import (
    BreachWaived,
    DeadlineLapsed,
    DeadlineWarned,
    EscalationAcknowledged,
    EscalationRaised,
)
from tests.support.scenario import Case, after, book, registers, stored

LODGED = ComplaintLodged(
    channel="phone", household="h", category="noise", level=1, nature=Nature.GENERAL, receiver="li"
)
REPLIED = ComplaintReplied(by="li")
LADDER = [
    {"at": "100%", "to": "supervisor"},
    {"at": "+4h", "to": "head_of_department"},
    {"at": "150%", "to": "manager"},
]


def complaint(document=None, **clock) -> Case:
    return Case(registers(document or book(clock))).happens(LODGED)


def due_facts(case: Case, at: str) -> list:
    """What falls due by then; each survives the log."""
    facts = decisions.fall_due(case.fold, at=after(at))
    assert [stored(fact) for fact in facts] == facts
    return facts


def tick(case: Case, at: str) -> Case:
    return case.says(due_facts(case, at))


def raised(case: Case) -> list[tuple[int, str, object]]:
    """The rungs recorded: number, addressee, instant reached."""
    rungs = [r.fact for r in case.facts if isinstance(r.fact, EscalationRaised)]
    return [(rung.rung, rung.addressee, rung.reached) for rung in rungs]


def test_nothing_is_said_before_its_instant_and_everything_at_it():
    case = complaint()
    assert due_facts(case, "23h59m59s") == []
    assert due_facts(case, "24h") == [
        DeadlineLapsed(clock="reply", cycle=1, due=after("24h"), detected=after("24h"))
    ]


def test_after_an_outage_all_is_said_in_due_order_with_true_instants():
    case = complaint(warnings=["50%", "-1h"], ladder=LADDER)
    told = due_facts(case, "5d")
    words = {"clock": "reply", "cycle": 1, "due": after("24h"), "detected": after("5d")}
    assert told == [
        DeadlineWarned(**words, warning=1, reached=after("12h")),
        DeadlineWarned(**words, warning=2, reached=after("23h")),
        DeadlineLapsed(**words),
        EscalationRaised(
            **words, rung=1, reached=after("24h"), to="supervisor", addressee="sun"
        ),
        EscalationRaised(
            **words, rung=2, reached=after("28h"), to="head_of_department", addressee="hu"
        ),
        EscalationRaised(**words, rung=3, reached=after("36h"), to="manager", addressee="ma"),
    ]  # fmt: skip


def test_what_was_said_is_not_said_again():
    case = complaint(warnings=["50%"], ladder=LADDER)
    assert due_facts(tick(case, "5d"), "9d") == []
    assert next_instant(case.clock, case.known) is None


def test_facts_of_several_clocks_are_said_in_one_order_of_instants():
    case = complaint(book({"within": "3h"}, solve={"stops": "resolved", "within": "2h"}))
    assert [fact.clock for fact in due_facts(case, "9h")] == ["solve", "reply"]


def test_no_rung_at_or_after_the_stop():
    case = complaint(ladder=LADDER).happens(REPLIED, "28h")
    tick(case, "5d")
    assert raised(case) == [(1, "sun", after("24h"))]


def test_a_stop_at_the_due_instant_leaves_nothing_to_say():
    case = complaint(ladder=LADDER).happens(REPLIED, "24h")
    assert due_facts(case, "5d") == []


def test_a_late_stop_between_two_ticks_still_has_its_lapse_recorded():
    case = complaint().happens(REPLIED, "25h")
    (lapsed,) = due_facts(case, "30h")
    assert (lapsed.due, lapsed.detected) == (after("24h"), after("30h"))


def test_a_late_cancellation_still_has_its_lapse_recorded():
    case = complaint(cancels="closed").happens(CaseClosed(by="li", reason=Personal("x")), "25h")
    assert [type(fact) for fact in due_facts(case, "30h")] == [DeadlineLapsed]


def test_a_warning_before_a_kept_promise_is_said_even_late():
    case = complaint(warnings=["50%", "75%"]).happens(REPLIED, "13h")
    assert [fact.warning for fact in due_facts(case, "5d")] == [1]


def test_nothing_is_said_of_a_pause_that_lasts():
    known = registers(
        book(visit={
            "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
            "resumes": "resumed", "within": "10h", "warnings": ["20%", "50%"], "ladder": LADDER,
        })
    )  # fmt: skip
    case = Case(known, "repair-1").happens(RepairReported(household="h", category="x"))
    case.happens(RepairPaused(reason=PauseReason.PARTS), "3h")
    assert [fact.warning for fact in due_facts(case, "9d")] == [1]
    case.happens(RepairResumed(), "4d")
    assert [fact.reached for fact in due_facts(case, "9d") if isinstance(fact, DeadlineWarned)] == [
        after("2h"),
        after("4d2h"),
    ]
    said = {(fact.happened, fact.due) for fact in due_facts(case, "9d")}
    assert min(said) == (after("2h"), after("10h"))  # as it stood before the pause
    assert {due for _, due in said - {min(said)}} == {after("4d7h")}


def test_the_ladder_climbs_on_in_a_pause_after_the_lapse():
    """Whether the engine looked in between makes no difference."""
    known = registers(
        book(visit={
            "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
            "resumes": "resumed", "within": "10h", "ladder": LADDER,
        })
    )  # fmt: skip
    for looks in [[], ["11h"], ["10h", "13h", "16h"]]:
        case = Case(known, "repair-1").happens(RepairReported(household="h", category="x"))
        for look in [look for look in looks if after(look) < after("12h")]:
            tick(case, look)
        case.happens(RepairPaused(reason=PauseReason.PARTS), "12h")
        for look in [*looks, "9d"]:
            tick(case, look)
        assert [at for _, _, at in raised(case)] == [after("10h"), after("14h"), after("15h")]


def test_a_rung_is_left_out_if_the_fact_that_excuses_it_came_first():
    ladder = [
        {"at": "100%", "to": "supervisor"},
        {"at": "+4h", "to": "manager", "unless": "contacted"},
    ]
    late = complaint(ladder=ladder).happens(ResidentContacted(by="sun"), "29h")
    assert [rung for rung, *_ in raised(tick(late, "5d"))] == [1, 2]
    early = complaint(ladder=ladder).happens(ResidentContacted(by="sun"), "26h")
    assert [rung for rung, *_ in raised(tick(early, "5d"))] == [1]


def test_a_fact_that_excuses_a_rung_may_be_told_after_a_later_one():
    ladder = [{"at": "+4h", "to": "manager", "unless": "contacted"}]
    case = complaint(ladder=ladder).happens(ResidentContacted(by="sun"), "29h")
    case.happens(ResidentContacted(by="sun"), "26h")
    assert raised(tick(case, "5d")) == []


def test_what_came_before_the_clock_excuses_nothing():
    ladder = [{"at": "1%", "to": "manager", "unless": "contacted"}]
    case = complaint(starts="replied", stops="resolved", ladder=ladder)
    case.happens(ResidentContacted(by="sun"), "0s").happens(ComplaintReplied(by="li"), "1h")
    assert len(raised(tick(case, "5d"))) == 1


ANSWERED = [
    {"at": "100%", "to": "supervisor", "acknowledge": "30m"},
    {"at": "+4h", "to": "head_of_department", "acknowledge": "1h"},
    {"at": "+8h", "to": "manager"},
]


def test_silence_brings_the_next_rung_forward():
    case = tick(complaint(ladder=ANSWERED), "24h")
    assert next_instant(case.clock, case.known) == after("24h30m")
    tick(case, "24h30m")
    rung = case.facts[-1].fact
    assert isinstance(rung, EscalationRaised)
    assert (rung.rung, rung.reached, rung.cause) == (2, after("24h30m"), "unacknowledged")
    assert raised(tick(case, "25h30m"))[-1] == (3, "ma", after("25h30m"))


def test_an_acknowledgement_in_time_leaves_the_next_rung_at_its_own_moment():
    seen = EscalationAcknowledged(clock="reply", cycle=1, rung=1, by="sun")
    case = tick(complaint(ladder=ANSWERED), "24h").happens(seen, "24h30m")
    assert next_instant(case.clock, case.known) == after("28h")


def test_an_acknowledgement_too_late_does_not():
    seen = EscalationAcknowledged(clock="reply", cycle=1, rung=1, by="sun")
    case = tick(complaint(ladder=ANSWERED), "24h").happens(seen, "24h31m")
    assert next_instant(case.clock, case.known) == after("24h30m")


def test_nobody_is_silent_about_a_rung_that_was_not_yet_raised():
    """After an outage the time to acknowledge begins when the rung was recorded."""
    case = tick(complaint(ladder=ANSWERED), "26h")
    assert [rung for rung, *_ in raised(case)] == [1]
    assert next_instant(case.clock, case.known) == after("26h30m")


def test_a_stop_ends_the_wait_for_an_acknowledgement():
    case = tick(complaint(ladder=ANSWERED), "24h").happens(REPLIED, "24h20m")
    assert due_facts(case, "9d") == []


def test_the_addressee_is_who_stands_behind_the_role_at_the_site_on_that_day():
    document = book({"ladder": [{"at": "+12h", "to": "supervisor"}]})
    document["roles"]["supervisor"] = {
        "holders": [
            {"staff": "elsewhere", "site": "south"},
            {"staff": "substitute", "since": "2026-05-08", "until": "2026-05-09"},
            {"staff": "sun"},
        ]
    }
    assert raised(tick(complaint(document), "9d"))[0][1] == "sun"  # on the 7th
    late = Case(registers(document)).happens(LODGED, "8h")  # due on the 8th, 05:00 in Shanghai
    assert raised(tick(late, "9d"))[0][1] == "substitute"


def test_a_role_without_holders_is_escalated_to_all_the_same():
    document = book({"ladder": LADDER[:1]})
    document["roles"]["supervisor"] = {}
    (_, rung) = due_facts(complaint(document), "24h")
    assert (rung.to, rung.addressee) == ("supervisor", None)


def test_acknowledging_does_refuses_and_stays_quiet():
    case = tick(complaint(ladder=LADDER), "24h")
    words = {"clock": "reply", "rung": 1, "by": "sun"}
    seen = EscalationAcknowledged(clock="reply", cycle=1, rung=1, by="sun")
    assert decisions.acknowledge(case.fold, **words) == [seen]
    assert stored(seen) == seen
    with pytest.raises(UnknownRung):
        decisions.acknowledge(case.fold, **{**words, "rung": 2})
    with pytest.raises(UnknownClock):
        decisions.acknowledge(case.fold, **words, cycle=2)
    case.happens(seen, "25h")
    assert decisions.acknowledge(case.fold, **words) == []


def test_waiving_does_refuses_and_stays_quiet():
    words = {"clock": "reply", "by": "ma", "reason": Personal("停电")}
    case = complaint()
    with pytest.raises(NotBreached):
        decisions.waive(case.fold, **words)
    tick(case, "24h")
    waived = BreachWaived(clock="reply", cycle=1, by="ma", reason=Personal("停电"))
    assert decisions.waive(case.fold, **words) == [waived]
    assert stored(waived) == waived
    with pytest.raises(ReasonRequired):
        decisions.waive(case.fold, **{**words, "reason": Personal(" ")})
    with pytest.raises(UnknownClock):
        decisions.waive(case.fold, **{**words, "clock": "solve"})
    case.happens(waived, "25h")
    assert decisions.waive(case.fold, **words) == []


def test_a_waiver_ends_the_ladder_and_keeps_the_lapse():
    """A late stop may be excused before the engine came to say that it was late."""
    waived = BreachWaived(clock="reply", cycle=1, by="ma", reason=Personal("停电"))
    case = complaint(ladder=LADDER).happens(REPLIED, "40h").happens(waived, "27h")
    told = due_facts(case, "5d")
    assert [type(fact) for fact in told] == [DeadlineLapsed, EscalationRaised]
    assert raised(case.says(told)) == [(1, "sun", after("24h"))]


ORDER = ["1%", "50%", "-2h", "-1m", "100%", "+30m", "+5h", "150%"]  # of a target of ten hours
MOMENTS = st.sampled_from(ORDER)
WARNINGS = st.lists(MOMENTS.filter(lambda text: text in {"1%", "50%", "-2h", "-1m"}), max_size=2)
RUNGS = st.lists(
    st.fixed_dictionaries(
        {"at": MOMENTS, "to": st.sampled_from(["supervisor", "manager"])},
        optional={"acknowledge": st.just("20m"), "unless": st.just("contacted")},
    ),
    max_size=3,
).map(lambda rungs: sorted(rungs, key=lambda rung: ORDER.index(rung["at"])))
HAPPENINGS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["look", "paused", "resumed", "arrived", "contacted", "answer", "waive"]),
    ),
    max_size=12,
)


@given(WARNINGS, RUNGS, HAPPENINGS)
def test_the_first_instant_is_that_of_all_that_is_pending(warnings, ladder, happenings):
    """Whatever the rule and whatever was said: the short way finds what the long way finds."""
    visit = {
        "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
        "resumes": "resumed", "within": "10h", "warnings": warnings, "ladder": ladder,
    }  # fmt: skip
    case = Case(registers(book(visit=visit)), "repair-1")
    case.happens(RepairReported(household="h", category="x"))
    minutes = 0
    for pause, word in happenings:
        minutes += pause
        _live_on(case, word, f"{minutes}m")
        for clock in case.clocks:
            left = pending(clock, case.known)
            assert next_instant(clock, case.known) == (left[0].at if left else None)


def _live_on(case: Case, word: str, at: str) -> None:
    happening = {
        "paused": RepairPaused(reason=PauseReason.PARTS),
        "resumed": RepairResumed(),
        "arrived": TechnicianArrived(technician="wu", visit=1),
        "contacted": ResidentContacted(by="sun"),
        "answer": EscalationAcknowledged(clock="visit", cycle=1, rung=1, by="sun"),
        "waive": BreachWaived(clock="visit", cycle=1, by="sun", reason=Personal("flood")),
    }
    if word == "look":
        tick(case, at)
    else:
        case.happens(happening[word], at)
