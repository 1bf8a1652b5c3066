"""What a condition can ask by name under one rulebook, and what the answer can be."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from domain.kernel.facts import Fact
from domain.kernel.kinds import Kind, Kinds
from domain.promises.rules import ClockRule, Trigger
from domain.rulebook.attributes import (
    ALWAYS,
    INSTANT,
    TEXT,
    Answers,
    attributes,
    fact_answers,
    has_labels,
)
from domain.rulebook.book import Rulebook
from domain.rulebook.vocabulary import Words


class At(NamedTuple):
    """A fact of a kind of case, at which a condition asks something."""

    kind: Kind
    fact: type[Fact]


class Names:
    """Finds the answers to a name in the order in which `Situation.value` looks for them."""

    def __init__(self, book: Rulebook, kinds: Kinds, sites: Collection[str] | None) -> None:
        """Know a rulebook; without ``sites`` a condition may name any."""
        self.kinds = kinds
        self.words = {
            kind.name: {fact.word: fact for fact in (*kind.facts, *kinds.common)}
            for kind in kinds.cases.values()
        }
        self._book = book
        self._site = TEXT if sites is None else TEXT.of(sites)

    def at(self, rule: ClockRule, *triggers: Trigger) -> list[At]:
        """Every fact of every kind of a clock that sets off one of the triggers."""
        return [
            At(self.kinds[kind], self.words[kind][trigger.word])
            for kind in sorted(rule.kinds)
            for trigger in triggers
            if trigger.word in self.words[kind]
        ]

    def answers(self, at: At, name: str) -> Answers | None:
        """What a case can answer to a name at a fact; None where it never has an answer."""
        if name in ALWAYS:
            return self._site if name == "site" else ALWAYS[name]
        own = fact_answers(at.fact).get(name)
        known = attributes(at.kind).get(name) if own is None else own
        if known is not None:
            return self._narrowed(at, name, known)
        if name == "kind":
            return TEXT.of((at.kind.name,))
        return self._label(at.kind, name)

    def is_label(self, at: At, name: str) -> bool:
        """Whether only a label can answer to a name at a fact."""
        own = {*ALWAYS, "kind", *fact_answers(at.fact), *attributes(at.kind)}
        return name not in own and self._label(at.kind, name) is not None

    def comparable(self, at: At) -> list[str]:
        """The names whose answers a condition can compare at a fact."""
        words = self._words(at.kind)
        labels = words.labels if words and has_labels(at.kind) else ()
        names = {*ALWAYS, "kind", *fact_answers(at.fact), *attributes(at.kind), *labels}
        found = ((name, self.answers(at, name)) for name in sorted(names))
        return [name for name, answers in found if answers and answers.type]

    def holds_a_date(self, at: At, name: str) -> bool:
        """Whether a deadline can be read from what a case answers to a name."""
        if name in ALWAYS or name == "kind":
            return False
        own = fact_answers(at.fact).get(name) or attributes(at.kind).get(name)
        if own is not None:
            return own is INSTANT
        label = self._label(at.kind, name)
        return label is not None and not label.values

    def dates(self, kind: Kind) -> list[str]:
        """The names from which a deadline of a kind can be read."""
        words = self._words(kind)
        labels = words.labels if words and has_labels(kind) else {}
        return [
            *sorted(name for name, answers in attributes(kind).items() if answers is INSTANT),
            *sorted(name for name, field in labels.items() if not field.values),
        ]

    def _words(self, kind: Kind) -> Words | None:
        return self._book.vocabulary.kinds.get(kind.name)

    def _narrowed(self, at: At, name: str, answers: Answers) -> Answers:
        """The values that the rulebook leaves of those the code knows."""
        if at.fact in self.kinds.common and name in {"clock", "to"}:
            return answers.of(self._book.clocks if name == "clock" else self._book.roles)
        words = self._words(at.kind)
        if (
            words is None
            or words.is_open
            or not (name in words.fields and words.fields[name].values)
        ):
            return answers
        return answers.of(filter(answers.possible, words.fields[name].values))

    def _label(self, kind: Kind, name: str) -> Answers | None:
        words = self._words(kind)
        if words is None or not has_labels(kind):
            return None
        if words.is_open:
            return TEXT
        declared = words.labels.get(name)
        if declared is None:
            return None
        return TEXT.of(declared.values) if declared.values else TEXT
