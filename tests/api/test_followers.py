"""Followers in a process of their own: readers wait for them, never for ever."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api import followers
from api.engine import Engine
from api.followers import NotedRunner, ProcessRunner
from api.settings import Settings
from commands.envelope import CommandEnvelope
from commands.registers import OpenSite
from commands.repair import ReportRepair
from domain.kernel.facts import HouseholdId
from store.errors import StoreAway
from store.follower import FollowerState
from tests.support.patience import patient
from tests.support.serving import running, started

until = patient(30)


class House:
    """An engine whose followers run in another process."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(str(folder / "g.db"), create=True)
        self.engine.ask(CommandEnvelope(message=OpenSite(site="a", name="A")))
        self.runner = ProcessRunner(self.engine, Settings(store=self.engine.store))
        self.engine.runner = self.runner
        self.runner.start()
        assert until(lambda: self.runner.beside)

    def report(self) -> None:
        message = ReportRepair(site="a", household=HouseholdId("h"), category="c")
        self.engine.ask(CommandEnvelope(message=message))

    def count(self) -> int:
        ((found,),) = self.engine.projector.db.ask("SELECT count(*) FROM cases")
        return int(found)

    def process(self) -> int:
        (pid,) = started(os.getpid(), "api.follow", 1)
        return pid

    def states(self) -> dict[str, FollowerState]:
        return {state.name: state for state in self.runner.states()}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.engine.close()


def test_who_wrote_reads_it_after_the_followers_took_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's process projects nothing, and reads nothing older than what was written."""

    def forbidden(*_: object, **__: object) -> int:
        raise AssertionError("it is the followers' work")

    monkeypatch.setattr(house.engine.projector, "catch_up", forbidden)
    for number in range(1, 51):
        house.report()
        assert house.engine.settle()
        assert house.count() == number


def test_they_are_woken_by_a_commit(house: House) -> None:
    """Fifty one after the other take much less time than looking every half second would."""
    begun = time.monotonic()
    for _ in range(50):
        house.report()
        assert house.engine.settle()
    assert time.monotonic() - begun < 50 * 0.25


def test_their_state_is_told(house: House) -> None:
    """Position, lag and age of each, as of a moment ago."""
    house.report()
    assert until(lambda: {s.position for s in house.runner.states()} == {2})
    assert list(house.states()) == ["projections", "timers"]
    assert all(s.lag == 0 and s.fault is None for s in house.runner.states())
    assert house.states()["timers"].last_tick_age < 15


def test_killed_they_are_missed_until_others_are_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile readers see to the tables themselves."""
    monkeypatch.setattr("api.child.SOONEST", 1.0)
    killed = house.process()
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: not house.runner.beside)
    house.report()
    assert house.engine.settle(1)
    assert house.count() == 1
    assert until(lambda: "ended with -9" in (house.states()["timers"].fault or ""))
    assert until(lambda: house.runner.beside and house.process() != killed)
    assert house.states()["timers"].fault is None


def test_silent_ones_are_waited_for_as_long_as_was_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the answer says that it is behind, and soon readers see to the tables themselves."""
    os.kill(house.process(), signal.SIGSTOP)
    monkeypatch.setattr(followers, "FRESH", 600)
    house.report()
    begun = time.monotonic()
    assert not house.engine.settle(0.3)
    assert 0.3 <= time.monotonic() - begun < 3
    monkeypatch.setattr(followers, "FRESH", 0.0)
    assert house.engine.settle(0.3)
    os.kill(house.process(), signal.SIGCONT)


def test_hung_ones_are_killed_and_started_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says nothing for a minute will not come back."""
    hung = house.process()
    monkeypatch.setattr(followers, "HUNG", 0.5)
    os.kill(hung, signal.SIGSTOP)
    assert until(lambda: not running(hung))
    monkeypatch.setattr(followers, "HUNG", 60.0)
    assert until(lambda: house.runner.beside and house.states()["timers"].fault is None)


def test_tables_that_another_process_made_anew_are_read(house: House, tmp_path: Path) -> None:
    """A reader does not wait for rows in a file that was deleted."""
    house.report()
    assert house.engine.settle()
    other = Engine(house.engine.store)
    other.projector.db.clear()
    other.projector.rebuild()
    other.close()
    house.report()
    assert house.engine.settle()
    assert house.count() == 2


def test_stopped_they_are_gone(tmp_path: Path) -> None:
    """No process is left behind, and what is asked afterwards wakes nobody."""
    house = House(tmp_path)
    process = house.process()
    assert house.runner.stop()
    assert not running(process)
    house.report()
    assert house.engine.settle()
    house.engine.close()


def test_what_others_noted_is_known_where_several_processes_answer(house: House) -> None:
    """By name, those who noted nothing included."""
    noted = NotedRunner(house.engine.projector, ["projections", "timers", "courier"])
    noted.start()
    assert until(lambda: noted.states()[1].position is not None)
    assert [state.name for state in noted.states()] == ["projections", "timers", "courier"]
    assert noted.states()[2].position is None
    assert until(lambda: NotedRunner(house.engine.projector, []).beside)
    assert noted.stop()


def test_where_nobody_notes_anything_nobody_is_waited_for(tmp_path: Path) -> None:
    """Neither before the first word nor long after the last."""
    engine = Engine(str(tmp_path / "g.db"), create=True)
    assert not NotedRunner(engine.projector, []).beside
    engine.projector.signs.note([engine.timers.state()])
    assert NotedRunner(engine.projector, []).beside
    later = datetime.now(UTC).replace(year=2100)
    assert engine.projector.signs.noted_age(later) > followers.FRESH
    engine.close()


def test_a_store_that_is_away_is_every_followers_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health shows it."""

    def away(*_: Any) -> Any:
        raise StoreAway(where="there", problem="gone")

    noted = NotedRunner(house.engine.projector, ["timers"])
    monkeypatch.setattr(house.engine.projector.signs, "noted", away)
    (state,) = noted.states()
    assert "gone" in (state.fault or "")
