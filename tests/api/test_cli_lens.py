"""The command line through a lens: as of an instant, as if by a file or a version; compare."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
import yaml

from tests.support.command_line import CASE, Guanjia

SHORT = {
    "rulebook": "short",
    "roles": {"supervisor": {"title": "主管", "holders": [{"staff": "sun"}]}},
    "clocks": {
        "repair.response": {
            "title": "响应", "case": "repair", "starts": "reported", "stops": "completed",
            "within": "5m", "ladder": [{"at": "100%", "to": "supervisor"}],
        }
    },
    "kpis": {
        "responded": {"title": "响应及时率", "of": "clocks", "share": {"verdict": "met"}},
    },
}  # fmt: skip


@pytest.fixture
def made(guanjia: Guanjia) -> Guanjia:
    """A repair that was reported by phone an hour ago, as the shipped rulebook judges it."""
    guanjia("init")
    happened = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    report = ("ask", "ReportRepair", f"case={CASE}", "site=main", "household=h", "category=other")
    assert guanjia(*report, "channel=phone", "--occurred-at", happened).code == 0
    return guanjia


@pytest.fixture
def short(tmp_path: Path) -> str:
    """A file with a rulebook whose only promise was not kept."""
    file = tmp_path / "short.yaml"
    file.write_text(yaml.safe_dump(SHORT, allow_unicode=True), "utf-8")
    return str(file)


def test_a_file_judges_what_was_recorded(made: Guanjia, short: str) -> None:
    told = made("clocks", "--as-if", short, "--case", CASE, "--json").json
    assert [(run["clock"], run["verdict"]) for run in told["clocks"]] == [
        ("repair.response", "lapsed")
    ]
    assert told["lens"]["as_if"] == ["short"]
    assert made("clocks", "--case", CASE, "--json").json["lens"] is None


def test_a_replay_waits_for_no_live_table(made: Guanjia, short: str, tmp_path: Path) -> None:
    views = next(tmp_path.rglob("*.views.db"))
    made("board")
    before = dict(tables(views))
    made("ask", "AcceptRepair", f"case={CASE}", "technician=li")
    assert made("kpi", "responded", "--as-if", short).code == 0
    assert dict(tables(views)) == before
    made("board")
    assert dict(tables(views)) != before


def tables(path: Path) -> list[tuple[object, ...]]:
    """How far each row set has seen the log."""
    with closing(apsw.Connection(str(path))) as connection:
        return connection.execute("SELECT name, position FROM views").fetchall()


def test_every_question_takes_a_lens(made: Guanjia, short: str) -> None:
    assert "repair.response" in made("judge", "--as-if", short).out
    assert "0.0%" in made("kpi", "responded", "--as-if", short).out
    explained = made("explain", CASE, "repair.response", "--as-if", short, "--json").json
    assert explained["within"] == "5m"
    history = made("history", CASE, "--as-if", short, "--json").json["facts"]
    assert [fact["word"] for fact in history if not fact["recorded"]] == ["lapsed", "escalated"]
    assert made("board", "--kind", "complaint", "--json").json["open"] == 0
    assert made("board", "--kind", "repair", "--json").json["open"] == 1


def test_a_version_judges_as_well_as_a_file(made: Guanjia, short: str) -> None:
    made("publish", short, "--reason", "trial")
    told = made("rulebook", "list", "--json").json["publications"]
    version = next(str(entry["version"]) for entry in told if entry["name"] == "short")
    runs = made("clocks", "--as-if", version, "--json").json["clocks"]
    assert {run["clock"] for run in runs} == {"repair.response"}


def test_compare_tells_verdicts_rungs_and_figures(made: Guanjia, short: str) -> None:
    told = made("compare", "--as-if", short, "--json").json
    flips = {(row["clock"], row["after"]) for row in told["runs"]["by_clock"]}
    assert ("repair.response", "lapsed") in flips
    assert told["escalations"]["raised"] == 1
    shown = made("compare", "--as-if", short, "--lang", "zh").out
    assert "判定改变" in shown
    assert "响应及时率" in shown
    assert CASE in shown


def test_compare_tells_what_is_without_cause(made: Guanjia, short: str, tmp_path: Path) -> None:
    made("publish", short, "--reason", "trial")
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    report = ("ask", "ReportRepair", "case=repair-2", "site=main", "household=h", "category=other")
    made(*report, "channel=phone", "--occurred-at", old)
    assert made("ask", "AcknowledgeEscalation", "case=repair-2", "clock=repair.response", "rung=1",
                "by=sun").code == 0  # fmt: skip
    book = {**SHORT, "clocks": {"repair.response": {**SHORT["clocks"]["repair.response"],
                                                    "within": "5h"}}}  # fmt: skip
    lenient = tmp_path / "lenient.yaml"
    lenient.write_text(yaml.safe_dump(book, allow_unicode=True), "utf-8")
    shown = made("compare", "--as-if", str(lenient), "--lang", "zh").out
    assert "起因不成立 1" in shown
    assert "起因不成立的记录" in shown
    assert "第 1 级升级" in shown
    shown = made("compare", "--as-if", str(lenient)).out
    assert "1 facts without cause" in shown
    assert "acknowledged rung 1" in shown
    assert "0 facts without cause" in made("compare", "--as-if", short).out


def test_what_a_lens_cannot_do_is_refused_in_one_sentence(made: Guanjia, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("rulebook: x\nclocks: {a: {within: soon}}\n", "utf-8")
    for words, said in (
        (("board", "--as-of", "99999"), "positions 1 to"),
        (("board", "--as-of", "2999-01-01T00:00Z"), "not come yet"),
        (("kpi", "--as-if", str(broken)), "broken.yaml"),
        (("kpi", "--as-if", "77"), "77"),
        (("kpi", "--as-if", str(tmp_path / "missing.yaml")), "missing.yaml"),
        (("compare",), "as_if"),
        (("board", "--kind", "invoice"), "invoice"),
    ):
        done = made(*words)
        assert done.code in {2, 3}, words
        assert said in done.err, words
        assert "Traceback" not in done.err
        as_data = made(*words, "--json")
        assert json.loads(as_data.err or as_data.out)["code"]
