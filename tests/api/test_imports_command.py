"""The import on the command line: what it prints, its exit codes and its switches."""

from __future__ import annotations

import csv

import pytest

from tests.support.command_line import Guanjia
from tests.support.old_repairs import ROWS

HEAD = ROWS.partition("\n")[0] + "\n"


@pytest.fixture
def bring(guanjia: Guanjia, old, tmp_path):
    """Import rows into the store, which is fresh at first."""

    def brought(rows: str, *words: str):
        _, path = old(rows)
        return guanjia("import", str(tmp_path / "mapping.yaml"), str(path), *words)

    return brought


def test_the_summary_counts_every_kind_of_thing(bring):
    """In the language asked for, each reject with its case, its reason and its setting."""
    rows = f"{ROWS}6,lift,never,,\n1,lift,2026-01-05 09:00,,\n"
    done = bring(rows)
    assert done.code == 0
    assert done.out.startswith(
        "7 rows, 10 commands (and 0 done before), 5 clocks started, 25 facts,"
        " 3 of them lapses and 0 entered late, 2 rejects, "
    )
    assert "\n  CaseExists: 1\n  TimeUnreadable: 1\n" in done.out
    assert "  7 repair-old-6: 'never' in opened is not a time in" in done.out
    assert "correct one of them. [mapping.yaml:2 times.formats]\n" in done.out
    again = bring(rows, "--lang", "zh")
    assert again.code == 0
    assert again.out.startswith(
        "读取 7 行，执行 0 条命令（此前已执行 10 条），启动 0 个时钟，记录 0 条事实，"
        "其中超时 0 条、补录 0 条；拒收 2 条，"
    )
    assert "  7 repair-old-6: opened 中的 'never' 不符合映射" in again.out


def test_the_summary_is_data_as_well(bring):
    """With the first rejects."""
    told = bring(f"{ROWS}6,lift,never,,\n", "--json").json
    assert (told["clocks"], told["late"], told["lapses"], told["facts"]) == (5, 0, 3, 25)
    (first,) = told["first"]
    assert first["case"] == "repair-old-6"
    assert first["setting"] == "mapping.yaml:2 times.formats"


def test_an_import_of_which_nothing_is_taken_fails(bring):
    """Where rows or commands were rejected, and none was ever taken."""
    assert bring(f"{HEAD}1,lift,never,,\n").code == 1
    assert bring(f"{HEAD}1,lift\n2\n").code == 1
    assert bring(HEAD).code == 0
    mixed = f"{ROWS}6,lift,never,,\n"
    assert bring(mixed).code == 0
    assert bring(mixed).code == 0  # it was taken before


def test_an_import_asks_before_it_replaces_rules(bring, guanjia, tmp_path):
    """Exit code 3 and one sentence; each of the two switches settles it."""
    assert guanjia("init", "--site", "elsewhere").code == 0
    refused = bring(ROWS)
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("RulesDiffer: ")
    assert refused.err.count("\n") == 1
    assert bring(ROWS, "--keep-rules").code == 0
    assert guanjia("clocks", "--json").json["clocks"][0]["clock"] != "repair.closed"
    assert bring(f"{ROWS}6,lift,2026-01-10 08:00,,\n", "--publish-rules").code == 0
    told = guanjia("clocks", "--case", "repair-old-6", "--json").json["clocks"]
    assert [clock["clock"] for clock in told] == ["repair.closed"]


def test_an_import_asks_before_it_runs_without_clocks(bring, guanjia, tmp_path):
    """And is not done with clocks where it was told to run without."""
    rulebook = tmp_path / "rulebook.yaml"
    with_clocks = bring(ROWS, "--without-clocks")
    assert (with_clocks.code, with_clocks.err.partition(":")[0]) == (3, "ClocksStart")
    rulebook.write_text("rulebook: none\n")
    text = (tmp_path / "mapping.yaml").read_text()
    (tmp_path / "idle.yaml").write_text(text)
    asked = ("import", str(tmp_path / "idle.yaml"), str(tmp_path / "rows.csv"))
    refused = guanjia(*asked)
    assert (refused.code, refused.err.partition(":")[0]) == (3, "NoRulebook")
    done = guanjia(*asked, "--without-clocks", "--json")
    assert (done.code, done.json["clocks"]) == (0, 0)


def test_what_has_not_come_is_refused(bring, tmp_path):
    """An instant at once, a row as a reject with its code."""
    refused = bring(ROWS, "--until", "2199-01-01T00:00Z")
    assert (refused.code, refused.err.partition(":")[0]) == (3, "UntilInTheFuture")
    rejects = tmp_path / "rejects.csv"
    done = bring(f"{ROWS}6,lift,2199-01-01 08:00,,\n", "--rejects", str(rejects))
    assert done.code == 0
    with rejects.open(encoding="utf-8", newline="") as lines:
        (reject,) = csv.DictReader(lines)
    assert (reject["case"], reject["code"]) == ("repair-old-6", "RowInTheFuture")


@pytest.mark.parametrize(
    "words", [("--keep-rules", "--publish-rules"), ("--rejects",), ("--without-clocks=x",)]
)
def test_switches_that_contradict_each_other_are_no_usage(bring, words):
    """Exit code 2."""
    assert bring(ROWS, *words).code == 2
