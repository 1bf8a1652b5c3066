"""An import repeated, killed or disturbed: the log is what one undisturbed run makes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from api.imports import replay as replaying
from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.imports.resume import ResumePoint
from commands.cases import CloseCase
from commands.envelope import CommandEnvelope
from commands.repair import AcceptRepair
from domain.kernel.personal import Personal
from domain.kernel.refusals import Refusal
from store.log import IntegrityError
from store.sqlite import SQLiteLog
from tests.support.old_repairs import (
    CHAIN,
    DAY,
    MAPPING,
    NOW,
    PLAIN,
    ROWS,
    RULEBOOK,
    h,
    log_of,
    office,
    story,
)


def test_the_same_import_again_adds_nothing(old, tmp_path):
    """Every command is answered as the first time, and refused rows are refused again alike."""
    rows = (
        ROWS
        + "6,lift,2026-01-05 08:00,2026-01-07 08:00,2026-01-06 09:00\n1,lift,2026-01-06 08:00,,\n"
    )
    handler = office()
    first = backfill(*old(rows), handler, rejects=tmp_path / "first.csv")
    head = handler.log.head()
    second = backfill(*old(rows), office(handler.log), rejects=tmp_path / "second.csv")
    assert first.codes == {"AlreadyClosed": 1, "CaseExists": 1}
    assert (second.commands, second.facts, handler.log.head()) == (0, 0, head)
    assert (second.repeated, second.codes) == (first.commands, first.codes)
    assert (tmp_path / "first.csv").read_text() == (tmp_path / "second.csv").read_text()


def test_what_was_refused_once_stays_refused_when_the_case_has_changed(old):
    """A command is judged by the case as it was at its turn, not as it is now."""
    rows = "id,kind,opened,accepted,closed\n1,lift,2026-01-05 08:00,2026-01-05 07:00,\n"
    handler = office()
    assert backfill(*old(rows), handler).codes == {"UnknownCase": 1}
    again = backfill(*old(rows), handler)
    assert (again.codes, again.facts) == ({"UnknownCase": 1}, 0)
    assert [word for word, _ in story(handler, 1)] == ["reported"]


def test_a_row_changed_since_is_refused_and_not_passed_over(old):
    """Its command has the id of the one that was taken, and would be lost without a word."""
    handler = office()
    backfill(*old(), handler)
    head = handler.log.head()
    again = backfill(*old(ROWS.replace("5,lift", "5,door")), handler)
    assert (again.codes, again.commands) == ({"CommandIdTaken": 1}, 0)
    assert handler.log.head() == head


def test_rows_added_later_are_taken(old):
    """What lies before the history's end is recorded now, as known to the source at its time."""
    handler = office()
    backfill(*old(), handler)
    late = backfill(*old(ROWS + "6,lift,2026-01-08 08:00,,2026-01-09 07:00\n"), handler)
    assert (late.commands, late.rejects) == (2, 0)
    reported, *_, closed = (r for r in log_of(handler) if r.stream == "repair-old-6")
    assert (reported.occurred_at, reported.recorded_at) == (DAY + h(72), NOW)
    assert (reported.known_at, closed.known_at) == (DAY + h(72), DAY + h(95))
    assert [word for word, _ in story(handler, 6)] == ["reported", "warned", "closed"]
    assert late.late == 0
    times = [r.recorded_at for r in log_of(handler)]
    assert times == sorted(times)


def test_a_case_number_no_store_can_hold_is_refused_again_on_every_run(old, tmp_path):
    """Half a character in the number is found before the case is looked for."""
    mapping, path = old()
    bad = b"8\xff,x,2026-01-05 08:00,,\n"
    head, first, rest = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join([head, first, bad + rest]))
    log = SQLiteLog(tmp_path / "log.db")
    runs = [backfill(mapping, path, office(log)) for _ in range(2)]
    assert [run.codes for run in runs] == [{"TextUnreadable": 1}] * 2
    assert [run.facts for run in runs] == [runs[0].facts, 0]
    log.close()


class Killed(BaseException):
    """As if the process were gone."""


def killed_after(monkeypatch, batches: int) -> None:
    """Let the run die when it begins another batch."""
    original = replaying.Replay._batch
    left = [batches]

    def batch(self, start, limit):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return original(self, start, limit)

    monkeypatch.setattr(replaying.Replay, "_batch", batch)


@pytest.mark.parametrize("rulebook", [RULEBOOK, CHAIN], ids=["ladder", "chain"])
@pytest.mark.parametrize("batches", range(7))
def test_a_killed_import_goes_on_and_ends_as_if_it_had_not_been(
    old, monkeypatch, batches, tmp_path, rulebook
):
    """The log is the same, byte for byte, wherever the run was cut."""
    (tmp_path / "rulebook.yaml").write_text(rulebook, "utf-8")
    monkeypatch.setattr(replaying, "BATCH", 3)
    whole = office()
    backfill(*old(), whole, until=DAY + h(500))
    log = SQLiteLog(tmp_path / "log.db")
    with monkeypatch.context() as cut:
        killed_after(cut, batches)
        with pytest.raises(Killed):
            backfill(*old(), office(log), until=DAY + h(500))
    backfill(*old(), office(log), until=DAY + h(500))
    assert log.rows(0, 1000) == whole.log.rows(0, 1000)
    log.close()


def test_another_process_in_between_makes_the_batch_be_done_anew(old, monkeypatch):
    """A conflict loses nothing and stores nothing twice."""
    plain = office()
    backfill(*old(), plain)
    handler = office()
    original = replaying.Replay._commands
    conflicts = [0]

    def commands(self, session, start, tally):
        end = original(self, session, start, tally)
        conflicts[0] += 1
        if conflicts[0] % 2:
            raise IntegrityError("version 1 is there already")
        return end

    monkeypatch.setattr(replaying, "BATCH", 3)
    monkeypatch.setattr(replaying.Replay, "_commands", commands)
    result = backfill(*old(), handler)
    assert handler.log.rows(0, 1000) == plain.log.rows(0, 1000)
    assert (result.commands, result.lapses) == (10, 3)


def test_the_log_may_know_of_other_cases(old):
    """Somebody else's order lives on beside the import; nothing is recorded for it."""
    handler = office()
    backfill(*old(), handler)
    asked = [
        CommandEnvelope(message=AcceptRepair(case="repair-old-5", technician="Li")),
        CommandEnvelope(message=CloseCase(case="repair-old-5", reason=Personal("by hand"))),
    ]
    assert not any(isinstance(reply, Refusal) for reply in handler.handle_all(asked))
    head = handler.log.head()
    again = backfill(*old(), handler, until=DAY + h(5000))
    assert (again.facts, handler.log.head()) == (0, head)


def test_an_empty_log_has_no_earlier_run():
    """There is no last command and nothing to say."""
    handler = office()
    earlier = ResumePoint("old", [], handler)
    assert earlier.last == -1
    assert earlier.timers([], handler).first() is None


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
    whole, parts = office(), office()
    with pytest.MonkeyPatch.context() as patch:
        backfill(mapping, path, whole, until=end)
        patch.setattr(replaying, "BATCH", batch)
        backfill(mapping, path, parts, until=end)
    assert parts.log.rows(0, 10_000) == whole.log.rows(0, 10_000)
    again = backfill(mapping, path, office(parts.log), until=end)
    assert again.facts == again.commands == 0
