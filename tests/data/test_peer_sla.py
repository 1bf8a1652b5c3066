"""Due instants, working time and moments before, against the own tests of ten systems."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from domain.working_time import (
    BusinessDays,
    Pauses,
    Window,
    Working,
    WorkingCalendar,
    WorkingDays,
    consumed,
    due,
    shift,
)
from domain.working_time.pace import Hours
from tests.support.data import shared_data

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = range(2000, 2040)  # in which the holidays that recur are written out
MICROSECOND = timedelta(microseconds=1)
NOTHING = timedelta(0)
ANY = Working(target=timedelta(hours=1), calendar="peer")  # asked only how much of it is used

# Habits of a peer, from the column of that name, and what we answer instead.
HABITS = {
    "p179": "2013-06-04T16:00:00Z",  # due at closing; Zammad jumps to the next opening
    "p188": "2016-11-09T09:26:36Z",  # to the second; Zammad drops the 36 seconds
    "p201": "2006-01-03T08:00:00Z",  # at the clock time of the start, as are the next three;
    "p202": "2006-01-03T18:00:00Z",  # biz moves it into the hours of the day it reaches
    "p206": "2006-01-05T08:00:00Z",
    "p207": "2006-01-05T18:00:00Z",
}
# Not wrong, but another promise: GLPI adds the working time paused to the instant n days later
# and so gives the clock time up. Our days keep it, and do not count where it is paused.
# Its own answer comes from our functions as well, in `test_days_paused_as_glpi_pauses_them`.
PAUSED_DAYS = {
    "p145": "2034-06-21T10:00:00Z",
    "p149": "2034-06-19T19:00:00Z",
}


class Row(NamedTuple):
    """One input from a peer's test and its answer."""

    id: str
    op: str
    start: datetime
    end: datetime | None
    seconds: float | None
    days: int | None
    until_close: bool
    pauses: Pauses
    expected: datetime | None
    elapsed: timedelta | None
    habit: str
    calendar: WorkingCalendar
    zone: ZoneInfo

    @property
    def length(self) -> Working | BusinessDays | WorkingDays:
        """The target as a form of `within`."""
        if self.seconds is not None:
            return Working(target=timedelta(seconds=self.seconds), calendar="peer")
        if self.until_close:
            return WorkingDays(days=self.days, calendar="peer", until="close")
        return BusinessDays(days=self.days, calendar="peer")

    @property
    def on(self) -> dict[str, object]:
        """Where and on which calendar the row counts."""
        return {"zone": self.zone, "calendar": self.calendar}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    path = shared_data("peer_sla_tests") / "cases.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [read(row) for row in csv.DictReader(lines)]


