"""When shares of a target are used up, as warnings and rungs ask."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.working_time import At, Days, Elapsed, Working, share
from tests.support.working_time import SHANGHAI, at, office

HOURS_8 = Working(target=timedelta(hours=8), calendar="office")


def test_shares_of_working_time_are_taken_in_working_time():
    """Half of eight hours from the eve of a weekend is reached on Monday."""
    arguments = {"start": at("2026-09-25 15:30"), "zone": SHANGHAI, "calendar": office()}
    assert share(HOURS_8, percent=25, **arguments) == at("2026-09-25 17:30")
    assert share(HOURS_8, percent=50, **arguments) == at("2026-09-28 10:30")
    assert share(HOURS_8, percent=150, **arguments) == at("2026-09-29 11:30")


def test_shares_of_elapsed_time_skip_pauses():
    """Half of four hours with an hour's pause in the first two."""
    pauses = [(at("2026-09-25 11:00"), at("2026-09-25 12:00"))]
    within = Elapsed(target=timedelta(hours=4))
    arguments = {"start": at("2026-09-25 10:00"), "zone": SHANGHAI, "pauses": pauses}
    assert share(within, percent=50, **arguments) == at("2026-09-25 13:00")
    assert share(within, percent=25, **arguments) == at("2026-09-25 11:00")


def test_shares_of_days_are_taken_in_elapsed_time():
    """Half of ten days is five days, and 120 percent is two days late."""
    arguments = {"start": at("2026-09-01 09:00"), "zone": SHANGHAI}
    assert share(Days(days=10), percent=50, **arguments) == at("2026-09-06 09:00")
    assert share(Days(days=10), percent=120, **arguments) == at("2026-09-13 09:00")


def test_every_share_of_a_deadline_already_past_is_the_deadline():
    """There is no time left to share."""
    facts = {"appointment": at("2026-09-01 09:00")}
    for percent in (1, 100, 300):
        found = share(
            At(field="appointment"),
            percent=percent,
            start=at("2026-09-02 09:00"),
            zone=SHANGHAI,
            given=facts,
        )
        assert found == facts["appointment"]


def test_a_share_below_one_percent_is_refused():
    """ValueError names the figure."""
    with pytest.raises(ValueError, match="0 percent is below 1"):
        share(Days(days=1), percent=0, start=at("2026-09-02 09:00"), zone=SHANGHAI)


def test_a_share_needs_a_start_with_a_time_zone():
    """ValueError names it, in forms shared in their own time and in others."""
    naive = datetime(2026, 9, 2)  # noqa: DTZ001
    for within in (Days(days=1), Elapsed(target=timedelta(hours=1))):
        with pytest.raises(ValueError, match=r"start .* has no time zone"):
            share(within, percent=50, start=naive, zone=SHANGHAI)
