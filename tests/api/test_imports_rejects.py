"""Rejects: what could not be taken, of which case, why, and where the mapping could be changed."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta

import pytest

from api.imports.backfill import UntilInTheFuture, backfill
from api.imports.faults import RejectsOverwrite
from api.imports.mapping import load_mapping
from commands.registers import PublishRulebook
from tests.support.old_repairs import DAY, MAPPING, NOW, ROWS, h, log_of, office

HEADER = ["line", "case", "command", "code", "reason", "setting"]


def written(path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_rejects_are_written_with_case_and_setting(old, tmp_path):
    """Of rows and of commands; the file replaces that of an earlier run."""
    path = tmp_path / "rejects.csv"
    rows = ROWS + (
        "1,lift,2026-01-06 08:00,,\n7,lift\n8,lift,2026-01-06 08:00,2026-01-05 08:00,\n"
        f"9,{'x' * 501},2026-01-06 08:00,,\n/,lift,2026-01-06 08:00,,\n"
    )
    result = backfill(*old(rows), office(), rejects=path)
    head, *found = written(path)
    assert head == HEADER
    assert [(*row[:4], row[5]) for row in sorted(found, key=lambda row: int(row[0]))] == [
        ("7", "repair-old-1", "ReportRepair", "CaseExists", "mapping.yaml:9 report_repair.when"),
        ("8", "", "", "RowRagged", ""),
        ("9", "repair-old-8", "AcceptRepair", "UnknownCase", "mapping.yaml:1 keep_order"),
        ("10", "repair-old-9", "ReportRepair", "TextTooLong",
         "mapping.yaml:11 report_repair.with.category.before"),
        ("11", "repair-old-/", "ReportRepair", "CommandInvalid", "mapping.yaml:9 report_repair"),
    ]  # fmt: skip
    assert result.rejects == 5
    backfill(*old(), office(), rejects=path)
    assert written(path) == [HEADER]


def test_a_value_that_the_rulebook_does_not_declare_is_rejected_with_where_to_map_it(old, tmp_path):
    """The reason lists what is declared."""
    mapping, file = old("id,kind,opened,accepted,closed\n1,lift,2026-01-06 08:00,,\n")
    words = {"repair": {"fields": {"category": ["light", "other"]}}}
    book = {**mapping.rulebook.document, "kinds": words}
    mapping = replace(mapping, rulebook=PublishRulebook(document=book))
    backfill(mapping, file, office(), rejects=tmp_path / "rejects.csv")
    (row,) = written(tmp_path / "rejects.csv")[1:]
    assert row[3] == "ValueNotDeclared"
    assert "use light, other" in row[4]
    assert row[5].endswith("report_repair.with.category.map")


def test_what_happened_before_its_case_began_is_rejected_with_the_column_of_its_time(old):
    """Learned at its closing, said to have happened a day before it was reported."""
    rows = "id,kind,opened,accepted,closed\n1,lift,2026-01-06 08:00,{},2026-01-06 10:00\n"
    mapping, file = old(rows.format("2026-01-06 07:54"))
    report, accept, close = mapping.steps
    accept = replace(accept, at=("closed",), happened=("accepted",))
    result = backfill(replace(mapping, steps=(report, accept, close)), file, office())
    (reject,) = result.first
    assert (reject.code, reject.command) == ("BeforeTheCase", "AcceptRepair")
    assert reject.setting.endswith("accept_repair.happened")
    assert "2026-01-05T23:54:00+00:00" in reject.reason
    mapping, file = old(rows.format("2026-01-06 07:55"))
    assert not backfill(replace(mapping, steps=(report, accept, close)), file, office()).rejects


def test_reasons_are_in_the_language_asked_for(old, tmp_path):
    """One language at a time."""
    rows = "id,kind,opened,accepted,closed\n1,lift,never,,\n"
    told = {}
    for lang in ("en", "zh"):
        result = backfill(*old(rows), office(), rejects=tmp_path / lang, lang=lang)
        told[lang] = written(tmp_path / lang)[1][4]
    assert told["en"].startswith("'never' in opened is not a time")
    assert told["zh"] == "opened 中的 'never' 不符合映射给出的任何时间格式，请更正单元格或格式。"
    assert told["zh"] == result.first[0].reason.zh


def test_no_cell_of_the_rejects_is_a_formula(old, tmp_path):
    """Whatever the row holds."""
    rows = "id,kind,opened,accepted,closed\n=1,lift,=1+1,,\n"
    _, path = old(rows)
    text = MAPPING.replace("repair-old-{id}", "repair-{id}")
    (tmp_path / "=m.yaml").write_text(text, "utf-8")
    backfill(load_mapping(tmp_path / "=m.yaml"), path, office(), rejects=tmp_path / "rejects.csv")
    (reject,) = written(tmp_path / "rejects.csv")[1:]
    assert reject[1] == "repair-=1"
    assert reject[4].startswith("'=1+1' in opened")
    assert reject[5] == "'=m.yaml:2 times.formats"


@pytest.mark.parametrize("read", ["rows.csv", "mapping.yaml", "link.csv"])
def test_rejects_never_overwrite_what_is_read(old, tmp_path, read):
    """Not under another name either; nothing is done."""
    mapping, path = old()
    (tmp_path / "link.csv").hardlink_to(path)
    before = (tmp_path / read).read_bytes()
    handler = office()
    with pytest.raises(RejectsOverwrite):
        backfill(mapping, path, handler, rejects=tmp_path / read)
    assert (tmp_path / read).read_bytes() == before
    assert handler.log.head() == 0


def test_rows_in_the_future_are_rejected_and_taken_once_they_have_come(old, tmp_path):
    """By the clock of the handler, not by that of the machine."""
    rows = ROWS + "6,lift,2026-01-09 08:00,,2026-01-12 08:00\n"
    early = office(now=DAY + h(100))
    first = backfill(*old(rows), early)
    assert first.codes == {"RowInTheFuture": 1}
    assert (first.first[0].line, first.first[0].case) == (7, "repair-old-6")
    assert max(r.recorded_at for r in log_of(early)) <= early.clock()
    second = backfill(*old(rows), office(early.log))
    assert (second.commands, second.rejects) == (1, 0)
    whole = office()
    backfill(*old(rows), whole)
    assert log_of(office(early.log)) == log_of(whole)


def test_an_instant_that_has_not_come_is_refused_at_once(old):
    """Nothing is read or stored; now itself is allowed."""
    handler = office()
    with pytest.raises(UntilInTheFuture, match="2026-11-01"):
        backfill(*old(), handler, until=NOW + timedelta(microseconds=1))
    assert handler.log.head() == 0
    backfill(*old(), handler, until=NOW)
