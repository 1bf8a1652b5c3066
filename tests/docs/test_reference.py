"""The reference says everything the code can, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from api.settings import VARIABLES, Settings
from commands import ROUTES
from domain.kernel.refusals import Refusal
from domain.kinds import KINDS
from domain.promises import Verdict
from domain.rulebook import clocks, conditions, figures, reader, roles, within, words
from domain.rulebook.kpis import CHANGES, PERIODS, Measure
from domain.working_time import documents as calendars
from projections.figures import SMALL
from store.errors import StoreFault
from tests.docs.generate import REFERENCE, written
from tests.docs.tables import FAMILIES, ROOT, TABLES, arguments, classes, subcommands

STALE = "python -m tests.docs.generate writes it anew"


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_generated_parts_are_fresh(name):
    """The tables are those the code gives today."""
    assert page(name) == written(name), STALE


def test_every_command_is_documented_with_its_fields():
    text = page("commands.md")
    for name, verb in ROUTES.messages.items():
        part = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        assert part, name
        for field in fields(verb):
            assert f"`{field.name}`" in part, (name, field.name)


def test_every_fact_is_documented_with_its_word():
    assert {fact for facts in FAMILIES.values() for fact in facts} == set(KINDS.facts)
    text = page("events.md")
    for fact in KINDS.facts:
        assert f"### {fact.__name__}\n\n`{fact.word}`: " in text


def test_every_refusal_and_fault_is_documented_in_both_languages():
    text = page("refusals.md")
    for kind in (*classes(Refusal), StoreFault, *classes(StoreFault)):
        assert f"| `{kind.__name__}` |" in text
        assert kind.zh.replace("|", "\\|") in text
        assert kind.zh.endswith(("。", "}")), kind


def test_every_setting_is_documented_with_its_variable():
    text = page("settings.md")
    assert set(VARIABLES) == {field.name for field in fields(Settings)}
    for name, variable in VARIABLES.items():
        assert text.count(f"| `{name}` | ") == 2, f"{name} needs a row in both tables"
        assert f"`{variable}`" in text


def test_every_subcommand_and_option_is_documented():
    text = page("cli.md")
    for name, command in subcommands().items():
        part = text.partition(f"### guanjia {name}\n")[2].partition("\n### ")[0]
        assert part, name
        for argument in arguments(command):
            assert argument.shown in part, (name, argument.shown)


def test_every_option_of_every_command_is_documented():
    assert all(f"`{option}" in page("cli.md") for option in ("--store", "--json", "--lang"))


def test_every_variable_of_the_environment_is_documented():
    read = re.compile(r"GUANJIA_[A-Z_]+")
    sources = [*ROOT.glob("api/**/*.py"), *ROOT.glob("tests/support/*.py"), ROOT / ".ci/run"]
    names = {name for path in sources for name in read.findall(path.read_text("utf-8"))}
    assert names
    assert names == set(read.findall(page("settings.md")))


def keys_read_by(module) -> set[str]:
    """The keys a document reader asks for, by its source."""
    source = Path(module.__file__).read_text("utf-8")
    calls = r'(?:part|top|step|self)\.(?:text|get|need|entries|section|whole|flag)\(\s*"(\w+)"'
    by_helper = r'(?:_triggers\(part|_day\(step), "(\w+)"'
    return {*re.findall(calls, source), *re.findall(by_helper, source)}


def test_every_key_of_the_rulebook_is_documented():
    text = page("rulebook.md")
    keys = frozenset().union(*map(keys_read_by, (reader, clocks, conditions, within, words, roles)))
    assert {"clocks", "starts", "resumes", "since", "through_rest_days"} <= keys
    for key in (*keys, *within.FORMS):
        assert f"`{key}`" in text or f"`{key}:" in text or f"{{{key}:" in text, key


def test_every_key_of_a_figure_is_documented():
    text = page("figures.md")
    keys = keys_read_by(figures) | {*Measure, *PERIODS, *CHANGES, "where", "period", "change"}
    assert {"of", "title", "target", "by", "beside", "breakdown", "obligations"} <= keys
    for key in keys:
        assert f"`{key}`" in text or f"`{key}:" in text or f"{{{key}:" in text or f"{key}:" in text


def test_the_number_below_which_a_figure_is_small_is_documented():
    assert f"fewer than {SMALL} rows" in page("figures.md")


def test_every_key_of_a_calendar_is_documented():
    for key in calendars.KEYS:
        assert f"| `{key}` | " in page("rulebook.md")


def test_every_verdict_is_documented():
    for verdict in Verdict:
        assert f"| `{verdict}` | " in page("rulebook.md")


def test_every_word_of_a_rulebook_is_the_word_of_a_documented_fact():
    words = {word for known in KINDS.words.values() for word in known}
    assert words <= {fact.word for fact in KINDS.facts}
