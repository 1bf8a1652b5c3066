"""What no text, number or time of a command may be, and that such a command leaves no trace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from commands.complaint import LodgeComplaint, ReplyToComplaint
from commands.envelope import CommandEnvelope, content_of
from commands.messages import Message
from commands.repair import ReportRepair
from commands.validation import TextUnreadable, TooManyLabels, check
from domain.kernel.personal import Personal
from domain.kernel.refusals import CommandInvalid, Refusal, TextTooLong, WithoutZone
from domain.kinds.complaint.facts import ComplaintReplied
from store.log import Receipt
from store.memory import MemoryLog
from store.sqlite import SQLiteLog
from tests.support.scenario import SITE, Office

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")


HOSTILE = [
    (ReplyToComplaint(case=CASE, by="a\0b"), TextUnreadable),
    (ReplyToComplaint(case=CASE, by="a\x1b[31m"), TextUnreadable),
    (ReplyToComplaint(case=CASE, by="\ud800"), TextUnreadable),
    (ReplyToComplaint(case=CASE, by="x" * 501), TextTooLong),
    (ReplyToComplaint(case=CASE, by="li", text=Personal("\udfff")), TextUnreadable),
    (ReplyToComplaint(case=CASE, by="li", text=Personal("x" * 20_001)), TextTooLong),
    (ReplyToComplaint(case=CASE, by="li", text=Personal("x", of="\0")), TextUnreadable),
    (
        ReportRepair(site=SITE, household="h", category="c", labels={"a": "\0"}),
        TextUnreadable,
    ),
    (
        ReportRepair(site=SITE, household="h", category="c", labels={"\ud800": "a"}),
        TextUnreadable,
    ),
    (
        ReportRepair(
            site=SITE, household="h", category="c", labels={str(n): "x" for n in range(101)}
        ),
        TooManyLabels,
    ),
    (ReportRepair(site=SITE, household="h", category="c", priority=2**70), CommandInvalid),
    (
        ReportRepair(
            site=SITE, household="h", category="c", promised=datetime(2026, 5, 6, 1)  # noqa: DTZ001
        ),
        WithoutZone,
    ),
    (
        ReportRepair(
            site=SITE, household="h", category="c", promised=datetime.max.replace(tzinfo=UTC)
        ),
        CommandInvalid,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("command", "refusal"), HOSTILE)
def test_hostile_texts_are_refused_before_anything_is_stored(command, refusal):
    office = Office()
    office.done(LODGE)
    head = office.log.head()
    bad, good = office.handler.handle_all(
        [CommandEnvelope(message=command), CommandEnvelope(message=REPLY)]
    )
    assert isinstance(bad, refusal)
    assert bad.sentence.encode()
    assert isinstance(good, Receipt)
    assert office.log.head() == head + 1


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
@pytest.mark.parametrize("beside", ["actor", "id", "correlation", "causation"])
def test_hostile_texts_beside_the_command_are_refused_as_well(beside, engine, tmp_path):
    log = MemoryLog() if engine == "memory" else SQLiteLog(tmp_path / "log.db")
    office = Office(log)
    for text in ["\0", "\ud800", "x" * 501]:
        assert isinstance(office.ask(LODGE, **{beside: text}), TextUnreadable | TextTooLong)
    assert log.stream(CASE) == []
    log.close()


def test_line_breaks_and_every_script_are_welcome():
    office = Office()
    office.done(LODGE)
    text = Personal("第一行\n第二行\t👨‍👩‍👧 عربي")
    office.done(ReplyToComplaint(case=CASE, by="李", text=text))
    fact = office.recorded(CASE)[1].fact
    assert isinstance(fact, ComplaintReplied)
    assert fact.text == Personal(text.text, of=f"{SITE}/1-502")


@given(
    st.text(st.sampled_from('a修\\"\n\r\t\x00\x1f\x7f\x80\u2028\ud800'), max_size=8),
    st.integers(0, 530),
)
def test_the_content_of_a_command_hides_no_text_from_the_look_at_it(text, more):
    """A short look at the content says what the look at each field says."""
    for message in (
        ReplyToComplaint(case=CASE, by=text + "x" * more),
        ReplyToComplaint(case=CASE, by="li", text=Personal(text)),
        ReportRepair(site=SITE, household="h", category="c", labels={"a": text}),
    ):
        assert fault_of(message, content_of(message, None)) == fault_of(message, None)


def fault_of(message: Message, content: bytes | None) -> type[Refusal] | None:
    """The kind of refusal that looking at a message ends with."""
    try:
        check(message, content)
    except Refusal as refusal:
        return type(refusal)
    return None
