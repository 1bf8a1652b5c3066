"""A follower is a class: it gets every fact it wants once, in order, whatever dies in between."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from api.engine import Engine, engine
from commands.envelope import CommandEnvelope
from commands.registers import OpenSite
from scheduler.runner import ThreadRunner
from store.errors import StoreAway
from store.follower import Batch, Follower, FollowerState
from store.log import Log
from store.open import open_log
from tests.support.logs import append
from tests.support.patience import patient

until = patient(10)


class Counter(Follower):
    """Counts the facts of each stream in a database of its own, with its checkpoint."""

    name = "counter"
    batch = 3

    def __init__(self, log: Log, path: Path, *topics: str) -> None:
        super().__init__(log)
        self.topics = frozenset(topics)
        self.batches: list[Batch] = []
        self.before_commit: Callable[[], object] = bool
        self._path = path
        with self._opened() as db:
            db.execute("CREATE TABLE IF NOT EXISTS seen (stream TEXT PRIMARY KEY, facts INTEGER)")
            db.execute("CREATE TABLE IF NOT EXISTS checkpoint (position INTEGER)")

    def _opened(self) -> apsw.Connection:
        db = apsw.Connection(str(self._path))
        db.set_busy_timeout(5000)
        db.execute("PRAGMA journal_mode = WAL").fetchall()
        return db

    def position(self) -> int:
        rows = self._opened().execute("SELECT max(position) FROM checkpoint").fetchall()
        return rows[0][0] or 0

    def take(self, batch: Batch) -> None:
        with self._opened() as db:
            for row in batch.rows:
                db.execute(
                    "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET facts = facts + 1",
                    (row.stream,),
                )
            db.execute("INSERT INTO checkpoint VALUES (?)", (batch.until,))
            self.before_commit()
        self.batches.append(batch)

    def seen(self) -> dict[str, int]:
        return dict(self._opened().execute("SELECT stream, facts FROM seen ORDER BY stream"))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(str(tmp_path / "g.db"))
    yield log
    log.close()


def happen(log: Log, *facts: tuple[str, str], version: int = 1) -> None:
    append(log, *((stream, version, topic) for stream, topic in facts))


def test_everything_is_taken_in_batches_in_order(log: Log, tmp_path: Path) -> None:
    """Seven facts by three: three batches that follow each other, then none."""
    happen(log, *((f"s{n}", "A") for n in range(7)))
    counter = Counter(log, tmp_path / "c.db")
    assert counter.tick() == 7
    assert [(b.after, b.until, len(b.rows)) for b in counter.batches] == [
        (0, 3, 3), (3, 6, 3), (6, 7, 1),
    ]  # fmt: skip
    assert [row.position for b in counter.batches for row in b.rows] == list(range(1, 8))
    assert (counter.position(), counter.lag(), counter.tick()) == (7, 0, 0)


def test_only_wanted_facts_are_taken_and_the_checkpoint_moves_over_the_others(
    log: Log, tmp_path: Path
) -> None:
    """What follows nothing but other facts is not asked again and again."""
    happen(log, ("a", "Wanted"), ("b", "Other"), ("c", "Wanted"), ("d", "Other"), ("e", "Other"))
    counter = Counter(log, tmp_path / "c.db", "Wanted")
    assert counter.tick() == 2
    assert (counter.seen(), counter.position()) == ({"a": 1, "c": 1}, 5)
    happen(log, ("f", "Other"))
    assert (counter.lag(), counter.tick(), counter.position()) == (1, 0, 6)
    assert counter.batches[-1] == Batch([], 5, 6)


def test_a_full_batch_of_wanted_facts_ends_at_its_last(log: Log, tmp_path: Path) -> None:
    """What lies between it and the head has not been read yet."""
    happen(log, ("a", "W"), ("b", "W"), ("c", "W"), ("d", "O"), ("e", "W"))
    counter = Counter(log, tmp_path / "c.db", "W")
    counter.tick()
    assert [(b.after, b.until) for b in counter.batches] == [(0, 3), (3, 5)]
    assert counter.seen() == dict.fromkeys("abce", 1)


def test_what_dies_before_its_commit_is_given_the_batch_again(log: Log, tmp_path: Path) -> None:
    """Rows and checkpoint are kept together or not at all: nothing is counted twice."""
    happen(log, *((f"s{n}", "A") for n in range(5)))
    counter = Counter(log, tmp_path / "c.db")
    counter.before_commit = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        counter.tick()
    assert (counter.position(), counter.lag(), counter.seen()) == (0, 5, {})
    again = Counter(log, tmp_path / "c.db")
    assert again.tick() == 5
    assert set(again.seen().values()) == {1}


def test_its_state_says_what_it_has_seen(log: Log, tmp_path: Path) -> None:
    """Position, lag, how long ago it looked, how much it did."""
    happen(log, ("a", "A"), ("b", "A"))
    counter = Counter(log, tmp_path / "c.db")
    before = counter.state()
    assert (before.name, before.position, before.lag, before.taken) == ("counter", 0, 2, 0)
    counter.tick()
    after = counter.state()
    assert (after.position, after.lag, after.taken, after.fault) == (2, 0, 2, None)
    assert after.last_tick_age < 5


def test_a_store_that_is_away_leaves_the_positions_out(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state can still be said."""
    counter = Counter(log, tmp_path / "c.db")

    def away() -> int:
        raise StoreAway(where="there", problem="gone")

    monkeypatch.setattr(counter, "lag", away)
    assert (counter.state().position, counter.state().lag) == (None, None)


