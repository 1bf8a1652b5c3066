"""What goes wrong on the command line is one sentence with a code, and an exit code."""

import json
import re
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from store.open import open_log, views_path
from store.rows import Row
from tests.support.command_line import CASE, Guanjia

HAN = re.compile("[\u4e00-\u9fff]")
RESUME = ("ask", "ResumeRepair", f"case={CASE}", "--occurred-at")


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("ask", "AcceptRepair", "case=repair-9", "technician=x"), 3, "UnknownCase"),
        (("ask", "AcceptRepair", f"case={CASE}", "technicia=x"), 3, "CommandInvalid"),
        (("ask", "AcceptRepair", f"case={CASE}"), 3, "technician"),
        (("ask", "AcceptRepair", "{"), 3, "DataUnreadable"),
        (("ask", "AcceptRepair", "what"), 3, "CommandInvalid"),
        (("ask", "Nothing"), 3, "CommandUnknown"),
        (("ask", "CloseCase", f"case={CASE}"), 3, "ReasonRequired"),
        (("ask", "ResumeRepair", f"case={CASE}", "--actor", "scheduler"), 3, "ActorReserved"),
        ((*RESUME, "2026-01-01T10:00"), 3, "WithoutZone"),
        ((*RESUME, "2999-01-01T10:00Z"), 3, "InTheFuture"),
        (("history", "nothing"), 3, "UnknownCase"),
        (("kpi", "nothing"), 3, "QueryInvalid"),
        (("kpi", "on_time", "--by", "colour"), 3, "QueryInvalid"),
        (("kpi", "--period", "January"), 3, "QueryInvalid"),
        (("kpi", "--by", "colour"), 3, "QueryInvalid"),
        (("kpi", "--site", "nowhere"), 3, "QueryInvalid"),
        (("publish", "/nowhere.yaml"), 3, "FileInvalid"),
        (("import", "/nowhere.yaml", "/nowhere.csv"), 3, "FileInvalid"),
        (("judge", "--out", "/nowhere/at/all.csv"), 3, "FileUnusable"),
        (("board", "--store", "/nowhere/guanjia.db"), 4, "NoStore"),
        (("board", "--store", "mysql://x"), 4, "StoreUnknown"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    made: Guanjia, asked: Sequence[str], code: int, said: str
) -> None:
    """Code and sentence on one line in one language, no traceback, nothing on stdout."""
    done = made(*asked)
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not HAN.search(done.err)
    chinese = made(*asked, "--lang", "zh")
    assert chinese.code == code
    assert chinese.err.partition(": ")[0] == done.err.partition(": ")[0]
    assert HAN.search(chinese.err)


def test_with_json_an_error_is_json(made: Guanjia, tmp_path: Path) -> None:
    """Code, both sentences and the place; standard output stays empty."""
    done = made("history", "nothing", "--json")
    assert (done.code, done.out) == (3, "")
    told = json.loads(done.err)
    assert told == {
        "code": "UnknownCase",
        "detail": "There is no case nothing: check its number, or open it first.",
        "zh": "没有工单 nothing，请核对编号，或先登记。",
        "path": None,
    }
    file = tmp_path / "book.yaml"
    file.write_text("rulebook: x\nclock: {}\n")
    assert json.loads(made("publish", str(file), "--json").err)["path"] == f"{file}:2"
    assert json.loads(made("--json", "board", "--colour", "x").err)["path"] == "--colour"
    assert json.loads(made("history", "--json").err)["path"] == "CASE"
    document = '{"document": {"rulebook": "x", "clock": {}}}'
    assert json.loads(made("ask", "PublishRulebook", document, "--json").err)["path"] == "clock"


def test_a_defect_is_one_sentence_as_well(made: Guanjia, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where in the program, in place of a traceback."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something\nbroke")

    monkeypatch.setattr("api.cli.cases.case_answers.board", broken)
    done = made("board")
    assert done.code == 5
    assert done.err.startswith("ProgramFailed: The program failed (RuntimeError: something broke, ")
    assert "test_cli_faults.py:" in done.err
    assert done.err.count("\n") == 1


def test_an_id_used_for_another_command_is_refused(made: Guanjia) -> None:
    """Otherwise the second command would be lost behind the answer to the first."""
    report = ("ask", "ReportRepair", "site=main", "household=h")
    assert made(*report, "category=lift", "--id", "once").code == 0
    refused = made(*report, "category=water_pipe", "--id", "once")
    assert refused.code == 3
    assert refused.err.startswith("CommandIdTaken: The command id once was used before")
    assert made(*report, "category=water_pipe", "--id", "once", "--actor", "li").code == 0


def test_a_faulty_rulebook_is_named_by_file_and_line(made: Guanjia, tmp_path: Path) -> None:
    """The reader can go straight to the place."""
    file = tmp_path / "book.yaml"
    file.write_text(
        "rulebook: x\nclocks:\n  a:\n    case: repair\n    starts: reported\n    within: 25x\n"
        "    stops: closed\n"
    )
    done = made("publish", str(file))
    assert done.code == 3
    reason = "'25x' is not a duration: write it like 24h, 1h30m or 45s"
    assert done.err == f"FileInvalid: {file}:6: {reason}.\n"
    chinese = made("publish", str(file), "--lang", "zh").err
    reason = "'25x' 不是时长，请写成 24h、1h30m 或 45s 的形式"
    assert chinese == f"FileInvalid: 文件 {file} 第 6 行有误：{reason}。\n"


