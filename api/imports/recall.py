"""For going on where an earlier run ended: what it answered, and what it refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from api.imports.plan import Planned
from api.imports.waiting import Waiting
from commands.desk import Desk, Session
from commands.table import Loaded, decision_of, words_of
from domain.refusals import Refusal

AT_ONCE: Final = 500


class Recall:
    """Which commands of a plan the log has answered, with their places in the plan."""

    def __init__(self, source: str, commands: Sequence[Planned], desk: Desk) -> None:
        """Look every command up."""
        self.answered: frozenset[int] = frozenset()
        self._turns: dict[str, int] = {}
        if not desk.log.head():
            return
        for start in range(0, len(commands), AT_ONCE):
            some = commands[start : start + AT_ONCE]
            keys = {planned.key(source): start + i for i, planned in enumerate(some)}
            found = desk.log.receipts(tuple(keys))
            self._turns.update((command, keys[who, command]) for who, command in found)
        self.answered = frozenset(self._turns.values())

    @property
    def last(self) -> int:
        """The index of the last answered command, -1 for none."""
        return max(self.answered, default=-1)

    def take(self, index: int, command: str) -> None:
        """A command the earlier run never saw was answered now."""
        self._turns[command] = index

    def refused_then(self, session: Session, index: int, planned: Planned) -> Refusal | None:
        """Why the earlier run refused a command, None if that run never saw it.

        The case is folded as it stood when the command's turn came, so a command that was refused
        is refused again, with the same sentence, whatever happened to the case since.
        """
        then = Loaded(planned.case)
        for recorded in session.load(planned.case).facts:
            if self._turns.get(recorded.command, index) < index:
                then.take(recorded)
        try:
            decide = decision_of(planned.command, planned.case)
            decide(then, session.registers, words_of(planned.command), planned.at)
        except Refusal as refusal:
            refusal.details.setdefault("case", planned.case)
            return refusal
        return None

    def waiting(self, commands: Sequence[Planned], desk: Desk) -> Waiting:
        """What the cases of the answered commands still have to say."""
        waiting = Waiting()
        cases = sorted({commands[index].case for index in self.answered})
        if not cases:
            return waiting
        with desk.session() as session:
            registers, head = session.registers, session.head
        for start in range(0, len(cases), AT_ONCE):
            rows = desk.log.streams(cases[start : start + AT_ONCE], head)
            for case, found in groupby(rows, key=lambda row: row.stream):
                waiting.learn(case, [desk.codec.decode(row) for row in found], registers)
        return waiting