class Rig:
    """A runner of some followers."""

    def __init__(self, log: Log, *followers: Follower, **named: Any) -> None:
        self.runner = ThreadRunner(log, followers, **named)
        self.runner.start()

    def __enter__(self) -> ThreadRunner:
        return self.runner

    def __exit__(self, *_: object) -> None:
        assert self.runner.stop()


def test_what_is_appended_wakes_every_follower(log: Log, tmp_path: Path) -> None:
    """Well before the regular look; each by its own checkpoint."""
    one, other = Counter(log, tmp_path / "1.db"), Counter(log, tmp_path / "2.db", "W")
    other.name = "other"
    with Rig(log, one, other):
        for n in range(20):
            happen(log, (f"s{n}", "W"))
            assert until(lambda n=n: one.position() == other.position() == n + 1, 3)
    assert sum(one.seen().values()) == sum(other.seen().values()) == 20


def test_a_slow_follower_keeps_no_other_waiting(log: Log, tmp_path: Path) -> None:
    """Each has a thread of its own."""
    slow, quick = Counter(log, tmp_path / "1.db"), Counter(log, tmp_path / "2.db")
    slow.name, go = "slow", threading.Event()
    slow.before_commit = go.wait
    with Rig(log, slow, quick):
        happen(log, ("a", "A"))
        assert until(lambda: quick.position() == 1)
        assert slow.position() == 0
        go.set()
        assert until(lambda: slow.position() == 1)


def test_a_failing_follower_says_so_and_goes_on_when_it_can(log: Log, tmp_path: Path) -> None:
    """Its checkpoint stays where it was; the others do not stand still."""
    failing, sound = Counter(log, tmp_path / "1.db"), Counter(log, tmp_path / "2.db")
    failing.name = "failing"

    def away() -> None:
        raise StoreAway(where="there", problem="gone")

    failing.before_commit = away
    with Rig(log, failing, sound) as runner:
        happen(log, ("a", "A"))
        assert until(lambda: sound.position() == 1)
        assert until(lambda: "gone" in (runner.states()[0].fault or ""))
        assert (runner.states()[0].lag, runner.states()[1].fault) == (1, None)
        failing.before_commit = bool
        assert until(lambda: failing.position() == 1)
        assert until(lambda: runner.states()[0].fault is None)


def test_signs_of_life_are_given_while_followers_run(log: Log, tmp_path: Path) -> None:
    """Also where nothing happens."""
    noted: list[str] = []
    with Rig(log, Counter(log, tmp_path / "c.db"), note=lambda s: noted.append(s[0].name)):
        assert until(lambda: len(noted) >= 2)
    assert set(noted) == {"counter"}


def test_states_are_told_while_writing_them_down_has_to_wait(log: Log, tmp_path: Path) -> None:
    """A rebuild may hold the tables for a minute: whoever watches hears all the same."""
    happen(log, ("a", "A"))
    told: list[FollowerState] = []
    go = threading.Event()

    def note(_: list[FollowerState]) -> None:
        go.wait(30)

    with Rig(log, Counter(log, tmp_path / "c.db"), note=note, tell=told.extend):
        assert until(lambda: len(told) >= 3)
        assert told[-1].position == 1
        go.set()


def test_a_runner_is_stopped_twice_and_started_again(log: Log, tmp_path: Path) -> None:
    """Stopped, it takes nothing; started again it goes on."""
    counter = Counter(log, tmp_path / "c.db")
    runner = ThreadRunner(log, [counter])
    runner.start()
    assert runner.stop()
    assert runner.stop()
    happen(log, ("a", "A"))
    assert counter.position() == 0
    runner.start()
    assert until(lambda: counter.position() == 1)
    assert runner.stop()


def test_a_further_follower_is_one_line_at_the_composition_root(tmp_path: Path) -> None:
    """The engine runs it beside row sets and timers, and shows it like them."""

    def counting(opened: Engine) -> Counter:
        return Counter(opened.log, tmp_path / "c.db", "SiteOpened")

    with engine(str(tmp_path / "e.db"), create=True, further=[counting]) as opened:
        opened.runner.start()
        opened.ask(CommandEnvelope(message=OpenSite(site="a", name="A")))
        assert until(lambda: opened.followers[-1].taken == 1)
        names = [state.name for state in opened.runner.states()]
        assert names == ["projections", "timers", "counter"]
