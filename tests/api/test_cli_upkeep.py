"""The commands that look after a store: rebuild and doctor."""

import json
from pathlib import Path

import apsw
import pytest

from api.engine import Engine, engine
from store.follower import FollowerState
from tests.support.command_line import Guanjia


def test_rebuild_says_that_nothing_changed(made: Guanjia) -> None:
    """Rebuilt views have the same fingerprints as the living ones."""
    views = made("rebuild", "--json").json["views"]
    assert len(views) == 3
    assert all(view["same"] for view in views)
    assert [v["view"] for v in made("rebuild", "cases", "--json").json["views"]] == ["cases"]
    assert made("rebuild", "nothing").err.startswith("QueryInvalid: ")


def test_doctor_finds_a_store_without_a_scheduler(made: Guanjia) -> None:
    """Promises that nobody watches are something wrong."""
    done = made("doctor", "--json")
    found = {finding["subject"]: finding for finding in done.json["findings"]}
    assert {
        "store", "sqlite", "permissions", "disk", "rulebook", "calendar", "views", "scheduler",
    } == set(found)  # fmt: skip
    assert done.json["ok"] == all(f["ok"] for f in done.json["findings"])


def test_an_older_log_beside_newer_views_is_noticed(guanjia: Guanjia, store: str) -> None:
    """Restored without the views: doctor says so, and the next question builds them again."""
    guanjia("init")
    report = ("ask", "ReportRepair", "site=main", "household=h", "category=other")
    guanjia(*report)
    backup = Path(store).with_name("backup.db")
    apsw.Connection(store).execute("VACUUM INTO ?", (str(backup),))
    guanjia(*report)
    assert guanjia("board", "--json").json["open"] == 2
    for tail in ("", "-wal", "-shm"):
        Path(store + tail).unlink(missing_ok=True)
    backup.rename(store)
    said = guanjia("doctor").out
    assert "another log" in said
    assert "0 facts behind" not in said
    assert guanjia("board", "--json").json["open"] == 1
    assert "0 facts behind" in guanjia("doctor").out


def test_an_older_log_that_grew_again_is_noticed(guanjia: Guanjia, store: str) -> None:
    """As many facts as before, but others."""
    guanjia("init")
    report = ("ask", "ReportRepair", "site=main", "household=h", "category=other")
    backup = Path(store).with_name("backup.db")
    apsw.Connection(store).execute("VACUUM INTO ?", (str(backup),))
    guanjia(*report, "case=repair-old")
    guanjia("board")
    for tail in ("", "-wal", "-shm"):
        Path(store + tail).unlink(missing_ok=True)
    backup.rename(store)
    guanjia(*report, "case=repair-new")
    (case,) = guanjia("board", "--json").json["cases"]
    assert case["case"] == "repair-new"


def test_doctor_misses_the_scheduler(guanjia: Guanjia, store: str) -> None:
    """A running promise without a scheduler is said, with exit code 1."""
    guanjia("init")
    fresh = json.loads(guanjia("doctor", "--json").out)
    assert next(f["ok"] for f in fresh["findings"] if f["subject"] == "scheduler")
    guanjia("ask", "ReportRepair", "site=main", "household=h", "category=other")
    guanjia("board")
    done = guanjia("doctor")
    assert done.code == 1
    assert "No scheduler has ever looked" in done.out
    engine = Engine(store)
    engine.timers.tick()
    engine.projector.signs.note([engine.timers.state()])
    engine.close()
    assert "The scheduler looked" in guanjia("doctor").out


@pytest.mark.parametrize(
    ("age", "fault", "code", "said"),
    [
        (1.0, None, 0, "✓ kafka-feed is 3 facts behind the log."),
        (99.0, None, 0, "! kafka-feed was last seen"),
        (1.0, "gone", 1, "✗ kafka-feed stands still: gone"),
    ],
)
def test_doctor_looks_at_every_follower_that_somebody_runs(
    guanjia: Guanjia, store: str, *, age: float, fault: str | None, code: int, said: str
) -> None:
    """One that fails is wrong; one that is silent may have been switched off."""
    guanjia("init")
    with engine(store) as opened:
        state = FollowerState(
            name="kafka-feed", position=opened.log.head() - 3, lag=None, last_tick_age=age,
            taken=0, fault=fault,
        )  # fmt: skip
        opened.timers.tick()
        opened.projector.signs.note([opened.timers.state(), state])
    done = guanjia("doctor")
    assert (done.code, said in done.out) == (code, True), done.out
