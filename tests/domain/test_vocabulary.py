"""What a rulebook declares is taken, and everything else is refused with what is declared."""

from __future__ import annotations

import pytest

from commands.complaint import LodgeComplaint, ReclassifyComplaint
from commands.repair import DispatchRepair, ReportRepair, ReprioritiseRepair
from domain.kernel.documents import DocumentInvalid
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.complaint.facts import Nature
from domain.rulebook import read_rulebook, read_strictly
from domain.rulebook.vocabulary import LabelNotADate, LabelNotDeclared, ValueNotDeclared
from tests.support.lift import LIFT_ROUTES
from tests.support.words import WORDS, document, fault

LODGE = {"site": "north", "household": "h", "receiver": "li"}


def vocabulary(kinds=WORDS):
    return read_strictly(document(kinds), kinds=KINDS).vocabulary


# ---------------------------------------------------------------------- what is asked


def test_what_is_declared_is_taken():
    words = vocabulary()
    complaint, repair = KINDS["complaint"], KINDS["repair"]
    for message in [
        LodgeComplaint(**LODGE, channel="app", category="noise", level=3),
        LodgeComplaint(
            **LODGE, channel="phone", category="parking",
            labels={"source": "letter", "note": "anything", "until": "2026-01-31"},
        ),
        ReclassifyComplaint(case="c", by="li", reason=Personal("x"), level=2),
        ReclassifyComplaint(case="c", by="li", reason=Personal("x"), nature=Nature.COMPLEX),
    ]:  # fmt: skip
        words.check(complaint, message)
    for message in [
        ReportRepair(site="north", household="h", category="lift", channel="app"),
        ReportRepair(site="north", household="h", category="lift", channel="app", priority=2),
        ReprioritiseRepair(case="r", priority=1, by="li", reason=Personal("x")),
        DispatchRepair(case="r", team="north"),
        DispatchRepair(case="r", technician="wu"),
    ]:
        words.check(repair, message)


@pytest.mark.parametrize(
    ("kind", "message", "field", "value", "known"),
    [
        ("complaint", LodgeComplaint(**LODGE, channel="fax", category="noise"), "channel", "fax",
         ("app, phone", "app 物业 APP、phone 电话")),
        ("complaint", LodgeComplaint(**LODGE, channel="app", category="lift"), "category", "lift",
         ("noise, parking", "noise 噪音、parking 停车")),
        ("complaint", LodgeComplaint(**LODGE, channel="app", category="noise", level=4), "level", 4,
         ("1, 2, 3", "1 一级、2 二级、3 三级")),
        ("complaint", ReclassifyComplaint(case="c", by="li", reason=Personal("x"), level=9),
         "level", 9, ("1, 2, 3", "1 一级、2 二级、3 三级")),
        ("complaint", ReclassifyComplaint(case="c", by="li", reason=Personal("x"), category="no"),
         "category", "no", ("noise, parking", "noise 噪音、parking 停车")),
        ("complaint", LodgeComplaint(**LODGE, channel="app", category="noise",
                                     labels={"source": "fax"}),
         "source", "fax", ("letter, hotline", "letter、hotline")),
        ("repair", ReportRepair(site="north", household="h", category="noise", channel="app"),
         "category", "noise", ("lift, water", "lift、water")),
        ("repair", ReportRepair(site="north", household="h", category="lift"),
         "channel", "other", ("app, phone", "app 物业 APP、phone 电话")),
        ("repair", ReprioritiseRepair(case="r", priority=3, by="li", reason=Personal("x")),
         "priority", 3, ("1, 2", "1、2")),
        ("repair", DispatchRepair(case="r", team="south"), "team", "south", ("north", "north")),
    ],
)  # fmt: skip
def test_what_is_not_declared_is_refused_with_what_is(kind, message, field, value, known):
    with pytest.raises(ValueNotDeclared) as refused:
        vocabulary().check(KINDS[kind], message)
    details = refused.value.details
    assert (details["field"], details["value"]) == (field, value)
    assert (details["known"], details["known"].zh) == known
    assert repr(value) in refused.value.sentence
    assert repr(value) in refused.value.sentence_zh
    assert KINDS[kind].title.zh in refused.value.sentence_zh


