"""History replayed: in order, every miss at its instant, once, and on from where it stopped."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest
from hypothesis import given, strategies as st

from api.imports import backfill as backfilling
from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.imports.resume import ResumePoint
from commands.desk import Desk, Request
from commands.verbs import AcceptRepair, CloseCase
from domain.facts import Recorded
from domain.refusals import Refusal, WithoutZone
from domain.registers import CalendarUnknown
from store.log import IntegrityError
from store.memory import MemoryLog
from store.sqlite import SQLiteLog

MAPPING = """\
mapping: old
times: {zone: Asia/Shanghai}
site: {id: garden, name: Garden}
calendars:
  - {name: weekdays, hours: {mon-fri: ["09:00-18:00"]}}
rulebook: rulebook.yaml
case: repair-old-{id}
steps:
  - do: report_repair
    at: opened
    with: {household: "house-{id}", category: {column: kind}}
  - do: accept_repair
    when: {accepted: {present: true}}
    at: accepted
    with: {technician: Wang}
  - do: close_case
    when: {closed: {present: true}}
    at: closed
    with: {reason: closed elsewhere}
"""
RULEBOOK = """\
rulebook: old
roles:
  manager: {}
  director: {}
clocks:
  repair.closed:
    case: repair
    starts: reported
    stops: closed
    within: 24h
    warnings: ["50%"]
    ladder:
      - {at: "100%", to: manager, acknowledge: 2h}
      - {at: +48h, to: director}
"""
ROWS = """\
id,kind,opened,accepted,closed
1,lift,2026-01-05 08:00,2026-01-05 09:00,2026-01-05 20:00
2,lift,2026-01-05 08:00,,2026-01-06 08:00
3,lift,2026-01-05 08:00,,2026-01-06 08:01
4,lift,2026-01-05 08:00,,2026-01-09 08:00
5,lift,2026-01-07 08:00,,
"""
PLAIN = """\
rulebook: old
clocks:
  repair.accepted: {case: repair, starts: reported, stops: accepted, within: 6h}
  repair.closed:
    case: repair
    starts: reported
    stops: closed
    within: {working_days: 2, calendar: weekdays}
  repair.done:
    case: repair
    starts: accepted
    stops: closed
    within: 30h
    warnings: ["10%", "-1h"]
