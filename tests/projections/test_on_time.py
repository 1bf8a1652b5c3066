"""The share of promises kept: gross and net of waivers, by dimension and month."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.clocks import RecordDue, WaiveBreach
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.messages import Message
from commands.registers import OpenSite, PublishRulebook
from commands.repair import AcceptRepair, ReportRepair
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.personal import Personal
from projections.cases import labelled
from projections.on_time import Missed, OnTimeFigure, behind, figures
from projections.row_sets import row_sets
from store.memory import MemoryLog
from store.open import open_views
from store.tables import TableDb
from tests.support.postgres import PostgresServer

# Eight in the morning of 1 May in Shanghai, still April in UTC.
START = datetime(2026, 5, 1, 0, tzinfo=UTC) - timedelta(hours=1)
RULES = {
    "rulebook": "test",
    "clocks": {
        "accept": {"case": "repair", "starts": "reported", "stops": "accepted", "within": "30m"}
    },
}
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TableDb]:
    """Five repairs: kept, late, lapsed, excused, and one that runs; two buildings."""
    if request.param == "sqlite":
        where = str(tmp_path / "log.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        where = server.new_database()
    log, views_db = MemoryLog(), open_views(where)
    _neighbourhood(log)
    row_sets(log, views_db).catch_up()
    yield views_db
    views_db.close()


def _neighbourhood(log: MemoryLog) -> None:
    now = [START]
    desk = CommandHandler(log, clock=lambda: now[0])

    def ask(minutes: float, *commands: Message) -> None:
        now[0] = START + timedelta(minutes=minutes)
        for reply in desk.handle_all([CommandEnvelope(message=command) for command in commands]):
            assert hasattr(reply, "facts"), reply

    ask(0, PublishRulebook(document=RULES), OpenSite(site="a", name="A", zone=ZONE.key))
    ask(0, *(_report(number) for number in range(1, 5)))
    ask(20, AcceptRepair(case="repair-1", technician=StaffId("t")))
    ask(31, *(RecordDue(case=f"repair-{number}") for number in (3, 4)))
    ask(40, AcceptRepair(case="repair-2", technician=StaffId("t")))
    ask(
        41,
        WaiveBreach(case="repair-4", clock="accept", by=StaffId("boss"), reason=Personal("storm")),
    )
    ask(60 * 24 * 31, _report(5))


def _report(number: int) -> Message:
    return ReportRepair(
        site="a", household=HouseholdId("h"), category="c", building=f"{1 + number % 2}",
        case=f"repair-{number}", labels={"department": "water"} if number < 3 else {},
    )  # fmt: skip


def zone_of(_: str) -> ZoneInfo:
    return ZONE


def test_all_together(db: TableDb) -> None:
    """One of four kept; without the excused one it is one of three; what runs is not judged."""
    (figure,) = figures(db, zone_of=zone_of)
    assert figure == OnTimeFigure(None, 1, 1, 1, 1, 0, 1, 0)
    assert figure.judged == 4
    assert figure.gross == 1 / 4
    assert figure.net == 1 / 3


def test_by_clock_and_by_building(db: TableDb) -> None:
    """Dimensions of the clock and of the case."""
    assert [f.group for f in figures(db, zone_of=zone_of, by="clock")] == ["accept"]
    found = {f.group: (f.met, f.judged) for f in figures(db, zone_of=zone_of, by="building")}
    assert found == {"1": (0, 2), "2": (1, 2)}
    assert figures(db, zone_of=zone_of, chosen={"building": "3"}) == []


def test_by_a_label(db: TableDb) -> None:
    """A label of the opening facts groups the runs; cases without it stand together."""
    log = MemoryLog()
    _neighbourhood(log)
    named = labelled(db, "department")
    assert named == {"repair-1": "water", "repair-2": "water"}
    found = figures(db, zone_of=zone_of, by=named)
    assert [(f.group, f.met, f.judged, f.running) for f in found] == [
        (None, 0, 2, 1), ("water", 1, 2, 0),
    ]  # fmt: skip
    in_may = figures(db, zone_of=zone_of, by=named, months=("2026-05", "2026-05"))
    assert [(f.group, f.judged) for f in in_may] == [(None, 2), ("water", 2)]
    assert labelled(db, "colour") == {}


def test_a_month_is_the_sites(db: TableDb) -> None:
    """A promise due on 1 May in Shanghai belongs to May although it is April in UTC."""
    by_month = figures(db, zone_of=zone_of, by="month")
    assert [(f.group, f.judged) for f in by_month] == [("2026-05", 4), ("2026-06", 0)]
    assert by_month[1].gross is by_month[1].net is None
    assert figures(db, zone_of=zone_of, months=("2026-04", "2026-04")) == []
    assert [f.judged for f in figures(db, zone_of=zone_of, months=("2026-05", "2026-05"))] == [4]


def test_what_is_behind(db: TableDb) -> None:
    """Every promise that was not kept, excused or not."""
    found = behind(db, zone_of=zone_of)
    assert [(m.case_id, m.verdict) for m in found] == [
        ("repair-2", "late"), ("repair-3", "lapsed"), ("repair-4", "waived"),
    ]  # fmt: skip
    assert all(isinstance(m, Missed) and m.site == "a" for m in found)
    assert behind(db, zone_of=zone_of, months=("2026-06", "2026-07")) == []
    assert behind(db, zone_of=zone_of, months=("2026-05", "2026-05")) == found


def test_an_unknown_dimension_is_an_error(db: TableDb) -> None:
    """Whoever asks has to know what there is."""
    with pytest.raises(KeyError):
        figures(db, zone_of=zone_of, by="colour")
