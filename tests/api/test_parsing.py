"""What people and systems send is read strictly, and refused with the field's name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.parsing import read_message, read_period, read_time
from api.settings import SettingInvalid, Settings, read_settings
from api.wording import left, length, when
from commands import ROUTES
from commands.complaint import LodgeComplaint
from commands.repair import ReportRepair
from domain.kernel.personal import Personal
from domain.kernel.refusals import CommandInvalid, Refusal

REPORT: dict[str, Any] = {"site": "a", "household": "h", "category": "c"}
NOW = datetime.fromisoformat("2026-11-20T14:30+08:00")


def test_personal_texts_are_texts_or_name_their_subject() -> None:
    """Both forms are read."""
    said = {"description": "a leak", "contact": {"text": "138", "of": "staff-1"}}
    command = read_message(ROUTES, "ReportRepair", {**REPORT, **said})
    assert isinstance(command, ReportRepair)
    assert command.description == Personal("a leak")
    assert command.contact == Personal("138", "staff-1")


def test_times_keep_their_instant() -> None:
    """An offset is taken as written."""
    command = read_message(
        ROUTES, "ReportRepair", {**REPORT, "appointment": "2026-05-06T10:00+08:00"}
    )
    assert isinstance(command, ReportRepair)
    assert command.appointment == datetime(2026, 5, 6, 2, tzinfo=UTC)


def test_a_command_line_may_say_numbers_and_truths_as_texts() -> None:
    """Only where it is asked for."""
    said = {**REPORT, "simple": "true", "priority": "2"}
    command = read_message(ROUTES, "ReportRepair", said, strict=False)
    assert isinstance(command, ReportRepair)
    assert (command.simple, command.priority) == (True, 2)
    with pytest.raises(Refusal, match="simple"):
        read_message(ROUTES, "ReportRepair", said)


def test_choices_are_read_by_their_values() -> None:
    """An unknown one is refused with the field's name."""
    said = {"site": "a", "household": "h", "category": "c", "channel": "x", "receiver": "r"}
    command = read_message(ROUTES, "LodgeComplaint", {**said, "nature": "complex"})
    assert isinstance(command, LodgeComplaint)
    assert command.nature == "complex"
    with pytest.raises(Refusal, match="nature"):
        read_message(ROUTES, "LodgeComplaint", {**said, "nature": "odd"})


@pytest.mark.parametrize(
    ("said", "code", "named"),
    [
        ({"colour": 1}, "CommandInvalid", "colour"),
        ({"site": None}, "CommandInvalid", "site"),
        ({"labels": {"a": 1}}, "CommandInvalid", "labels"),
        ({"labels": {"a": "\x1b"}}, "TextUnreadable", "labels"),
        ({"appointment": "2026-05-06"}, "WithoutZone", "appointment"),
        ({"appointment": "2026-05-06T10:00:00"}, "WithoutZone", "appointment"),
        ({"appointment": "0001-01-01T00:00Z"}, "CommandInvalid", "appointment"),
        ({"priority": 2**60}, "CommandInvalid", "priority"),
    ],
)
def test_faults_name_their_field(said: dict[str, Any], code: str, named: str) -> None:
    """In both languages."""
    with pytest.raises(Refusal) as refused:
        read_message(ROUTES, "ReportRepair", {**REPORT, **said})
    assert refused.value.code == code
    assert named in refused.value.sentence
    assert named in refused.value.sentence_zh


def test_a_missing_field_is_named() -> None:
    """So that one knows what to add."""
    with pytest.raises(Refusal, match="缺少字段 household"):
        read_message(ROUTES, "ReportRepair", {"site": "a", "category": "c"})


@pytest.mark.parametrize(
    ("text", "days", "name"),
    [
        ("2026-01", (20260101, 20260131), "2026-01"),
        ("2024-02", (20240201, 20240229), "2024-02"),
        ("2026-Q4", (20261001, 20261231), "2026-Q4"),
        ("2026-H2", (20260701, 20261231), "2026-H2"),
        ("2026", (20260101, 20261231), "2026"),
        ("2026-W01", (20251229, 20260104), "2026-W01"),
        ("2026-02-28", (20260228, 20260228), "2026-02-28"),
        ("2026-01..2026-03", (20260101, 20260331), "2026-01..2026-03"),
        ("2025-Q4..2026-02-10", (20251001, 20260210), "2025-10-01..2026-02-10"),
        (" 2026 ", (20260101, 20261231), "2026"),
    ],
)
def test_a_period_is_a_day_a_civil_period_or_a_span(
    text: str, days: tuple[int, int], name: str
) -> None:
    """Both ends included."""
    period = read_period(text)
    assert period is not None
    assert (period.numbers, period.name) == (days, name)