"""
DAY = datetime(2026, 1, 5, tzinfo=UTC)  # eight in the morning in Shanghai


@pytest.fixture
def old(tmp_path):
    """A folder with the mapping; called with rows, what to lead `backfill` with."""
    (tmp_path / "mapping.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK, "utf-8")
    path = tmp_path / "rows.csv"

    def written(rows: str = ROWS):
        path.write_text(dedent(rows), "utf-8")
        return load_mapping(tmp_path / "mapping.yaml"), path

    return written


def log_of(desk: Desk) -> list[Recorded]:
    """Every fact of a case in the log."""
    rows = [row for row in desk.log.rows(0, 10_000) if row.stream.startswith("repair-")]
    return [desk.codec.decode(row) for row in rows]


def story(desk: Desk, number: int) -> list[tuple[str, timedelta]]:
    """The facts of a case with their time since the first morning."""
    return [
        (r.fact.word, r.occurred_at - DAY)
        for r in log_of(desk)
        if r.stream == f"repair-old-{number}"
    ]


def h(hours: float) -> timedelta:
    return timedelta(hours=hours)


def test_commands_and_misses_are_recorded_in_the_order_of_their_times(old):
    """Warned, lapsed and escalated each at its own instant, between the commands."""
    desk = Desk(MemoryLog())
    result = backfill(*old(), desk)
    assert story(desk, 1) == [("reported", h(0)), ("accepted", h(1)), ("closed", h(12))]
    assert story(desk, 4) == [
        ("reported", h(0)),
        ("warned", h(12)),
        ("lapsed", h(24)),
        ("escalated", h(24)),
        ("escalated", h(26)),
        ("closed", h(96)),
    ]
    facts = log_of(desk)
    assert [r.recorded_at for r in facts] == sorted(r.recorded_at for r in facts)
    assert all(r.recorded_at == r.occurred_at for r in facts)
    assert (result.rows, result.commands, result.rejects) == (5, 10, 0)
    assert result.facts == desk.log.head()
    assert result.lapses == Counter(r.fact.word for r in facts)["lapsed"] == 3


def test_a_close_at_the_due_instant_is_on_time_and_a_minute_later_is_not(old):
    """What is due at the instant of a command is not recorded before it."""
    desk = Desk(MemoryLog())
    backfill(*old(), desk)
    assert story(desk, 2)[-1] == ("closed", h(24))
    assert "lapsed" not in dict(story(desk, 2))
    assert story(desk, 3)[-2:] == [("escalated", h(24)), ("closed", h(24 + 1 / 60))]


def test_the_clock_runs_on_until_the_instant_asked_for(old):
    """Up to and including it; without it, nothing is said after the last row."""
    desk = Desk(MemoryLog())
    backfill(*old(), desk)
    assert [word for word, _ in story(desk, 5)] == [
        "reported",
        "warned",
        "lapsed",
        "escalated",
        "escalated",
    ]
    again = Desk(MemoryLog())
    backfill(*old(ROWS[:-1].rpartition("\n")[0] + "\n5,lift,2026-01-09 08:00,,\n"), again)
    assert story(again, 5) == [("reported", h(96))]
    result = backfill(
        *old(ROWS.replace("5,lift,2026-01-07", "5,lift,2026-01-09")), again, until=DAY + h(120)
    )
    assert [word for word, _ in story(again, 5)] == ["reported", "warned", "lapsed", "escalated"]
    assert (result.commands, result.lapses) == (0, 1)
    with pytest.raises(WithoutZone):
        backfill(*old(), again, until=datetime(2026, 2, 1))  # noqa: DTZ001 - that is the point


def test_the_same_import_again_adds_nothing(old, tmp_path):
    """Every command is answered as the first time, and refused rows are refused again alike."""
    rows = (
        ROWS
        + "6,lift,2026-01-05 08:00,2026-01-07 08:00,2026-01-06 09:00\n1,lift,2026-01-06 08:00,,\n"
    )
    desk = Desk(MemoryLog())
    first = backfill(*old(rows), desk, rejects=tmp_path / "first.csv")
    head = desk.log.head()
    second = backfill(*old(rows), Desk(desk.log), rejects=tmp_path / "second.csv")
    assert first.codes == {"AlreadyClosed": 1, "CaseExists": 1}
    assert (second.commands, second.facts, desk.log.head()) == (0, 0, head)
    assert (second.repeated, second.codes) == (first.commands, first.codes)
    assert (tmp_path / "first.csv").read_text() == (tmp_path / "second.csv").read_text()


def test_what_was_refused_once_stays_refused_when_the_case_has_changed(old):
    """A command is judged by the case as it was at its turn, not as it is now."""
    rows = "id,kind,opened,accepted,closed\n1,lift,2026-01-05 08:00,2026-01-05 07:00,\n"
    desk = Desk(MemoryLog())
    assert backfill(*old(rows), desk).codes == {"UnknownCase": 1}
    again = backfill(*old(rows), desk)
    assert (again.codes, again.facts) == ({"UnknownCase": 1}, 0)
    assert [word for word, _ in story(desk, 1)] == ["reported"]


def test_rows_added_later_are_taken(old):
    """What happened before the history's end is recorded at that end, and visible as late."""
    desk = Desk(MemoryLog())
    backfill(*old(), desk)
    late = backfill(*old(ROWS + "6,lift,2026-01-08 08:00,,2026-01-09 07:00\n"), desk)
    assert (late.commands, late.rejects) == (2, 0)
    reported, *_, closed = (r for r in log_of(desk) if r.stream == "repair-old-6")
    assert (reported.occurred_at, reported.recorded_at) == (DAY + h(72), DAY + h(96))
    assert closed.occurred_at == DAY + h(95)


def test_a_case_number_no_store_can_hold_is_refused_again_on_every_run(old, tmp_path):
    """Half a character in the number is found before the case is looked for."""
    mapping, path = old()
    bad = b"8\xff,x,2026-01-05 08:00,,\n"
    head, first, rest = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join([head, first, bad + rest]))
    log = SQLiteLog(tmp_path / "log.db")
    runs = [backfill(mapping, path, Desk(log)) for _ in range(2)]
    assert [run.codes for run in runs] == [{"TextUnreadable": 1}] * 2
    assert [run.facts for run in runs] == [runs[0].facts, 0]
    log.close()


