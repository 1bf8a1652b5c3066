"""The plan's promises to residents (20, 21, 80): kept, or climbing to a manager."""

from __future__ import annotations

import pytest

from commands.cases import ContactResident, RateService
from commands.complaint import LodgeComplaint, ProposeSolution, ReplyToComplaint, ResolveComplaint
from domain.kinds.aftercare import Rating
from domain.kinds.complaint.facts import Nature
from domain.promises.facts import DeadlineLapsed, EscalationRaised
from tests.support.scenario import SITE, Office, after

RULEBOOK = {
    "rulebook": "annual plan",
    "roles": {
        "supervisor": {"holders": [{"staff": "sun"}]},
        "head_of_department": {"holders": [{"staff": "hu"}]},
        "manager": {"holders": [{"staff": "ma"}]},
    },
    "clocks": {
        "reply": {
            "title": "24小时内回复", "case": "complaint", "where": {"nature": "general"},
            "starts": "lodged", "stops": "replied", "within": "24h", "obligations": [20, 77],
            "ladder": [{"at": "100%", "to": "supervisor"}, {"at": "+4h", "to": "manager"}],
        },
        "solution": {
            "title": "48小时内给予解决方案", "case": "complaint", "where": {"nature": "complex"},
            "starts": "lodged", "stops": "solution_proposed", "within": "48h",
            "ladder": [{"at": "100%", "to": "head_of_department"}, {"at": "+8h", "to": "manager"}],
            "obligations": [21, 77],
        },
        "contact": {
            "title": "不满意2小时内主动联系", "case": ["complaint", "repair"],
            "starts": {"fact": "rated", "where": {"rating": "dissatisfied"}},
            "stops": "contacted", "within": "2h", "obligations": [80],
            "ladder": [{"at": "100%", "to": "supervisor"}, {"at": "150%", "to": "manager"}],
        },
    },
}  # fmt: skip


def lodge(nature: Nature, case: str) -> LodgeComplaint:
    return LodgeComplaint(
        site=SITE, channel="phone", household="1-502", category="noise", receiver="li",
        nature=nature, case=case,
    )  # fmt: skip


def unhappy(office: Office, case: str) -> None:
    """Answer and resolve at once; the resident is dissatisfied all the same."""
    office.done(lodge(Nature.GENERAL, case))
    office.done(ReplyToComplaint(case=case, by="li"))
    office.done(ResolveComplaint(case=case, by="li"))
    office.done(RateService(case=case, rating=Rating.DISSATISFIED))


def three_broken_promises() -> Office:
    office = Office(None, RULEBOOK)
    office.done(lodge(Nature.GENERAL, "complaint-general"))
    office.done(lodge(Nature.COMPLEX, "complaint-complex"))
    unhappy(office, "complaint-unhappy")
    return office


def said(office: Office, case: str) -> list:
    facts = [recorded.fact for recorded in office.recorded(case)]
    return [fact for fact in facts if isinstance(fact, DeadlineLapsed | EscalationRaised)]


# clock, due, then each rung: reached, role, addressee
EXPECTED = {
    "complaint-general": ("reply", "24h", ("24h", "supervisor", "sun"), ("28h", "manager", "ma")),
    "complaint-complex": (
        "solution", "48h", ("48h", "head_of_department", "hu"), ("56h", "manager", "ma"),
    ),
    "complaint-unhappy": ("contact", "2h", ("2h", "supervisor", "sun"), ("3h", "manager", "ma")),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPECTED)
def test_a_broken_promise_climbs_with_its_due_and_detected_instants(case):
    """The engine looks every hour and seven minutes: later than due, at no round instant."""
    office = three_broken_promises()
    looks = []
    for _ in range(60):
        office.wait("1h7m")
        looks.append(office.now)
        office.tick()
    clock, due, *rungs = EXPECTED[case]

    def seen(at):
        return next(look for look in looks if look >= after(at))

    assert said(office, case) == [
        DeadlineLapsed(clock=clock, cycle=1, due=after(due), detected=seen(due)),
        *(
            EscalationRaised(
                clock=clock,
                cycle=1,
                rung=number,
                due=after(due),
                reached=after(reached),
                detected=seen(reached),
                to=role,
                addressee=addressee,
            )
            for number, (reached, role, addressee) in enumerate(rungs, start=1)
        ),
    ]
    for recorded in office.recorded(case):
        if isinstance(recorded.fact, EscalationRaised):
            assert recorded.occurred_at == recorded.fact.reached
            assert recorded.recorded_at == recorded.fact.detected


@pytest.mark.parametrize("case", EXPECTED)
def test_an_engine_stopped_over_the_due_instant_records_the_same_facts(case):
    running, stopped = three_broken_promises(), three_broken_promises()
    for _ in range(60):
        running.wait("1h")
        running.tick()
    stopped.wait("60h")
    stopped.tick()

    def without_detected(office):
        return [
            (type(fact), fact.happened, fact.due, getattr(fact, "rung", 0),
             getattr(fact, "to", None), getattr(fact, "addressee", None))
            for fact in said(office, case)
        ]  # fmt: skip

    assert without_detected(stopped) == without_detected(running)
    assert {fact.detected for fact in said(stopped, case)} == {after("60h")}


def test_kept_promises_climb_to_nobody():
    office = three_broken_promises()
    office.wait("1h")
    office.done(ReplyToComplaint(case="complaint-general", by="li"))
    office.done(ProposeSolution(case="complaint-complex", by="li"))
    office.done(ContactResident(case="complaint-unhappy", by="sun"))
    office.wait("60h")
    office.tick()
    assert [said(office, case) for case in EXPECTED] == [[], [], []]


def test_looking_again_says_nothing_twice():
    office = three_broken_promises()
    office.wait("60h")
    office.tick()
    head = office.log.head()
    office.wait("60h")
    office.tick()
    assert office.log.head() == head
