"""What a desk makes of the end of the log, of its time, and of ids that come again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from commands.desk import Request
from commands.verbs import LodgeComplaint, ReplyToComplaint
from domain.refusals import CommandIdTaken
from store.errors import HeadMoved
from store.log import Receipt
from store.memory import MemoryLog
from store.sqlite import SQLiteLog
from tests.support.scenario import SITE, START, Office

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")


@pytest.fixture(params=["memory", "sqlite"])
def log(request, tmp_path):
    log = MemoryLog() if request.param == "memory" else SQLiteLog(tmp_path / "log.db")
    yield log
    log.close()


class DistantLog(MemoryLog):
    """A log that takes its end as given, and may have grown meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[int | None] = []
        self.moves = False

    @contextmanager
    def transaction(self, after=None):
        self.given.append(after and after.position)
        with super().transaction(after) as transaction:
            yield transaction
            if after is not None and self.moves:
                raise HeadMoved(where=self.where)


def test_a_batch_is_decided_again_holding_the_log_when_its_end_was_mistaken():
    log = DistantLog()
    office = Office(log)
    office.done(LODGE)
    log.given, log.moves = [], True
    replies = office.desk.ask_all([Request(command=REPLY), Request(command=REPLY)])
    assert [reply.version for reply in replies] == [2, 3]
    assert log.given == [2, None]
    log.moves = False
    assert office.done(REPLY).version == 4
    assert log.given == [2, None, 4]


def test_a_clock_behind_the_log_is_raised_to_it(log):
    office = Office(log)
    office.done(LODGE)
    office.now -= timedelta(minutes=3)
    office.done(REPLY)
    assert office.recorded(CASE)[1].recorded_at == START
    office.done(REPLY, relived=START - timedelta(days=1))
    assert office.recorded(CASE)[2].recorded_at == START


def test_an_id_stands_for_one_command_of_one_who_asks(log):
    office = Office(log)
    office.done(LODGE)
    first = office.done(REPLY, id="same", actor="li")
    other = replace(REPLY, by="zhou")
    for asked in (office, Office(log)):
        assert asked.done(REPLY, id="same", actor="li", occurred_at=START) == first
        refusal = asked.ask(other, id="same", actor="li")
        assert isinstance(refusal, CommandIdTaken)
        assert refusal.details["id"] == "same"
    assert office.done(other, id="same", actor="zhou").version == 3
    both = [Request(command=c, id="new", actor="li") for c in (REPLY, other)]
    assert [type(reply) for reply in office.desk.ask_all(both)] == [Receipt, CommandIdTaken]


def test_labels_in_another_order_are_the_same_command():
    office = Office()
    labels = {"a": "1", "b": "2"}
    first = office.done(replace(LODGE, labels=labels), id="same")
    assert office.done(replace(LODGE, labels=dict(reversed(labels.items()))), id="same") == first