CHAIN = """\
rulebook: old
roles: {manager: {}}
clocks:
  repair.closed: {case: repair, starts: reported, stops: closed, within: 24h}
  repair.answered:
    case: repair
    starts: lapsed
    stops: closed
    within: 2h
    warnings: ["-3h"]
  repair.shamed: {case: repair, starts: reported, stops: lapsed, within: 30h}
"""


@pytest.mark.parametrize("ladder", ["", "    ladder: [{at: +1h, to: manager}]\n"])
def test_a_lapse_can_start_and_stop_other_clocks(old, tmp_path, ladder):
    """What a clock without a ladder records is taken in by the clocks that refer to it."""
    text = CHAIN.replace('["-3h"]\n', f'["-3h"]\n{ladder}')
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    desk = Desk(MemoryLog())
    mapping, path = old(
        "id,kind,opened,accepted,closed\n1,lift,2026-01-05 08:00,,2026-01-09 08:00\n"
    )
    backfill(mapping, path, desk)
    told = [
        (r.fact.word, r.fact.clock, r.occurred_at - DAY)
        for r in log_of(desk)
        if hasattr(r.fact, "clock")
    ]
    expected = [
        ("lapsed", "repair.closed", h(24)),
        ("warned", "repair.answered", h(24)),
        ("lapsed", "repair.answered", h(26)),
        ("escalated", "repair.answered", h(27)),
    ]
    assert told == expected[: 4 if ladder else 3]
    assert all(r.recorded_at == r.occurred_at for r in log_of(desk))


def test_rejects_are_written_with_line_command_code_and_reason(old, tmp_path):
    """The file replaces that of an earlier run."""
    path = tmp_path / "rejects.csv"
    rows = ROWS + "=1,lift,2026-01-05 08:00,,\n7,lift\n"
    result = backfill(*old(rows), Desk(MemoryLog()), rejects=path)
    with path.open(encoding="utf-8", newline="") as lines:
        written = list(csv.reader(lines))
    assert written[0] == ["line", "command", "code", "reason"]
    assert [row[:3] for row in written[1:]] == [["8", "", "RowRagged"]]
    assert result.rejects == 1
    backfill(*old(), Desk(MemoryLog()), rejects=path)
    assert path.read_text() == "line,command,code,reason\n"


def test_bytes_outside_the_encoding_cost_only_their_row(old, tmp_path):
    """The row is refused with its line; the others are taken."""
    mapping, path = old()
    path.write_bytes(path.read_bytes() + b"8,\xff\xfe,2026-01-05 08:00,,\n")
    result = backfill(mapping, path, Desk(MemoryLog()), rejects=tmp_path / "rejects.csv")
    assert result.codes == {"TextUnreadable": 1}
    assert result.first[0].line == 7


def test_progress_is_reported_by_phase(old):
    """Reading, then looking for an earlier run, then replaying, then done."""
    told = []
    backfill(*old(), Desk(MemoryLog()), progress=lambda *step: told.append(step))
    assert [phase for *_, phase in told] == ["resuming", "replaying", "done"]
    assert told[-1] == (10, 10, "done")


def test_rules_and_site_take_effect_as_the_history_begins(old):
    """The first fact of a case is judged by the rulebook of the mapping."""
    desk = Desk(MemoryLog())
    backfill(*old(), desk)
    published = [desk.codec.decode(row) for row in desk.log.rows(0, 3)]
    assert [r.fact.word for r in published] == [
        "calendar_published",
        "opened",
        "rulebook_published",
    ]
    assert {r.recorded_at for r in published} == {DAY}
    assert all(r.rules == 2 for r in log_of(desk))


def test_a_rulebook_that_counts_on_a_calendar_nobody_published_is_refused(old, tmp_path):
    """Nothing of the file is taken."""
    text = RULEBOOK.replace("within: 24h", "within: {working: 8h, calendar: cn}")
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    mapping = load_mapping(old()[1].with_name("mapping.yaml"))
    desk = Desk(MemoryLog())
    with pytest.raises(CalendarUnknown):
        backfill(mapping, tmp_path / "rows.csv", desk)
    assert log_of(desk) == []


class Killed(BaseException):
    """As if the process were gone."""


def killed_after(monkeypatch, batches: int) -> None:
    """Let the run die when it begins another batch."""
    original = backfilling._Run._batch
    left = [batches]

    def batch(self, start, limit):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return original(self, start, limit)

    monkeypatch.setattr(backfilling._Run, "_batch", batch)


