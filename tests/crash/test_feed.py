"""Every fact is on the topic, each stream in order, whatever is killed with -9 meanwhile."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from store.open import open_log
from tests.support.broker import Broker
from tests.support.serving import Serving
from tests.support.topics import duplicates, records

PATIENCE = 120
CASES = 400


def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, what()
        time.sleep(0.05)


class Office(threading.Thread):
    """Reports and accepts repairs over HTTP until it has opened so many, one after the other."""

    def __init__(self, serving: Serving) -> None:
        super().__init__(daemon=True)
        self.serving = serving
        self.opened = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            self.opened += 1
            case = self.serving.ask(
                "ReportRepair", site="huayuan", household=f"h{self.opened}", category="water_pipe"
            )["case"]
            self.serving.ask("AcceptRepair", case=case, technician="t")

    def end(self) -> None:
        self.ended.set()
        self.join(PATIENCE)


def feed(serving: Serving) -> dict[str, object]:
    found = serving.health()["followers"]
    return next(one for one in found if one["follower"] == "kafka-feed")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as test_feed.py
def test_a_killed_broker_and_a_killed_feed_lose_nothing(broker: Broker, tmp_path: Path) -> None:
    """The broker is killed twice and the feed's process twice while facts come; then all is there.

    What a consumer sees twice it knows by stream and version; here nothing is.
    """
    topic, store = broker.new_topic(), str(tmp_path / "g.db")
    broker.start()
    serving = Serving(
        tmp_path, "--demo", "--store", store, "--kafka", broker.address, "--kafka-topic", topic
    )
    office = Office(serving)
    try:
        office.start()
        for _ in range(2):
            reached = office.opened + CASES // 4
            until(lambda n=reached: office.opened > n, lambda: f"{office.opened} cases")
            broker.kill()
            until(lambda: feed(serving)["fault"] is not None, lambda: "no fault is shown")
            broker.start()
            os.kill(serving.followers(), signal.SIGKILL)
            until(lambda: feed(serving)["fault"] is None, lambda: str(feed(serving)))
        office.end()
        until(lambda: feed(serving)["lag"] == 0, lambda: str(feed(serving)))
        until(lambda: serving.health()["status"] == "ok", lambda: str(serving.health()))
    finally:
        office.ended.set()
        code = serving.end(signal.SIGTERM)
    assert code == 0, serving.said.read_text()
    with closing(open_log(store, create=False)) as log:
        rows = [row for page in log.follow(0) for row in page]
    found = records(broker, topic)
    assert duplicates(found, rows) <= len(rows) // 100
    assert {record.value for record in found} == {bytes(row.state) for row in rows}
    gc.collect()
