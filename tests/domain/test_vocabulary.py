"""What a rulebook declares is taken, everything else is refused, and nothing that can hold is."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from commands.complaint import LodgeComplaint, ReclassifyComplaint
from commands.repair import DispatchRepair, ReportRepair, ReprioritiseRepair
from domain.kernel.documents import DocumentInvalid
from domain.kernel.facts import Fact
from domain.kernel.kinds import Kind
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.complaint.facts import Nature
from domain.promises.situation import Situation, fields_of
from domain.rulebook import read_rulebook, read_strictly
from domain.rulebook.vocabulary import LabelNotADate, LabelNotDeclared, ValueNotDeclared
from tests.golden import examples_of
from tests.support.lift import LIFT_ROUTES
from tests.support.scenario import START, book, envelope

WORDS = {
    "all": {
        "fields": {
            "channel": {"app": "物业 APP", "phone": "电话"},
            "source": ["letter", "hotline"],
            "until": "date",
        }
    },
    "complaint": {
        "title": "投诉",
        "fields": {
            "category": {"noise": "噪音", "parking": "停车"},
            "level": {"1": "一级", "2": "二级", "3": "三级"},
            "note": "text",
        },
    },
    "repair": {"fields": {"category": ["lift", "water"], "priority": [1, 2], "team": ["north"]}},
}
LODGE = {"site": "north", "household": "h", "receiver": "li"}


def document(kinds=WORDS, **clocks):
    return {**book(**clocks), "kinds": copy.deepcopy(kinds)}


def vocabulary(kinds=WORDS):
    return read_strictly(document(kinds), kinds=KINDS).vocabulary


def fault(whole, *, kinds=KINDS, sites=None) -> DocumentInvalid:
    """The fault for which a rulebook is refused, although it can be read."""
    read_rulebook(whole, kinds=kinds)
    with pytest.raises(DocumentInvalid) as caught:
        read_strictly(whole, kinds=kinds, sites=sites)
    assert caught.value.sentence.endswith(".")
    assert caught.value.sentence.zh.endswith("。")
    return caught.value


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


def test_a_long_list_is_cut():
    words = vocabulary({"complaint": {"fields": {"category": [f"c{n}" for n in range(100)]}}})
    with pytest.raises(ValueNotDeclared) as refused:
        words.check(KINDS["complaint"], LodgeComplaint(**LODGE, channel="app", category="x"))
    assert refused.value.details["known"].endswith("c59 and 40 more")
    assert refused.value.details["known"].zh.endswith("c59 等 100 个")


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


# ---------------------------------------------------------------------- conditions

REPAIR = {"case": "repair", "starts": "reported", "stops": "completed"}
BOTH = {"case": ["complaint", "repair"], "starts": ["lodged", "reported"],
        "stops": ["resolved", "completed"]}  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "path", "sentence"),
    [
        ({"where": {"chanel": "app"}}, ("where", "chanel"),
         "a complaint when it is lodged (did you mean channel?); known: building, category"),
        ({"where": {"level": 9}}, ("where", "level"), "level is never 9; known: 1, 2, 3."),
        ({"where": {"level": [1, 9]}}, ("where", "level", 1), "level is never 9"),
        ({"where": {"level": "3"}}, ("where", "level"), "a whole number, never '3'"),
        ({**REPAIR, "where": {"priority": "3"}}, ("where", "priority"), "without quotes, such as"),
        ({**REPAIR, "where": {"priority": 3}}, ("where", "priority"), "never 3; known: 1, 2"),
        ({**REPAIR, "where": {"simple": 1}}, ("where", "simple"), "true or false, never 1"),
        ({**REPAIR, "where": {"simple": "yes"}}, ("where", "simple"), "as true or false"),
        ({"where": {"category": 7}}, ("where", "category"), "write it in quotes, '7'"),
        ({"where": {"nature": "odd"}}, ("where", "nature"), "known: general, complex"),
        ({"where": {"status": "paused"}}, ("where", "status"), "known: open, served, closed"),
        ({"where": {"promised": "2026-01-31"}}, ("where", "promised"), "an instant, which a"),
        ({"where": {"description": "x"}}, ("where", "description"), "a personal text, which a"),
        ({"where": {"labels": "x"}}, ("where", "labels"), "more than one value, which a"),
        ({"where": {"cycle": "1"}}, ("where", "cycle"), "cycle is a whole number"),
        ({"where": {"kind": "repair"}}, ("where", "kind"), "known: complaint"),
        ({"where": {"source": "fax"}}, ("where", "source"), "known: letter, hotline"),
        ({"where": {"colour": "red"}}, ("where", "colour"), "a label is declared under kinds"),
        ({"starts": {"fact": "lodged", "where": {"levle": 1}}}, ("starts", "where", "levle"),
         "did you mean level?"),
        ({"starts": ["followed_up", {"fact": "lodged", "where": {"level": 0}}]},
         ("starts", 1, "where", "level"), "never 0"),
        ({"stops": {"fact": "rated", "where": {"rating": "bad"}}}, ("stops", "where", "rating"),
         "known: very_satisfied, satisfied, neutral, dissatisfied"),
        ({"stops": ["replied", {"fact": "closed", "where": {"reason": "x"}}]},
         ("stops", 1, "where", "reason"), "a personal text"),
        ({"cancels": {"fact": "reclassified", "where": {"colour": "x"}}},
         ("cancels", "where", "colour"), "when it is reclassified"),
        ({**REPAIR, "pauses": {"fact": "paused", "where": {"reason": "lunch"}},
          "resumes": "resumed"}, ("pauses", "where", "reason"), "known: parts, resident, vendor"),
        ({**REPAIR, "pauses": "paused", "resumes": {"fact": "resumed", "where": {"reason": "x"}}},
         ("resumes", "where", "reason"), "unknown attribute 'reason'"),
        ({"within": [{"elapsed": "1h", "where": {"level": 9}}, "24h"]},
         ("within", 0, "where", "level"), "never 9"),
        ({"within": {"at": "promisd"}}, ("within", "at"),
         "a complaint has no date 'promisd'; known: promised, note, until."),
        ({"within": {"at": "source"}}, ("within", "at"), "no date 'source'"),
        ({"within": {"at": "site"}}, ("within", "at"), "no date 'site'"),
        ({"within": {"before": "level", "days": 1}}, ("within", "before"), "no date 'level'"),
        # a clock over several kinds: each of them must know the name
        ({**BOTH, "where": {"nature": "general"}}, ("where", "nature"), "'nature' of a repair"),
        ({**BOTH, "where": {"team": "north"}}, ("where", "team"), "'team' of a complaint"),
        ({**BOTH, "where": {"kind": "site"}}, ("where", "kind"), "known: complaint, repair"),
        ({**BOTH, "where": {"category": ["noise", "lift", "fire"]}}, ("where", "category", 2),
         "never 'fire'; known: noise, parking, lift, water"),
        ({**BOTH, "starts": "lodged"}, ("starts",), "none of these facts happens to a repair"),
        ({**BOTH, "stops": "completed"}, ("stops",), "none of these facts happens to a complaint"),
        # several starts: each of them must know the name
        ({"starts": ["lodged", "reclassified"], "where": {"receiver": "li"}}, ("where", "receiver"),
         "when it is reclassified"),
        ({"stops": {"fact": "lapsed", "where": {"clock": "replly"}}}, ("stops", "where", "clock"),
         "clock is never 'replly'; known: reply"),
        ({"stops": {"fact": "escalated", "where": {"to": "boss"}}}, ("stops", "where", "to"),
         "known: supervisor, head_of_department, manager"),
        ({"stops": {"fact": "escalated", "where": {"rung": "1"}}}, ("stops", "where", "rung"),
         "a whole number"),
    ],
)  # fmt: skip
def test_a_condition_that_can_never_hold_is_refused_with_the_place(clock, path, sentence):
    found = fault(document(reply=clock))
    assert found.path == ("clocks", "reply", *path)
    assert sentence in found.sentence


@pytest.mark.parametrize(
    "clock",
    [
        {"where": {"site": "north", "kind": "complaint", "cycle": 1, "level": [1, 3]}},
        {"where": {"channel": "app", "source": "letter", "note": "whatever", "until": "x"}},
        {"where": {"receiver": "li", "household": "1-502", "steward": "li", "status": "open"}},
        {"stops": [{"fact": "lapsed", "where": {"clock": "reply"}},
                   {"fact": "escalated", "where": {"to": "manager", "rung": 2, "cause": "time"}}]},
        {"within": [{"at": "promised"}, {"before": "until", "days": 1}, {"at": "note"}]},
        {**REPAIR, "where": {"simple": False, "priority": 2, "reopened": 0, "visits": [0, 1]}},
        {**BOTH, "where": {"category": ["noise", "lift"], "kind": ["repair"], "until": "x"}},
        # a trigger is asked only of the kind whose fact it is
        {**BOTH, "starts": [{"fact": "lodged", "where": {"level": 1}},
                            {"fact": "reported", "where": {"simple": True}}]},
    ],
)  # fmt: skip
def test_a_condition_that_can_hold_is_taken(clock):
    assert read_strictly(document(reply=clock), kinds=KINDS)


def test_labels_need_a_declaration_or_an_open_vocabulary():
    clock = {"where": {"colour": "red"}, "within": {"at": "deadline"}}
    assert fault(document({}, reply=clock)).path == ("clocks", "reply", "where", "colour")
    for kind in ("all", "complaint"):
        assert read_strictly(document({kind: {"open": True}}, reply=clock), kinds=KINDS)
    assert fault(document({"repair": {"open": True}}, reply=clock)).path[-1] == "colour"


def test_an_open_vocabulary_takes_any_value_of_a_field():
    clock = {"where": {"category": "fire", "level": 9}}
    assert fault(document(reply=clock)).path[-1] == "category"
    opened = {**WORDS, "complaint": {**WORDS["complaint"], "open": True}}
    assert read_strictly(document(opened, reply=clock), kinds=KINDS)


def test_a_site_of_a_condition_must_be_open_where_sites_are_known():
    clock = {"where": {"site": ["north", "nrth"]}}
    found = fault(document(reply=clock), sites=("north", "south"))
    assert found.path == ("clocks", "reply", "where", "site", 1)
    assert "site is never 'nrth'; known: north, south." in found.sentence
    assert "known: none" in fault(document(reply=clock), sites=()).sentence
    assert read_strictly(document(reply=clock), kinds=KINDS)


def test_a_kind_of_ones_own_is_asked_for_its_attributes():
    kinds = LIFT_ROUTES.kinds
    clock = {"case": "lift", "starts": "stopped", "stops": "freed"}
    fine = {**clock, "where": {"floor": [3, 4], "lift": "B2", "people": 0, "status": "freed"}}
    assert read_strictly(document({}, freed=fine), kinds=kinds)
    found = fault(document({"all": {"open": True}}, freed={**clock, "where": {"colour": "red"}}),
                  kinds=kinds)  # fmt: skip
    assert "unknown attribute 'colour' of a lift outage when it is stopped" in found.sentence


# ---------------------------------------------------------------------- nothing that can hold


def lives(kind: Kind) -> Iterator[list[Fact]]:
    """Every example of every fact of a kind, and of clocks, after every example of its opening."""
    openings = list(examples_of(kind.facts[0]))
    for opening in openings:
        yield [opening]
    for fact in (*kind.facts[1:], *KINDS.common):
        for example in examples_of(fact):
            yield [openings[0], example]


@pytest.mark.parametrize("name", KINDS.cases)
def test_a_condition_that_ever_holds_is_never_refused(name):
    """Whatever a case has answered at one of its facts can be asked for at that fact."""
    kind = KINDS[name]
    seen = set()
    for facts in lives(kind):
        case = Situation(kind)
        for version, fact in enumerate(facts, start=1):
            case.read(envelope(fact, version, START, stream=f"{name}-1"))
        labels = getattr(case.state, "labels", {})
        asked = {"site", "cycle", "kind", *fields_of(type(fact)), *kind.attribute, *labels}
        for key in sorted(asked):
            value = case.value(key)
            if isinstance(value, str | int | bool):
                seen.add((type(fact), key, type(value), str(value), value))
    assert len(seen) > 100
    for fact, key, _, _, value in sorted(seen, key=repr):
        if fact in KINDS.common and key in {"clock", "to"}:
            continue  # the examples name a clock and a role of no rulebook
        plain = str(value) if isinstance(value, str) else value
        starts = {"fact": fact.word, "where": {key: plain}}
        clock = {"case": name, "starts": starts, "stops": "closed"}
        assert read_strictly(document({"all": {"open": True}}, reply=clock), kinds=KINDS)
