"""What falls due is recorded at its due instant, once, however late anybody looks."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.registers import OpenSite, PublishRulebook
from commands.repair import AcceptRepair, ReportRepair
from commands.writer import Writer
from domain.kernel.facts import HouseholdId, Recorded, StaffId
from domain.promises.facts import DeadlineLapsed, EscalationRaised
from projections.row_sets import row_sets
from scheduler import timers
from scheduler.runner import ThreadRunner
from scheduler.timers import Timers
from scheduler.trusted_clock import TrustedClock
from store.errors import StoreAway
from store.log import Log
from store.sqlite import SQLiteLog
from store.tables_sqlite import SQLiteTables
from tests.support.patience import patient

START = datetime(2026, 5, 6, 1, tzinfo=UTC)
RULES = {
    "rulebook": "test",
    "roles": {"supervisor": {"holders": [{"staff": "chen"}]}, "manager": {}},
    "clocks": {
        "response": {
            "case": "repair",
            "starts": "reported",
            "stops": ["accepted", "closed"],
            "within": "30m",
            "warnings": ["50%"],
            "ladder": [
                {"at": "100%", "to": "supervisor"},
                {"at": "+1h", "to": "manager"},
            ],
        }
    },
}

until = patient(10)


class Office:
    """A log with tables, a writer and timers whose clock a test turns."""

    def __init__(self, folder: Path, *, name: str = "views") -> None:
        self.log: Log = SQLiteLog(folder / "log.db")
        self.now = START
        self.handler = CommandHandler(self.log, clock=lambda: self.now)
        self.projector = row_sets(self.log, SQLiteTables(folder / f"{name}.db"))
        self.writer = Writer(self.handler)
        self.timers = Timers(self.writer.ask_all, self.projector, clock=lambda: self.now)
        self.runner = ThreadRunner(
            self.log, (self.projector, self.timers), note=self.projector.signs.note
        )

    def ask(self, *commands: Message) -> None:
        for reply in self.handler.handle_all(
            [CommandEnvelope(message=command) for command in commands]
        ):
            assert hasattr(reply, "facts"), reply

    def facts(self, case: str) -> list[Recorded]:
        return [self.handler.codec.decode(row) for row in self.log.stream(case)]

    def said(self, case: str) -> list[str]:
        return [recorded.fact.word for recorded in self.facts(case)]

    def close(self) -> None:
        self.runner.stop()
        self.writer.close()
        self.projector.db.close()
        self.log.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.ask(PublishRulebook(document=RULES), OpenSite(site="a", name="A"))
    yield office
    office.close()


def report(case: str) -> Message:
    return ReportRepair(site="a", household=HouseholdId("h"), category="water", case=case)


def test_nothing_is_said_before_it_is_due(office: Office) -> None:
    """A second before the warning there is nothing to record."""
    office.ask(report("repair-1"))
    office.now += timedelta(minutes=15, seconds=-1)
    assert office.timers.tick() == 0
    assert office.said("repair-1") == ["reported"]


def test_a_lapse_and_its_rung_are_recorded_when_due(office: Office) -> None:
    """Warning, lapse and rung carry the instants of the rule."""
    office.ask(report("repair-1"))
    office.now += timedelta(minutes=30, seconds=1)
    assert office.timers.tick() == 3
    assert office.said("repair-1") == ["reported", "warned", "lapsed", "escalated"]
    lapse, rung = (recorded.fact for recorded in office.facts("repair-1")[2:])
    assert isinstance(lapse, DeadlineLapsed)
    assert isinstance(rung, EscalationRaised)
    assert lapse.due == rung.reached == START + timedelta(minutes=30)
    assert lapse.detected == office.now
    assert (rung.to, rung.addressee) == ("supervisor", "chen")
    assert office.timers.tick() == 0


def test_after_downtime_the_true_due_instants_are_recorded(office: Office) -> None:
    """An engine that slept for a day says what one that never slept would have said."""
    office.ask(report("repair-1"))
    office.now += timedelta(days=1)
    office.ask(AcceptRepair(case="repair-1", technician=StaffId("t")))
    office.timers.tick()
    happened = {r.fact.word: r.occurred_at - START for r in office.facts("repair-1")}
    assert happened["warned"] == timedelta(minutes=15)
    assert happened["lapsed"] == timedelta(minutes=30)
    assert happened["escalated"] == timedelta(minutes=90)
    assert office.said("repair-1").count("escalated") == 2
    assert all(r.recorded_at >= r.occurred_at for r in office.facts("repair-1"))


def test_a_lapse_is_recorded_although_the_promise_was_kept_late(office: Office) -> None:
    """A late stop between two looks is late, and climbs the ladder up to the stop."""
    office.ask(report("repair-1"))
    office.now += timedelta(minutes=45)
    office.ask(AcceptRepair(case="repair-1", technician=StaffId("t")))
    office.timers.tick()
    assert sorted(office.said("repair-1")) == sorted(
        ["reported", "accepted", "warned", "lapsed", "escalated"]
    )


def test_many_cases_are_recorded_each_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one batch falls due at once."""
    monkeypatch.setattr(timers, "BATCH", 10)
    cases = [f"repair-{n:02d}" for n in range(35)]
    office.ask(*(report(case) for case in cases))
    office.now += timedelta(hours=2)
    assert office.timers.tick() == 35 * 4
    assert all(office.said(case).count("lapsed") == 1 for case in cases)


