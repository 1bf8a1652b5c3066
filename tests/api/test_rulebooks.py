"""The shipped rulebooks say the plan's promises for complaints and repairs."""

from pathlib import Path

import pytest

from api.imports.mapping import load_rulebook
from domain.kinds import KINDS
from domain.rulebook.book import Rulebook
from domain.rulebook.reader import read_rulebook

FOLDER = Path(__file__).parents[2] / "api" / "rulebooks"
PROMISED = {2, 16, 20, 21, 22, 23, 70, 74, 77, 78, 80, 93, 129, 130, 131}


def book(name: str) -> Rulebook:
    return read_rulebook(load_rulebook(FOLDER / f"{name}.yaml"), kinds=KINDS)


@pytest.mark.parametrize("name", ["default", "working_hours"])
def test_every_promise_of_the_plan_has_a_clock(name: str) -> None:
    """Each obligation about cases is named by a clock with a title and a ladder."""
    found = book(name)
    named = {number for rule in found.clocks.values() for number in rule.obligations}
    assert named == PROMISED
    assert all(rule.title and rule.ladder for rule in found.clocks.values())
    assert all(role.title for role in found.roles.values())


def test_the_working_hours_differ_in_targets_alone() -> None:
    """The same clocks, ladders and figures; only how long and on which calendar."""
    elapsed, working = book("default"), book("working_hours")
    assert not elapsed.calendars
    assert working.calendars == {"cn"}
    assert elapsed.clocks.keys() == working.clocks.keys()
    assert elapsed.kpis == dict(working.kpis) | {
        "handled_in_four_hours": elapsed.kpis["handled_in_four_hours"]
    }
    for name, rule in elapsed.clocks.items():
        assert rule.ladder == working.clocks[name].ladder
        assert rule.stops == working.clocks[name].stops


def test_a_promise_that_ends_with_the_case_stops_with_it() -> None:
    """Only calling back is still owed after closing."""
    owed = {
        name
        for name, rule in book("default").clocks.items()
        if "closed" not in {trigger.word for trigger in rule.stops}
    }
    assert owed == {"followed_up"}
