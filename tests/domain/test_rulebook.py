"""What a rulebook can say, and how every fault names its place and what to do."""

from __future__ import annotations

import copy
from datetime import time, timedelta

import pytest

from domain.kernel.documents import DocumentInvalid, plain
from domain.kinds import KINDS
from domain.promises.rules import Condition, Moment, Rung, Trigger
from domain.rulebook.reader import read_rulebook
from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Working,
    WorkingDays,
)
from tests.support.scenario import book


def read(document):
    return read_rulebook(document, kinds=KINDS)


def clock(**words):
    return read(book(words)).clocks["reply"]


@pytest.mark.parametrize(
    ("written", "within"),
    [
        ("24h", Elapsed(target=timedelta(hours=24))),
        ("1h30m45s", Elapsed(target=timedelta(hours=1, minutes=30, seconds=45))),
        ({"elapsed": "45s"}, Elapsed(target=timedelta(seconds=45))),
        (
            {"working": "8h", "calendar": "cn"},
            Working(target=timedelta(hours=8), calendar="cn"),
        ),
        (
            {"business_days": 3, "calendar": "cn", "cutoff": "17:00", "opens": "08:30"},
            BusinessDays(days=3, calendar="cn", cutoff=time(17), opens=time(8, 30)),
        ),
        ({"business_days": 3, "calendar": "cn"}, BusinessDays(days=3, calendar="cn")),
        ({"working_days": 15, "calendar": "cn"}, WorkingDays(days=15, calendar="cn")),
        ({"days": 60}, Days(days=60)),
        ({"months": 1}, Months(months=1)),
        ({"before": "due_date", "days": 7}, Before(field="due_date", days=7)),
        ({"before": "due_date", "days": 0}, Before(field="due_date", days=0)),
        ({"at": "promised"}, At(field="promised")),
    ],
)
def test_every_form_of_within_can_be_written(written, within):
    (choice,) = clock(within=written).within
    assert choice.within == within
    assert choice.where == Condition()


def test_choices_are_kept_in_order_with_their_conditions():
    choices = clock(within=[{"elapsed": "1h", "where": {"level": [2, 3]}}, "24h"]).within
    assert choices[0].where == Condition((("level", frozenset({2, 3})),))
    assert choices[1].within == Elapsed(target=timedelta(hours=24))


def test_the_calendar_of_the_whole_rulebook_is_meant_where_none_is_named():
    document = book({"within": {"working": "8h"}}) | {"calendar": "cn"}
    assert read(document).calendars == frozenset({"cn"})


def test_a_clock_says_all_it_can_say():
    rule = clock(
        title="答复",
        case=["complaint", "repair"],
        where={"level": 1},
        starts=["lodged", {"fact": "reported", "where": {"simple": True}}],
        stops="replied",
        pauses="paused",
        resumes=["resumed", "arrived"],
        cancels="closed",
        warnings=["50%", "-2h"],
        ladder=[
            {"at": "0%", "to": "supervisor"},
            {"at": "+30m", "to": "manager", "unless": ["contacted"], "acknowledge": "15m"},
        ],
        obligations=[20, 129],
    )
    assert rule.kinds == frozenset({"complaint", "repair"})
    assert rule.starts == (
        Trigger("lodged"),
        Trigger("reported", Condition((("simple", frozenset({True})),))),
    )
    assert rule.heard.keys() == frozenset({"replied", "paused", "resumed", "arrived", "closed"})
    assert rule.warnings == (
        Moment(percent=50),
        Moment(by=Elapsed(target=timedelta(hours=2)), sign=-1),
    )
    assert rule.ladder == (
        Rung(number=1, at=Moment(percent=0), to="supervisor"),
        Rung(
            number=2,
            at=Moment(by=Elapsed(target=timedelta(minutes=30))),
            to="manager",
            unless=frozenset({"contacted"}),
            acknowledge=timedelta(minutes=15),
        ),
    )
    assert rule.early == (*rule.warnings, Moment(percent=0))
    assert rule.excuses == {"contacted"}
    assert rule.obligations == (20, 129)


