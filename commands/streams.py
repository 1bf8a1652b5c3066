"""A stream as loaded: its facts so far, and what they fold to, folded when first asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.kernel.facts import Recorded
from domain.kernel.kinds import Kind
from domain.kinds.directory import Directory
from domain.promises.fold import Fold


class LoadedStream:
    """One stream at hand. What it folds to grows with it, fact by fact."""

    __slots__ = ("_case", "_folded", "_rules", "_state", "facts", "kind", "stream")

    def __init__(self, stream: str, kind: Kind | None) -> None:
        """Begin without facts; the kind is None where it is unknown."""
        self.stream = stream
        self.kind = kind
        self.facts: list[Recorded] = []
        self._state: Any = None
        self._folded = 0
        self._case: Fold | None = None
        self._rules = -1

    @property
    def version(self) -> int:
        """The stream's version."""
        return len(self.facts)

    @property
    def is_case(self) -> bool:
        """Whether it is a case that has begun."""
        return bool(self.facts) and self.kind is not None and self.kind.case

    @property
    def began(self) -> datetime:
        """When the first of its facts happened."""
        return self.facts[0].occurred_at

    @property
    def site(self) -> str:
        """The site the case belongs to."""
        return self.facts[0].site if self.facts else ""

    @property
    def state(self) -> Any:  # noqa: ANN401 - each kind of stream folds to a type of its own
        """What the facts fold to, without the clocks."""
        if self._case is not None:
            return self._case.state
        kind = self.kind
        assert kind is not None, "only streams of a known kind are decided about"
        for recorded in self.facts[self._folded :]:
            if type(recorded.fact) in kind.own:
                self._state = kind.evolve(self._state, recorded.fact)
        self._folded = len(self.facts)
        return self._state

    def folded(self, directory: Directory) -> Fold:
        """The case with its clocks, judged by the newest rules and calendars."""
        if self._case is None or self._rules != directory.rules.version:
            assert self.kind is not None
            self._rules = directory.rules.version
            self._case = Fold.of(self.kind, self.facts, directory)
        return self._case

    def take(self, recorded: Recorded) -> None:
        """Add one more fact."""
        self.facts.append(recorded)
        if self._case is not None:
            self._case.take(recorded)
