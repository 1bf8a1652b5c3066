"""How values spread, and which rows a figure looks at."""

from statistics import quantiles

import pytest
from hypothesis import given, strategies as st

from projections.figures import HOUR, quantile, spread, where


def test_nothing_measured_spreads_nowhere():
    assert spread([]) == (0, None, None, None)
    assert spread([None, None]) == (0, None, None, None)


def test_what_is_missing_is_left_out():
    assert spread([None, 2 * HOUR, 4 * HOUR]) == (2, 3, 3, pytest.approx(3.8))


def test_one_value_is_everything():
    assert spread([HOUR]) == (1, 1, 1, 1)


@given(st.lists(st.floats(0, 1e6), min_size=2))
def test_quantiles_are_those_of_the_statistics_module(values: list[float]):
    ordered = sorted(values)
    expected = quantiles(ordered, n=10, method="inclusive")
    assert quantile(ordered, 0.9) == pytest.approx(expected[8])
    assert quantile(ordered, 0.5) == pytest.approx(expected[4])


def test_without_conditions_there_is_no_clause():
    assert where({}, month="m") == ("", [])


def test_conditions_months_and_dimensions_come_together_in_the_order_of_their_parameters():
    clause, parameters = where(
        {"cycle = ?": (2,), "closed IS NOT NULL": ()},
        month="closed_on / 100",
        months=("2026-01", "2026-03"),
        chosen={"building": "b-1"},
    )
    assert clause.count("?") == len(parameters) == 4
    assert parameters == [2, 202601, 202603, "b-1"]


def test_an_unknown_dimension_is_refused():
    with pytest.raises(KeyError):
        where({}, month="m", chosen={"case_id = '' OR 1": "x"})
