"""The mapping language: what a row gives, and every fault named with its file and line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from api.imports.faults import Reject
from api.imports.files import FileInvalid
from api.imports.mapping import MappingInvalid, load_calendar, load_mapping, load_rulebook
from api.imports.plan import Plan
from api.imports.yaml_lines import read_yaml
from domain.personal import Personal
from domain.repair import PauseReason

HEAD = """\
mapping: tickets
times: {zone: Asia/Shanghai}
site: {id: garden, name: Garden}
case: repair-t-{id}
steps:
"""
REPORT = """\
  - do: report_repair
    at: opened
    with: {household: "house-{id}", category: {column: kind}}
"""


@pytest.fixture
def write(tmp_path):
    """Writes a file and says where it is."""

    def written(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(dedent(text).encode(encoding))
        return path

    return written


@pytest.fixture
def plan(write):
    """What a mapping makes of some rows."""

    def planned(mapping: str, rows: str, encoding: str = "utf-8") -> Plan:
        mapped = load_mapping(write("mapping.yaml", mapping))
        return Plan(mapped, write("rows.csv", rows, encoding))

    return planned


def commands(plan: Plan) -> list[tuple[str, str]]:
    """Each command's name with the time it is asked at."""
    return [(type(p.command).__name__, f"{p.at:%m-%dT%H:%M}") for p in plan.commands]


def test_a_row_gives_each_of_its_commands_at_its_own_time(plan):
    """Opened and closed come from one row; all commands stand in the order of their times."""
    close = "  - {do: CloseCase, when: {closed: {present: true}}, at: closed, with: {reason: x}}\n"
    found = plan(
        HEAD + REPORT + close,
        """\
        id,kind,opened,closed
        1,lift,2026-01-01 08:00,2026-01-03 08:00
        2,lift,2026-01-02 08:00,
        """,
    )
    assert commands(found) == [
        ("ReportRepair", "01-01T00:00"),
        ("ReportRepair", "01-02T00:00"),
        ("CloseCase", "01-03T00:00"),
    ]
    assert found.rejects == []


def test_equal_times_keep_the_order_of_lines_then_steps(plan):
    """A tie never turns a row around."""
    close = "  - {do: close_case, at: opened, with: {reason: x}}\n"
    rows = "id,kind,opened\n2,lift,2026-01-01 08:00\n1,lift,2026-01-01 08:00\n"
    found = plan(HEAD + REPORT + close, rows)
    assert [(p.line, type(p.command).__name__) for p in found.commands] == [
        (2, "ReportRepair"),
        (2, "CloseCase"),
        (3, "ReportRepair"),
        (3, "CloseCase"),
    ]


def test_ids_name_source_time_line_and_step_and_rise(plan):
    """The same row has the same id in every run."""
    rows = "id,kind,opened\n1,lift,2026-01-02 08:00\n2,lift,2026-01-01 08:00\n"
    ids = [p.id("tickets") for p in plan(HEAD + REPORT, rows).commands]
    assert ids == ["tickets-2026-01-01T00:00:00-0000003-0", "tickets-2026-01-02T00:00:00-0000002-0"]
    assert ids == sorted(ids)


def test_fields_are_made_of_columns_templates_and_small_changes(plan):
    """Cut, lower, map with an otherwise; numbers, truths, times, texts about people and labels."""
    step = """\
  - do: report_repair
    at: opened
    actor: "clerk {by}"
    with:
      household: {text: "house-{flat}", otherwise: nobody}
      category: {column: kind, before: _, lower: true}
      channel: {column: how, strip: true, map: {T: phone}, otherwise: other}
      simple: {column: easy}
      priority: {column: rank}
      appointment: {column: visit}
      description: {column: words}
      external_id: T-{id}
      labels: {team: {column: kind, after: _}, flat: {column: flat}, source: old system}
"""
    found = plan(
        HEAD + step,
        """\
        id,kind,how,easy,rank,visit,words,flat,opened,by
        1,LIFT_North, T ,yes,2,2026-01-03T09:00+00:00,"stuck, again",7,2026-01-01 08:00,Li
        2,LIFT,fax,0,,,,,2026-01-01 08:00,Li
        """,
    )
    first, second = (p.command for p in found.commands)
    assert found.rejects == []
    assert (first.household, first.category, first.channel) == ("house-7", "lift", "phone")
    assert (first.simple, first.priority) == (True, 2)
    assert first.appointment == datetime(2026, 1, 3, 9, tzinfo=UTC)
    assert first.description == Personal("stuck, again")
    assert first.labels == {"team": "North", "flat": "7", "source": "old system"}
    assert (second.household, second.channel) == ("nobody", "other")
    assert (second.simple, second.priority, second.description) == (False, None, None)
    assert found.commands[0].actor == "clerk Li"
    assert (first.site, first.case, first.external_id) == ("garden", "repair-t-1", "T-1")