REPLY = ("clocks", "reply")
FAULTS = [
    # where the fault is put, what is put there, the path that is named, a word of the sentence
    (("rulebok",), "x", ("rulebok",), "unknown key 'rulebok'; known here: calendar, clocks"),
    (("rulebook",), None, (), "the key 'rulebook' is missing"),
    (("rulebook",), 7, ("rulebook",), "must be a text"),
    (("clocks",), ["x"], ("clocks",), "mapping"),
    (REPLY, None, REPLY, "mapping"),
    (("clocks", "Reply!"), {}, ("clocks", "Reply!"), "lower case"),
    ((*REPLY, "witin"), "1h", (*REPLY, "witin"), "unknown key 'witin'"),
    ((*REPLY, "case"), "arrears", (*REPLY, "case"), "known: complaint, repair"),
    ((*REPLY, "case"), ["complaint", "x"], (*REPLY, "case", 1), "unknown case 'x'"),
    ((*REPLY, "case"), [], (*REPLY, "case"), "empty"),
    ((*REPLY, "case"), {"x": 1}, (*REPLY, "case"), "unknown case"),
    ((*REPLY, "starts"), None, REPLY, "'starts' is missing"),
    ((*REPLY, "starts"), [], (*REPLY, "starts"), "empty"),
    ((*REPLY, "stops"), "arrived", (*REPLY, "stops"), "unknown fact 'arrived'"),
    ((*REPLY, "stops"), ["closed", "no"], (*REPLY, "stops", 1), "unknown fact 'no'"),
    ((*REPLY, "stops"), {"fact": "closed", "if": 1}, (*REPLY, "stops", "if"), "unknown key"),
    ((*REPLY, "stops"), 7, (*REPLY, "stops"), "mapping"),
    ((*REPLY, "pauses"), "replied", REPLY, "pauses and resumes go together"),
    ((*REPLY, "resumes"), "replied", REPLY, "pauses and resumes go together"),
    ((*REPLY, "where"), {"level": None}, (*REPLY, "where", "level"), "condition"),
    ((*REPLY, "where"), {"level": [[1]]}, (*REPLY, "where", "level"), "condition"),
    ((*REPLY, "where"), "level", (*REPLY, "where"), "mapping"),
    ((*REPLY, "within"), None, REPLY, "'within' is missing"),
    ((*REPLY, "within"), [], (*REPLY, "within"), "empty"),
    ((*REPLY, "within"), "soon", (*REPLY, "within"), "write it like 24h"),
    ((*REPLY, "within"), "24", (*REPLY, "within"), "write it like 24h"),
    ((*REPLY, "within"), "0h", (*REPLY, "within"), "impossible"),
    ((*REPLY, "within"), "999999999h", (*REPLY, "within"), "impossible"),
    ((*REPLY, "within"), "9" * 5000 + "h", (*REPLY, "within"), "not a duration"),
    ((*REPLY, "within"), ["24h", "-1h"], (*REPLY, "within", 1), "not a duration"),
    ((*REPLY, "within"), {"elapsed": "1h", "days": 1}, (*REPLY, "within"), "exactly one"),
    ((*REPLY, "within"), {}, (*REPLY, "within"), "exactly one"),
    ((*REPLY, "within"), {"working": "8h"}, (*REPLY, "within"), "name a calendar"),
    ((*REPLY, "within"), {"days": 0}, (*REPLY, "within", "days"), "from 1 to 36525"),
    ((*REPLY, "within"), {"days": 99999}, (*REPLY, "within", "days"), "from 1 to 36525"),
    ((*REPLY, "within"), {"days": True}, (*REPLY, "within", "days"), "whole number"),
    ((*REPLY, "within"), {"days": 1.5}, (*REPLY, "within", "days"), "whole number"),
    ((*REPLY, "within"), {"months": 9999}, (*REPLY, "within", "months"), "from 1 to 1200"),
    ((*REPLY, "within"), {"before": "x"}, (*REPLY, "within"), "'days' is missing"),
    (
        (*REPLY, "within"),
        {"business_days": 3, "calendar": "cn", "cutoff": "17:00"},
        (*REPLY, "within"),
        "cutoff and opens go together",
    ),
    (
        (*REPLY, "within"),
        # 17:00 without quotes is the number 1020 to YAML
        {"business_days": 3, "calendar": "cn", "cutoff": 1020, "opens": "08:30"},
        (*REPLY, "within", "cutoff"),
        "in quotes",
    ),
    (
        (*REPLY, "within"),
        {"business_days": 3, "calendar": "cn", "cutoff": "25:00", "opens": "08:30"},
        (*REPLY, "within", "cutoff"),
        "not a time of day",
    ),
    ((*REPLY, "warnings"), "50", (*REPLY, "warnings"), "not a moment"),
    ((*REPLY, "warnings"), ["5.5%"], (*REPLY, "warnings", 0), "not a moment"),
    ((*REPLY, "warnings"), ["100%"], (*REPLY, "warnings", 0), "before the deadline"),
    ((*REPLY, "warnings"), ["+1h"], (*REPLY, "warnings", 0), "before the deadline"),
    ((*REPLY, "warnings"), ["-{working: 4h}"], (*REPLY, "warnings", 0), "name a calendar"),
    ((*REPLY, "warnings"), ["-{working}"], (*REPLY, "warnings", 0), "not a moment in quotes"),
    ((*REPLY, "warnings"), ["-{days: 1, days: 2}"], (*REPLY, "warnings", 0), "in quotes"),
    ((*REPLY, "warnings"), ["-{days: 1"], (*REPLY, "warnings", 0), "in quotes"),
    ((*REPLY, "warnings"), ["{days: 1}"], (*REPLY, "warnings", 0), "in quotes"),
    ((*REPLY, "warnings"), ["-{before: promised}"], (*REPLY, "warnings", 0), "exactly one"),
    ((*REPLY, "warnings"), ["-{at: promised}"], (*REPLY, "warnings", 0), "exactly one"),
    ((*REPLY, "warnings"), ["-{days: 0}"], (*REPLY, "warnings", 0, "days"), "from 1"),
    ((*REPLY, "warnings"), ["-{days: 1, hours: 2}"], (*REPLY, "warnings", 0, "hours"), "unknown"),
    # what YAML makes of -{working: 4h} without quotes
    ((*REPLY, "warnings"), [{"-{working": "4h}"}], (*REPLY, "warnings", 0), "in quotes: write it"),
    ((*REPLY, "warnings"), [{"before": {"days": 1}}], (*REPLY, "warnings", 0), "not a moment"),
    ((*REPLY, "warnings"), [{}], (*REPLY, "warnings", 0), "not a moment"),
    ((*REPLY, "warnings"), [{"after_due": "1h"}], (*REPLY, "warnings", 0), "before the deadline"),
    (
        (*REPLY, "warnings"),
        [{"before_due": {"days": 1, "working": "4h"}}],
        (*REPLY, "warnings", 0, "before_due"),
        "exactly one",
    ),
    (
        (*REPLY, "warnings"),
        ['-{business_days: 1, calendar: cn, cutoff: "17:00", opens: "08:30"}'],
        (*REPLY, "warnings", 0),
        "counted backward have no `cutoff`",
    ),
    (
        (*REPLY, "warnings"),
        [{"before_due": {"working_days": 1, "calendar": "cn", "through_rest_days": True}}],
        (*REPLY, "warnings", 0, "before_due"),
        "counted backward have no `through_rest_days`",
    ),
    (
        (*REPLY, "within"),
        {"working_days": 5, "calendar": "cn", "until": "noon"},
        (*REPLY, "within", "until"),
        "until is day_end or close, not 'noon'",
    ),
    (
        (*REPLY, "within"),
        {"working_days": 5, "calendar": "cn", "until": "close", "through_rest_days": True},
        (*REPLY, "within"),
        "write one of them",
    ),
    ((*REPLY, "ladder"), ["x"], (*REPLY, "ladder", 0), "mapping"),
    ((*REPLY, "ladder"), [{"at": "100%"}], (*REPLY, "ladder", 0), "'to' is missing"),
    ((*REPLY, "ladder"), [{"to": "manager"}], (*REPLY, "ladder", 0), "'at' is missing"),
    (
        (*REPLY, "ladder"),
        [{"at": "100%", "to": "boss"}],
        (*REPLY, "ladder", 0, "to"),
        "unknown role 'boss'; known: head_of_department, manager, supervisor",
    ),
    (
        (*REPLY, "ladder"),
        [{"at": "100%", "to": "manager"}, {"at": "9999%", "to": "manager"}],
        (*REPLY, "ladder", 1, "at"),
        "not a moment",
    ),
    (
        (*REPLY, "ladder"),
        [{"at": "100%", "to": "manager", "unless": "nothing"}],
        (*REPLY, "ladder", 0, "unless"),
        "unknown fact",
    ),
    (
        (*REPLY, "ladder"),
        [{"at": "100%", "to": "manager", "acknowledge": "later"}],
        (*REPLY, "ladder", 0, "acknowledge"),
        "not a duration",
    ),
    ((*REPLY, "obligations"), ["x"], (*REPLY, "obligations", 0), "whole number"),
    (("roles", "manager"), None, ("roles", "manager"), "mapping"),
    (
        ("roles", "manager", "holders"),
        [{"staff": "ma", "since": "May"}],
        ("roles", "manager", "holders", 0, "since"),
        "not a date",
    ),
    (("roles", "manager", "holders"), [{}], ("roles", "manager", "holders", 0), "'staff'"),
    (
        ("roles", "manager", "holders"),
        [{"staff": "ma", "site": 7}],
        ("roles", "manager", "holders", 0, "site"),
        "must be a text",
    ),
]


