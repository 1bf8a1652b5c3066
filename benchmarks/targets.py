"""The targets the project set itself, as data: what is measured, and how much is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure to reach. ``later`` says why no benchmark measures it yet."""

    name: str
    what: str
    unit: str
    least: float | None = None
    most: float | None = None
    later: str = ""

    @property
    def text(self) -> str:
        """The target as a reader sees it."""
        if self.least is not None:
            return f"at least {self.least:g} {self.unit}"
        return "none" if self.most == 0 else f"at most {self.most:g} {self.unit}"

    def reached_by(self, value: float) -> bool:
        """Whether a value is enough."""
        if self.least is not None:
            return value >= self.least
        assert self.most is not None
        return value <= self.most


_ALL: Final = (
    Target(
        name="intake_rate", unit="x", least=0.38,
        what="durable HTTP intake, 32 connections, beside the same framework storing nothing",
    ),
    Target(
        name="intake_p99", unit="x", most=12,
        what="durable HTTP intake, 32 connections, p99 beside the same framework storing nothing",
    ),
    Target(
        name="visible", unit="ms", most=500,
        what="from an answered command until it is on the board, at 1,000 commands/s, p99",
    ),
    Target(
        name="helpdesk_1", unit="x", least=4,
        what="durable HTTP intake, 1 connection, beside django-helpdesk on SQLite",
    ),
    Target(
        name="helpdesk_32", unit="x", least=20,
        what="durable HTTP intake, 32 connections, beside django-helpdesk on SQLite",
    ),
    Target(
        name="durable_library", unit="x", least=6,
        what="durable commands in one process, 32 askers, beside eventsourcing's Application.save",
    ),
    Target(
        name="durable_raw", unit="x", least=0.25,
        what="durable commands in one process, 32 askers, beside bare sqlite3 rows, 32 per commit",
    ),
    Target(
        name="imports", unit="x", least=6,
        what="import, facts per second, beside eventsourcing's Application",
    ),
    Target(
        name="rebuild", unit="x", least=1.6,
        what="rebuild of all row sets, both cores, beside eventsourcing's replay by its mapper",
    ),
    Target(
        name="figures", unit="x", least=1,
        what="figures over 1.3 million facts as a whole process, beside pm4py from CSV",
    ),
    Target(
        name="question_rate", unit="x", least=3,
        what="a question as of and as if over one million facts, beside the library's replay",
    ),
    Target(
        name="question_memory", unit="MB", most=400,
        what="memory of a question over one million facts",
    ),
    Target(
        name="deadlines", unit="x", least=15,
        what="20,000 deadlines at one instant, SQLite, beside DBOS on PostgreSQL",
    ),
    Target(
        name="deadlines_once", unit="lapses", most=0,
        what="deadlines lost or doubled by two workers of which one is killed",
    ),
    Target(
        name="lapses", unit="s", most=12,
        what="100,000 lapses with a rung each, the slowest wave",
    ),
    Target(name="idle_tick", unit="ms", most=1, what="idle tick at a million clocks"),
    Target(name="idle_tick_p99", unit="ms", most=2, what="idle tick at a million clocks, p99"),
    Target(name="lapses_once", unit="lapses", most=0, what="lapses lost or recorded twice"),
    Target(name="single_lapse", unit="ms", most=1000, what="a single lapse, due to detected, p99"),
    Target(
        name="growth", unit="us more", most=15,
        what="a durable command at 1,000,000 facts against 10,000, 32 commands per commit",
    ),
    Target(
        name="growth_threads", unit="us more", most=15,
        what="a durable command at 1,000,000 facts against 10,000, 32 askers",
    ),
)  # fmt: skip

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in _ALL}
"""By name, in the order of the table."""
