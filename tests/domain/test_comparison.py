"""What changes between two documents: nothing is missed, and nothing is said that is not so."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from api.imports.documents import read_document
from domain.rulebook.comparison import NOTHING_THERE, changes
from tests.docs.tables import ROOT
from tests.support.documents import BOOKS, VALUES, branches, leaves, replaced

CALENDAR = read_document(ROOT / "api/calendars/cn.json").value
DOCUMENTS = [*BOOKS, CALENDAR]

RICH: dict[str, Any] = {
    "rulebook": "rich",
    "kinds": {"all": {"fields": {"source": ["a", "b"]}},
              "complaint": {"fields": {"level": {"1": "一级", "2": "二级"}}}},
    "roles": {"chief": {"title": "主管",
                        "holders": [{"staff": "sun", "site": "a"}, {"staff": "li"}]},
              "boss": {}},
    "clocks": {
        "reply": {
            "title": "答复", "case": ["complaint", "repair"], "where": {"level": [1, 2]},
            "starts": ["lodged", {"fact": "reclassified", "where": {"level": 1}}],
            "stops": ["replied", "closed"], "cancels": "closed",
            "pauses": "paused", "resumes": "resumed",
            "within": [{"working": "8h", "calendar": "cn", "where": {"source": "a"}}, "24h"],
            "warnings": ["50%", "-2h"],
            "ladder": [{"at": "100%", "to": "chief", "acknowledge": "2h", "unless": ["contacted"]},
                       {"at": "+4h", "to": "boss"}],
            "obligations": [16, 20],
        },
        "where": {"case": "complaint", "starts": "lodged", "stops": "closed", "within": "1h",
                  "ladder": [{"at": "1%", "to": "boss"}, {"at": "2%", "to": "chief"}]},
    },
    "kpis": {"kept": {"question": "on_time", "clock": "reply", "without": ["reopened"]}},
}  # fmt: skip


def said(before, after) -> list[str]:
    return [str(change.sentence) for change in changes(before, after)]


@pytest.mark.parametrize("document", [*DOCUMENTS, RICH], ids=lambda d: d.get("rulebook", "cn"))
def test_nothing_changes_from_a_document_to_itself(document):
    """Nor to a copy whose keys were written in another order."""
    assert changes(document, copy.deepcopy(document)) == []
    assert changes(document, turned(document)) == []


def turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_every_value_that_is_changed_is_reported(data):
    """Whatever leaf becomes whatever else, the change names the clock, role, KPI or kind."""
    document = data.draw(st.sampled_from([*BOOKS, RICH]))
    path = data.draw(st.sampled_from(list(leaves(document))))
    before = document
    for key in path:
        before = before[key]
    value = data.draw(VALUES)
    if type(value) is type(before) and value == before:
        return
    if value == [before] or before == [value]:
        return  # one value and a list of it are the same
    found = changes(document, replaced(document, path, value))
    assert found
    assert {change.path[: len(path)][:2] for change in found} == {path[:2]}
    for change in found:
        sentence = change.sentence
        assert len(path) == 1 or str(path[1]) in sentence
        assert len(path) == 1 or str(path[1]) in sentence.zh


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_every_part_that_is_taken_away_is_reported_and_so_is_putting_it_back(data):
    document = data.draw(st.sampled_from([*BOOKS, RICH]))
    path = data.draw(st.sampled_from(list(branches(document))))
    without = copy.deepcopy(document)
    part = without
    for key in path[:-1]:
        part = part[key]
    del part[path[-1]]
    removed, added = changes(document, without), changes(without, document)
    assert removed
    assert added
    assert {c.path[:2] for c in removed} == {c.path[:2] for c in added} == {path[:2]}


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_list_in_another_order_is_reported_where_the_order_means_something(data):
    """Which target is tried first, which rung is which, who is asked first."""
    path = data.draw(st.sampled_from([
        ("clocks", "reply", "within"), ("clocks", "reply", "ladder"),
        ("clocks", "reply", "warnings"), ("roles", "chief", "holders"),
        ("clocks", "where", "ladder"),
    ]))  # fmt: skip
    part = RICH
    for key in path:
        part = part[key]
    shuffled = data.draw(st.permutations(part))
    found = changes(RICH, replaced(RICH, path, shuffled))
    assert bool(found) == (shuffled != part)
    for free in ("starts", "stops", "case", "obligations"):
        part = RICH["clocks"]["reply"][free]
        other = replaced(RICH, ("clocks", "reply", free), list(reversed(part)))
        assert changes(RICH, other) == []


def test_one_value_and_a_list_of_it_are_the_same():
    for path, value in [
        (("clocks", "reply", "cancels"), ["closed"]),
        (("clocks", "where", "case"), ["complaint"]),
        (("clocks", "where", "within"), ["1h"]),
        (("clocks", "reply", "within", 0, "where", "source"), ["a"]),
    ]:
        other = replaced(RICH, path, value)
        assert changes(RICH, other) == changes(other, RICH) == []


@pytest.mark.parametrize(
    ("path", "value", "english", "chinese"),
    [
        (("title",), "新", ["title added: 新"], ["标题：新增 新"]),
        (("clocks", "where", "within"), "12h", ["clock where: within: 1h → 12h"],
         ["时钟 where：时限：1h → 12h"]),
        (("clocks", "reply", "within", 1), "12h", ["clock reply: target 2: 24h → 12h"],
         ["时钟 reply：时限第2项：24h → 12h"]),
        (("clocks", "reply", "ladder", 1, "at"), "+2h", ["clock reply: rung 2 at: +4h → +2h"],
         ["时钟 reply：升级第2级 时刻：+4h → +2h"]),
        (("clocks", "reply", "stops"), ["replied"], ["clock reply: stops removed: closed"],
         ["时钟 reply：完成：删去 closed"]),
        (("clocks", "reply", "where", "level"), [1, 3],
         ["clock reply: where level removed: 2", "clock reply: where level added: 3"],
         ["时钟 reply：条件 level：删去 2", "时钟 reply：条件 level：新增 3"]),
        (("clocks", "reply", "where", "level"), [1, "2"],
         ["clock reply: where level removed: 2", 'clock reply: where level added: "2"'],
         ["时钟 reply：条件 level：删去 2", '时钟 reply：条件 level：新增 "2"']),
        (("roles", "chief", "holders", 0, "site"), "b",
         ["role chief: holder 1 site: a → b"], ["角色 chief：任职人第1项 site：a → b"]),
        (("kinds", "complaint", "fields", "level", "2"), "两级",
         ["kind complaint: fields level 2: 二级 → 两级"],
         ["类型 complaint：字段 level 2：二级 → 两级"]),
        (("kpis", "kept"), NOTHING_THERE,
         ["KPI kept removed: {question: on_time, clock: reply, without: [reopened]}"],
         ["指标 kept：删去 {question: on_time, clock: reply, without: [reopened]}"]),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(path, value, english, chinese):
    other = replaced(RICH, path, value)
    if value is NOTHING_THERE:
        del other[path[0]][path[1]]
    found = [change.sentence for change in changes(RICH, other)]
    assert [str(sentence) for sentence in found] == english
    assert [sentence.zh for sentence in found] == chinese


def test_a_rung_put_in_between_is_one_change():
    """The rungs behind it are the same, whatever number they now have."""
    ladder = RICH["clocks"]["reply"]["ladder"]
    rung = {"at": "+1h", "to": "boss"}
    other = replaced(RICH, ("clocks", "reply", "ladder"), [ladder[0], rung, ladder[1]])
    assert said(RICH, other) == ["clock reply: rung 2 added: {at: +1h, to: boss}"]
    assert said(other, RICH) == ["clock reply: rung 2 removed: {at: +1h, to: boss}"]


def test_a_calendar_says_which_days_and_years_are_new():
    other = copy.deepcopy(CALENDAR)
    other["years"].append(2027)
    other["days"]["2027-01-01"] = "元旦"
    other["hours"] = {**other["hours"], "sat": ["09:00-12:00"]}
    assert said(CALENDAR, other) == [
        "hours sat added: [09:00-12:00]",
        "years added: 2027",
        "days 2027-01-01 added: 元旦",
    ]
