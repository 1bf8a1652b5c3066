"""What the engine records names the fact that it follows from, and belongs to the same matter."""

from __future__ import annotations

from commands.complaint import LodgeComplaint, ReplyToComplaint
from domain.kernel.facts import HouseholdId, StaffId
from tests.support.scenario import SITE, Office, book

CASE = "complaint-1"
LADDER = {"warnings": ["50%"], "ladder": [{"at": "100%", "to": "supervisor"}]}


def office() -> Office:
    made = Office(None, book(LADDER))
    lodge = LodgeComplaint(
        case=CASE, site=SITE, channel="phone", household=HouseholdId("h-1"), category="noise",
        receiver=StaffId("li"),
    )  # fmt: skip
    made.done(lodge, correlation="call-7", causation="call-7/1")
    return made


def links(asked: Office) -> list[tuple[str, str | None, str | None]]:
    return [(r.fact.word, r.correlation, r.causation) for r in asked.recorded(CASE)]


EXPECTED = [
    ("lodged", "call-7", "call-7/1"),
    ("warned", "call-7", f"{CASE}/1"),
    ("lapsed", "call-7", f"{CASE}/1"),
    ("escalated", "call-7", f"{CASE}/3"),
]


def test_a_lapse_follows_from_what_started_the_clock_and_a_rung_from_the_lapse():
    asked = office()
    asked.wait("25h")
    asked.tick(CASE)
    assert links(asked) == EXPECTED


def test_so_it_is_where_a_command_finds_what_fell_due():
    """The command's own links are for its own facts."""
    asked = office()
    asked.wait("25h")
    reply = ReplyToComplaint(case=CASE, by=StaffId("li"))
    asked.done(reply, correlation="call-9", causation="call-9/1")
    assert links(asked) == [*EXPECTED, ("replied", "call-9", "call-9/1")]
