"""Commands are held to the vocabulary of the rulebook in force, and publications to a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.complaint import LodgeComplaint, ReclassifyComplaint
from commands.envelope import CommandEnvelope
from commands.registers import PublishCalendar, PublishRulebook
from commands.validation import TextUnreadable
from domain.kernel.personal import Personal
from domain.kernel.refusals import CaseExists, ReasonRequired, TextTooLong
from domain.rulebook.vocabulary import LabelNotDeclared, ValueNotDeclared
from store.rows import Receipt
from tests.support.scenario import REASON, SITE, Office, book

CASE = "complaint-1"
LODGE = LodgeComplaint(
    site=SITE, channel="phone", household="1-502", category="noise", receiver="li", case=CASE
)


def test_a_publication_is_kept_with_its_reason_and_refused_without():
    """The reason belongs to whoever publishes, not to a household."""
    office = Office(None, book({}))
    later = book({"within": "12h"})
    assert isinstance(office.ask(PublishRulebook(document=later)), ReasonRequired)
    office.done(PublishRulebook(document=later, reason=Personal("年度修订")), actor="chen")
    (*_, published) = office.recorded("rules")
    assert published.fact.reason == Personal("年度修订", "chen")
    assert office.done(PublishRulebook(document=later)).facts == 0  # it is in force already


def test_what_the_rulebook_does_not_declare_is_refused_and_nothing_is_stored():
    words = {"complaint": {"fields": {"category": ["noise", "parking"], "level": [1, 2]}}}
    office = Office(None, {**book({}), "kinds": words})
    refused = office.ask(replace(LODGE, category="smell"))
    assert isinstance(refused, ValueNotDeclared)
    assert (refused.details["known"], refused.details["case"]) == ("noise, parking", CASE)
    assert isinstance(office.ask(replace(LODGE, labels={"a": "b"})), LabelNotDeclared)
    assert office.log.stream(CASE) == []
    office.done(LODGE)
    assert isinstance(office.ask(replace(LODGE, category="smell")), CaseExists)


def test_what_was_declared_when_a_case_was_opened_stays_with_it():
    """A vocabulary that shrinks asks nothing of what is not said anew."""
    words = {"complaint": {"fields": {"category": ["noise", "parking"], "level": [1, 2]}}}
    office = Office(None, {**book({}), "kinds": words})
    office.done(LODGE)
    fewer = {"complaint": {"fields": {"category": ["parking"], "level": [1, 2]}}}
    office.done(PublishRulebook(document={**book({}), "kinds": fewer}, reason=REASON))
    again = ReclassifyComplaint(case=CASE, by="li", reason=REASON, level=2)
    assert office.done(again).facts == 1
    same = ReclassifyComplaint(case=CASE, by="li", reason=REASON, category="noise")
    assert office.done(same).facts == 0  # quiet: it is so already
    other = ReclassifyComplaint(case=CASE, by="li", reason=REASON, category="smell")
    assert isinstance(office.ask(other), ValueNotDeclared)


def test_a_vocabulary_holds_for_the_commands_of_the_same_commit():
    office = Office()
    words = {"complaint": {"fields": {"category": ["parking"]}}}
    publish = PublishRulebook(document={**book({}), "kinds": words})
    replies = office.handler.handle_all(
        [
            CommandEnvelope(message=message)
            for message in (LODGE, publish, replace(LODGE, case=None))
        ]
    )
    assert [type(reply) for reply in replies] == [Receipt, Receipt, ValueNotDeclared]


@pytest.mark.parametrize(
    ("reason", "refusal"), [("x" * 20_001, TextTooLong), ("a\0b", TextUnreadable)]
)
def test_the_reason_of_a_publication_is_a_text_like_any_other(reason, refusal):
    office = Office()
    for message in (
        PublishRulebook(document=book({}), reason=Personal(reason)),
        PublishCalendar(document={"name": "x"}, reason=Personal(reason)),
    ):
        assert isinstance(office.ask(message), refusal)
    assert office.log.stream("rules") == []