CONDITIONS = {
    "Open": "12",
    "[Open, Wait]": "123",
    "{is_not: [Open, Wait]}": "4567",
    "{changed: true}": "1347",
    "{changed: false}": "256",
    "{to: Wait}": "3",
    "{from: Wait}": "4",
    "{from: Open, to: Wait}": "3",
    "{to: [Wait, Done]}": "3",
    "{present: false}": "7",
    "{final: true}": "7",
    "{equals: other}": "15",
}


@pytest.mark.parametrize(("condition", "lines"), CONDITIONS.items())
def test_conditions_look_at_the_row_and_at_the_history_of_its_case(plan, condition, lines):
    """One case of seven rows: Open, Open, Wait, Done, Done, Done, nothing."""
    step = f"""\
  - {{do: accept_repair, at: time, when: {{state: {condition}}}, with: {{technician: Wang}}}}
"""
    states = [("Open", "Open"), ("Open", ""), ("Wait", ""), ("Done", ""), ("Done", "Done")]
    states += [("Done", ""), ("", "?")]
    rows = "".join(f"1,{s},{o},2026-01-01 08:0{i}\n" for i, (s, o) in enumerate(states, 1))
    found = plan(HEAD + step, f"id,state,other,time\n{rows}")
    assert "".join(str(p.at.minute) for p in found.commands) == lines


def test_a_counter_that_rose_is_compared_as_a_number(plan):
    """9 to 10 rises, 10 to 10 does not; the first row is compared with nothing counted."""
    step = """\
  - do: reopen_repair
    at: time
    when: {count: {increased: true}}
"""
    counts = ["0", "9", "10", "10", "9"]
    rows = "".join(f"1,{c},2026-01-01 08:0{i}\n" for i, c in enumerate(counts))
    found = plan(HEAD + step, f"id,count,time\n{rows}")
    assert [p.at.minute for p in found.commands] == [1, 2]


def test_rows_can_be_put_in_order_before_they_are_read(plan):
    """Numbers count as numbers: update 2 comes before update 10."""
    step = """\
  - do: accept_repair
    at: time
    when: {state: {changed: true}}
    with: {technician: {column: state}}
"""
    head = HEAD.replace("steps:", "order: update\nsteps:")
    updates = ("10,B", "2,A", "11,B")
    rows = "".join(["id,update,state,time\n", *(f"1,{u},2026-01-01 08:00\n" for u in updates)])
    found = plan(head + step, rows)
    assert [p.command.technician for p in found.commands] == ["A", "B"]


def test_the_order_of_rows_can_be_trusted_over_their_clocks(plan):
    """What lies before the case's previous command is learned when that one was."""
    accept = "  - {do: accept_repair, at: seen, with: {technician: Wang}}\n"
    rows = "id,kind,opened,seen\n1,lift,2026-01-01 08:10,2026-01-01 08:05\n"
    found = plan(HEAD.replace("steps:", "keep_order: true\nsteps:") + REPORT + accept, rows)
    report, accepted = found.commands
    assert type(accepted.command).__name__ == "AcceptRepair"
    assert accepted.at == report.at
    assert accepted.happened == datetime(2026, 1, 1, 0, 5, tzinfo=UTC)


REJECTS = {
    "1,lift,yesterday": (2, "ReportRepair", "TimeUnreadable"),
    "1,lift,": (2, "ReportRepair", "ValueMissing"),
    "1,,2026-01-01 08:00": (2, "ReportRepair", "ValueMissing"),
    ",lift,2026-01-01 08:00": (2, "", "ValueMissing"),
    "1,lift": (2, "", "RowRagged"),
    "1,lift,2026-01-01 08:00,more": (2, "", "RowRagged"),
    "1,lift,0001-01-01 00:00": (2, "ReportRepair", "TimeUnreadable"),
}


@pytest.mark.parametrize(("row", "reject"), REJECTS.items())
def test_a_row_that_cannot_be_read_is_named_and_the_rest_goes_on(plan, row, reject):
    """Line, command and a stable code."""
    found = plan(HEAD + REPORT, f"id,kind,opened\n{row}\n\n9,lift,2026-01-01 08:00\n")
    assert [r[:3] for r in found.rejects] == [reject]
    assert [p.case for p in found.commands] == ["repair-t-9"]
    assert found.rows == 2


