"""One reader of registers per process: right at every position, whoever else reads and writes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings, strategies as st

from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.registers import OpenSite, PublishRulebook
from domain.kinds import KINDS
from domain.rulebook import read_rulebook
from store.log import IntegrityError
from store.memory import MemoryLog
from store.register_reader import DirectoryReader, read_directory
from tests.support.registers import CALENDARS, SITES, append, directory_of, happened, rows_of, told
from tests.support.scenario import CODEC, START, Office, book

WHAT = st.sampled_from(["book", *CALENDARS, *SITES, "case", "case"])
STEPS = st.lists(st.tuples(WHAT, st.integers(0, 3)), max_size=14)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, data=st.data())
def test_as_of_equals_a_directory_of_the_logs_beginning_at_every_position(steps, data):
    """In whatever order positions are asked for, and however the log grows between."""
    log, rows = MemoryLog(), rows_of(steps)
    reader = DirectoryReader(log, CODEC)
    whole = directory_of(steps)
    cut = data.draw(st.integers(0, len(rows)))
    append(log, rows[:cut])
    assert told(reader.newest()) == told(directory_of(steps[:cut]))
    append(log, rows[cut:])
    if rows[cut:] and data.draw(st.booleans()):
        assert reader.take_page(rows[cut:], cut) == any(w != "case" for w, _ in steps[cut:])
    for position in data.draw(st.permutations(range(len(rows) + 1))):
        expected = told(directory_of(steps[:position]))
        assert told(reader.at(position)) == expected
        assert told(whole.as_of(position)) == expected
        assert told(whole.as_of(len(rows)).as_of(position)) == expected
        assert told(whole.as_of(position).as_of(len(rows))) == expected


def test_a_view_does_not_change_when_the_registers_grow():
    steps = [("north", 0), ("book", 0), ("office", 0)]
    directory = directory_of(steps)
    early = directory.as_of(2)
    before = told(early)
    for position, (stream, version, fact) in enumerate(
        happened([*steps, ("south", 1), ("book", 3), ("office", 2)]), start=1
    ):
        if position > len(steps):
            directory.take(stream, version, fact, position)
    assert told(early) == before
    assert directory.sites.keys() == {"north", "south"}
    assert directory.rules.version == 4


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, tried=st.sampled_from(["book", *CALENDARS]), data=st.data())
def test_trying_a_publication_equals_having_it_and_changes_nothing(steps, tried, data):
    """On the registers as of any position: what came later is not there."""
    position = data.draw(st.integers(0, len(steps)))
    view = directory_of(steps).as_of(position)
    before = told(view)
    with_it = [*steps[:position], (tried, 7)]
    *_, (_, _, fact) = happened(with_it)
    assert told(view.trying(fact)) == told(directory_of(with_it))
    assert told(view) == before


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, data=st.data())
def test_under_a_rulebook_every_version_is_judged_by_it_and_the_rest_stays(steps, data):
    """Calendars, sites and documents are those of the position."""
    position = data.draw(st.integers(0, len(steps)))
    book = read_rulebook({"rulebook": "draft"}, kinds=KINDS)
    view = directory_of(steps).as_of(position)
    expected = dict(told(view))
    expected["books"] = [book] * len(expected["books"])
    expected["in force"] = book
    for under in (view.under(book), directory_of(steps).under(book).as_of(position)):
        assert told(under) == expected
    *_, (_, _, fact) = happened([("book", 1)])
    assert view.under(book).trying(fact).rules.in_force is book


def test_between_two_register_facts_everybody_gets_the_same_view(log):
    append(log, rows_of([("north", 0), ("case", 0), ("case", 0), ("book", 0), ("case", 0)]))
    reader = DirectoryReader(log, CODEC)
    assert reader.at(1) is reader.at(3)
    assert reader.at(3) is not reader.at(4)
    assert reader.at(4) is reader.newest()


def test_what_another_process_stores_is_read_once(log, monkeypatch):
    """Following costs one look at the register facts since the last; none where nothing is new."""
    append(log, rows_of([("north", 0), ("book", 0)]))
    reader = DirectoryReader(log, CODEC)
    assert reader.newest().rules.version == 1
    asked, rows = [], type(log).rows
    monkeypatch.setattr(
        type(log), "rows", lambda self, *words: asked.append(words) or rows(self, *words)
    )
    reader.newest()
    assert asked == []
    append(log, rows_of([("north", 0), ("book", 0), ("book", 1), ("case", 0)])[2:])
    assert reader.newest().rules.version == 2
    assert reader.newest().rules.version == 2
    assert [after for after, *_ in asked] == [2]


def test_a_page_that_was_read_is_not_read_again(log, monkeypatch):
    rows = rows_of([("north", 0), ("case", 0), ("book", 0), ("south", 1)])
    append(log, rows[:2])
    reader = DirectoryReader(log, CODEC)
    reader.newest()
    append(log, rows[2:])
    monkeypatch.setattr(type(log), "rows", lambda *_: pytest.fail("read again"))
    assert reader.take_page(rows[2:], 2)
    assert told(reader.at(4)) == told(read_directory(log, CODEC))
    assert not reader.take_page(rows[1:2], 1)


def test_a_page_beyond_what_was_followed_is_no_reason_to_skip_what_lies_between(log):
    """The page of a projector that is ahead of everybody else who reads registers."""
    rows = rows_of([("north", 0), ("book", 0), ("south", 0), ("book", 1)])
    append(log, rows[:1])
    reader = DirectoryReader(log, CODEC)
    reader.newest()
    append(log, rows[1:])
    assert reader.take_page(rows[3:], 3)
    assert told(reader.at(4)) == told(read_directory(log, CODEC))


def test_commands_and_questions_share_one_reader():
    """What a command stored is known to a question that shares the reader without reading."""
    log = MemoryLog()
    reader = DirectoryReader(log, CODEC)
    handler = CommandHandler(log, clock=lambda: START, registers=reader)
    office = Office(log)
    office.handler = handler
    office.done(OpenSite(site="south", name="South"))
    assert set(reader.newest().sites) == {"north", "south"}
    office.done(PublishRulebook(document=book({})))
    assert reader.newest() is handler.directory
    assert reader.newest().rules.in_force.clocks.keys() == {"reply"}


def test_commands_of_one_commit_see_the_registers_of_those_before_and_others_do_not():
    log = MemoryLog()
    reader = DirectoryReader(log, CODEC)
    Office(log)
    handler = CommandHandler(log, clock=lambda: START, registers=reader)
    with handler.unit_of_work() as unit:
        unit.handle(CommandEnvelope(message=OpenSite(site="south", name="South")))
        assert set(unit.directory.sites) == {"north", "south"}
        assert set(reader.newest().sites) == {"north"}
    assert set(reader.newest().sites) == {"north", "south"}


def test_what_was_not_stored_is_forgotten():
    """A commit that fails leaves no site behind, for nobody who shares the reader."""
    log = MemoryLog()
    reader = DirectoryReader(log, CODEC)
    Office(log)
    handler = CommandHandler(log, clock=lambda: START, registers=reader)
    with pytest.raises(ZeroDivisionError), handler.unit_of_work() as unit:  # noqa: PT012
        unit.handle(CommandEnvelope(message=OpenSite(site="south", name="South")))
        raise ZeroDivisionError
    Office(log).done(OpenSite(site="west", name="West"))  # another process takes its position
    assert set(reader.newest().sites) == {"north", "west"}
    with handler.unit_of_work() as unit:
        assert set(unit.directory.sites) == {"north", "west"}


def test_a_conflict_is_decided_with_what_the_other_process_published():
    log = MemoryLog()
    Office(log)
    handler = CommandHandler(log, clock=lambda: START)
    with pytest.raises(IntegrityError), handler.unit_of_work() as unit:  # noqa: PT012
        unit.handle(CommandEnvelope(message=OpenSite(site="south", name="South")))
        raise IntegrityError
    (answer,) = handler.handle_all([CommandEnvelope(message=OpenSite(site="south", name="South"))])
    assert answer.facts == 1
    assert set(handler.directory.sites) == {"north", "south"}


def test_threads_read_while_the_log_grows():
    """Every view holds exactly the sites of its position, whoever asks at the same time."""
    log = MemoryLog()
    reader = DirectoryReader(log, CODEC)
    rows = [
        CODEC.encode(CODEC.decode(row)._replace(stream=f"site-{row.position}", version=1))._replace(
            position=row.position
        )
        for row in rows_of([("north", 0)] * 300)
    ]
    done = threading.Event()

    def read(_: int) -> int:
        seen = 0
        while not done.is_set() or seen < len(rows):
            view = reader.newest()
            assert seen <= len(view.sites)
            seen = len(view.sites)
            for position in (seen // 2, seen):
                assert len(reader.at(position).sites) == position
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = pool.map(read, range(4))
        for row in rows:
            append(log, [row])
        done.set()
        assert list(readers) == [300] * 4
