"""The command line: every command answers in tables and JSON, and says what went wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from api.cli import main
from api.queries.promises import JUDGED
from commands import ROUTES
from tests.docs.tables import subcommands
from tests.support.command_line import CASE, Guanjia
from tests.support.postgres import PostgresServer


def test_init_makes_a_store_and_asked_again_changes_nothing(guanjia: Guanjia) -> None:
    """Calendar, rulebook and site are there after the first time."""
    first = guanjia("init", "--json").json
    assert first["rulebook"] == "default"
    assert guanjia("init", "--json").json == first
    assert guanjia("rebuild", "--json").json["facts"] == 3


def test_init_takes_another_rulebook_and_zone(guanjia: Guanjia, tmp_path: Path) -> None:
    """The shipped rulebook can be replaced from the start."""
    book = tmp_path / "ours.yaml"
    book.write_text(
        "rulebook: ours\nclocks:\n  a:\n    case: repair\n    starts: reported\n"
        "    stops: closed\n    within: 1h\n"
    )
    done = guanjia(
        "init", "--json", "--site", "x", "--zone", "Europe/Berlin", "--rulebook", str(book)
    )
    assert (done.json["rulebook"], done.json["zone"]) == ("ours", "Europe/Berlin")


def test_the_shipped_working_hours_can_be_published(made: Guanjia) -> None:
    """The second variant counts on the calendar."""
    book = Path(__file__).parents[2] / "api" / "rulebooks" / "working_hours.yaml"
    told = made("publish", str(book), "--reason", "office hours", "--json").json
    changes = told.pop("changes")
    assert told == {"published": "rulebook", "rules": 3, "new": True}
    assert "clock repair.handling: within: 4h → {working: 4h}" in [c["detail"] for c in changes]
    assert made("publish", str(book), "--json").json["new"] is False
    assert "working_hours" in made("doctor").out


def test_a_calendar_can_be_published(made: Guanjia, tmp_path: Path) -> None:
    """A file without a rulebook in it is a calendar."""
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps({"name": "always", "hours": {"mon-sun": ["00:00-24:00"]}}))
    assert made("publish", str(file), "--json").json["published"] == "calendar"


def test_a_store_may_be_a_postgresql_database(
    guanjia: Guanjia, postgres_server: PostgresServer
) -> None:
    """Everything works alike where the log and the views live on a server."""
    store = ("--store", postgres_server.new_database())
    assert guanjia("init", *store).code == 0
    report = ("site=main", "household=h", "category=other", f"case={CASE}", "external_id=E-7")
    assert guanjia("ask", "ReportRepair", *report, *store).code == 0
    assert guanjia("board", "--json", *store).json["open"] == 1
    assert len(guanjia("clocks", "--case", "E-7", "--json", *store).json["clocks"]) == 1
    assert len(guanjia("judge", *store).out.splitlines()) == 2
    assert guanjia("kpi", *store).code == 0
    assert guanjia("rebuild", *store).code == 0
    found = guanjia("doctor", "--json", *store).json["findings"]
    assert [f["subject"] for f in found if not f["ok"]] == ["scheduler"]


def test_the_password_of_a_database_is_never_shown(
    guanjia: Guanjia, postgres_server: PostgresServer
) -> None:
    """Neither where all goes well nor where nothing does."""
    url = postgres_server.new_database().replace("postgres@", "postgres:s3cret@")
    for words in (("board",), ("init",), ("doctor",), ("init", "--json")):
        done = guanjia(*words, "--store", url)
        assert "s3cret" not in done.out + done.err
    assert (
        f"guanjia serve --store {url.replace(':s3cret', '')}" in guanjia("init", "--store", url).out
    )
    away = guanjia("board", "--store", url.replace(f":{postgres_server.port}/", ":1/"))
    assert away.code == 4
    assert "s3cret" not in away.err


def test_only_words_are_translated(guanjia: Guanjia, tmp_path: Path) -> None:
    """A clock that bears the name of a fact keeps its name; a kind of case is a word."""
    book = tmp_path / "ours.yaml"
    book.write_text(
        "rulebook: ours\nclocks:\n  followed_up:\n    case: repair\n    starts: reported\n"
        "    stops: accepted\n    within: 1h\n"
    )
    guanjia("init", "--rulebook", str(book))
    guanjia("ask", "ReportRepair", "site=main", "household=h", "category=open", f"case={CASE}")
    guanjia("ask", "PauseRepair", f"case={CASE}", "reason=parts")
    shown = guanjia("kpi", "on_time", "--by", "clock", "--lang", "zh").out
    assert "followed_up" in shown
    assert "回访" not in shown
    assert "报修" in guanjia("kpi", "on_time", "--by", "kind", "--lang", "zh").out
    assert "登记报修：open；" in guanjia("history", CASE, "--lang", "zh").out


def test_on_time_by_a_label(guanjia: Guanjia) -> None:
    """Any label of the cases is a dimension, read from the log."""
    guanjia("init")
    for number, department in enumerate(("cleaning", "security", "cleaning"), 1):
        report = ("site=main", "household=h", "category=other", f"case=repair-{number}")
        guanjia("ask", "ReportRepair", *report, f"labels.department={department}")
        guanjia("ask", "AcceptRepair", f"case=repair-{number}", "technician=t")
    guanjia("ask", "ReportRepair", *report[:3], "case=repair-4")
    told = guanjia("kpi", "on_time", "--by", "department", "--json").json
    assert told["by"] == "department"
    kept = [(row["group"], row["breakdown"]["met"]) for row in told["rows"]]
    assert kept == [("cleaning", 2), ("security", 1), (None, 0)]
    shown = guanjia("kpi", "on_time", "--by", "department").out
    assert "security" in shown
    assert "none" in shown
    refused = guanjia("kpi", "on_time", "--by", "colour")
    assert (refused.code, refused.err[:13]) == (3, "QueryInvalid:")


def test_clocks_show_what_is_due_next(made: Guanjia) -> None:
    """Running promises come by their due instants, those of one case by name."""
    running = made("clocks", "--due", "--json").json
    assert [row["clock"] for row in running["clocks"]] == ["repair.on_site", "repair.handling"]
    assert running["counts"] == {"met": 2, "running": 2}
    of_case = made("clocks", "--case", "E-7", "--json").json["clocks"]
    assert len(of_case) == 4
    assert of_case[0]["external_id"] == "E-7"
    assert made("clocks", "--lapsed", "--json").json["clocks"] == []
    assert "in 4h" in made("clocks").out or "in 3h 59m" in made("clocks").out
    assert len(made("clocks", "--limit", "1", "--offset", "1", "--json").json["clocks"]) == 1


def test_board_shows_open_work(made: Guanjia) -> None:
    """Open cases with their most pressing promise."""
    board = made("board", "--json").json
    assert (board["open"], board["broken"]) == (1, 0)
    assert board["cases"][0]["clock"] == "repair.on_site"
    assert "1 open, 0 with a broken promise" in made("board").out
    assert made("board", "--site", "main", "--json").json["open"] == 1


def test_judge_says_one_line_per_clock(made: Guanjia, tmp_path: Path) -> None:
    """CSV on stdout or in a file, or JSON lines."""
    rows = list(csv.DictReader(io.StringIO(made("judge").out)))
    assert [(row["clock"], row["verdict"]) for row in rows] == [
        ("repair.handling", "running"),
        ("repair.on_site", "running"),
        ("repair.online_response", "met"),
        ("repair.response", "met"),
    ]
    assert rows[0]["external_id"] == "E-7"
    assert tuple(rows[0]) == JUDGED
    file = tmp_path / "verdicts.csv"
    assert made("judge", "--clock", "repair.response", "--out", str(file)).code == 0
    assert len(file.read_text().splitlines()) == 2
    lines = [json.loads(line) for line in made("judge", "--json").out.splitlines()]
    assert len(lines) == 4


def test_explain_sums_to_the_target(made: Guanjia) -> None:
    """The counted stretches make up the whole target."""
    told = made("explain", CASE, "repair.handling", "--json").json
    assert told["target"] == sum(s["amount"] for s in told["stretches"]) == 4 * 3600
    assert "4h" in made("explain", CASE, "repair.handling").out
    assert made("explain", CASE, "nothing").err.startswith("RunUnknown: ")


def test_kpis_come_from_the_rulebook(made: Guanjia) -> None:
    """All of them, or one by a dimension, with the cases behind."""
    names = [answer["kpi"] for answer in made("kpi", "--json").json]
    assert {"first_time_fix", "satisfaction", "on_time", "simple_repair_on_site"} <= set(names)
    response = made("kpi", "online_response", "--by", "month", "--cases", "--json").json
    assert [(row["value"], row["population"]) for row in response["rows"]] == [(1.0, 1)]
    listed = response["cases"]
    assert [case["case"] for case in listed["for"]["cases"]] == [CASE]
    assert listed["against"] == {"total": 0, "cases": []}
    assert "100.0%*" in made("kpi", "online_response").out
    assert "not measured" in made("kpi", "first_time_fix", "--period", "2020-01..2020-02").out


def test_ask_takes_pairs_json_and_labels(made: Guanjia) -> None:
    """Whatever a command has can be said on the command line."""
    asked = (
        "ask",
        "ReportRepair",
        "site=main",
        "household=h",
        "category=other",
        "priority=2",
        "labels.department=security",
        "labels.scenario=night_leak",
        "case=repair-2",
        "--id",
        "once",
        "--json",
    )
    first = made(*asked).json
    assert made(*asked).json == first
    facts = made("history", "repair-2", "--json").json["facts"]
    assert facts[0]["changed"]["labels"] == {
        "department": "security",
        "scenario": "night_leak",
    }
    assert facts[0]["changed"]["priority"] == 2
    assert made("ask", "CloseCase", "case=repair-2", "reason=no", "--expect", "7").code == 3


def test_ask_reads_stdin(made: Guanjia, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyphen reads the fields from standard input."""
    data = json.dumps({"case": CASE, "reason": "parts"}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert made("ask", "PauseRepair", "-").code == 0
    assert made("clocks", "--case", CASE, "--json").json["counts"]["paused"] == 1


def test_an_import_lives_a_history_again(guanjia: Guanjia, tmp_path: Path) -> None:
    """Rows become facts at their times; again it adds nothing; the rest is kept apart."""
    (tmp_path / "m.yaml").write_text(
        "mapping: t\ntimes: {zone: Asia/Shanghai, formats: iso}\n"
        "site: {id: s, name: S}\nrulebook: r.yaml\ncase: 'repair-{id}'\n"
        "steps:\n  - do: report_repair\n    at: at\n"
        "    with: {household: h, category: c, external_id: '{id}'}\n"
    )
    (tmp_path / "r.yaml").write_text(
        "rulebook: r\nclocks:\n  a:\n    case: repair\n    starts: reported\n"
        "    stops: accepted\n    within: 1h\n"
    )
    (tmp_path / "f.csv").write_text("id,at\n1,2026-01-05 10:00\n2,never\n3,2026-01-06 10:00\n")
    rejects = tmp_path / "rejects.csv"
    asked = (
        "import",
        str(tmp_path / "m.yaml"),
        str(tmp_path / "f.csv"),
        "--rejects",
        str(rejects),
        "--until",
        "2026-01-07T00:00+08:00",
        "--json",
    )
    first = guanjia(*asked).json
    assert (first["rows"], first["commands"], first["lapses"], first["rejects"]) == (3, 2, 2, 1)
    assert len(rejects.read_text().splitlines()) == 2
    assert guanjia(*asked).json["facts"] == 0
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(guanjia("judge").out))] == [
        "lapsed"
    ] * 2
    on_time = guanjia(
        "kpi", "on_time", "--by", "month", "--period", "2026-01", "--cases", "--json"
    ).json
    (month,) = on_time["rows"]
    assert (month["group"], month["breakdown"]["lapsed"], month["value"]) == ("2026-01", 2, 0.0)
    missed = on_time["cases"]["against"]["cases"]
    assert {case["case"] for case in missed} == {"repair-1", "repair-3"}
    assert "rejects" in guanjia(*asked[:-1]).out


def test_help_teaches_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command's help has examples and the options all share."""
    for name in subcommands():
        assert main([*name.split(), "--help"]) == 0
        text = capsys.readouterr().out
        assert f"  guanjia {name}" in text
        assert all(option in text for option in ("--store", "--json", "--lang"))
    assert main(["ask", "--help"]) == 0
    shown = capsys.readouterr().out.split()
    assert all(command in shown for command in ROUTES.messages)
