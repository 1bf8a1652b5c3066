"""The library's own contract tests hold for our logs, and its applications work on top of them."""

import tempfile
from abc import ABC
from datetime import datetime
from pathlib import Path
from typing import cast
from unittest import TestCase
from uuid import uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import (
    BaseAggregate,
    CanInitAggregate,
    CanMutateAggregate,
    MetaDomainEvent,
    event,
)
from eventsourcing.persistence import ApplicationRecorder, IntegrityError
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)
from eventsourcing.utils import get_topic

from store.log import Log
from store.memory import MemoryLog
from store.open import open_log
from store.sqlite import SQLiteLog


class OnMemory(TestCase):
    def create_recorder(self) -> Log:
        return MemoryLog()

    def new_originator_id(self) -> str:
        return f"complaint-{uuid4().hex}"


class OnSQLite(OnMemory):
    def create_recorder(self) -> Log:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        log = SQLiteLog(Path(folder) / "guanjia.db")
        self.addCleanup(log.close)
        return log


class OnPostgres(OnMemory):
    store: str

    @pytest.fixture(autouse=True)
    def _on(self, empty_database: str) -> None:
        self.store = empty_database

    def create_recorder(self) -> Log:
        log = open_log(self.store)
        self.addCleanup(log.close)
        return log


class RecorderCase(ApplicationRecorderTestCase[ApplicationRecorder], ABC):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestRecorderInMemory(OnMemory, RecorderCase):
    pass


class TestRecorderOnSQLite(OnSQLite, RecorderCase):
    pass


class TestRecorderOnPostgres(OnPostgres, RecorderCase):
    pass


class TestPositionsInMemory(OnMemory, NonInterleavingNotificationIDsBaseCase):
    pass


class TestPositionsOnSQLite(OnSQLite, NonInterleavingNotificationIDsBaseCase):
    pass


class TestPositionsOnPostgres(OnPostgres, NonInterleavingNotificationIDsBaseCase):
    pass


# The imported bases are abstract: collected, they would be asked to run without a recorder.
del RecorderCase, ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
del OnMemory, OnSQLite, OnPostgres


class NamedByText(metaclass=MetaDomainEvent):
    originator_id: str
    originator_version: int
    timestamp: datetime


class Thing(BaseAggregate[str]):
    class Event(NamedByText, CanMutateAggregate[str]):
        pass

    class Created(Event, CanInitAggregate[str]):
        originator_topic: str


class Lift(Thing):
    @event("Installed")
    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[str] = []

    @event("FaultFound")
    def find(self, fault: str) -> None:
        self.faults.append(fault)

    @staticmethod
    def create_id(name: str) -> str:
        return f"lift-{name}"


class Lifts(Application[str]):
    def __init__(self, log: Log) -> None:
        self._ours = log
        super().__init__({"PERSISTENCE_MODULE": "eventsourcing.popo"})

    def construct_recorder(self) -> ApplicationRecorder:
        return self._ours


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path):
    store = {"memory": ":memory:", "sqlite": str(tmp_path / "guanjia.db")}.get(request.param)
    log = open_log(store or request.getfixturevalue("empty_database"))
    yield log
    log.close()


def test_an_application_saves_and_reads_through_the_log(log: Log):
    lifts = Lifts(log)
    lift = Lift(name="1号楼")
    lift.find("困人")
    recordings = lifts.save(lift)
    assert [recording.notification.id for recording in recordings] == [1, 2]
    again = cast("Lift", lifts.repository.get("lift-1号楼"))
    assert (again.name, again.faults) == ("1号楼", ["困人"])
    assert [row.topic for row in log.stream("lift-1号楼")] == [
        get_topic(Lift.Installed),
        get_topic(Lift.FaultFound),
    ]
    assert [n.originator_id for n in lifts.notification_log.select(1, 10)] == ["lift-1号楼"] * 2


def test_an_application_is_refused_what_another_stored_first(log: Log):
    lifts = Lifts(log)
    lifts.save(Lift(name="A"))
    one, other = (cast("Lift", lifts.repository.get("lift-A")) for _ in range(2))
    one.find("异响")
    lifts.save(one)
    other.find("停梯")
    with pytest.raises(IntegrityError):
        lifts.save(other)
    assert cast("Lift", lifts.repository.get("lift-A")).faults == ["异响"]
