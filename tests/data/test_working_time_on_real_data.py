"""Deadlines and calendars against what a city and the State Council computed themselves."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.working_time import (
    BusinessDays,
    Days,
    Window,
    WorkingCalendar,
    WorkingDays,
    due,
    explain,
)
from domain.working_time.documents import calendar_from_document
from tests.support.data import shared_data

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
SHIPPED = Path(__file__).resolve().parents[2] / "api" / "calendars" / "cn.json"
WEEKDAYS = WorkingCalendar(
    name="weekdays",
    version=1,
    week=dict.fromkeys(range(1, 6), (Window(opens=time(8, 30), closes=time(17)),)),
    days={},
    years=None,
    make_up=(),
)


def shipped() -> WorkingCalendar:
    return calendar_from_document(json.loads(SHIPPED.read_text(encoding="utf-8")))


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_city_of_boston_sets_the_same_deadlines():
    """Of 23,419 requests under a known rule, 23,261 deadlines agree within 120 seconds."""
    folder = shared_data("boston311")
    policy = json.loads((folder / "sla_policy.json").read_text(encoding="utf-8"))
    rule_of = {(rule["type"], rule["queue"]): rule for rule in policy}
    agree = covered = 0
    for row in rows(folder / "requests.csv.gz"):
        rule = rule_of.get((row["type"], row["queue"]))
        if rule is None or not row["target_dt"]:
            continue
        covered += 1
        within = (
            BusinessDays(days=rule["n"], calendar="weekdays", cutoff=time(17), opens=time(8, 30))
            if rule["rule"] == "business_days"
            else Days(days=rule["n"])
        )
        start = datetime.fromisoformat(row["open_dt"]).replace(tzinfo=NEW_YORK)
        at = due(within, start=start, zone=NEW_YORK, calendar=WEEKDAYS).at
        target = datetime.fromisoformat(row["target_dt"]).replace(tzinfo=NEW_YORK)
        agree += abs(at.timestamp() - target.timestamp()) <= 120
    assert (covered, agree) == (23_419, 23_261)


def met(start: datetime, replied: datetime, within: WorkingDays, calendar: WorkingCalendar) -> bool:
    return replied <= due(within, start=start, zone=SHANGHAI, calendar=calendar).at


@pytest.mark.parametrize(
    ("row", "make_calendar"),
    [
        ("replied_within_working_days_cn", shipped),
        ("replied_within_weekdays_naive", lambda: WEEKDAYS),
    ],
)
def test_replies_use_up_as_many_working_days_as_counted_independently(row, make_calendar):
    """A reply on rest days after the n-th working day has used n of them: the counts are exact."""
    folder = shared_data("cn_complaints")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    calendar = make_calendar()
    counted = Counter()
    limits = [int(days) for days in expected["dev_asked_before_2019"][row]]
    for complaint in rows(folder / "complaints.csv.gz"):
        asked = datetime.fromisoformat(complaint["asked"]).replace(tzinfo=SHANGHAI)
        replied = datetime.fromisoformat(complaint["replied"]).replace(tzinfo=SHANGHAI)
        for days in limits:
            within = WorkingDays(days=days, calendar="cn", through_rest_days=True)
            counted[str(days)] += met(asked, replied, within, calendar)
    assert limits == [1, 3, 5, 7, 10, 15, 30, 60]
    assert dict(counted) == expected["dev_asked_before_2019"][row]


def test_the_plain_end_of_a_working_day_differs_only_for_replies_on_rest_days():
    """Without `through_rest_days` only replies on days that are not worked change their verdict."""
    folder = shared_data("cn_complaints")
    calendar = shipped()
    stricter = 0
    for complaint in rows(folder / "complaints.csv.gz"):
        asked = datetime.fromisoformat(complaint["asked"]).replace(tzinfo=SHANGHAI)
        replied = datetime.fromisoformat(complaint["replied"]).replace(tzinfo=SHANGHAI)
        for days in (1, 3, 5, 7):
            plain = met(asked, replied, WorkingDays(days=days, calendar="cn"), calendar)
            through = WorkingDays(days=days, calendar="cn", through_rest_days=True)
            if plain != met(asked, replied, through, calendar):
                stricter += 1
                assert not plain
                assert not calendar.is_working_day(replied.date())
    assert stricter == 7


def test_every_day_of_the_shipped_calendar_agrees_with_the_notices():
    """All 5,844 days from 2011 to 2026, and every worked weekend says that it is one."""
    path = shared_data("china_calendar") / "workdays_2011_2026.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        announced = list(csv.DictReader(lines))
    calendar = shipped()
    assert len(announced) == 5_844
    for row in announced:
        day = date.fromisoformat(row["date"])
        assert calendar.is_working_day(day) == (row["is_workday"] == "1"), day
        worked_weekend = row["is_make_up_workday"] == "1" and day.isoweekday() > 5
        assert (calendar.why(day)[0] == "make_up") == worked_weekend, day


def days_off() -> list[tuple[date, str]]:
    """Every rest day from 2011 to 2026, with the holiday a notice counts it to, if any."""
    path = shared_data("china_calendar") / "workdays_2011_2026.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            (date.fromisoformat(row["date"]), row["name"] * int(row["is_announced_off_day"]))
            for row in csv.DictReader(lines)
            if row["is_workday"] == "0"
        ]


def test_every_day_off_is_called_what_the_notices_call_it():
    """Weekends that a notice counts to a holiday by its name, all others weekends.

    Two Sundays lie between a Saturday and a Monday that are announced, and are not themselves.
    """
    calendar, called = shipped(), Counter()
    between = {date(2014, 4, 6), date(2015, 6, 21)}
    for day, announced in days_off():
        reason, name = calendar.why(day)
        assert (reason == "holiday") == (bool(announced) or day in between), day
        if announced:  # notices that join two holidays or shorten a name
            assert name in announced or announced in name, day
        called[reason, day.isoweekday() > 5] += 1
    assert called == {("weekend", True): 1415, ("holiday", True): 151, ("holiday", False): 287}


def test_a_weekend_inside_a_holiday_is_known_without_being_announced():
    """From the weekdays off alone: 40 weekend days that notices count to a holiday, no other.

    Four more lie between two holidays of different names.
    """
    known, announced = shipped(), dict(days_off())
    weekdays = {day: why for day, why in known.days.items() if why[0] or day.isoweekday() < 6}
    calendar = WorkingCalendar(
        name="cn", version=1, week=known.week, days=weekdays, years=None, make_up=known.make_up
    )
    inside = [day for day in announced if day not in weekdays and calendar.why(day)[1]]
    assert len(inside) == 40
    for day in inside:
        assert day.isoweekday() > 5
        assert calendar.why(day) == known.why(day)
        assert calendar.why(day)[1] in announced[day]


def test_the_explanation_of_real_deadlines_counts_what_was_promised():
    """For each fifth complaint: the stretches join up and count 15 working days."""
    folder = shared_data("cn_complaints")
    calendar = shipped()
    within = WorkingDays(days=15, calendar="cn")
    for complaint in rows(folder / "complaints.csv.gz")[::5]:
        asked = datetime.fromisoformat(complaint["asked"]).replace(tzinfo=SHANGHAI)
        told = explain(within, start=asked, zone=SHANGHAI, calendar=calendar)
        worked = sum(
            calendar.is_working_day(asked.date() + timedelta(days=offset))
            for offset in range(1, (told.due.astimezone(SHANGHAI).date() - asked.date()).days + 1)
        )
        assert worked == sum(stretch.amount for stretch in told.stretches) == 15