def read(row: Mapping[str, str]) -> Row:
    document = json.loads(row["calendar"])
    assert set(document) <= {"hours", "holidays", "holidays_recurring", "tz"}
    unit = row["target_unit"]
    assert unit in {"s", "workday", ""}
    return Row(
        id=row["id"],
        op=row["op"],
        start=instant(row["start_utc"]),
        end=instant(row["end_utc"]) if row["end_utc"] else None,
        seconds=float(row["target"]) if unit == "s" else None,
        days=int(row["target"]) if unit == "workday" else None,
        until_close=row["end_of_workday"] == "1",
        pauses=[tuple(map(instant, pause)) for pause in json.loads(row["pauses"] or "[]")],
        expected=instant(row["expected_utc"]) if row["expected_utc"] else None,
        elapsed=timedelta(seconds=float(row["expected_elapsed_s"]))
        if row["expected_elapsed_s"]
        else None,
        habit=row["habit"],
        calendar=calendar_of(document),
        zone=ZoneInfo(document["tz"]),
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar_of(document: Mapping[str, object]) -> WorkingCalendar:
    off = {date.fromisoformat(day) for day in document.get("holidays", ())}
    recurring = document.get("holidays_recurring", ())
    off |= {date.fromisoformat(f"{year}-{day}") for year in YEARS for day in recurring}
    return WorkingCalendar(
        name="peer",
        version=1,
        week={
            WEEKDAYS.index(name) + 1: tuple(
                Window(opens=clock(opens), closes=clock(closes)) for opens, closes in spans
            )
            for name, spans in document["hours"].items()
        },
        days=dict.fromkeys(off, (False, "holiday")),
        years=None,
        make_up=(),
    )


def clock(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


def moved(row: Row, sign: int) -> datetime:
    """The instant that a row's target leads to, forward or backward.

    No time at all is no promise: there, time is laid off without one, to where it next runs; no
    days are a day there and back.
    """
    if row.seconds == 0:
        pace = Hours(row.calendar, row.zone)
        lay_off = pace.forward if sign == 1 else pace.backward
        return lay_off(row.start, NOTHING)[0]
    if row.days == 0:
        day = BusinessDays(days=1, calendar="peer")
        there = shift(row.start, by=day, sign=sign, **row.on)
        return shift(there, by=day, sign=-sign, **row.on)
    if sign == -1:
        assert not row.pauses
        return shift(row.start, by=row.length, sign=-1, **row.on)
    at = due(row.length, start=row.start, pauses=row.pauses, **row.on).at
    assert at == shift(row.start, by=row.length, sign=1, pauses=row.pauses, **row.on)
    return at


def agrees(row: Row, at: datetime) -> bool:
    """Whether we say what the peer says; our day ends with its last microsecond, not after it."""
    ends_day = row.until_close and row.expected.astimezone(row.zone).time() == time(0)
    return at == row.expected - (MICROSECOND if ends_day else NOTHING)


def only(rows: list[Row], op: str) -> Iterator[Row]:
    return (row for row in rows if row.op == op)


def test_all_rows_are_there(rows: list[Row]):
    """A file cut short must not pass for agreement."""
    ops = Counter(row.op for row in rows)
    assert ops == {"due": 246, "elapsed": 137, "due_backward": 96, "paused_working_seconds": 4}
    assert len({row.id for row in rows}) == 483


@pytest.mark.parametrize(
    ("op", "sign", "agreeing", "differing"),
    [("due", 1, 240, {*HABITS, *PAUSED_DAYS} - {"p201", "p202"}),
     ("due_backward", -1, 94, {"p201", "p202"})],
)  # fmt: skip
def test_every_instant_agrees_but_for_habits(rows, op, sign, agreeing, differing):
    """246 due instants and 96 moments before; what differs is named, and what we say instead."""
    counted = Counter()
    ours = HABITS | PAUSED_DAYS
    for row in only(rows, op):
        at = moved(row, sign)
        same = agrees(row, at)
        counted[same] += 1
        assert same or at == instant(ours[row.id]), (row.id, at)
        assert same == (row.id not in differing), row.id
    assert counted == {True: agreeing, False: len(differing)}


def test_the_habits_are_those_the_data_names(rows: list[Row]):
    """Nothing is called a habit here that the collection does not call one."""
    assert {row.id for row in rows if row.habit} == set(HABITS)


def test_every_elapsed_working_time_agrees(rows: list[Row]):
    """137 of them, ten with pauses, some with the end before the start."""
    seen = Counter()
    for row in only(rows, "elapsed"):
        used, _ = consumed(ANY, start=row.start, until=row.end, pauses=row.pauses, **row.on)
        assert used == row.elapsed, row.id
        seen[bool(row.pauses)] += 1
    assert seen == {False: 127, True: 10}


def test_the_working_time_inside_pauses_agrees(rows: list[Row]):
    """What pauses take away, up to the end of the last one."""
    found = 0
    for row in only(rows, "paused_working_seconds"):
        assert paused(row) == row.elapsed, row.id
        found += 1
    assert found == 4


def test_days_paused_as_glpi_pauses_them(rows: list[Row]):
    """The unpaused due instant, moved on by the working time that was paused."""
    found = 0
    for row in rows:
        if row.id in PAUSED_DAYS:
            at = due(row.length, start=row.start, **row.on).at
            by = Working(target=paused(row), calendar="peer")
            assert shift(at, by=by, sign=1, **row.on) == row.expected
            found += 1
    assert found == 2


def paused(row: Row) -> timedelta:
    end = max(end for _, end in row.pauses)
    asked = {"start": row.start, "until": end, **row.on}
    return consumed(ANY, **asked).used - consumed(ANY, pauses=row.pauses, **asked).used
