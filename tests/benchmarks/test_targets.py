"""Targets are data: judged by the median, listed whole, and never met by what was not measured."""

import pytest

from benchmarks.figures import (
    Outcome,
    Report,
    Row,
    Spread,
    against,
    at_most,
    faster,
    judged,
    sooner,
    unmeasured,
)
from benchmarks.report import cells, markdown, outcome_cells
from benchmarks.targets import TARGETS, Target

LEAST = Target(name="least", what="a rate", unit="x", least=2)
MOST = Target(name="most", what="a time", unit="ms", most=5)


def spread(*samples: float, unit: str = "") -> Spread:
    return Spread(unit, samples)


def report(rows: list[Row], *, whole: bool) -> Report:
    return Report(
        command="", quick=True, began="", seconds=0.0, whole=whole, machine={},
        titles={"one": "One"}, rows={"one": rows},
    )  # fmt: skip


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_target_is_either_a_least_or_a_most_and_says_which(target):
    assert (target.least is None) != (target.most is None)
    assert target.text.startswith(("at least", "at most", "none"))
    assert (target.text == "none") == (target.most == 0)
    assert TARGETS[target.name] is target


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [(LEAST, 2, True), (LEAST, 1.99, False), (MOST, 5, True), (MOST, 5.01, False)],
)
def test_the_bound_itself_is_enough(target, value, reached):
    assert target.reached_by(value) is reached


def test_a_rate_is_judged_by_the_median_of_the_ratios_round_by_round():
    row = faster("", spread(100, 210, 220), "peer", spread(100, 100, 110), target=LEAST)
    assert row.compared == spread(1.0, 2.1, 2.0, unit="x")
    assert row.reached
    assert faster("", spread(1, 2, 9), "peer", spread(1, 1.1, 3), target=LEAST).reached is False


def test_of_lengths_of_time_the_ratio_is_the_other_way_round():
    row = sooner("", spread(2, 4), "peer", spread(6, 8), target=LEAST)
    assert row.compared == spread(3, 2, unit="x")
    assert row.reached


def test_a_difference_has_a_unit_of_its_own():
    row = against("", spread(12, 20), "peer", spread(10, 11), unit="us more", target=MOST)
    assert row.compared == spread(2, 9, unit="us more")
    assert row.reached is False  # 5.5 in the median


def test_a_figure_without_a_peer_is_judged_by_its_median():
    assert at_most("", spread(4, 5, 100), MOST).reached
    assert judged(Row(what=""), 1).reached is None


def test_what_was_not_measured_reaches_no_target_and_says_why():
    row = unmeasured("a rate", "not built: no room", peer="peer", target=LEAST)
    assert row.reached is None
    assert cells(row) == (
        "a rate", "not measured: not built: no room", "peer", "not measured: not built: no room",
        "", "at least 2 x", "not measured",
    )  # fmt: skip
    assert row.document()["missing"] == "not built: no room"
    assert Outcome(LEAST, row).measured is None


def test_ours_is_shown_where_only_the_peer_is_missing():
    row = unmeasured("a rate", "not built", ours=spread(7, unit="s"), peer="peer", target=LEAST)
    assert cells(row)[1:4] == ("7 s", "peer", "not measured: not built")
    assert outcome_cells(Outcome(LEAST, row))[2:] == ("not measured: not built", "not measured")


def test_a_row_without_a_target_claims_nothing():
    assert cells(Row(what="what", ours=spread(1, unit="ms")))[-2:] == ("", "")


def test_a_whole_run_lists_every_target_and_a_part_only_its_own():
    target = TARGETS["imports"]
    row = faster("import", spread(7), "peer", spread(1), target=target)
    whole = report([row], whole=True)
    assert [outcome.target for outcome in whole.outcomes()] == list(TARGETS.values())
    assert [outcome.target for outcome in report([row], whole=False).outcomes()] == [target]
    (found,) = (o for o in whole.document()["targets"] if o["name"] == "imports")
    assert (found["measured"]["median"], found["reached"]) == (7, True)
    later = Outcome(Target(name="x", unit="x", least=1, what="x", later="there is none yet"), None)
    assert outcome_cells(later)[2:] == ("not measured: there is none yet", "not measured")
    assert f"| {target.what} | at least 6 x | 7 x | yes |" in markdown(whole)
