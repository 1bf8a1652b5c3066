"""Rows and steps: which commands a file gives, at which times, and what is rejected."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from api.imports.files import FileInvalid
from api.imports.forms import template
from api.imports.mapping import load_mapping
from api.imports.plan import Plan
from domain.kernel.personal import Personal
from domain.kinds.repair.facts import PauseReason
from tests.support.old_repairs import NOW
from tests.support.tickets import HEAD, REPORT


@pytest.fixture
def plan(write):
    """What a mapping makes of some rows."""

    def planned(mapping: str, rows: str, encoding: str = "utf-8") -> Plan:
        mapped = load_mapping(write("mapping.yaml", mapping))
        return Plan(mapped, write("rows.csv", rows, encoding), now=NOW)

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


COLUMNS_IN_TEMPLATES = {
    "{opened at: date}": "1",
    '{"opened at: date"}': "1",
    '{"a{b}"}': "2",
    '{"say ""x"""}': "3",
    "{ id }": "4",
    "{{{ id }}}": "{4}",
    "{{{{}}}}": "{{}}",
    "{a:b}-{a!r}": "5-6",
    '{a"b}': "7",
}


@pytest.mark.parametrize(("text", "filled"), COLUMNS_IN_TEMPLATES.items())
def test_any_column_can_be_named_in_a_template(write, text, filled):
    """Colons and spaces as they are, braces in quotes, quotes doubled; nothing is a format."""
    columns = ["opened at: date", "a{b}", 'say "x"', " id ", "a:b", "a!r", 'a"b']
    form = template(text, ())
    index = {column: number for number, column in enumerate(columns)}
    assert form.bind(index)(tuple("1234567")) == filled
    assert set(form.columns) <= set(columns)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(min_size=1, max_size=5)), max_size=5))
def test_whatever_is_quoted_and_doubled_is_taken_literally(parts):
    """Texts with their braces doubled, columns in quotes with their quotes doubled."""
    doubled = [
        (text.replace("{", "{{").replace("}", "}}"), name.replace('"', '""'))
        for text, name in parts
    ]
    form = template("".join(f'{text}{{"{name}"}}' for text, name in doubled), ())
    index = {name: number for number, (_, name) in enumerate(parts)}
    cells = tuple(f"<{name}>" for _, name in parts)
    assert form.bind(index)(cells) == "".join(f"{text}<{name}>" for text, name in parts)


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


def test_what_only_looks_like_a_number_has_a_place_in_the_order(plan):
    """Numbers come first, then texts; "nan" and "inf" are texts."""
    step = "  - {do: accept_repair, at: time, with: {technician: {column: update}}}\n"
    updates = ("nan", "3", "inf", "1", "nan", "2")
    rows = "".join(["id,update,time\n", *(f"1,{u},2026-01-01 08:00\n" for u in updates)])
    found = plan(HEAD.replace("steps:", "order: update\nsteps:") + step, rows)
    assert [p.command.technician for p in found.commands] == ["1", "2", "3", "inf", "nan", "nan"]


NUMBERS = {"7": 7, " -7 ": -7, "+07": 7, "7" * 16: int("7" * 16)}


@pytest.mark.parametrize("cell", [*NUMBERS, "7" * 17, "7" * 5000, "７", "7_0", "0x7", "7.0", "1e3"])
def test_whole_numbers_have_ascii_digits_and_not_too_many(plan, cell):
    """Everything else is rejected with what is allowed."""
    step = REPORT.replace("category:", "priority: {column: rank}, category:")
    found = plan(HEAD + step, f"id,kind,opened,rank\n1,lift,2026-01-01 08:00,{cell}\n")
    if cell in NUMBERS:
        assert [p.command.priority for p in found.commands] == [NUMBERS[cell]]
    else:
        (reject,) = found.rejects
        assert reject.code == "ValueUnknown"
        assert "a whole number of at most 16 digits" in reject.reason
        assert len(reject.reason) < 1000


