"""What was acknowledged is there after kill -9, once, whole and without gaps."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import apsw

from store.checks import check_whole
from store.log import Log
from store.open import open_log
from store.rows import Row
from tests.crash.appender import SCOPE
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parents[2]


class Appender:
    """A process that appends, and what it has acknowledged so far."""

    def __init__(self, store: str, writer: str) -> None:
        self.acknowledged: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.appender", store, writer],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def after(self, more: int) -> None:
        """Wait until it has acknowledged some more."""
        wanted = len(self.acknowledged) + more
        limit = time.monotonic() + 60
        while len(self.acknowledged) < wanted:
            assert self._process.poll() is None, "the appender ended by itself"
            assert time.monotonic() < limit, "nothing is acknowledged any more"
            time.sleep(0.002)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):
                    self.acknowledged.append(line.strip())


def judge(log: Log, acknowledged: list[str]) -> list[Row]:
    """Every acknowledged command is stored, everything stored is whole, positions have no gap."""
    rows = [row for page in log.follow(0) for row in page]
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    stored = Counter(row.stream for row in rows)
    assert all(stored[row.stream] == int(row.topic) for row in rows)
    assert [command for command in acknowledged if command not in stored] == []
    keys = {(SCOPE, command) for command in stored}
    assert set(log.receipts(list(keys))) == keys
    assert check_whole(log).facts == len(rows)
    return rows


def test_a_killed_writer_on_sqlite_loses_nothing_it_acknowledged(tmp_path: Path):
    store = str(tmp_path / "guanjia.db")
    moments = random.Random(20260302)
    acknowledged: list[str] = []
    for turn in range(8):
        appender = Appender(store, f"turn{turn}")
        try:
            appender.after(moments.randrange(20, 200))
            time.sleep(moments.random() * 0.05)
        finally:
            appender.kill()
        acknowledged += appender.acknowledged
        with closing(open_log(store, create=False)) as log:
            rows = judge(log, acknowledged)
        with closing(apsw.Connection(str(store))) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(rows) >= len(acknowledged) >= 160


def test_writers_killed_on_sqlite_do_not_hold_up_the_others(tmp_path: Path):
    store = str(tmp_path / "guanjia.db")
    stays = Appender(store, "stays")
    try:
        stays.after(20)
        for turn in range(4):
            dies = Appender(store, f"dies{turn}")
            try:
                dies.after(10)
            finally:
                dies.kill()
            stays.after(20)
    finally:
        stays.kill()
    with closing(open_log(store, create=False)) as log:
        judge(log, stays.acknowledged)


def test_a_killed_postgres_loses_nothing_and_repeats_store_once(postgres_server: PostgresServer):
    store = postgres_server.new_database()
    moments = random.Random(20260302)
    appenders = [Appender(store, "one"), Appender(store, "other")]
    try:
        for _ in range(3):
            for appender in appenders:
                appender.after(moments.randrange(20, 100))
            time.sleep(moments.random() * 0.05)
            postgres_server.kill()
            postgres_server.start()
        for appender in appenders:
            appender.after(20)
    finally:
        for appender in appenders:
            appender.kill()
    acknowledged = [command for appender in appenders for command in appender.acknowledged]
    with closing(open_log(store, create=False)) as log:
        rows = judge(log, acknowledged)
    assert len(rows) >= len(acknowledged) >= 160


def test_a_killed_writer_on_postgres_loses_nothing_and_frees_the_log(
    postgres_server: PostgresServer,
):
    store = postgres_server.new_database()
    acknowledged: list[str] = []
    for turn in range(4):
        appender = Appender(store, f"turn{turn}")
        try:
            appender.after(30)
        finally:
            appender.kill()
        acknowledged += appender.acknowledged
        with closing(open_log(store, create=False)) as log:
            judge(log, acknowledged)
