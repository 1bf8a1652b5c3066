"""When something happened to a case: never before it began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.complaint import LodgeComplaint, ReplyToComplaint
from domain.kernel.refusals import BeforeTheCase
from tests.support.scenario import SITE, START, Office, after

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")


@pytest.mark.parametrize(
    ("before", "happened"),
    [("0s", "0s"), ("1s", "0s"), ("5m", "0s"), ("5m1s", None), ("9d", None)],
)
def test_nothing_happened_to_a_case_before_it_began(before, happened):
    """Up to five minutes before counts as the beginning, what is earlier is refused."""
    office = Office()
    office.done(LODGE)
    office.wait("2h")
    answer = office.ask(REPLY, occurred_at=START - (after(before) - START))
    if happened is None:
        assert isinstance(answer, BeforeTheCase)
        assert answer.details["began"] == START.isoformat()
        assert answer.details["case"] == CASE
        assert [recorded.type for recorded in office.recorded(CASE)] == ["ComplaintLodged"]
    else:
        assert office.recorded(CASE)[-1].occurred_at == after(happened)


def test_a_case_begins_when_its_first_fact_happened_not_when_it_was_entered():
    office = Office()
    office.done(LODGE, occurred_at=START - timedelta(days=2))
    at = START - timedelta(days=1)
    office.done(REPLY, occurred_at=at)
    assert office.recorded(CASE)[-1].occurred_at == at
