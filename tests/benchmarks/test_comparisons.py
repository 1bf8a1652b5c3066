"""A comparison counts only where both did the same work, at the pace that was asked for."""

import csv
import gzip

import pytest

from benchmarks.incidents import Found, _multiply
from benchmarks.intake import _shown
from benchmarks.peers.environment import PeerMissing
from benchmarks.processes import ProcessFailed
from benchmarks.targets import TARGETS

FIGURES = {"incidents": 10, "median_hours": 21.933333333333334}


def fail():
    raise PeerMissing("not built")


@pytest.mark.parametrize(
    ("slowest", "pace", "reached"),
    [(499, 1000, True), (499, 950, True), (499, 949, False), (501, 1000, False)],
)
def test_a_case_is_shown_in_time_only_if_the_pace_was_kept(slowest, pace, reached):
    row = _shown([1] * 98 + [slowest, 10_000], pace, 1000)
    assert (row.ours.median, row.reached) == (slowest, reached)


def test_figures_that_differ_fail_the_comparison():
    found = Found()
    found.time("ours", lambda: FIGURES)
    found.time("pm4py", lambda: FIGURES | {"name": "pm4py", "median_hours": 21.9333333334})
    found.compare()  # the last digits may differ by the order of adding
    found.time("duckdb", lambda: FIGURES | {"name": "DuckDB", "incidents": 11})
    with pytest.raises(ProcessFailed, match="incidents is 10 here, 11 with duckdb"):
        found.compare()


def test_a_peer_that_failed_once_is_reported_and_not_tried_again():
    found, tried = Found(), []

    def compute():
        tried.append(1)
        return fail()

    for _ in range(3):
        found.time("ours", lambda: FIGURES)
        found.time("pm4py", compute)
    row = found.row("figures", "pm4py", TARGETS["figures"])
    assert (row.missing, row.theirs, row.reached, len(tried)) == ("not built", None, None, 1)
    assert len(row.ours.samples) == 3


def test_the_ratio_of_whole_processes_is_how_many_times_as_long_the_peer_takes():
    found = Found()
    found.seconds = {"ours": [2.0, 4.0], "pm4py": [6.0, 2.0]}
    found.figures = {"pm4py": {"name": "pm4py 1"}}
    row = found.row("figures", "pm4py", TARGETS["figures"])
    assert (row.compared.samples, row.reached, row.peer) == ((3.0, 0.5), True, "pm4py 1")


def test_each_copy_of_a_log_has_incidents_of_its_own(tmp_path):
    with gzip.open(tmp_path / "log.csv.gz", "wt", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [("number", "state"), ("1", "New"), ("1", "Closed"), ("2", "New")]
        )
    assert _multiply(tmp_path / "log.csv.gz", tmp_path / "many.csv", quick=False) == 30
    with (tmp_path / "many.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len({row["number"] for row in rows}) == 20
    assert [row["state"] for row in rows] == ["New", "Closed", "New"] * 10
