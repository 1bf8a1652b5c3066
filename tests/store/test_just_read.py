"""What one reader has just decoded serves the next, and only where it is what the log holds."""

from pathlib import Path

import pytest

from domain.facts import Recorded
from store import just_read
from store.just_read import JustRead
from store.memory import MemoryLog
from store.open import open_views
from store.views import Views
from tests.support.scenario import CODEC
from tests.support.views import Facts, happen, seen, some_views


def facts(log: MemoryLog, case: str) -> tuple[Recorded, ...]:
    return tuple(map(CODEC.decode, log.stream(f"repair-{case}")))


def test_a_stream_is_taken_once_and_only_as_of_its_last_version():
    log = MemoryLog()
    happen(log, "a", "a")
    read = JustRead()
    read.put({"repair-a": facts(log, "a")})
    assert read.take("repair-b", 2) is None
    assert read.take("repair-a", 2) == facts(log, "a")
    assert read.take("repair-a", 2) is None
    read.put({"repair-a": facts(log, "a")})
    assert read.take("repair-a", 1) is None


def test_only_the_newest_streams_stay(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(just_read, "KEPT_STREAMS", 2)
    read = JustRead()
    read.put(dict.fromkeys("abc", ()))
    assert [read.take(name, 0) for name in "abc"] == [None, (), ()]
    read.put({"a": ()})
    read.forget()
    assert read.take("a", 0) is None


def test_views_take_what_was_just_read_and_see_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log, views = followed(tmp_path, "a", "b", "a")
    log.just_read.put({"repair-a": facts(log, "a")})
    happen(log, "a", "b")
    asked: list[str] = []
    streams = log.streams
    monkeypatch.setattr(
        log, "streams", lambda names, until: (asked.extend(names), streams(names, until))[1]
    )
    views.catch_up()
    assert asked == ["repair-b"]
    assert seen(views) == {"a": 3, "b": 2}
    happen(log, "a")
    views.catch_up()
    assert asked == ["repair-b"]
    assert seen(views) == {"a": 4, "b": 2}
    views.db.close()


@pytest.mark.parametrize("length", [1, 3, 4])
def test_views_that_lag_or_lead_read_for_themselves(tmp_path: Path, length: int):
    """What was read belongs to another version than the page goes on from."""
    log, views = followed(tmp_path, "a", "a")
    happen(log, "a", "a")
    log.just_read.put({"repair-a": facts(log, "a")[:length]})
    views.catch_up()
    assert seen(views) == {"a": 4}
    views.db.close()


def followed(folder: Path, *cases: str) -> tuple[MemoryLog, Views[Facts]]:
    """A log and views that have seen it, with no case at hand, as after many others."""
    log = MemoryLog()
    happen(log, *cases)
    views = some_views(log, open_views(str(folder / "guanjia.db")), page=10)
    views.catch_up()
    views._folder._facts.clear()
    return log, views
