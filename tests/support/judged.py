"""Two repairs that a small rulebook judges, with others that would judge them otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commands.envelope import CommandEnvelope
from commands.registers import PublishRulebook
from tests.support.scenario import REASON
from tests.support.service import REPORT, World

HOURS = {"case": "repair", "starts": "reported", "stops": "accepted"}
LADDER = [{"at": "100%", "to": "supervisor"}]


def book(minutes: int) -> dict[str, Any]:
    """A rulebook that promises an acceptance within some minutes."""
    return {
        "rulebook": f"within-{minutes}",
        "roles": {"supervisor": {"title": "主管", "holders": [{"staff": "sun"}]}},
        "clocks": {"accept": {**HOURS, "within": f"{minutes}m", "ladder": LADDER}},
        "kpis": {
            "accepted": {
                "title": "及时受理率", "of": "clocks", "where": {"clock": "accept"},
                "share": {"verdict": "met"},
            },
        },
    }  # fmt: skip


def judge(world: World) -> World:
    """Two repairs under thirty minutes: one accepted after twenty, one after fifty."""
    for minutes in (10, 30):
        message = PublishRulebook(document=book(minutes), reason=REASON)
        world.engine.ask(CommandEnvelope(message=message))
    for number, minutes in ((1, 20), (2, 50)):
        case = f"repair-{number}"
        world.ask("ReportRepair", {**REPORT, "case": case, "external_id": f"E{number}"})
        world.now += timedelta(minutes=minutes)
        world.engine.timers.tick()
        world.ask("AcceptRepair", {"case": case, "technician": "t"})
    return world


def versions(world: World) -> dict[str, int]:
    """The version of the rules that each rulebook is."""
    told = world.get("/rulebooks").json()["publications"]
    return {entry["name"]: entry["version"] for entry in told}


def verdicts(world: World, **lens: Any) -> dict[str, str]:
    """The verdict of each case, over HTTP."""
    rows = world.get("/clocks", clock="accept", **lens).json()["clocks"]
    return {row["case"]: row["verdict"] for row in rows}