@pytest.mark.parametrize(("place", "value", "path", "sentence"), FAULTS)
def test_every_fault_names_its_place_and_what_to_do(place, value, path, sentence):
    document = copy.deepcopy(book({}))
    part = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(DocumentInvalid) as fault:
        read(document)
    assert fault.value.path == path
    assert sentence in fault.value.sentence
    assert fault.value.sentence.endswith(".")


def test_a_fault_is_printed_with_its_place():
    assert str(DocumentInvalid(("clocks", "a", 0), "wrong.")) == "clocks.a.0: wrong."
    assert str(DocumentInvalid((), "wrong.")) == "document: wrong."


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a\0b", ("title",)),
        ("\ud800", ("title",)),
        ({1, 2}, ("title",)),
        (float("nan"), ("title",)),
        (2**60, ("title",)),
        (["fine", b"x"], ("title", 1)),
    ],
)
def test_a_document_that_cannot_be_kept_is_refused(value, path):
    with pytest.raises(DocumentInvalid, match="cannot be kept") as fault:
        plain({"title": value})
    assert fault.value.path == path


def test_a_document_without_end_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(DocumentInvalid, match="too deep"):
        plain({"title": endless})
    bomb: object = "x"
    for _ in range(9):
        bomb = [bomb] * 9
    with pytest.raises(DocumentInvalid, match="too large"):
        plain({"title": bomb})
