"""Who answers a message: its stream and its decision, from one table per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from inspect import signature
from typing import Any, Final, NamedTuple

from commands.ids import new_id
from commands.messages import Message, Opens
from commands.streams import LoadedStream
from domain.kernel.context import Context
from domain.kernel.facts import kind_of
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import CommandInvalid, Phrase, Refusal
from domain.kinds.directory import Directory

LONGEST_CASE: Final = 120
_ADDRESS: Final = frozenset({"case", "site"})

Decision = Callable[..., Any]


class WrongKind(Refusal):
    """{case} is not a case that {verb} can be asked of: check the number and the verb."""

    zh = "不能对 {case} 执行 {verb}，请核对编号和操作。"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRoutes:
    """The messages of one kind and their decisions.

    What ``opens`` a case gets the message whole, as `opening`; other decisions get the message's
    fields as keyword arguments. Either gets the `context` where it asks for one.
    """

    kind: str
    opens: Mapping[type[Opens], Decision] = field(default_factory=dict)
    decides: Mapping[type[Message], Decision] = field(default_factory=dict)


class Route(NamedTuple):
    """How one message is decided for one kind; ``folded``: by the case with its clocks."""

    decision: Decision
    names: tuple[str, ...]
    opening: bool
    folded: bool
    contextual: bool

    def decide(self, state: Any, message: Message, context: Context[Directory]) -> list[Any]:  # noqa: ANN401 - each kind's own
        """The facts that answer the message."""
        if self.opening:
            words: dict[str, Any] = {"opening": message}
        else:
            words = {name: getattr(message, name) for name in self.names}
        if self.contextual:
            words["context"] = context
        facts: list[Any] = self.decision(state, **words)
        return facts


class Routes:
    """Every message there is and who answers it, from the kinds and one table per kind."""

    def __init__(
        self,
        kinds: Kinds,
        tables: Iterable[KindRoutes],
        *,
        clocks: Mapping[type[Message], Decision],
    ) -> None:
        """Join the tables; ``clocks`` are asked of every kind of case."""
        self.kinds = kinds
        self.openings: dict[type[Message], str] = {}
        self._routes: dict[tuple[str, type[Message]], Route] = {}
        self._clocks = dict(clocks)
        self.tables = tuple(tables)
        for table in self.tables:
            for opens, decision in table.opens.items():
                self.openings[opens] = table.kind
                self._routes[table.kind, opens] = _route(opens, decision, opening=True)
            for message, decision in table.decides.items():
                self._routes[table.kind, message] = _route(message, decision)
            for message, decision in clocks.items() if table.kind in kinds.cases else ():
                self._routes[table.kind, message] = _route(message, decision, folded=True)
        self.messages: dict[str, type[Message]] = {
            message.__name__: message for _, message in self._routes
        }

    @property
    def pairs(self) -> Iterable[tuple[str, type[Message]]]:
        """Which messages each kind knows."""
        return self._routes.keys()

    def extended(self, kinds: Kinds, *tables: KindRoutes) -> Routes:
        """These routes and those of further kinds."""
        return Routes(kinds, (*self.tables, *tables), clocks=self._clocks)

    def stream_of(self, message: Message) -> str:
        """The stream a message is asked of; an opening without a number gets a new one.

        Raises:
            CommandInvalid: the number is not one this kind of case can have.
        """
        stream = message.stream
        if stream is None:
            return f"{self.openings[type(message)]}-{new_id()}"
        if "-" in stream or stream not in self.kinds or self.kinds[stream].case:
            _check_case(stream)
        return stream

    def decide(
        self, loaded: LoadedStream, message: Message, context: Context[Directory]
    ) -> list[Any]:
        """The facts that answer a message asked of a loaded stream.

        Raises:
            Refusal, DocumentInvalid: it cannot be done.
        """
        route = self.route(message, loaded.stream)
        state = loaded.folded(context.directory) if route.folded else loaded.state
        try:
            facts = route.decide(state, message, context)
            if facts and loaded.kind is not None:
                context.directory.rules.in_force.vocabulary.check(loaded.kind, message)
        except Refusal as refusal:
            refusal.details.setdefault("case", loaded.stream)
            raise
        return facts

    def route(self, message: Message, stream: str) -> Route:
        """Who answers a message asked of a stream.

        Raises:
            WrongKind: the stream is of a kind that does not know the message.
        """
        try:
            return self._routes[kind_of(stream), type(message)]
        except KeyError:
            raise WrongKind(case=stream, verb=type(message).__name__) from None


def _route(
    message: type[Message], decision: Decision, *, opening: bool = False, folded: bool = False
) -> Route:
    return Route(
        decision=decision,
        names=tuple(f.name for f in fields(message) if f.name not in _ADDRESS),
        opening=opening,
        folded=folded,
        contextual="context" in signature(decision).parameters,
    )


@lru_cache(maxsize=4096)
def _check_case(case: str) -> None:
    kind, _, number = case.partition("-")
    plain = number.isascii() and number.isprintable() and not set(number) & set(" /?#%\\")
    if not (kind and number and plain and len(case) <= LONGEST_CASE):
        shown = repr(case[:LONGEST_CASE])
        problem = Phrase(
            f"{shown} is not a number such as repair-2026-0001",
            f"{shown} 不是工单编号，编号形如 repair-2026-0001",
        )
        raise CommandInvalid(problem=problem)
