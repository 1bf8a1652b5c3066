"""Makes logs of a wanted size: repairs that stand open, each with two running clocks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.neighbourhood import Asked, ask_all, publish, report
from commands.handler import CommandHandler
from commands.repair import DispatchRepair
from domain.kernel.facts import StaffId
from store.open import open_log

FACTS_PER_CASE: Final = 2
CLOCKS_PER_CASE: Final = 2
URGENT, PATIENT = 1, 2
WITHIN: Final = timedelta(hours=24)

RULEBOOK: Mapping[str, Any] = {
    "rulebook": "standing",
    "roles": {"supervisor": {"title": "Supervisor", "holders": [{"staff": "staff-supervisor"}]}},
    "clocks": {
        "repair.done": {
            "case": "repair", "starts": "reported", "stops": "completed",
            "within": [
                {"elapsed": "1s", "where": {"category": "probe"}},
                {"elapsed": "24h", "where": {"priority": URGENT}},
                "720h",
            ],
            "ladder": [{"at": "100%", "to": "supervisor"}],
        },
        "repair.close": {
            "case": "repair", "starts": "reported", "stops": "closed", "within": "960h",
            "ladder": [{"at": "+24h", "to": "supervisor"}],
        },
    },
}  # fmt: skip


def case_name(number: int) -> str:
    """The number-th case of a standing log."""
    return f"repair-b{number:07d}"


def build(path: Path, cases: int, now: datetime, say: Callable[[str], None]) -> None:
    """A log of so many patient cases, reported over the last days before now."""
    say(f"{path.stem}: recording {cases * FACTS_PER_CASE:,} facts")
    log = open_log(str(path))
    handler = CommandHandler(log)
    publish(handler, RULEBOOK)
    ask_all(handler, _patient(cases, now))
    log.close()


def copy(path: Path, to: Path) -> Path:
    """A log of its own to write into; the first must be closed."""
    shutil.copyfile(path, to)
    return to


def urgent(first: int, count: int, due: datetime, span: timedelta) -> Iterator[Asked]:
    """Cases whose promise lapses within the span before `due`, spread evenly."""
    for number in range(count):
        at = due - span + number * span / count - WITHIN
        yield from _case(first + number, at, URGENT)


def _patient(cases: int, now: datetime) -> Iterator[Asked]:
    for number in range(cases):
        yield from _case(
            number, now - timedelta(days=5) + number * timedelta(days=3) / cases, PATIENT
        )


def _case(number: int, at: datetime, priority: int) -> Iterator[Asked]:
    case = case_name(number)
    yield Asked(at, case, 0, report(case, number, priority=priority))
    yield Asked(at, case, 1, DispatchRepair(case=case, technician=StaffId(f"staff-{number % 60}")))
