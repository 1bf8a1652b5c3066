"""An engine that was stopped records the same of every case as one that never was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings, strategies as st

from commands.clocks import RecordDue
from domain.promises.facts import (
    CLOCK_FACTS,
)
from tests.support.asking import (
    OFFICE,
    complaints,
    lodging,
    repairs,
    reporting,
    rulebook,
)
from tests.support.scenario import Office


def said_by(office: Office, case: str) -> list:
    """The clock facts, without when the engine saw it, in the order of what they say."""
    facts = [r.fact for r in office.recorded(case) if isinstance(r.fact, CLOCK_FACTS)]
    return sorted((replace(fact, detected=fact.due) for fact in facts), key=repr)


def lived(steps: list, case: str, *, engine: bool) -> list:
    """What the clocks say of a life: each step is (minutes to wait, command, whether to look)."""
    office = Office(None, OFFICE, rulebook(acknowledged=False))
    for minutes, command, look in steps:
        office.now += timedelta(minutes=minutes)
        office.ask(command)
        # A look never falls on the instant of a command: the order of the two would decide.
        office.now += timedelta(seconds=1)
        if engine and look:
            office.ask(RecordDue(case=case))
        office.now += timedelta(seconds=59)
    office.wait("30d")
    office.done(RecordDue(case=case))
    return said_by(office, case)


@st.composite
def lives(draw, case, begin, verbs_of):
    """A case from its beginning, with waits of minutes to days."""
    waits = st.integers(0, 90) | st.integers(0, 3000)
    commands = st.one_of(*verbs_of(case))
    first = (0, draw(begin(case)), draw(st.booleans()))
    return [first, *draw(st.lists(st.tuples(waits, commands, st.booleans()), max_size=25))]


@settings(max_examples=80)
@given(lives("complaint-1", lodging, complaints))
def test_a_stopped_engine_says_the_same_of_a_complaint(steps):
    """Looking at arbitrary instants or once at the end gives the same clock facts."""
    assert lived(steps, "complaint-1", engine=True) == lived(steps, "complaint-1", engine=False)


@settings(max_examples=80)
@given(lives("repair-1", reporting, repairs))
def test_a_stopped_engine_says_the_same_of_a_repair(steps):
    """Looking at arbitrary instants or once at the end gives the same clock facts."""
    assert lived(steps, "repair-1", engine=True) == lived(steps, "repair-1", engine=False)