def test_a_faulty_document_names_the_place(made: Guanjia) -> None:
    """A command that carries a document names the place in it, and the reason."""
    asked = ("ask", "PublishRulebook", '{"document": {"rulebook": "x", "clock": {}}}')
    done = made(*asked)
    assert done.code == 3
    assert done.err.startswith("DocumentInvalid: clock: unknown key 'clock'; known here: ")
    chinese = made(*asked, "--lang", "zh").err
    assert chinese.startswith("DocumentInvalid: 文档的 clock 处有误：未知的键 'clock'，此处可用：")


def test_a_damaged_store_is_a_store_fault(guanjia: Guanjia, store: str) -> None:
    """A file that is no database is said to be damaged."""
    Path(store).write_bytes(b"this is no database at all" * 100)
    done = guanjia("board")
    assert done.code == 4
    assert done.err.startswith("LogDamaged: ")


def test_tables_that_are_no_database_are_made_anew(made: Guanjia, store: str) -> None:
    """Whatever lies in their place: they are built from the log by the next question."""
    assert made("board").code == 0
    views_path(store).write_bytes(b"this is no database at all" * 100)
    assert made("board", "--json").json["open"] == 1


def test_tables_damaged_inside_are_made_anew(made: Guanjia, store: str) -> None:
    """A page that cannot be read is mended when it is met."""
    assert made("board").code == 0
    tables = views_path(store)
    whole = tables.read_bytes()
    tables.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert made("board", "--json").json["open"] == 1


def test_a_fact_that_cannot_be_read_names_the_store_and_the_position(
    made: Guanjia, store: str
) -> None:
    """Whoever runs several stores knows which one is meant."""
    with closing(open_log(store)) as newer, newer.transaction() as log:
        at = log.last_recorded_at
        log.append([Row(log.head + 1, CASE, 3, "RepairTeleported", at, b"{}")])
    done = made("history", CASE)
    assert done.code == 4
    assert done.err.startswith("LogFromNewerVersion: ")
    assert f"{store} (position 6)" in done.err


def test_a_log_whose_triggers_are_gone_is_read_and_not_written(made: Guanjia, store: str) -> None:
    """Questions are answered, commands are not, and the doctor says why."""
    with closing(apsw.Connection(store)) as raw:
        raw.execute("DROP TRIGGER log_keeps_rows")
    assert made("board", "--json").code == 0
    refused = made("ask", "ResumeRepair", f"case={CASE}")
    assert refused.code == 4
    assert refused.err.startswith("LogAltered: ")
    examined = made("doctor", "--json")
    assert examined.code == 1
    finding = examined.json["findings"][0]
    assert (finding["subject"], finding["ok"]) == ("store", False)
    assert "the trigger log_keeps_rows is missing" in finding["detail"]
    assert "触发器 log_keeps_rows缺失" in finding["detail_zh"]


def test_a_hint_can_be_typed_as_it_stands(
    guanjia: Guanjia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the program as it was called, with the store quoted: what is typed then works."""
    called = tmp_path / "guanjia"
    called.write_text("#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(called)])
    store = tmp_path / "my store.db"
    said = guanjia("board", "--store", str(store)).err
    (hint,) = re.findall(r"`(.+)`", said)
    program, *words = shlex.split(hint)
    assert program == "guanjia" or Path(program).samefile(called)
    assert guanjia(*words).code == 0
    assert store.exists()


def test_settings_are_refused_by_name(guanjia: Guanjia, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong environment variable is named."""
    monkeypatch.setenv("GUANJIA_LANG", "fr")
    done = guanjia("board")
    assert done.code == 3
    assert "GUANJIA_LANG" in done.err


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("board", "--nothing"), "OptionUnknown", "--nothing"),
        (("board", "--limt", "3"), "OptionUnknown", "did you mean --limit?"),
        (("bord",), "SubcommandUnknown", "did you mean board?"),
        (("rulebook", "lst"), "SubcommandUnknown", "list, show, diff, check"),
        (("board", "--limit", "x"), "ValueUnusable", "a whole number from 0 to 1000000"),
        (("board", "--limit", "１"), "ValueUnusable", "a whole number"),
        (("board", "--lang", "fr"), "ValueUnusable", "one of zh, en"),
        (("completion", "tcsh"), "ValueUnusable", "bash, zsh, fish"),
        (("board", "--site"), "OptionIncomplete", "--site"),
        (("--store",), "OptionIncomplete", "--store"),
        (("history",), "ArgumentMissing", "CASE"),
        (("history", "a", "b"), "ArgumentUnexpected", "'b'"),
        (("board", "--site", "a", "--site", "b"), "OptionRepeated", "--site"),
        (("clocks", "--due", "--lapsed"), "OptionsExclude", "--due, --lapsed"),
        (("import", "m", "f", "--keep-rules", "--publish-rules"), "OptionsExclude", "--keep-rules"),
        (("board", "--no-json"), "OptionUnknown", "--no-json"),
    ],
)
def test_a_command_line_that_cannot_be_understood_is_code_2(
    guanjia: Guanjia, asked: Sequence[str], code: str, said: str
) -> None:
    """One sentence with a code of its own, in the reader's language."""
    done = guanjia(*asked)
    assert done.code == 2
    assert done.err.startswith(f"{code}: ")
    assert said in done.err
    assert done.out == ""
    chinese = guanjia("--lang=zh", *asked) if "--lang" not in asked else None
    assert chinese is None or HAN.search(chinese.err)


def test_whoever_asks_for_json_in_a_wrong_way_is_answered_in_json(guanjia: Guanjia) -> None:
    done = guanjia("board", "--json=perhaps")
    told = json.loads(done.err)
    assert (done.code, told["code"], told["path"]) == (2, "ValueUnusable", "--json")
    assert "true or false" in told["detail"]
