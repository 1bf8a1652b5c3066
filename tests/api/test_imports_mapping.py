"""The mapping language: every fault is named with its file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.imports import limits
from api.imports.files import FileInvalid
from api.imports.mapping import MappingInvalid, load_calendar, load_mapping, load_rulebook
from api.imports.plan import Plan
from api.imports.yaml_lines import read_yaml
from domain.kernel.documents import DEEPEST, MOST_VALUES
from tests.support.old_repairs import NOW
from tests.support.tickets import HEAD, REPORT

FAULTS = {
    "mapping: Tickets!": (1, "at most 40 letters"),
    "title: x\nmapping: [1]": (2, "mapping must be a text"),
    HEAD: (1, "'steps' is missing"),
    HEAD + "  - {do: fly, at: x}": (6, "unknown command 'fly'"),
    HEAD + "  - {do: record_due, at: x}": (6, "unknown command 'record_due'"),
    HEAD + "  - {do: reopen_repair}": (6, "'at' is missing"),
    HEAD + "  - do: close_case\n    at: x\n    with:\n      colour: red": (9, "no field 'colour'"),
    HEAD + "  - {do: accept_repair, at: x}": (6, "AcceptRepair needs technician as well"),
    HEAD + "  - do: pause_repair\n    at: x\n    with:\n      reason: lunch": (9, "it takes parts"),
    HEAD + "  - do: reopen_repair\n    at: x\n    when:\n      s: {is: []}": (9, "needs a value"),
    HEAD + "  - do: reopen_repair\n    at: x\n    when:\n      s: {}": (9, "say what s must be"),
    HEAD + "  - do: reopen_repair\n    at: x\n    when:\n      s: {like: x}": (9, "unknown key"),
    HEAD + REPORT.replace("{column: kind}", "{column: kind, text: x}"): (8, "either the column"),
    HEAD + REPORT.replace('"house-{id}"', '"house-{id"'): (8, "is no template"),
    HEAD + REPORT.replace('"house-{id}"', '"house-id}"'): (8, "is no template"),
    HEAD + REPORT.replace('"house-{id}"', "'house-{\"id}'"): (8, "is no template"),
    HEAD + REPORT.replace('"house-{id}"', "'house-{\"\"}'"): (8, "empty braces"),
    HEAD + REPORT.replace('"house-{id}"', '"house-{}"'): (8, "empty braces"),
    HEAD.replace("{id}", "1") + REPORT: (4, "must name a column"),
    HEAD.replace("repair-t", "ticket-t") + REPORT: (4, "must begin with one of"),
    HEAD.replace("Asia/Shanghai", "Mars") + REPORT: (2, "no time zone 'Mars'"),
    HEAD.replace("zone: Asia/Shanghai", "formats: soon") + REPORT: (2, "a format is iso"),
    HEAD.replace("zone: Asia/Shanghai", "formats: '%d%d'") + REPORT: (
        2,
        "'%d%d' is not understood",
    ),
    HEAD.replace("zone: Asia/Shanghai", "formats: '%Q'") + REPORT: (2, "'%Q' is not understood"),
    HEAD.replace("zone: Asia/Shanghai", "formats: [iso, '%']") + REPORT: (2, "is not understood"),
    HEAD.replace("zone: Asia/Shanghai", f"formats: {['iso'] * 21}") + REPORT: (
        2,
        "1 to 20 formats",
    ),
    HEAD.replace("zone: Asia/Shanghai", "ambiguous: [later]") + REPORT: (2, "earlier or later"),
    HEAD.replace("steps:", f"calendars: {['cn'] * 51}\nsteps:") + REPORT: (5, "at most 50"),
    HEAD + REPORT * 501: (5, "501 steps are listed: at most 500"),
    HEAD.replace("steps:", "file: {delimiter: '\"'}\nsteps:") + REPORT: (5, "is one character"),
    HEAD.replace("steps:", "file: {encoding: x-y}\nsteps:") + REPORT: (5, "no encoding 'x-y'"),
    HEAD.replace("steps:", "file: {encoding: idna}\nsteps:") + REPORT: (5, "no encoding 'idna'"),
    HEAD.replace("steps:", "rulebook: none.yaml\nsteps:") + REPORT: (5, "no rulebook 'none.yaml'"),
    HEAD.replace("steps:", "calendars: [mars]\nsteps:") + REPORT: (5, "one of the shipped: cn"),
    HEAD.replace("steps:", "calendars:\n  - name: x\n    hours: {noon: []}\nsteps:") + REPORT: (
        7,
        "noon is no weekday",
    ),
    HEAD.replace("steps:", "mapping: again\nsteps:"): (5, "is here twice"),
    "mapping: [": (1, "this is not YAML"),
    "- a list": (1, "must be a mapping"),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.items())
def test_a_fault_names_the_file_the_line_and_what_to_do(write, text, fault):
    """One sentence, as a compiler would say it."""
    path = write("mapping.yaml", text)
    line, words = fault
    with pytest.raises(MappingInvalid) as caught:
        load_mapping(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in caught.value.sentence


def test_a_fault_in_the_rulebook_names_the_rulebook(write):
    """The mapping is read together with the files it names."""
    rulebook = write("rules.yaml", "rulebook: mine\nclocks:\n  a:\n    case: repair\n    at: 5\n")
    text = HEAD.replace("steps:", "rulebook: rules.yaml\nsteps:") + REPORT
    with pytest.raises(FileInvalid) as caught:
        load_mapping(write("mapping.yaml", text))
    assert (caught.value.file, caught.value.line) == (rulebook, 3)
    with pytest.raises(FileInvalid):
        load_rulebook(rulebook)


def test_a_file_that_is_not_there_is_said(write, tmp_path):
    """For the mapping, the rows and the calendar alike."""
    for missing in (load_mapping, load_rulebook, load_calendar):
        with pytest.raises(FileInvalid, match="cannot be read"):
            missing(tmp_path / "nothing.yaml")
    mapping = load_mapping(write("mapping.yaml", HEAD + REPORT))
    with pytest.raises(FileInvalid, match="cannot be read"):
        Plan(mapping, tmp_path / "nothing.csv", now=NOW)


def test_the_limits_are_in_the_reference():
    """Each with its number."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "mapping.md"
    shown = [
        int(n.replace(",", ""))
        for n in re.findall(r"[ |]([\d,]+)(?: bytes on)? \|", page.read_text("utf-8"))
    ]
    known = {**vars(limits), "DEEPEST": DEEPEST, "MOST_VALUES": MOST_VALUES}
    expected = sorted(value for name, value in known.items() if name.isupper())
    assert sorted(shown) == expected


def test_yaml_says_what_it_seems_to_say(write):
    """No clock time becomes a number, no date an object, no Norway a falsehood."""
    text = "{a: 17:00, b: 2026-01-31, c: no, d: on, e: true, f: 3, g: 0.5, h: null, 6: '7', i: 010}"
    assert read_yaml(write("a.yaml", text)).value == {
        "a": "17:00", "b": "2026-01-31", "c": "no", "d": "on", "e": True, "f": 3, "g": 0.5,
        "h": None, "6": "7", "i": 10,
    }  # fmt: skip


def test_lines_are_known_for_every_part(write):
    """A path that leads nowhere is shown at the nearest part that is there."""
    written = read_yaml(write("a.yaml", "a:\n  b:\n    - x\n    - y: 1\n"))
    assert written.line(("a", "b", 1, "y")) == 4
    assert written.line(("a", "b", 0)) == 3
    assert written.line(("a", "b", 7, "z")) == 2
    assert written.line(()) == 1
