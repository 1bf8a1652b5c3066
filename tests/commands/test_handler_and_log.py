"""How a handler meets what the log holds: its end, its time, and ids that come again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from commands.complaint import LodgeComplaint, ReplyToComplaint
from commands.envelope import CommandEnvelope
from commands.registers import PublishRulebook
from domain.kernel.refusals import CommandIdTaken, InTheFuture
from store.errors import ClockBehind, HeadMoved
from store.log import Log, Receipt
from store.memory import MemoryLog
from store.open import open_log
from tests.support.postgres import PostgresServer
from tests.support.scenario import SITE, START, Office

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)
REPLY = ReplyToComplaint(case=CASE, by="li")
DAY = timedelta(days=1)
TOLERATED = timedelta(minutes=5)


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    address = {"memory": ":memory:", "sqlite": str(tmp_path / "log.db")}.get(request.param)
    if address is None:
        address = str(request.getfixturevalue("database"))
        with psycopg.connect(address) as connection:
            connection.execute("DROP SCHEMA IF EXISTS guanjia CASCADE")
    with closing(open_log(address)) as log:
        yield log


@pytest.fixture
def office(log) -> Office:
    """An office with one complaint, recorded at the start."""
    office = Office(log)
    office.done(LODGE)
    return office


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
    replies = office.handler.handle_all([CommandEnvelope(message=REPLY) for _ in range(2)])
    assert [reply.version for reply in replies] == [2, 3]
    assert log.given == [2, None]
    log.moves = False
    assert office.done(REPLY).version == 4
    assert log.given == [2, None, 4]


def times(office: Office) -> list[tuple[object, object]]:
    """When each fact of the case was recorded and known, after the first."""
    return [(r.recorded_at, r.known_at) for r in office.recorded(CASE)[1:]]


@pytest.mark.parametrize("behind", [timedelta(microseconds=1), TOLERATED])
def test_a_clock_a_little_behind_the_log_is_raised_to_it(office: Office, behind: timedelta):
    office.now = START - behind
    receipts = office.handler.handle_all([CommandEnvelope(message=REPLY) for _ in range(2)])
    assert [receipt.facts for receipt in receipts] == [1, 1]
    assert times(office) == [(START, None)] * 2
    assert office.recorded(CASE)[1].occurred_at == START


def test_a_clock_far_behind_the_log_is_refused_and_stores_nothing(office: Office):
    head = office.log.head()
    office.now = START - TOLERATED - timedelta(microseconds=1)
    with pytest.raises(ClockBehind, match=r"2026-05-06T00:54:59.*set the clock right") as told:
        office.done(REPLY)
    assert "校准时钟" in told.value.sentence_zh
    assert office.log.head() == head
    office.now = START - TOLERATED
    office.done(REPLY)


def test_a_clock_that_goes_back_between_two_commands_of_a_commit_is_raised(office: Office):
    later = START + timedelta(minutes=3)
    with office.handler.unit_of_work() as unit:
        office.now = later
        unit.handle(CommandEnvelope(message=REPLY))
        office.now = START
        unit.handle(CommandEnvelope(message=REPLY))
    assert times(office) == [(later, None)] * 2


def test_an_import_keeps_its_times_in_a_log_that_holds_nothing_later(office: Office):
    office.now = START + 9 * DAY
    for days in (1, 2):
        office.done(REPLY, recorded_at=START + days * DAY)
    assert times(office) == [(START + DAY, None), (START + 2 * DAY, None)]


def test_an_import_into_a_log_with_later_facts_is_recorded_now(office: Office):
    """It carries when its source knew of each fact, and decides as of then."""
    hour = timedelta(hours=1)
    office.now, known = START + 12 * hour, START + hour
    office.done(replace(LODGE, case="complaint-later"))
    office.done(REPLY, recorded_at=known)
    office.done(REPLY, recorded_at=known, occurred_at=START)
    assert times(office) == [(START + 12 * hour, known)] * 2
    assert [r.occurred_at for r in office.recorded(CASE)[1:]] == [known, START]


def test_what_is_imported_a_little_behind_the_log_is_raised_to_it(office: Office):
    office.now = START + DAY
    office.done(REPLY, recorded_at=START - TOLERATED)
    assert times(office) == [(START, None)]


def test_nothing_is_recorded_at_an_instant_that_has_not_come(office: Office):
    """Every later command would be refused until then: the log can only go forward."""
    head = office.log.head()
    beyond = START + TOLERATED + timedelta(microseconds=1)
    assert isinstance(office.ask(REPLY, recorded_at=beyond), InTheFuture)
    assert office.log.head() == head
    office.done(REPLY, recorded_at=START + TOLERATED)


def test_an_import_needs_a_clock_that_is_right(office: Office):
    office.now = START - DAY
    with pytest.raises(ClockBehind):
        office.done(REPLY, recorded_at=START - 2 * DAY)


SAME = {"id": "same", "actor": "li"}


def test_an_id_with_the_same_content_is_answered_as_the_first_time(office: Office):
    first = office.done(REPLY, **SAME)
    head = office.log.head()
    office.wait("3d")
    for asked in (office, Office(office.log)):
        asked.now = office.now
        assert asked.done(REPLY, **SAME) == first
    assert office.log.head() == head


OTHERS = [
    {"message": replace(REPLY, by="zhou")},
    {"message": LODGE},
    {"message": REPLY, "occurred_at": START},
]


@pytest.mark.parametrize("other", OTHERS)
def test_an_id_with_other_content_is_refused_and_stores_nothing(office: Office, other):
    office.done(REPLY, **SAME)
    head = office.log.head()
    for asked in (office, Office(office.log)):
        (refusal,) = asked.handler.handle_all([CommandEnvelope(**SAME, **other)])
        assert isinstance(refusal, CommandIdTaken)
        assert refusal.sentence == (
            "The command id same was used before for another command: send this one under a new id."
        )
    assert office.log.head() == head


def test_two_commands_of_one_commit_cannot_share_an_id(office: Office):
    both = [CommandEnvelope(message=m, **SAME) for m in (REPLY, replace(REPLY, by="zhou"))]
    assert [type(reply) for reply in office.handler.handle_all(both)] == [Receipt, CommandIdTaken]
    assert len(times(office)) == 1


def test_an_id_belongs_to_who_asks(office: Office):
    """Whoever guesses another's id, or the engine's, neither takes it nor reads its answer."""
    theirs = replace(REPLY, by="zhou")
    versions = [
        office.done(message, id="same", actor=actor).version
        for actor, message in (("li", REPLY), ("zhou", theirs), ("scheduler", REPLY))
    ]
    assert versions == [2, 3, 4]
    assert office.done(theirs, id="same", actor="zhou").version == 3


def test_what_is_said_to_have_happened_at_one_instant_is_the_same_in_every_zone(office: Office):
    at = START
    first = office.done(REPLY, **SAME, occurred_at=at)
    shanghai = datetime.fromisoformat("2026-05-06T09:00:00+08:00")
    assert shanghai == at
    assert office.done(REPLY, **SAME, occurred_at=shanghai) == first


def test_labels_in_another_order_are_the_same_command(log):
    office = Office(log)
    labels = {"a": "1", "b": "2"}
    first = office.done(replace(LODGE, labels=labels), **SAME)
    assert office.done(replace(LODGE, labels=dict(reversed(labels.items()))), **SAME) == first


@pytest.mark.parametrize("document", [{"rulebook": "\ud800"}, {"rulebook": object}])
def test_an_id_that_comes_again_with_an_unreadable_document_is_refused(office: Office, document):
    office.done(REPLY, **SAME)
    refusal = office.ask(PublishRulebook(document=document), **SAME)
    assert isinstance(refusal, CommandIdTaken)
