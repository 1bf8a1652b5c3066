"""Promises in working days, which are reckoned once for all clocks of a day."""

from __future__ import annotations

from domain.kinds.complaint.facts import ComplaintLodged, Nature
from domain.kinds.site.facts import SiteOpened
from tests.support.scenario import Case, book, registers

LODGED = ComplaintLodged(
    channel="phone", household="h", category="noise", level=1, nature=Nature.GENERAL, receiver="li",
)  # fmt: skip


def test_working_days_are_counted_from_the_day_of_the_start_at_each_site():
    """Also where clocks of one rule begin on the same days in other zones or on other calendars."""
    office = {"name": "office", "hours": {"mon-fri": ["08:00-18:00"]}}
    known = registers(
        office,
        book({"within": {"working_days": 1, "calendar": "office"}}),
        {**office, "days": {"2026-05-07": "holiday"}},
    )
    known.take("site-west", 1, SiteOpened(name="West", zone="America/New_York"))

    def due(at: str, site: str, rules: int) -> str:
        clock = Case(known).happens(LODGED, at, site=site, rules=rules).clock
        return clock.due.astimezone(known.zone(site)).strftime("%d %H")

    starts = [("0s", "north"), ("14h59m59s", "north"), ("15h", "north"), ("12h", "west")]
    assert [due(*start, 2) for start in starts] == ["07 23", "07 23", "08 23", "07 23"]
    assert [due(*start, 3) for start in starts] == ["08 23"] * 4
