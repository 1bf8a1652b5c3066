"""Finds where an earlier run of an import ended, and what it refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from api.imports.plan import Planned
from api.imports.timer_queue import CaseTimers
from commands.handler import CommandHandler
from commands.streams import LoadedStream
from commands.unit_of_work import UnitOfWork
from commands.validation import check, check_words
from domain.kernel.context import Context
from domain.kernel.refusals import Refusal

AT_ONCE: Final = 500


class ResumePoint:
    """Which commands of a plan the log has answered, with their places in the plan."""

    def __init__(self, source: str, commands: Sequence[Planned], handler: CommandHandler) -> None:
        """Look every command up."""
        self.answered: frozenset[int] = frozenset()
        self._turns: dict[str, int] = {}
        self._routes = handler.routes
        if not handler.log.head():
            return
        for start in range(0, len(commands), AT_ONCE):
            some = commands[start : start + AT_ONCE]
            keys = {planned.key(source): start + i for i, planned in enumerate(some)}
            found = handler.log.receipts(tuple(keys))
            for key, receipt in found.items():
                if receipt.fingerprint == commands[keys[key]].fingerprint:
                    self._turns[receipt.command] = keys[key]
        self.answered = frozenset(self._turns.values())

    @property
    def last(self) -> int:
        """The index of the last answered command, -1 for none."""
        return max(self.answered, default=-1)

    def take(self, index: int, command: str) -> None:
        """Note that a command which the earlier run did not have was answered now."""
        self._turns[command] = index

    def refused_then(self, unit: UnitOfWork, index: int, planned: Planned) -> Refusal | None:
        """Why the earlier run refused a command, None if it did not have it.

        The case is folded as it stood when the command's turn came, so a command that was refused
        is refused again, with the same sentence, whatever happened to the case since.
        """
        try:
            check_words({"actor": planned.actor})
            check(planned.command)
            self._routes.route(planned.command, self._routes.stream_of(planned.command))
        except Refusal as refusal:
            return refusal
        then = LoadedStream(planned.case, self._routes.kinds.of(planned.case))
        for recorded in unit.load(planned.case).facts:
            if self._turns.get(recorded.command, index) < index:
                then.take(recorded)
        try:
            self._routes.decide(
                then,
                planned.command,
                Context(now=planned.at, principal="", site=then.site, directory=unit.directory),
            )
        except Refusal as refusal:
            return refusal
        return None

    def timers(self, commands: Sequence[Planned], handler: CommandHandler) -> CaseTimers:
        """The timers of the cases that the answered commands belong to."""
        timers = CaseTimers()
        cases = sorted({commands[index].case for index in self.answered})
        if not cases:
            return timers
        with handler.unit_of_work() as unit:
            directory, head = unit.directory, unit.head
        for start in range(0, len(cases), AT_ONCE):
            rows = handler.log.streams(cases[start : start + AT_ONCE], head)
            for case, found in groupby(rows, key=lambda row: row.stream):
                loaded = LoadedStream(case, handler.routes.kinds.of(case))
                for row in found:
                    loaded.take(handler.codec.decode(row))
                timers.refold(case, loaded.folded(directory))
        timers.begin()
        return timers
