"""What people are told of a deadline: by which fact it began, what was used, how late it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli import main
from api.engine import Engine
from api.imports.mapping import load_calendar
from api.queries import promises
from commands.complaint import LodgeComplaint, ReplyToComplaint
from commands.envelope import CommandEnvelope
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from commands.repair import PauseRepair, RecordArrival, ReportRepair, ResumeRepair
from domain.kinds.complaint.facts import Nature
from domain.kinds.repair.facts import PauseReason

CN = Path(__file__).parents[2] / "api" / "calendars" / "cn.json"
BOOK = {
    "rulebook": "explained",
    "calendar": "cn",
    "clocks": {
        "reply": {
            "title": "投诉答复", "case": "complaint", "starts": "lodged", "stops": "replied",
            "within": {"working": "7h"},
        },
        "days": {
            "case": "complaint", "starts": "lodged", "stops": "replied",
            "within": {"working_days": 2},
        },
        "visit": {
            "case": "repair", "starts": "reported", "stops": "arrived", "pauses": "paused",
            "resumes": "resumed", "within": "10h",
        },
    },
}  # fmt: skip
BEGIN = datetime(2026, 9, 30, 8, tzinfo=UTC)  # Wednesday, four in the afternoon
Ask = Callable[[timedelta, Message], None]


class Place:
    """An engine whose clock is moved by hand."""

    def __init__(self, store: str) -> None:
        self.now = BEGIN
        self.engine = Engine(store, create=True, clock=lambda: self.now)
        self.ask(timedelta(0), PublishCalendar(document=load_calendar(CN)))
        self.ask(timedelta(0), PublishRulebook(document=BOOK))
        self.ask(timedelta(0), OpenSite(site="main", name="花园"))

    def ask(self, after: timedelta, message: Message) -> None:
        self.now = BEGIN + after
        self.engine.ask(CommandEnvelope(message=message, actor="li"))
        self.engine.settle()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(str(tmp_path / "guanjia.db"))
    yield place
    place.engine.close()


def lodge(place: Place) -> None:
    place.ask(timedelta(0), LodgeComplaint(
        case="complaint-1", site="main", channel="phone", household="h", category="噪音",
        receiver="li", nature=Nature.GENERAL,
    ))  # fmt: skip


def answered(place: Place) -> None:
    """Lodged an hour and a half before the holiday, answered two hours after it was due."""
    lodge(place)
    place.ask(timedelta(days=8, hours=1), ReplyToComplaint(case="complaint-1", by="li"))


def test_an_explanation_names_the_facts_that_started_and_stopped_the_clock(place: Place) -> None:
    answered(place)
    told = promises.explained(place.engine, "complaint-1", "reply")
    stopped = (BEGIN + timedelta(days=8, hours=1)).astimezone(told["due"].tzinfo)
    assert told["started_by"] == {
        "fact": "ComplaintLodged", "word": "lodged", "at": told["started"], "actor": "li",
        "entered_late": False,
    }  # fmt: skip
    assert told["stopped_by"] == {
        "fact": "ComplaintReplied", "word": "replied", "at": stopped, "actor": "li",
        "entered_late": False,
    }  # fmt: skip
    assert told["until"] == told["stopped"] == stopped


def test_an_explanation_goes_on_to_the_stop_with_the_lateness_on_the_clocks_own_calendar(
    place: Place,
) -> None:
    answered(place)
    told = promises.explained(place.engine, "complaint-1", "reply")
    assert f"{told['due']:%m-%d %H:%M}" == "10-08 16:00"
    assert (told["consumed"], told["lateness"], told["unit"]) == (8 * 3600, 3600, "seconds")
    parts = told["stretches"]
    assert sum(p["amount"] for p in parts if not p["beyond"]) == told["target"]
    assert sum(p["amount"] for p in parts if p["beyond"]) == told["lateness"]
    assert parts[-1]["end"] == told["stopped"]
    days = promises.explained(place.engine, "complaint-1", "days")
    assert (days["unit"], days["target"], days["lateness"]) == ("days", 2, 0)
    assert 0.7 < days["consumed"] < 0.71  # 17:00 of the first working day


def test_a_weekend_inside_a_holiday_is_called_by_its_name(place: Place) -> None:
    answered(place)
    told = promises.explained(place.engine, "complaint-1", "reply")
    (rest,) = [p for p in told["stretches"] if p["reason"] == "holiday"]
    assert (rest["note"], f"{rest['start']:%m-%d}", f"{rest['end']:%m-%d}") == (
        "国庆节", "10-01", "10-08",
    )  # fmt: skip
    assert not any(p["reason"] == "weekend" for p in told["stretches"])


def test_a_clock_that_runs_is_explained_as_of_now(place: Place) -> None:
    lodge(place)
    place.now = BEGIN + timedelta(hours=1)
    told = promises.explained(place.engine, "complaint-1", "reply")
    assert (told["until"], told["stopped_by"]) == (place.now, None)
    assert (told["consumed"], told["lateness"]) == (3600, 0)
    place.now = BEGIN + timedelta(days=8, hours=1)
    told = promises.explained(place.engine, "complaint-1", "reply")
    assert (told["consumed"], told["lateness"]) == (8 * 3600, 3600)


def test_a_clock_that_is_paused_is_explained_up_to_its_pause(place: Place) -> None:
    place.ask(timedelta(0), ReportRepair(
        case="repair-1", site="main", household="h", category="水管"))  # fmt: skip
    place.ask(timedelta(hours=2), PauseRepair(case="repair-1", reason=PauseReason.PARTS))
    place.now += timedelta(days=3)
    told = promises.explained(place.engine, "repair-1", "visit")
    assert (told["consumed"], told["until"]) == (2 * 3600, BEGIN + timedelta(hours=2))
    place.ask(timedelta(hours=5), ResumeRepair(case="repair-1"))
    place.ask(timedelta(hours=14), RecordArrival(case="repair-1", technician="wu"))
    told = promises.explained(place.engine, "repair-1", "visit")
    assert (told["consumed"], told["lateness"]) == (11 * 3600, 3600)


def test_verdicts_tell_what_was_used_and_how_late_it_was(place: Place) -> None:
    answered(place)
    place.ask(timedelta(days=8, hours=2), ReportRepair(
        case="repair-1", site="main", household="h", category="水管"))  # fmt: skip
    told = {row["clock"]: row for row in promises.judged(place.engine)}
    assert [(row["unit"], row["lateness"]) for row in told.values()] == [
        ("days", 0), ("seconds", 3600), ("seconds", None),
    ]  # fmt: skip
    assert (told["reply"]["consumed"], told["visit"]["consumed"]) == (8 * 3600, None)
    for name in ("days", "reply"):
        explained = promises.explained(place.engine, "complaint-1", name)
        assert told[name]["consumed"] == explained["consumed"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["Started by lodged, 2026-09-30 16:00:00, li",
                "Until replied (2026-10-08 17:00:00, li): 8h used, 1h late", "+1h"]),
        ("zh", ["由“登记投诉”开始，2026-09-30 16:00:00，li",
                "到“答复”为止（2026-10-08 17:00:00，li）：用去 8小时，超出 1小时", "国庆节"]),
    ],
)  # fmt: skip
def test_the_command_line_tells_it_in_the_readers_language(
    place: Place, lang: str, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answered(place)
    words = ["explain", "complaint-1", "reply", "--store", place.engine.store, "--lang", lang]
    assert main(words) == 0
    out = capsys.readouterr().out
    for text in said:
        assert text in out


def test_days_and_months_are_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    answered(place)
    main(["explain", "complaint-1", "days", "--store", place.engine.store, "--lang", "zh"])
    assert "= 2天" in capsys.readouterr().out
