"""Facts are read as sentences: every kind of fact says all it holds, in English and in Chinese."""

import re
from dataclasses import MISSING, fields

import pytest

from api.wording import filled
from domain.kinds import KINDS
from tests.support.lift import LIFT

HAN = re.compile("[\u4e00-\u9fff]")
FIELD = re.compile(r"\{(\w+)\}|\[(\w+)\?")
PART = re.compile(r"\[[^\[\]]*\]")
FACTS = KINDS.extended(LIFT).facts


def named(template: str) -> set[str]:
    return {one or other for one, other in FIELD.findall(template)}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_every_fact_has_a_sentence_in_each_language(fact):
    assert fact.sentence
    assert not HAN.search(fact.sentence)
    assert HAN.search(fact.sentence.zh)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_sentence_says_every_field_that_is_not_left_out_on_purpose(fact):
    all_fields = {field.name for field in fields(fact)}
    assert set(fact.unsaid) <= all_fields
    for template in (fact.sentence, fact.sentence.zh):
        assert named(template) == all_fields - set(fact.unsaid)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_what_may_be_empty_takes_its_words_along(fact):
    """Where a field is optional, so is the part of the sentence it stands in."""
    empty = {f.name for f in fields(fact) if f.default in (None, (), False)}
    empty |= {f.name for f in fields(fact) if f.default_factory is not MISSING}
    for template in (fact.sentence, fact.sentence.zh):
        assert not named(PART.sub("", template)) & empty


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [
        ("{by} came", {"by": "li"}, "li came"),
        ("came[ by {by}]", {"by": ""}, "came"),
        ("came[ by {by}]", {"by": "li"}, "came by li"),
        ("[{by} ]came[: {note}]", {"by": "", "note": "late"}, "came: late"),
        ("came[ by {by} in {team}]", {"by": "li", "team": ""}, "came"),
        ("new[simple?, simple]", {"simple": "yes"}, "new, simple"),
        ("new[simple?, simple]", {"simple": ""}, "new"),
        ("said: {text}", {"text": "{by} [x?y] \\1"}, "said: {by} [x?y] \\1"),
        ("said[: {text}]", {"text": "[{text}]"}, "said: [{text}]"),
    ],
)
def test_a_template_is_filled_with_values_as_they_are(template, values, said):
    assert filled(template, values) == said
