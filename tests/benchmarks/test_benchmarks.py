"""Benchmarks still run: every one at a small size, the shape of its figures checked."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES, main
from benchmarks.figures import percentile
from benchmarks.peers.environment import NAMES as PEERS
from benchmarks.report import BEGIN, END, between_marks
from benchmarks.targets import TARGETS
from tests.support.data import FOLDER

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
ABSENT = (
    "the real data uci_incidents is not beside this checkout",
    "wrk is not installed (Debian's package wrk)",
)
"""What may be missing on a machine, beside the peers' environments."""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    page = folder / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "benchmarks", "--quick", "--folder", str(folder / "stores"),
        "--json", str(folder / "figures.json"), "--markdown", str(page),
        "--peers", str(folder / "no-peers"), "--data", str(FOLDER),
    ]  # fmt: skip
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=290, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads((folder / "figures.json").read_text("utf-8"))
    return {
        **found, "printed": ended.stdout, "page": page.read_text("utf-8"),
        "left": list((folder / "stores").iterdir()),
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_says_what_it_measured_with_its_spread_and_whether_the_target_is_reached(
    report, name
):
    rows = report["benchmarks"][name]["rows"]
    assert report["benchmarks"][name]["title"]
    assert any(row["target"] for row in rows)
    for row in rows:
        assert row["what"]
        judged = row["target"] and not row["missing"]
        assert row["reached"] in ({True, False} if judged else {None})
        for spread in filter(None, (row["ours"], row["theirs"], row["compared"])):
            assert spread["min"] <= spread["median"] <= spread["max"]
            assert spread["samples"]
        assert (row["peer"] is None) == (row["theirs"] is None) or row["missing"]
        assert row["ours"] or row["missing"]


def test_a_peer_without_an_environment_is_reported_with_the_way_to_build_it(report):
    rows = [row for found in report["benchmarks"].values() for row in found["rows"]]
    reasons = {row["missing"] for row in rows} - {None, *ABSENT}
    assert reasons <= {f"not built: run python -m benchmarks.peers {name}" for name in PEERS}
    assert "not built: run python -m benchmarks.peers dbos" in reasons
    for reason in reasons:
        assert f"not measured: {reason}" in report["page"]


def test_every_target_is_measured_or_says_why_not(report):
    assert [target["name"] for target in report["targets"]] == list(TARGETS)
    for found in report["targets"]:
        assert (found["measured"] is None) == bool(found["missing"]), found["name"]
        assert found["missing"] != "this run did not measure it", found["name"]


def test_what_needs_no_peer_environment_is_measured(report):
    measured = {found["name"] for found in report["targets"] if found["measured"]}
    wanted = {"durable_library", "durable_raw", "imports", "rebuild", "deadlines_once", "lapses"}
    wanted |= {"idle_tick", "lapses_once", "single_lapse", "growth", "growth_threads"}
    if os.environ.get("GUANJIA_REQUIRE_WRK") == "1" or shutil.which("wrk"):
        wanted |= {"intake_rate", "intake_p99", "visible"}
    assert wanted <= measured


def test_no_deadline_is_lost_or_doubled_when_services_are_killed(report):
    (once,) = (found for found in report["targets"] if found["name"] == "deadlines_once")
    assert once["measured"]["samples"] == [0]


def test_every_report_over_http_is_answered(report):
    rows = report["benchmarks"]["intake"]["rows"]
    errors = [row for row in rows if row["what"].startswith("requests not answered")]
    assert [row["ours"]["median"] for row in errors] == [0] * len(errors)


def test_a_run_names_the_machine_and_the_versions_and_the_cost_of_a_sync(report):
    assert set(report["machine"]) >= {
        "cpu", "cores", "memory_gib", "python", "sqlite", "eventsourcing", "fsync_of_4_kb_ms",
    }  # fmt: skip
    assert report["machine"]["fsync_of_4_kb_ms"] > 0
    assert report["quick"] is True
    assert report["command"] == "python -m benchmarks --quick"


def test_no_lapse_is_lost_or_doubled_even_at_a_small_size(report):
    lost = [row for row in report["benchmarks"]["clocks"]["rows"] if "lost" in row["what"]]
    assert [row["ours"]["median"] for row in lost] == [0, 0]


def test_the_table_is_printed_and_put_between_the_marks_of_a_page(report):
    for name in NAMES:
        assert f"{name}:" in report["printed"]
        assert f"| {name} |" in report["page"]
    assert report["page"].startswith("before\n")
    assert report["page"].endswith(f"{END}\nafter\n")
    assert "\nold\n" not in report["page"]


def test_the_stores_of_a_run_are_taken_away(report):
    assert report["left"] == []


def test_a_run_that_is_told_to_end_takes_its_stores_away_as_well(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "deadlines", "--quick", "--folder", "stores"]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stderr is not None
        assert run.stderr.readline() == "deadlines: round 1 of 1\n"
        run.send_signal(signal.SIGTERM)
        assert run.wait(60) == 128 + signal.SIGTERM
    assert list((tmp_path / "stores").iterdir()) == []


def test_a_page_without_marks_is_the_table_alone():
    assert between_marks("", "table\n") == "table\n"


def test_an_unknown_benchmark_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "there is no speed: name some of durable_commands" in capsys.readouterr().err


def test_a_percentile_is_the_nearest_rank():
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5], 99) == 5


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_is_documented(name):
    assert f"## {name}" in PAGE.read_text("utf-8")