def test_a_label_nobody_declared_and_one_that_is_no_date_are_refused():
    def lodging(**labels):
        return LodgeComplaint(**LODGE, channel="app", category="noise", labels=labels)

    with pytest.raises(LabelNotDeclared) as refused:
        vocabulary().check(KINDS["complaint"], lodging(colour="red"))
    assert refused.value.details["label"] == "colour"
    assert refused.value.details["known"] == "source, until, note"
    for text in ("soon", "2026-02-30", ""):
        with pytest.raises(LabelNotADate):
            vocabulary().check(KINDS["complaint"], lodging(until=text))
    vocabulary().check(KINDS["complaint"], lodging(until="2026-01-31T08:00+08:00"))


def test_the_values_of_a_label_are_texts_also_where_they_look_like_numbers():
    words = vocabulary({"complaint": {"fields": {"floor": {"1": "一层", "2": "二层"}}}})
    labelled = LodgeComplaint(**LODGE, channel="app", category="noise", labels={"floor": "2"})
    words.check(KINDS["complaint"], labelled)
    assert words.title("complaint", "floor", "2") == "二层"


def test_a_long_list_is_cut():
    words = vocabulary({"complaint": {"fields": {"category": [f"c{n}" for n in range(100)]}}})
    with pytest.raises(ValueNotDeclared) as refused:
        words.check(KINDS["complaint"], LodgeComplaint(**LODGE, channel="app", category="x"))
    assert refused.value.details["known"].endswith("c59 and 40 more")
    assert refused.value.details["known"].zh.endswith("c59 等 100 个")
    words = vocabulary({"complaint": {"fields": {"category": [f"c{n}" for n in range(60)]}}})
    with pytest.raises(ValueNotDeclared) as refused:
        words.check(KINDS["complaint"], LodgeComplaint(**LODGE, channel="app", category="x"))
    assert refused.value.details["known"].endswith(", c59")
    assert refused.value.details["known"].zh.endswith("、c59")


def test_a_field_has_so_many_values_at_most():
    most = {"complaint": {"fields": {"category": [f"c{n}" for n in range(2000)]}}}
    assert vocabulary(most)
    most["complaint"]["fields"]["category"].append("one more")
    with pytest.raises(DocumentInvalid, match="give 1 to 2000 values"):
        vocabulary(most)


@pytest.mark.parametrize("kinds", [{}, {"complaint": {"open": True}}, {"all": {"open": True}},
                                   {**WORDS, "all": {**WORDS["all"], "open": True}}])  # fmt: skip
def test_without_a_vocabulary_and_with_an_open_one_everything_is_taken(kinds):
    wild = LodgeComplaint(**LODGE, channel="fax", category="x", level=9, labels={"a": "b"})
    vocabulary(kinds).check(KINDS["complaint"], wild)


def test_a_kind_that_nothing_is_said_of_takes_everything():
    words = vocabulary({"complaint": WORDS["complaint"]})
    words.check(KINDS["repair"], ReportRepair(site="s", household="h", category="x"))
    words.check(KINDS["site"], object())


def test_a_kinds_own_values_take_the_place_of_those_of_all():
    words = vocabulary({
        "all": {"fields": {"category": ["a"], "level": {"7": ""}, "reported_by": ["x"]}},
        "repair": {"fields": {"category": ["b"]}},
    })  # fmt: skip
    words.check(KINDS["repair"], ReportRepair(site="s", household="h", category="b"))
    words.check(KINDS["complaint"], LodgeComplaint(**LODGE, channel="x", category="a", level=7))
    with pytest.raises(ValueNotDeclared):
        words.check(KINDS["repair"], ReportRepair(site="s", household="h", category="a"))
    # A repair has no level, and it is no label of a repair either.
    labelled = ReportRepair(site="s", household="h", category="b", labels={"level": "7"})
    with pytest.raises(LabelNotDeclared) as refused:
        words.check(KINDS["repair"], labelled)
    assert refused.value.details["known"] == "reported_by"
    words = vocabulary({"all": {"fields": {"receiver": ["li"], "steward": ["wang"]}}})
    assert words.kinds["repair"].labels == words.kinds["complaint"].labels == {}


