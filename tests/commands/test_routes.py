"""Every command leads to a decision that takes exactly its words, and every decision is led to."""

from __future__ import annotations

import inspect
from dataclasses import fields
from string import Formatter

import pytest

from commands import ROUTES
from commands.clocks import CLOCKS
from domain.kernel.refusals import Refusal
from domain.kinds import KINDS, case
from domain.kinds.complaint import decisions as complaint
from domain.kinds.repair import decisions as repair

PAIRS = [
    (message, decision)
    for table in ROUTES.tables
    for message, decision in [*table.decides.items(), *CLOCKS.items()]
]
OPENINGS = [pair for table in ROUTES.tables for pair in table.opens.items()]


def words_of(decision) -> dict[str, inspect.Parameter]:
    """What a decision is told besides its state, without the context."""
    parameters = inspect.signature(decision).parameters.values()
    return {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "context"}


@pytest.mark.parametrize(("message", "decision"), PAIRS)
def test_the_fields_of_a_message_are_the_keyword_arguments_of_its_decision(message, decision):
    names = {field.name for field in fields(message)} - {"case", "site"}
    assert names == words_of(decision).keys()


@pytest.mark.parametrize(("message", "decision"), PAIRS)
def test_a_word_the_decision_needs_can_not_be_left_out_of_the_message(message, decision):
    """And what only one kind of case needs is optional for the other."""
    optional = {f.name for f in fields(message) if f.default is None}
    needed = {n for n, p in words_of(decision).items() if p.default is inspect.Parameter.empty}
    assert not needed & optional


@pytest.mark.parametrize(("message", "decision"), OPENINGS)
def test_an_opening_is_handed_over_whole_and_every_field_of_its_fact_is_in_it(message, decision):
    assert words_of(decision).keys() == {"opening"}
    opening = KINDS[ROUTES.openings[message]].facts[0]
    names = {field.name for field in fields(message)}
    assert {field.name for field in fields(opening)} == names - {"case", "site"}


SHARED = (case.follow_up, case.rate, case.leave_unanswered, case.contact, case.open_second_service)


@pytest.mark.parametrize("module", [complaint, repair])
def test_every_decision_of_a_kind_is_reached_by_a_message(module):
    own = {
        each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and name[0] != "_"
    }
    kind = module.__name__.split(".")[2]
    (table,) = [table for table in ROUTES.tables if table.kind == kind]
    reached = {*table.opens.values(), *table.decides.values()}
    assert reached == own | {*SHARED, getattr(module, "close", case.close)}


def test_every_kind_of_case_is_opened_by_one_message():
    assert sorted(ROUTES.openings.values()) == sorted(KINDS.cases)


def test_every_message_is_listed_under_its_own_name():
    assert all(name == message.__name__ for name, message in ROUTES.messages.items())


@pytest.mark.parametrize("message", ROUTES.messages.values())
def test_every_message_says_what_it_asks_in_both_languages(message):
    said = message.about()
    assert not any("\u4e00" <= character <= "\u9fff" for character in said)
    assert any("\u4e00" <= character <= "\u9fff" for character in said.zh)
    assert said.isprintable()
    assert said.zh.endswith("。")


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


REFUSALS = [
    refusal
    for refusal in (Refusal, *Refusal.__subclasses__())
    if refusal.__module__.startswith(("domain.", "commands."))
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_says_what_to_do_in_both_languages(refusal):
    """One sentence each, of a length to be read, naming the same details."""
    english = (refusal.__doc__ or "").strip()
    assert english.endswith(".")
    assert ":" in english  # what is the matter: what to do
    assert "\n" not in english
    assert refusal.zh.endswith("。")
    assert refusal is Refusal or refusal.zh != Refusal.zh
    assert names_in(english) >= names_in(refusal.zh)
