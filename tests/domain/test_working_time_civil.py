"""When promises in civil days, in months and before dates fall due."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.working_time import At, Before, Days, FactNotGiven, Months, due
from tests.support.working_time import NEW_YORK, at, falls_due


@pytest.mark.parametrize(
    ("within", "start", "end"),
    [
        (Days(days=60), "2026-02-01 09:00", "2026-04-02 09:00"),
        (Days(days=1), "2026-03-07 02:30", "2026-03-08 03:30"),
        (Days(days=1), "2026-10-31 01:30", "2026-11-01 01:30"),
        (Months(months=1), "2026-01-31 09:00", "2026-02-28 09:00"),
        (Months(months=1), "2028-01-31 09:00", "2028-02-29 09:00"),
        (Months(months=1), "2026-12-31 09:00", "2027-01-31 09:00"),
        (Months(months=3), "2026-11-30 09:00", "2027-02-28 09:00"),
        (Months(months=12), "2026-07-15 09:00", "2027-07-15 09:00"),
        (Months(months=1), "2026-02-08 02:30", "2026-03-08 03:30"),
    ],
)
def test_civil_days_and_months_keep_the_clock_time(within, start, end):
    """Months clamp; a skipped clock time moves on, a repeated one comes first."""
    assert falls_due(within, start, zone=NEW_YORK) == at(end, NEW_YORK)


@pytest.mark.parametrize(
    ("given_day", "end"),
    [
        (date(2026, 10, 20), "2026-10-13 23:59:59.999999"),
        ("2026-10-20", "2026-10-13 23:59:59.999999"),
        (datetime(2026, 10, 20, 2, tzinfo=UTC), "2026-10-13 10:00"),
        ("2026-10-20T10:00:00+08:00", "2026-10-13 10:00"),
    ],
)
def test_before_a_date_is_the_end_of_the_day_so_many_days_before(given_day, end):
    """A date gives the end of that local day, an instant the same clock time."""
    within = Before(field="due_date", days=7)
    assert falls_due(within, "2026-10-01 09:00", given={"due_date": given_day}) == at(end)


def test_before_with_no_days_is_the_date_itself():
    """The end of the day named, or the instant named."""
    within = Before(field="promised", days=0)
    end = falls_due(within, "2026-10-01 09:00", given={"promised": date(2026, 10, 20)})
    assert end == at("2026-10-20 23:59:59.999999")
    instant = at("2026-10-20 08:00")
    assert falls_due(within, "2026-10-01 09:00", given={"promised": instant}) == instant


def test_at_is_the_instant_that_the_case_names():
    """An aware datetime or its ISO 8601 text."""
    for value in (at("2026-10-20 10:00"), "2026-10-20T10:00:00+08:00", "2026-10-20T02:00Z"):
        end = falls_due(At(field="appointment"), "2026-10-01 09:00", given={"appointment": value})
        assert end == at("2026-10-20 10:00")


@pytest.mark.parametrize("within", [At(field="day"), Before(field="day", days=1)])
@pytest.mark.parametrize("facts", [{}, {"day": None}])
def test_a_field_that_is_not_there_is_named(within, facts):
    """The sentence says which field to record."""
    with pytest.raises(FactNotGiven, match="depends on day, which") as refused:
        falls_due(within, "2026-10-01 09:00", given=facts)
    assert refused.value.field == "day"


@pytest.mark.parametrize(
    ("within", "value", "sentence"),
    [
        (At(field="day"), date(2026, 10, 1), "is a date: use `before`"),
        (At(field="day"), "2026-10-01T10:00:00", "day .* has no time zone"),
        (Before(field="day", days=1), datetime(2026, 10, 1), "day .* has no time zone"),  # noqa: DTZ001
        (Before(field="day", days=1), "next week", "give an ISO 8601 date"),
    ],
)
def test_a_field_that_names_no_instant_is_refused(within, value, sentence):
    """The sentence says what is wrong with it."""
    with pytest.raises(ValueError, match=sentence):
        falls_due(within, "2026-10-01 09:00", given={"day": value})


@pytest.mark.parametrize(
    "within",
    [Days(days=1), Months(months=1), At(field="day"), Before(field="day", days=0)],
)
def test_what_needs_no_calendar_is_never_provisional(within):
    """Pauses or not."""
    start, day = at("2026-10-01 09:00"), {"day": at("2026-10-05 09:00")}
    for pauses in ((), [(start, at("2026-10-01 10:00"))]):
        found = due(within, start=start, zone=NEW_YORK, pauses=pauses, given=day)
        assert found.provisional is False
