"""Kinds of stream as plugs: what each declares of itself, and the one list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from domain.kernel.facts import Fact, Mark, kind_of
from domain.kernel.refusals import Phrase

Value = str | int | bool | None
"""What an attribute of a case can be."""

Kept = Literal["TEXT", "INTEGER", "COUNT", "TRUTH", "INSTANT"]
"""How an attribute is kept: a COUNT is never without a value, a TRUTH is yes or no."""


class Attribute(NamedTuple):
    """Something a case can be asked for by conditions, boards and figures.

    ``type`` is how tables keep it, an INSTANT as microseconds; ``read`` finds it in the folded
    state; ``values`` are the ones
    it can have, empty where they are open or the rulebook's business.
    """

    name: str
    read: Callable[[Any], Any]
    type: Kept = "TEXT"
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of stream: its facts, the first of which opens it, and how they fold.

    ``evolve`` takes the state so far, None before the first fact, and one fact of the kind's own;
    it may change the state in place. ``case`` is False for a register. Its functions have names,
    so that a kind can be sent to another process.
    """

    name: str
    title: Phrase
    facts: tuple[type[Fact], ...]
    evolve: Callable[[Any, Any], Any]
    attributes: tuple[Attribute, ...] = ()
    statuses: Mapping[str, Phrase] = field(default_factory=dict)
    case: bool = True

    @cached_property
    def attribute(self) -> Mapping[str, Attribute]:
        """The attributes by name."""
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def own(self) -> frozenset[type[Fact]]:
        """The facts its state changes by."""
        return frozenset(self.facts)

    def marked(self, mark: Mark) -> tuple[str, ...]:
        """The words of its facts that mark something in the course of a case."""
        return tuple(fact.word for fact in self.facts if fact.mark is mark)


def newest(_: object, fact: Fact) -> Fact:
    """The fold of a stream whose newest fact says all."""
    return fact


class Kinds:
    """Every kind of stream there is, from which all else derives.

    ``common`` are facts that the stream of any case can hold besides its kind's own, such as those
    of its clocks.
    """

    def __init__(self, kinds: Iterable[Kind], *, common: Iterable[type[Fact]] = ()) -> None:
        """List the kinds; a name given twice is an error of the program."""
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"two kinds are named {kind.name}")
            self._kinds[kind.name] = kind
        self.common = tuple(common)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def extended(self, *kinds: Kind) -> Kinds:
        """These kinds and some more."""
        return Kinds((*self, *kinds), common=self.common)

    def of(self, stream: str) -> Kind | None:
        """The kind of a stream, None where it is unknown."""
        return self._kinds.get(kind_of(stream))

    @cached_property
    def cases(self) -> Mapping[str, Kind]:
        """The kinds of case by name."""
        return {kind.name: kind for kind in self if kind.case}

    @cached_property
    def facts(self) -> tuple[type[Fact], ...]:
        """Every type of fact, each once."""
        own = (fact for kind in self for fact in kind.facts)
        return tuple(dict.fromkeys((*own, *self.common)))

    @cached_property
    def words(self) -> Mapping[str, frozenset[str]]:
        """For each kind of case: the words of all facts its stream can hold."""
        return {
            name: frozenset(fact.word for fact in (*kind.facts, *self.common))
            for name, kind in self.cases.items()
        }