def test_lines_are_counted_where_a_cell_spans_several(plan):
    """A row is named by the line it begins on."""
    found = plan(HEAD + REPORT, 'id,kind,opened\n1,"a\nb",2026-01-01 08:00\n2,x,never\n')
    assert found.rejects[0].line == 4


def test_a_time_without_a_zone_is_refused_where_the_mapping_gives_none(plan):
    """A zone in the cell itself is enough."""
    head = HEAD.replace("times: {zone: Asia/Shanghai}\n", "").replace(
        "name: Garden", "name: Garden, zone: Asia/Shanghai"
    )
    rows = "id,kind,opened\n1,lift,2026-01-01 08:00\n2,lift,2026-01-01 08:00+08:00\n"
    found = plan(head + REPORT, rows)
    assert [(r.line, r.code) for r in found.rejects] == [(2, "WithoutZone")]
    assert commands(found) == [("ReportRepair", "01-01T00:00")]


def test_a_local_time_that_came_twice_is_taken_as_the_mapping_says(plan):
    """Half past one came twice on the night the clocks of New York were put back."""
    rows = "id,kind,opened\n1,lift,06/11/2011 01:30\n"
    head = HEAD.replace(
        "times: {zone: Asia/Shanghai}",
        "times: {zone: America/New_York, formats: [iso, '%d/%m/%Y %H:%M'], ambiguous: earlier}",
    )
    assert commands(plan(head + REPORT, rows)) == [("ReportRepair", "11-06T05:30")]
    later = head.replace("earlier", "later")
    assert commands(plan(later + REPORT, rows)) == [("ReportRepair", "11-06T06:30")]


def test_other_dialects_are_read(plan):
    """Semicolons, another encoding, and several spellings of a missing value."""
    head = HEAD.replace(
        "steps:", 'file: {delimiter: ";", encoding: gb18030, missing: ["?", "-"]}\nsteps:'
    )
    rows = "id;kind;opened\n1;电梯;2026-01-01 08:00\n2;?;2026-01-01 08:00\n"
    found = plan(head + REPORT, rows, "gb18030")
    assert [p.command.category for p in found.commands] == ["电梯"]
    assert [r.code for r in found.rejects] == ["ValueMissing"]


def test_constants_become_what_the_field_holds(plan):
    """A reason to wait is one of those there are."""
    step = "  - {do: pause_repair, at: opened, with: {reason: vendor}}\n"
    found = plan(HEAD + step, "id,opened\n1,2026-01-01 08:00\n")
    assert found.commands[0].command.reason is PauseReason.VENDOR


def test_a_value_no_field_takes_is_rejected_with_what_it_could_be(plan):
    """The sentence names the field and its values."""
    step = "  - {do: pause_repair, at: opened, with: {reason: {column: why}}}\n"
    found = plan(HEAD + step, "id,why,opened\n1,lunch,2026-01-01 08:00\n")
    assert found.rejects == [
        Reject(
            2,
            "PauseRepair",
            "ValueUnknown",
            "'lunch' is nothing reason can be: it takes parts, resident, vendor, weather, other.",
        )
    ]


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
    HEAD + REPORT.replace('"house-{id}"', '"house-{}"'): (8, "empty braces"),
    HEAD.replace("{id}", "1") + REPORT: (4, "must name a column"),
    HEAD.replace("repair-t", "ticket-t") + REPORT: (4, "must begin with one of"),
    HEAD.replace("Asia/Shanghai", "Mars") + REPORT: (2, "no time zone 'Mars'"),
    HEAD.replace("zone: Asia/Shanghai", "formats: soon") + REPORT: (2, "a format is iso"),
    HEAD.replace("steps:", "file: {encoding: x-y}\nsteps:") + REPORT: (5, "no encoding 'x-y'"),
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


def test_a_column_the_file_lacks_is_said_before_anything_is_done(plan):
    """The sentence lists the columns there are."""
    with pytest.raises(FileInvalid, match="uses a column 'kind'; there are only: id, opened"):
        plan(HEAD + REPORT, "id,opened\n1,2026-01-01\n")


def test_a_file_that_is_not_there_is_said(write, tmp_path):
    """For the mapping, the rows and the calendar alike."""
    for missing in (load_mapping, load_rulebook, load_calendar):
        with pytest.raises(FileInvalid, match="cannot be read"):
            missing(tmp_path / "nothing.yaml")
    mapping = load_mapping(write("mapping.yaml", HEAD + REPORT))
    with pytest.raises(FileInvalid, match="cannot be read"):
        Plan(mapping, tmp_path / "nothing.csv")


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