def test_the_order_of_rows_can_be_trusted_over_their_clocks(plan):
    """What lies before the case's previous command is learned when that one was."""
    accept = "  - {do: accept_repair, at: seen, with: {technician: Wang}}\n"
    done = "  - {do: complete_repair, at: done}\n"
    rows = "id,kind,opened,seen,done\n1,lift,2026-01-01 08:10,2026-01-01 08:20,2026-01-01 08:15\n"
    ordered = HEAD.replace("steps:", "keep_order: true\nsteps:") + REPORT + accept + done
    _, accepted, completed = plan(ordered, rows).commands
    assert type(completed.command).__name__ == "CompleteRepair"
    assert completed.at == accepted.at == datetime(2026, 1, 1, 0, 20, tzinfo=UTC)
    assert completed.happened == datetime(2026, 1, 1, 0, 15, tzinfo=UTC)


def test_where_the_order_is_trusted_nothing_happened_before_its_case_began(plan):
    """However far back the clock of a row lies, it is the clock that is wrong."""
    accept = "  - {do: accept_repair, at: seen, with: {technician: Wang}}\n"
    rows = "id,kind,opened,seen\n1,lift,2026-01-01 08:10,2025-12-01 08:05\n"
    ordered = HEAD.replace("steps:", "keep_order: true\nsteps:") + REPORT + accept
    report, accepted = plan(ordered, rows).commands
    assert type(accepted.command).__name__ == "AcceptRepair"
    assert accepted.at == accepted.happened == report.at


REJECTS = {
    "1,lift,yesterday": ("repair-t-1", "ReportRepair", "TimeUnreadable", ":2 times.formats"),
    "1,lift,": ("repair-t-1", "ReportRepair", "ValueMissing", ":7 report_repair.at"),
    "1,,2026-01-01 08:00": (
        "repair-t-1", "ReportRepair", "ValueMissing", ":8 report_repair.with.category.otherwise",
    ),
    ",lift,2026-01-01 08:00": ("", "", "ValueMissing", ":4 case"),
    "1,lift": ("", "", "RowRagged", ""),
    "1,lift,2026-01-01 08:00,more": ("", "", "RowRagged", ""),
    '1,"a"b,2026-01-01 08:00': ("", "", "RowUnreadable", ""),
    "1,lift,0001-01-01 00:00": ("repair-t-1", "ReportRepair", "TimeUnreadable", ":2 times.formats"),
    "1,lift,2026-11-01T00:00:01Z": ("repair-t-1", "ReportRepair", "RowInTheFuture", ":2 times"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "reject"), REJECTS.items())
def test_a_row_that_cannot_be_read_is_named_and_the_rest_goes_on(plan, row, reject):
    """Line, case, command, a stable code, and where in the mapping it could be mended."""
    found = plan(HEAD + REPORT, f"id,kind,opened\n{row}\n\n9,lift,2026-11-01T00:00Z\n")
    (told,) = found.rejects
    case, command, code, setting = reject
    setting = setting and f"mapping.yaml{setting}"
    assert (told.line, told.case, told.command, told.code) == (2, case, command, code)
    assert told.setting == setting
    assert [p.case for p in found.commands] == ["repair-t-9"]
    assert found.rows == 2


def test_a_row_in_the_future_says_what_now_is(plan):
    """In both languages; the row at this instant is taken."""
    found = plan(
        HEAD + REPORT, "id,kind,opened\n1,lift,2026-11-01 08:01\n2,lift,2026-11-01 08:00\n"
    )
    assert [p.case for p in found.commands] == ["repair-t-2"]
    (told,) = found.rejects
    for sentence in (told.reason, told.reason.zh):
        assert "2026-11-01T00:01:00+00:00" in sentence
        assert "2026-11-01T00:00:00+00:00" in sentence


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
    (told,) = found.rejects
    assert told.reason == (
        "'lunch' is not a value of reason: it takes parts, resident, vendor, weather, other."
    )
    assert told.setting == "mapping.yaml:6 pause_repair.with.reason.map"


def test_a_column_the_file_lacks_is_said_before_anything_is_done(plan):
    """The sentence lists the columns there are."""
    with pytest.raises(FileInvalid, match="uses a column 'kind'; there are only: id, opened"):
        plan(HEAD + REPORT, "id,opened\n1,2026-01-01\n")
