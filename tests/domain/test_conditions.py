"""A condition that can never hold is refused with its place, and one that can is never refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings, strategies as st

from domain.kernel.documents import DocumentInvalid
from domain.kernel.facts import Fact
from domain.kernel.kinds import Kind
from domain.kinds import KINDS
from domain.promises.situation import Situation, fields_of
from domain.rulebook import read_rulebook, read_strictly
from domain.rulebook.inspection import labels_asked, unpublished
from tests.golden import examples_of
from tests.support.documents import BOOKS, VALUES, leaves, replaced
from tests.support.lift import LIFT_ROUTES
from tests.support.scenario import START, envelope
from tests.support.words import WORDS, document, fault

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
        {"starts": "lapsed", "stops": "closed", "within": {"at": "due"}},
        {**REPAIR, "where": {"simple": False, "priority": 2, "reopened": 0, "visits": [0, 1]}},
        {**BOTH, "where": {"category": ["noise", "lift"], "kind": ["repair"], "until": "x"}},
        # a trigger is asked only of the kind whose fact it is
        {**BOTH, "starts": [{"fact": "lodged", "where": {"level": 1}},
                            {"fact": "reported", "where": {"simple": True}}]},
    ],
)  # fmt: skip
def test_a_condition_that_can_hold_is_taken(clock):
    whole = document(reply=clock)
    assert read_strictly(whole, kinds=KINDS) == read_rulebook(whole, kinds=KINDS)


def test_labels_need_a_declaration_or_an_open_vocabulary():
    clock = {"where": {"colour": "red"}, "within": {"at": "deadline"}}
    assert fault(document({}, reply=clock)).path == ("clocks", "reply", "where", "colour")
    for kind in ("all", "complaint"):
        assert read_strictly(document({kind: {"open": True}}, reply=clock), kinds=KINDS)
    assert fault(document({"repair": {"open": True}}, reply=clock)).path[-1] == "colour"


@pytest.mark.parametrize("name", ["site", "cycle", "kind", "category", "level"])
def test_what_is_no_date_names_no_deadline_also_where_labels_are_open(name):
    clock = {"within": {"at": name}}
    found = fault(document({"all": {"open": True}}, reply=clock))
    assert f"a complaint has no date {name!r}; known: promised." in found.sentence


def test_the_labels_that_conditions_ask_for_are_known():
    """Wherever they stand; what the kind has itself is none."""
    book = read_rulebook(
        document(
            {"all": {"open": True}},
            one={"where": {"a": "x", "level": 1, "site": "north", "kind": "complaint"}},
            two={"starts": {"fact": "lodged", "where": {"b": "x", "receiver": "li"}},
                 "stops": ["replied", {"fact": "rated", "where": {"c": "x", "rating": "neutral"}}],
                 "cancels": {"fact": "closed", "where": {"d": "x", "by": "li"}},
                 "within": [{"elapsed": "1h", "where": {"e": "x"}}, "2h"]},
            three={**REPAIR, "pauses": {"fact": "paused", "where": {"f": "x", "reason": "parts"}},
                   "resumes": {"fact": "resumed", "where": {"g": "x"}}},
        ),
        kinds=KINDS,
    )  # fmt: skip
    assert labels_asked(book, KINDS) == set("abcdefg")
    assert labels_asked(read_rulebook(document(), kinds=KINDS), KINDS) == set()


def test_a_calendar_that_is_not_published_is_named_where_it_is_used():
    whole = document(
        {},
        reply={"within": [{"working": "1h", "calendar": "cn", "where": {"level": 1}},
                          {"working_days": 2, "calendar": "de"}, "24h"]},
        other={"within": {"business_days": 1, "calendar": "fr"}},
    )  # fmt: skip
    book = read_rulebook(whole, kinds=KINDS)
    assert [(found.path, found.sentence.partition(":")[0]) for found in
            unpublished(whole, book, {"cn"})] == [
        (("clocks", "reply", "within", 1), "the calendar de is not published"),
        (("clocks", "other", "within"), "the calendar fr is not published"),
    ]  # fmt: skip
    assert list(unpublished(whole, book, {"cn", "de", "fr"})) == []


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


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_read_strictly_is_read_leniently_to_the_same_rulebook(data):
    """Whatever was changed in a rulebook: strict reading refuses more and says nothing else."""
    whole = data.draw(st.sampled_from([*BOOKS, document()]))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(leaves(whole))))
        whole = replaced(whole, path, data.draw(VALUES))
    try:
        strict = read_strictly(whole, kinds=KINDS)
    except DocumentInvalid:
        return
    assert strict == read_rulebook(whole, kinds=KINDS)
