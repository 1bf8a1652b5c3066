"""What goes wrong on the command line is one sentence with a code, and an exit code."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from store.open import open_log, views_path
from store.rows import Row
from tests.support.command_line import CASE, Guanjia

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
        (("kpi", "--months", "January"), 3, "QueryInvalid"),
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
    """Code, Chinese and English on one line, no traceback, nothing on stdout."""
    done = made(*asked)
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    assert done.out == ""


def test_an_id_used_for_another_command_is_refused(made: Guanjia) -> None:
    """Otherwise the second command would be lost behind the answer to the first."""
    report = ("ask", "ReportRepair", "site=main", "household=h")
    assert made(*report, "category=lift", "--id", "once").code == 0
    refused = made(*report, "category=lighting", "--id", "once")
    assert refused.code == 3
    assert refused.err.startswith("CommandIdTaken: 命令编号 once 已用于另一条命令")
    assert made(*report, "category=lighting", "--id", "once", "--actor", "li").code == 0


def test_a_faulty_rulebook_is_named_by_file_and_line(made: Guanjia, tmp_path: Path) -> None:
    """The reader can go straight to the place."""
    file = tmp_path / "book.yaml"
    file.write_text(
        "rulebook: x\nclocks:\n  a:\n    case: repair\n    starts: reported\n    within: 25x\n"
        "    stops: closed\n"
    )
    done = made("publish", str(file))
    assert done.code == 3
    chinese, _, english = done.err.partition("。 ")
    reason = "'25x' is not a duration: write it like 24h, 1h30m or 45s"
    assert chinese == f"FileInvalid: 文件 {file} 第 6 行有误（{reason}）"
    assert english == f"{file}:6: {reason}.\n"


def test_a_faulty_document_says_why_in_both_languages(made: Guanjia) -> None:
    """A command that carries a document names the place in it, and the reason."""
    done = made("ask", "PublishRulebook", '{"document": {"rulebook": "x", "clock": {}}}')
    assert done.code == 3
    chinese, _, english = done.err.partition("）。 ")
    assert chinese.startswith(
        "DocumentInvalid: 文档的 clock 处有误（unknown key 'clock'; known here: "
    )
    assert english.startswith("clock: unknown key 'clock'; known here: ")


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


def test_settings_are_refused_by_name(guanjia: Guanjia, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong environment variable is named."""
    monkeypatch.setenv("GUANJIA_LANG", "fr")
    done = guanjia("board")
    assert done.code == 3
    assert "GUANJIA_LANG" in done.err


def test_usage_is_code_2(guanjia: Guanjia, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option ends with usage on stderr."""
    with pytest.raises(SystemExit) as end:
        guanjia("board", "--nothing")
    assert end.value.code == 2
