"""What is in force, and after how long without a look the scheduler counts as silent."""

from __future__ import annotations

from typing import Final

from api.engine import Engine
from api.queries.cases import Answer
from scheduler.timers import Timers
from store.follower import FollowerState

QUIET: Final = 15.0
"""Seconds without a look at what is due after which the scheduler is called silent."""


def rulebook(engine: Engine) -> Answer:
    """The rulebook in force, as published."""
    rules = engine.directory().rules
    book = rules.rulebook(rules.version)
    clocks = [
        {
            "clock": rule.name,
            "title": rule.title,
            "case": sorted(rule.kinds),
            "obligations": rule.obligations,
            "ladder": [{"rung": r.number, "at": str(r.at), "to": r.to} for r in rule.ladder],
        }
        for rule in book.clocks.values()
    ]
    return {
        "version": rules.version,
        "rulebook": book.name,
        "title": book.title,
        "clocks": clocks,
        "kpis": [
            {"kpi": k.name, "title": k.title, "of": k.rows, "measure": str(k.measure)}
            for k in book.kpis.values()
        ],
        "roles": [{"role": r.name, "title": r.title} for r in book.roles.values()],
    }


def calendars(engine: Engine) -> list[Answer]:
    """The newest publication of every calendar."""
    return [
        {
            "calendar": calendar.name,
            "version": calendar.version,
            "years": None if calendar.years is None else sorted(calendar.years),
        }
        for calendar in engine.directory().rules.calendars()
    ]


def scheduler_looks(engine: Engine) -> bool:
    """Whether a scheduler was at work on the store a moment ago, in whichever process."""
    state = engine.projector.signs.noted(engine.clock()).get(Timers.name)
    return state is not None and abs(state.last_tick_age) <= QUIET


def timers(engine: Engine) -> FollowerState:
    """How the timers stand that the engine knows of."""
    return next(state for state in engine.runner.states() if state.name == Timers.name)
