"""The route of a rating is what its page says: these functions, in this order, in short modules."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.service import REPORT, World

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "route-of-a-rating.md"
STATION = re.compile(r"^\| `([\w/]+\.py)` `([\w.]+)` \|", re.MULTILINE)
LONGEST = 300
MOST = 14
HOUSE = ("api", "commands", "domain", "projections", "scheduler", "store")

Call = tuple[str, str]


class Trace:
    """Every function of the house that is called while it is on, in any thread, in order."""

    def __init__(self) -> None:
        self.on = False
        self.calls: list[Call] = []

    def __call__(self, frame, event: str, _argument: object) -> None:
        if self.on and event == "call":
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(ROOT):
                name = frame.f_code.co_qualname.rpartition("<locals>.")[2]
                self.calls.append((path.relative_to(ROOT).as_posix(), name))


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Call], list[Call]]]:
    """What is called until a rating is durable, and from there to its escalation."""
    trace, before = Trace(), sys.getprofile()
    threading.setprofile(trace)  # for the threads that begin from now on, the writer's above all
    sys.setprofile(trace)
    try:
        world = World(tmp_path_factory.mktemp("route"))
        for case in ("repair-1", "repair-2"):  # what is worked out once is, with the first
            world.ask("ReportRepair", {**REPORT, "case": case})
            world.ask("AcceptRepair", {"case": case, "technician": "wu"})
            world.ask("CompleteRepair", {"case": case, "by": "wu"})
        _rate(world, "repair-1")
        trace.on = True
        _rate(world, "repair-2")
        trace.on = False
        first, trace.calls = trace.calls, []
        world.now += timedelta(hours=2, minutes=1)
        trace.on = True
        world.engine.timers.tick()
        trace.on = False
        told = [recorded.type for recorded in world.engine.facts("repair-2")]
        assert told[-2:] == ["DeadlineLapsed", "EscalationRaised"]
    finally:
        threading.setprofile(None)
        sys.setprofile(before)
    yield first, trace.calls
    world.engine.close()


def _rate(world: World, case: str) -> None:
    answer = world.client.post(
        "/commands/RateService", json={"case": case, "rating": "dissatisfied"}
    )
    assert answer.status_code == 201, answer.json()


def stations() -> tuple[list[Call], list[Call]]:
    """The stations that the page names, of the first part and of the second."""
    first, _, second = PAGE.read_text("utf-8").partition("## From there")
    return STATION.findall(first), STATION.findall(second)


@pytest.mark.parametrize("part", [0, 1])
def test_the_page_names_what_runs_in_its_order(routes, part):
    calls, named = routes[part], stations()[part]
    assert 0 < len({module for module, _ in named}) <= MOST
    place = 0
    for station in named:
        assert station in calls[place:], f"{station} does not come after the one before"
        place = calls.index(station, place)


@pytest.mark.parametrize("part", [0, 1])
def test_the_page_counts_the_modules_of_the_whole_trace(routes, part):
    said = re.findall(r"(\d+) modules that run anything until|and (\d+) until", PAGE.read_text())
    limit = int("".join(said[part]))
    ran = {module for module, _ in routes[part] if module.startswith(HOUSE)}
    assert limit - 3 <= len(ran) <= limit


def test_no_module_on_the_way_is_long():
    for part in stations():
        for module, _ in part:
            assert len((ROOT / module).read_text("utf-8").splitlines()) <= LONGEST, module