@pytest.mark.parametrize("batches", range(7))
def test_a_killed_import_goes_on_and_ends_as_if_it_had_not_been(
    old, monkeypatch, batches, tmp_path
):
    """The log is the same, byte for byte, wherever the run was cut."""
    monkeypatch.setattr(backfilling, "BATCH", 3)
    whole = Desk(MemoryLog())
    backfill(*old(), whole, until=DAY + h(500))
    log = SQLiteLog(tmp_path / "log.db")
    with monkeypatch.context() as cut:
        killed_after(cut, batches)
        with pytest.raises(Killed):
            backfill(*old(), Desk(log), until=DAY + h(500))
    backfill(*old(), Desk(log), until=DAY + h(500))
    assert log.rows(0, 1000) == whole.log.rows(0, 1000)
    log.close()


def test_another_process_in_between_makes_the_batch_be_done_anew(old, monkeypatch):
    """A conflict loses nothing and stores nothing twice."""
    plain = Desk(MemoryLog())
    backfill(*old(), plain)
    desk = Desk(MemoryLog())
    original = backfilling._Run._commands
    conflicts = [0]

    def commands(self, session, start, tally):
        end = original(self, session, start, tally)
        conflicts[0] += 1
        if conflicts[0] % 2:
            raise IntegrityError("version 1 is there already")
        return end

    monkeypatch.setattr(backfilling, "BATCH", 3)
    monkeypatch.setattr(backfilling._Run, "_commands", commands)
    result = backfill(*old(), desk)
    assert desk.log.rows(0, 1000) == plain.log.rows(0, 1000)
    assert (result.commands, result.lapses) == (10, 3)


def test_the_log_may_know_of_other_cases(old):
    """Somebody else's order lives on beside the import; nothing is recorded for it."""
    desk = Desk(MemoryLog())
    backfill(*old(), desk)
    asked = [
        Request(command=AcceptRepair(case="repair-old-5", technician="Li")),
        Request(command=CloseCase(case="repair-old-5", reason="by hand")),
    ]
    assert not any(isinstance(reply, Refusal) for reply in desk.ask_all(asked))
    head = desk.log.head()
    again = backfill(*old(), desk, until=DAY + h(5000))
    assert (again.facts, desk.log.head()) == (0, head)


def test_an_empty_log_has_no_earlier_run():
    """There is no last command and nothing to say."""
    desk = Desk(MemoryLog())
    earlier = ResumePoint("old", [], desk)
    assert earlier.last == -1
    assert earlier.timers([], desk).first() is None


@st.composite
def histories(draw):
    """Rows of up to eight repairs within ten days, closed or not, accepted at any time."""
    lines = ["id,kind,opened,accepted,closed"]
    for number in range(draw(st.integers(1, 8))):
        cells = [
            (DAY + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat(" ")
            if minutes is not None
            else ""
            for minutes in draw(
                st.tuples(
                    st.integers(0, 14_400),
                    st.none() | st.integers(0, 14_400),
                    st.none() | st.integers(0, 14_400),
                )
            )
        ]
        lines.append(f"{number},lift,{','.join(cells)}")
    return "\n".join(lines) + "\n"


@given(
    rulebook=st.sampled_from([RULEBOOK, PLAIN, CHAIN]),
    rows=histories(),
    batch=st.integers(1, 5),
    until=st.none() | st.integers(0, 400),
)
def test_no_way_of_cutting_a_history_into_batches_changes_it(
    tmp_path_factory, rulebook, rows, batch, until
):
    """Whatever the rows and the batches: the same log, and a second run adds nothing."""
    folder = tmp_path_factory.mktemp("history")
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    (folder / "rulebook.yaml").write_text(rulebook, "utf-8")
    path = folder / "rows.csv"
    path.write_text(rows, "utf-8")
    mapping = load_mapping(folder / "mapping.yaml")
    end = None if until is None else DAY + h(until)
    whole, parts = Desk(MemoryLog()), Desk(MemoryLog())
    with pytest.MonkeyPatch.context() as patch:
        backfill(mapping, path, whole, until=end)
        patch.setattr(backfilling, "BATCH", batch)
        backfill(mapping, path, parts, until=end)
    assert parts.log.rows(0, 10_000) == whole.log.rows(0, 10_000)
    again = backfill(mapping, path, Desk(parts.log), until=end)
    assert again.facts == again.commands == 0