def test_no_text_is_no_period() -> None:
    """Everything is asked for then."""
    assert read_period(None) is read_period("") is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-00", "2026-13", "2026-02-30", "2026-Q5", "2026-H0", "2025-W53", "2026-W00",
        "2026-03..2026-01", "2026-01..", "..2026-01", "2026-01...2026-02", "January", "26", "1899",
        "3000", "9999", "2026-1", "２０２６", "2026-01-01T00:00", " .. ",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_examples(text: str) -> None:
    """In both languages."""
    with pytest.raises(Refusal) as refused:
        read_period(text)
    assert "write 2026-01, 2026-Q1" in refused.value.sentence
    assert "不是期间" in refused.value.sentence_zh


def test_times_need_a_zone() -> None:
    """Z and offsets do, nothing does not."""
    assert read_time("2026-11-20T14:30+08:00", "x") == NOW
    with pytest.raises(Refusal, match="没有时区"):
        read_time("2026-11-20T14:30", "x")


def test_instants_and_lengths_are_said_as_people_do() -> None:
    """Chinese and English."""
    assert when(NOW, NOW, "zh") == "今天 14:30"
    assert when(NOW - timedelta(days=1), NOW, "zh") == "昨天 14:30"
    assert when(NOW + timedelta(days=1), NOW, "en") == "tomorrow 14:30"
    assert when(NOW - timedelta(days=2), NOW, "en") == "2026-11-18 14:30"
    assert when(None, NOW, "zh") == ""
    assert length(timedelta(hours=2, minutes=5), "zh") == "2小时5分"
    assert length(timedelta(hours=2, minutes=5), "en") == "2h 5m"
    assert length(timedelta(0), "zh") == "0秒"
    assert left(NOW, NOW - timedelta(minutes=1), "zh") == "还有1分"
    assert left(NOW, NOW + timedelta(minutes=1), "en") == "1m over"


def test_a_flag_goes_before_the_environment() -> None:
    """And the environment before what is usual."""
    assert read_settings({}) == Settings()
    environment = {"GUANJIA_STORE": "a.db", "GUANJIA_PORT": "1", "LANG": "en_GB.UTF-8"}
    assert read_settings(environment) == Settings(store="a.db", port=1, lang="en")
    assert read_settings(environment, store="b.db", port=0, lang="zh") == Settings(
        store="b.db", port=0, lang="zh"
    )
    assert read_settings({"GUANJIA_HOSTS": "a, b"}).hosts == ("a", "b")
    assert read_settings({"GUANJIA_WORKERS": "3"}).workers == 3
    assert read_settings({"GUANJIA_WORKERS": "3"}, workers=2).workers == 2
    fed = read_settings({"GUANJIA_KAFKA": "a:1, b:2", "GUANJIA_KAFKA_TOPIC": "t"})
    assert (fed.kafka, fed.kafka_topic) == (("a:1", "b:2"), "t")
    assert read_settings({}, kafka="[::1]:9092", kafka_topic="u").kafka == ("[::1]:9092",)


@pytest.mark.parametrize(
    "environment",
    [{"GUANJIA_PORT": "65536"}, {"GUANJIA_PORT": "-1"}, {"GUANJIA_BODY_LIMIT": "much"},
     {"GUANJIA_LANG": "fr"}, {"GUANJIA_WORKERS": "0"}, {"GUANJIA_WORKERS": "65"},
     {"GUANJIA_KAFKA": "localhost"}, {"GUANJIA_KAFKA": "a:1,"}, {"GUANJIA_KAFKA": "a:65536"},
     {"GUANJIA_KAFKA": ":9092"}, {"GUANJIA_KAFKA_TOPIC": "a b"}, {"GUANJIA_KAFKA_TOPIC": ".."}],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(environment: dict[str, str]) -> None:
    """By the name of its variable."""
    with pytest.raises(SettingInvalid, match=next(iter(environment))):
        read_settings(environment)


@pytest.mark.parametrize(
    ("fields", "english", "chinese"),
    [
        (
            {"reason": "foo"},
            "reason is 'foo': it must be one of parts, resident, vendor, weather, other",
            "字段 reason 的值 'foo' 无效，应为以下之一：parts、resident、vendor、weather、other",
        ),
        ({"reason": "parts", "by": 3}, "by is 3: it must be a staff id", "应为员工编号"),
    ],
)
def test_a_value_that_cannot_be_is_answered_with_what_can(fields, english, chinese):
    """The field, what was given, what is allowed, in both languages."""
    with pytest.raises(CommandInvalid) as refused:
        read_message(ROUTES, "PauseRepair", {"case": "repair-1", **fields})
    assert english in refused.value.sentence
    assert chinese in refused.value.sentence_zh


def test_a_truth_and_a_number_are_asked_for_by_what_is_typed():
    for fields, english, chinese in (
        ({"simple": "maybe"}, "it must be true or false", "应为 true 或 false。"),
        ({"priority": "x"}, "it must be a whole number", "应为整数。"),
        ({"appointment": 3}, "it must be an instant", "应为时间。"),
    ):
        data = {"site": "s", "household": "h", "category": "c", **fields}
        with pytest.raises(CommandInvalid) as refused:
            read_message(ROUTES, "ReportRepair", data)
        assert english in refused.value.sentence
        assert chinese in refused.value.sentence_zh
