"""What a figure says of itself: not measured, small, its target, its change, the rows behind it."""

from fractions import Fraction

import pytest

from commands.cases import CloseCase
from commands.repair import (
    CompleteRepair,
    ReopenRepair,
)
from domain.kinds import KINDS
from domain.rulebook.standard import standard_kpis
from projections.figures import SMALL, listed
from tests.support.figures import HOUR, asked, behind, figure, kpi
from tests.support.neighbourhood import Neighbourhood

STANDARD = standard_kpis(KINDS)


def test_a_count_is_nought_only_where_there_was_something_to_count(place: Neighbourhood):
    definition = kpi(of="cases", where={"category": "power"}, count="rows")
    different = kpi(of="cases", where={"category": "power"}, distinct="household")
    for one in (definition, different):
        assert figure(place, one).total.value is None
    place.fixed(building="b-1")
    place.fixed(building="b-2", category="power")
    for one in (definition, different):
        assert figure(place, one).total.value == 1
        assert figure(place, one, period="2020").total.value is None
        rows = figure(place, one, by="building").rows
        assert [(row.group, row.value) for row in rows] == [("b-1", 0), ("b-2", 1)]


def test_few_rows_are_marked_unless_they_are_what_is_counted(place: Neighbourhood):
    share, count = kpi(of="cases", share={"reopened": "none"}), kpi(of="cases", count="rows")
    assert figure(place, share).total.small is False
    for _ in range(SMALL - 1):
        place.fixed()
    assert figure(place, share).total.small is True
    assert figure(place, count).total.small is False
    place.fixed()
    assert figure(place, share).total.small is False


def test_a_target_judges_the_period_it_is_meant_for(place: Neighbourhood):
    definition = kpi(of="cases", share={"reopened": "none"}, target=">= 50%", period="month")
    for _ in range(2):
        place.fixed()
    case = place.fixed(building="b-2")
    place.done(ReopenRepair(case=case))
    place.done(CompleteRepair(case=case))
    place.done(CloseCase(case=case))
    assert figure(place, definition).total.reached is None
    assert figure(place, definition, period="2026").total.reached is None
    assert figure(place, definition, period="2026-05").total.reached is True
    assert figure(place, definition, period="2026-05..2026-06").total.reached is None
    by_month = figure(place, definition, by="month")
    assert (by_month.total.reached, by_month.rows[0].reached) == (None, True)
    rows = figure(place, definition, by="building", period="2026-05").rows
    assert [(row.group, row.reached) for row in rows] == [("b-1", True), ("b-2", False)]


def test_a_target_of_a_count_judges_no_part_of_it(place: Neighbourhood):
    definition = kpi(of="cases", count="rows", target=">= 2", period="month")
    place.fixed(building="b-1")
    place.fixed(building="b-2")
    found = figure(place, definition, by="building", period="2026-05")
    assert found.total.reached is True
    assert [row.reached for row in found.rows] == [None, None]


@pytest.mark.parametrize(
    ("target", "reached"),
    [(">= 50%", True), ("> 50%", False), ("< 50.1%", True), ("= 50%", True), ("<= 49.9%", False)],
)
def test_operators_are_exact_at_the_edge(place: Neighbourhood, target: str, reached: bool):
    place.fixed()
    place.fixed(category="power")
    definition = kpi(of="cases", share={"category": "power"}, target=target, period="month")
    assert figure(place, definition, period="2026-05").total.reached is reached


def one_more_each_time(place: Neighbourhood, *gaps: str) -> None:
    """One case, after a gap two, and so on."""
    for number, gap in enumerate(gaps, start=1):
        place.wait(gap)
        for _ in range(number):
            place.fixed()


def test_a_change_is_relative_to_the_same_period_of_last_year(place: Neighbourhood):
    one_more_each_time(place, "0s", "365d")
    definition = kpi(of="cases", count="rows", change="last_year", target=">= 100%", period="year")
    total = figure(place, definition, period="2027").total
    assert (total.now, total.before, total.value, total.reached) == (2, 1, 1, True)
    assert total.small is True
    assert figure(place, definition, period="2026").total.value is None
    rows = figure(place, definition).rows
    assert [(row.group, row.value) for row in rows] == [("2026", None), ("2027", 1)]
    (month,) = figure(place, definition, by="month", period="2027-01..2027-06").rows
    assert (month.group, month.before, month.value) == ("2027-05", 1, 1)


def test_a_change_since_the_last_period(place: Neighbourhood):
    one_more_each_time(place, "0s", "30d", "30d")
    definition = kpi(of="cases", count="rows", change="last_period", period="month")
    rows = figure(place, definition, by="month", period="2026-06..2026-07").rows
    assert [(row.group, row.before, row.value) for row in rows] == [
        ("2026-06", 1, 1), ("2026-07", 2, Fraction(1, 2)),
    ]  # fmt: skip
    total = figure(place, definition, period="2026-07").total
    assert (total.now, total.before, total.value) == (3, 2, Fraction(1, 2))


def test_a_change_from_nought_is_not_measured(place: Neighbourhood):
    place.fixed(category="power")
    place.wait("365d")
    place.fixed()
    definition = kpi(
        of="cases", where={"category": "water"}, count="rows", change="last_year", period="year"
    )
    total = figure(place, definition, period="2027").total
    assert (total.now, total.before, total.value) == (1, 0, None)


def test_a_change_by_an_attribute_compares_each_group_with_itself(place: Neighbourhood):
    place.fixed(building="b-1")
    place.fixed(building="b-1")
    place.wait("365d")
    place.fixed(building="b-1")
    place.fixed(building="b-2")
    definition = kpi(of="cases", count="rows", change="last_year", period="year")
    rows = figure(place, definition, by="building", period="2027").rows
    assert [(row.group, row.value) for row in rows] == [("b-1", Fraction(-1, 2)), ("b-2", None)]


def test_a_listing_pages_through_the_newest_first(place: Neighbourhood):
    cases = []
    for _ in range(5):
        place.wait("1h")
        cases.append(place.fixed())
    definition = STANDARD["first_time_fix"]
    how = asked(definition)
    pages = [
        listed(place.db, definition, how, counted=True, limit=2, offset=offset)
        for offset in (0, 2, 4, 6)
    ]
    assert {page.total for page in pages} == {5}
    assert [e.key[0] for page in pages for e in page.entries] == cases[::-1]
    assert listed(place.db, definition, how, counted=False, limit=2) == (0, ())


def test_a_listing_of_lengths_has_the_longest_first(place: Neighbourhood):
    for hours in (2, 5, 3):
        case = place.repaired()
        place.wait(f"{hours}h")
        place.done(CloseCase(case=case))
    definition = kpi(of="cases", median="closed_after")
    values = [entry.value for entry in behind(place, definition, counted=None).entries]
    assert values == [5 * HOUR, 3 * HOUR, 2 * HOUR]