def test_a_title_is_what_people_read():
    words = vocabulary()
    assert words.title("complaint", "category", "noise") == "噪音"
    assert words.title("complaint", "level", 2) == "二级"
    assert words.title("repair", "category", "lift") == "lift"  # declared without a title
    assert words.title("complaint", "category", "gone") == "gone"
    assert words.title("lift", "category", "x") == "x"
    assert words.title("complaint", "category", None) == ""


# ---------------------------------------------------------------------- what is declared


@pytest.mark.parametrize(
    ("kinds", "path", "sentence"),
    [
        ({"house": {}}, ("kinds", "house"), "unknown kind 'house'; known: all, complaint, repair"),
        ({"all": {"field": {}}}, ("kinds", "all", "field"), "unknown key 'field'"),
        ({"all": []}, ("kinds", "all"), "mapping"),
        ({"all": {"open": "yes"}}, ("kinds", "all", "open"), "true or false"),
        ({"all": {"title": 1}}, ("kinds", "all", "title"), "text"),
        ({"all": {"fields": {"a": 7}}}, ("kinds", "all", "fields", "a"), "list the values"),
        ({"all": {"fields": {"a": {}}}}, ("kinds", "all", "fields", "a"), "give 1 to"),
        ({"all": {"fields": {"a": []}}}, ("kinds", "all", "fields", "a"), "give 1 to"),
        ({"all": {"fields": {"a": [True]}}}, ("kinds", "all", "fields", "a"), "not a value"),
        ({"all": {"fields": {"a": [""]}}}, ("kinds", "all", "fields", "a"), "not a value"),
        ({"all": {"fields": {"a": ["x", "x"]}}}, ("kinds", "all", "fields", "a"), "twice"),
        ({"all": {"fields": {"a": {"x": 1}}}}, ("kinds", "all", "fields", "a", "x"), "title"),
    ],
)
def test_a_section_that_cannot_be_read_is_refused_with_the_place(kinds, path, sentence):
    for read in (read_rulebook, read_strictly):
        with pytest.raises(DocumentInvalid, match=sentence) as caught:
            read(document(kinds), kinds=KINDS)
        assert caught.value.path == path


@pytest.mark.parametrize(
    ("kind", "name", "value", "inner", "sentence"),
    [
        ("complaint", "promised", ["x"], (), "promised is an instant already: leave it out."),
        ("complaint", "description", "text", (), "description is a personal text already"),
        ("repair", "simple", ["true"], (), "simple is true or false already: leave it out."),
        ("complaint", "category", "date", (), "is a text already: leave it out, or list its"),
        ("complaint", "level", "text", (), "level is a whole number already"),
        ("complaint", "level", {"high": ""}, ("high",), "level is a whole number, never 'high'"),
        ("complaint", "level", {"9" * 16: ""}, ("9" * 16,), "level is a whole number, never '99"),
        ("complaint", "level", {"-1": ""}, ("-1",), "level is a whole number, never '-1'"),
        ("complaint", "level", {"٣": ""}, ("٣",), "level is a whole number, never '٣'"),
        ("complaint", "nature", ["odd"], ("odd",), "nature is never 'odd'; known: general, comp"),
        ("complaint", "category", [7], (7,), "category is a text, never 7: write it in quotes"),
        ("complaint", "status", ["open"], (), "status follows from the facts of a case"),
        ("all", "visits", [1], (), "visits follows from the facts of a case"),
        ("repair", "site", ["north"], (), "site follows from the facts"),
        ("all", "kind", ["repair"], (), "kind follows from the facts"),
    ],
)
def test_what_no_case_can_have_is_not_declared(kind, name, value, inner, sentence):
    found = fault(document({kind: {"fields": {name: value}}}))
    assert found.path == ("kinds", kind, "fields", name, *inner)
    assert sentence in found.sentence


def test_a_kind_without_labels_declares_only_its_own_fields():
    kinds = LIFT_ROUTES.kinds
    words = {"lift": {"fields": {"lift": ["A1", "B2"], "floor": {"1": "", "2": ""}}},
             "all": {"fields": {"source": "text"}}}  # fmt: skip
    assert read_strictly(document(words), kinds=kinds).vocabulary.kinds["lift"].labels == {}
    found = fault(document({"lift": {"fields": {"colour": ["red"]}}}), kinds=kinds)
    assert "a lift outage has no field 'colour', and no labels" in found.sentence
