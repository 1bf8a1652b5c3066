"""A command first records what fell due in its case: no verdict depends on who looked before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.complaint import LodgeComplaint, ReplyToComplaint, ResolveComplaint
from commands.repair import AcceptRepair, ReportRepair, ResumeRepair
from domain.kernel.facts import SCHEDULER
from domain.kernel.personal import Personal
from domain.kernel.refusals import NotPaused, VersionMoved
from domain.promises import Verdict
from domain.promises.facts import DeadlineLapsed
from store.log import Receipt
from tests.support.scenario import SITE, Office, after, book

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")
LADDER = {"warnings": ["50%"], "ladder": [{"at": "100%", "to": "supervisor"}]}
ALL = ["lodged", "warned", "lapsed", "escalated"]


def office(*, clock=None, **clocks) -> Office:
    """A complaint was lodged at the start; it is to be answered within a day."""
    office = Office(None, book(LADDER if clock is None else clock, **clocks))
    office.done(LODGE)
    return office


def words(office: Office, case: str = CASE) -> list[str]:
    return [recorded.fact.word for recorded in office.recorded(case)]


def run(office: Office, clock: str = "reply", cycle: int = 1):
    """A run of a clock, folded from the log by another handler."""
    other = Office(office.log)
    with other.handler.unit_of_work() as unit:
        return unit.load(CASE).folded(unit.directory).run(clock, cycle)


def test_a_command_records_first_what_fell_due_while_nobody_looked():
    """All in one commit, each at its instant, and only then the command's own facts."""
    asked = office()
    asked.wait("26h")
    head = asked.log.head()
    answer = asked.done(REPLY, id="reply")
    assert words(asked) == [*ALL, "replied"]
    assert answer == Receipt("system", "reply", answer.fingerprint, CASE, 5, head + 4, 1)
    warned, lapsed, escalated, replied = asked.recorded(CASE)[1:]
    assert lapsed.fact == DeadlineLapsed(
        clock="reply", cycle=1, due=after("24h"), detected=after("26h")
    )
    assert [r.occurred_at for r in (warned, lapsed, escalated)] == [
        after("12h"), after("24h"), after("24h")
    ]  # fmt: skip
    assert {r.actor for r in (warned, lapsed, escalated)} == {SCHEDULER}
    assert {r.recorded_at for r in (warned, lapsed, escalated, replied)} == {after("26h")}
    assert run(asked).verdict is Verdict.LATE


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize(
    ("happened", "verdict"),
    [("23h", Verdict.ENTERED_LATE), ("24h", Verdict.ENTERED_LATE), ("25h", Verdict.LATE)],
)
def test_a_dated_command_gives_the_same_verdict_whether_or_not_the_engine_looked(
    looked, happened, verdict
):
    asked = office()
    asked.wait("25h")
    if looked:
        asked.tick(CASE)
    asked.wait("1h")
    asked.done(REPLY, occurred_at=after(happened))
    assert words(asked) == [*ALL, "replied"]
    assert run(asked).verdict is verdict


def test_a_stop_that_is_asked_at_the_due_instant_keeps_the_promise():
    """What is due at an instant is broken after it; the warning of before is recorded."""
    asked = office()
    asked.wait("24h")
    asked.done(REPLY)
    assert words(asked) == ["lodged", "warned", "replied"]
    assert run(asked).verdict is Verdict.MET
    late = office()
    late.now = after("24h") + timedelta(microseconds=1)
    late.done(REPLY)
    assert words(late) == [*ALL, "replied"]


def test_a_refused_command_records_what_fell_due_and_nothing_of_itself():
    """The lapse is true whoever asks; so the next answer does not depend on the refused one."""
    known = Office(None, book(visit={
        "case": "repair", "starts": "reported", "stops": "accepted", "within": "1h",
    }))  # fmt: skip
    report = ReportRepair(site=SITE, household="1-502", category="c", case="repair-1")
    known.done(report)
    known.wait("2h")
    for _ in range(2):
        assert isinstance(known.ask(ResumeRepair(case="repair-1")), NotPaused)
        assert words(known, "repair-1") == ["reported", "lapsed"]
    known.done(AcceptRepair(case="repair-1", technician="z"), occurred_at=after("30m"))
    assert words(known, "repair-1") == ["reported", "lapsed", "accepted"]


def test_a_command_that_says_nothing_new_records_what_fell_due():
    asked = office(clock={})
    asked.done(ResolveComplaint(case=CASE, by="li"))
    asked.wait("25h")
    quiet = asked.done(ResolveComplaint(case=CASE, by="li"))
    assert quiet.facts == 0
    assert words(asked) == ["lodged", "resolved", "lapsed"]


def test_what_fell_due_can_be_acknowledged_and_waived_though_nobody_looked():
    """The decision sees the lapse and the rung that are recorded before it."""
    asked = office()
    asked.wait("25h")
    asked.done(AcknowledgeEscalation(case=CASE, clock="reply", rung=1, by="sun"))
    assert words(asked) == [*ALL, "acknowledged"]
    other = office()
    other.wait("25h")
    other.done(WaiveBreach(case=CASE, clock="reply", by="ma", reason=Personal("停电")))
    assert words(other) == [*ALL, "waived"]


def test_whoever_has_seen_the_case_before_it_lapsed_looks_again():
    """As would be so had the engine looked in between."""
    asked = office()
    asked.wait("25h")
    refusal = asked.ask(REPLY, expected=1)
    assert isinstance(refusal, VersionMoved)
    assert refusal.details["actual"] == 4
    assert asked.done(REPLY, expected=4).version == 5


def test_a_clock_that_a_lapse_starts_is_judged_as_well():
    """Three hours after the lapse somebody is to have called; nobody looked for a day."""
    lapsed = {"fact": "lapsed", "where": {"clock": "reply"}}
    asked = office(clock={}, apology={
        "starts": lapsed, "stops": "contacted", "within": "3h", "case": "complaint",
    })  # fmt: skip
    asked.wait("2d")
    asked.done(REPLY)
    assert words(asked) == ["lodged", "lapsed", "lapsed", "replied"]
    assert [(r.fact.clock, r.fact.due) for r in asked.recorded(CASE)[1:3]] == [
        ("reply", after("24h")), ("apology", after("27h"))
    ]  # fmt: skip


def test_a_repeated_command_records_nothing():
    asked = office()
    first = asked.done(REPLY, id="same")
    asked.wait("3d")
    assert asked.done(REPLY, id="same") == first
    assert words(asked) == ["lodged", "replied"]


@pytest.mark.parametrize("looks", [("30h",), ("25h", "30h"), ("23h", "29h", "30h")])
def test_a_clock_that_a_lapse_stops_in_time_is_met_however_late_anybody_looks(looks):
    """The lapse is recorded before the other clock is looked at, which it stops at its instant."""
    asked = office(clock={}, shame={"stops": "lapsed", "within": "27h"})
    for at in looks:
        asked.now = after(at)
        asked.tick(CASE)
    assert words(asked) == ["lodged", "lapsed"]
    assert run(asked, "shame").verdict is Verdict.MET
    other = office(clock={}, shame={"stops": "lapsed", "within": "27h"})
    other.wait("30h")
    other.done(REPLY)
    assert words(other) == ["lodged", "lapsed", "replied"]
    assert run(other, "shame").verdict is Verdict.MET
