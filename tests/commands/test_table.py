"""Every command leads to a decision that takes exactly its words, and every decision is led to."""

from __future__ import annotations

import inspect
from dataclasses import fields
from string import Formatter

import pytest

from commands import table, verbs
from commands.table import BEGINNINGS, COMMANDS, DECISIONS
from commands.verbs import CaseCommand, Command
from domain import complaint, deadlines, registers, repair
from domain.refusals import Refusal

KINDS = [("complaint", complaint, table._COMPLAINT), ("repair", repair, table._REPAIR)]
PAIRS = [
    *((kind, verb, answer) for kind, _, verbs_of in KINDS for verb, answer in verbs_of.items()),
    ("complaint", verbs.AcknowledgeEscalation, deadlines.acknowledge),
    ("complaint", verbs.WaiveBreach, deadlines.waive),
    ("site", verbs.OpenSite, registers.open_site),
    ("rules", verbs.PublishRulebook, registers.publish_rulebook),
    ("rules", verbs.PublishCalendar, registers.publish_calendar),
]


def decisions(module) -> set:
    """The public functions of an aggregate that decide: all but its fold."""
    found = {getattr(module, name) for name in module.__all__}
    return {each for each in found if inspect.isfunction(each)} - {module.evolve}


@pytest.mark.parametrize(("kind", "verb", "decision"), PAIRS)
def test_a_commands_fields_are_its_decisions_keyword_arguments(kind, verb, decision):
    words = {field.name for field in fields(verb)} - {"case", "site"}
    parameters = inspect.signature(decision).parameters.values()
    wanted = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert words == wanted


@pytest.mark.parametrize(("kind", "verb", "decision"), PAIRS)
def test_a_word_the_decision_needs_can_not_be_left_out_of_the_command(kind, verb, decision):
    """And what only one kind of case needs is optional for the other."""
    optional = {f.name for f in fields(verb) if f.default is None}
    for parameter in inspect.signature(decision).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            assert parameter.name not in optional


@pytest.mark.parametrize(("kind", "module", "verbs_of"), KINDS)
def test_every_decision_is_reached_by_a_command(kind, module, verbs_of):
    assert set(verbs_of.values()) == decisions(module)
    for verb in verbs_of:
        assert (kind, verb) in DECISIONS


def test_every_command_is_in_the_table():
    concrete = {
        each
        for each in vars(verbs).values()
        if inspect.isclass(each)
        and issubclass(each, Command)
        and each not in (Command, CaseCommand)
    }
    assert set(COMMANDS.values()) == concrete
    assert all(name == verb.__name__ for name, verb in COMMANDS.items())


def test_every_kind_of_case_is_begun_by_one_command():
    assert sorted(BEGINNINGS.values()) == ["complaint", "repair"]
    for verb, kind in BEGINNINGS.items():
        assert (kind, verb) in DECISIONS


@pytest.mark.parametrize("verb", COMMANDS.values())
def test_every_command_says_what_it_asks_in_both_languages(verb):
    said = inspect.getdoc(verb) or ""
    assert any("\u4e00" <= character <= "\u9fff" for character in said)
    assert said.isprintable()


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