def test_two_workers_on_one_log_record_each_rung_once(office: Office, tmp_path: Path) -> None:
    """A second scheduler is harmless."""
    other = Office(tmp_path, name="others")
    cases = [f"repair-{n}" for n in range(20)]
    office.ask(*(report(case) for case in cases))
    office.projector.catch_up()
    other.projector.catch_up()
    office.now = other.now = START + timedelta(hours=2)
    threads = [threading.Thread(target=o.timers.tick) for o in (office, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.timers.tick()
    other.timers.tick()
    wanted = ["escalated", "escalated", "lapsed", "reported", "warned"]
    assert all(sorted(office.said(case)) == wanted for case in cases)
    other.close()


def test_a_leap_of_the_wall_clock_lets_nothing_lapse(tmp_path: Path) -> None:
    """A wall clock that is a day ahead for a moment is believed by nobody, writers included."""
    office = Office(tmp_path)
    office.ask(PublishRulebook(document=RULES), OpenSite(site="a", name="A"), report("repair-1"))
    steady = [0.0]
    office.timers.clock = TrustedClock(lambda: office.now, lambda: steady[0])
    office.now += timedelta(days=1)
    steady[0] += 1
    assert office.timers.tick() == 0
    office.now -= timedelta(days=1)
    steady[0] += 16 * 60
    office.now += timedelta(minutes=16, seconds=1)
    assert office.timers.tick() == 1
    office.now += timedelta(days=1)
    office.timers.tick()
    assert office.said("repair-1") == ["reported", "warned"]
    office.close()


def test_what_is_due_stays_due_while_a_leap_is_doubted(tmp_path: Path) -> None:
    """In a doubted leap what is due by trusted time is recorded, and nothing beyond it."""
    office = Office(tmp_path)
    office.ask(PublishRulebook(document=RULES), OpenSite(site="a", name="A"), report("repair-1"))
    steady = [0.0]
    office.timers.clock = TrustedClock(lambda: office.now, lambda: steady[0])
    steady[0] += 20 * 60
    office.now += timedelta(days=2)
    office.timers.tick()
    assert office.said("repair-1") == ["reported", "warned"]
    office.close()


def test_a_case_that_cannot_be_judged_keeps_no_other_waiting(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect met by one case is said, and the others are recorded."""
    office.ask(report("repair-1"), report("repair-2"))
    office.now += timedelta(minutes=20)
    honest = office.handler.handle_all

    def handle_all(requests: list[CommandEnvelope]) -> list[object]:
        if any(request.message.case == "repair-1" for request in requests):
            raise ZeroDivisionError
        return honest(requests)

    monkeypatch.setattr(office.handler, "handle_all", handle_all)
    office.timers.tick()
    assert office.said("repair-1") == ["reported"]
    assert office.said("repair-2") == ["reported", "warned"]


# The worker at work, by the real clock.


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    clock = {**RULES["clocks"]["response"], "within": "1s", "warnings": []}
    rules = {**RULES, "clocks": {"response": clock}}
    office.now = datetime.now(UTC)
    office.handler.clock = lambda: datetime.now(UTC)
    office.timers.clock = TrustedClock()
    office.ask(PublishRulebook(document=rules), OpenSite(site="a", name="A"))
    office.runner.start()
    yield office
    office.close()


def test_it_wakes_when_something_falls_due(live: Office) -> None:
    """A lapse is recorded well within a second of its instant."""
    live.ask(report("repair-1"))
    assert until(lambda: "escalated" in live.said("repair-1"))
    (lapse,) = (r.fact for r in live.facts("repair-1") if r.fact.word == "lapsed")
    assert lapse.detected - lapse.due < timedelta(seconds=1)


def test_it_shows_its_last_tick(live: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The age of the last look is small while it runs, and other processes can see it."""
    assert until(lambda: live.timers.last_tick_age < 1)
    assert until(lambda: "timers" in live.projector.signs.noted(datetime.now(UTC)))
    assert live.projector.signs.noted(datetime.now(UTC))["timers"].last_tick_age < 10


def test_a_store_that_is_away_is_said_and_survived(
    live: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is away the fault is shown; when it is back, what fell due is recorded."""
    honest = live.handler.handle_all

    def away(_requests: object) -> list[object]:
        raise StoreAway(where="there", problem="gone")

    live.ask(report("repair-1"))
    monkeypatch.setattr(live.handler, "handle_all", away)
    assert until(lambda: "gone" in (live.timers.fault or ""))
    monkeypatch.setattr(live.handler, "handle_all", honest)
    assert until(lambda: "escalated" in live.said("repair-1"))
    assert until(lambda: live.timers.fault is None)


def test_stopping_twice_and_starting_again_is_fine(live: Office) -> None:
    """A stopped worker says nothing; started again it goes on."""
    live.runner.stop()
    live.runner.stop()
    live.ask(report("repair-1"))
    time.sleep(1.2)
    assert live.said("repair-1") == ["reported"]
    live.runner.start()
    assert until(lambda: "escalated" in live.said("repair-1"))
