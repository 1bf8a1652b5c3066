"""History replayed: in order, every miss at its instant, once, and on from where it stopped."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from domain.kernel.refusals import WithoutZone
from domain.kinds.rules.decisions import CalendarUnknown
from tests.support.old_repairs import CHAIN, DAY, PLAIN, ROWS, RULEBOOK, h, log_of, office, story


def test_commands_and_misses_are_recorded_in_the_order_of_their_times(old):
    """Warned, lapsed and escalated each at its own instant, between the commands."""
    handler = office()
    result = backfill(*old(), handler)
    assert story(handler, 1) == [("reported", h(0)), ("accepted", h(1)), ("closed", h(12))]
    assert story(handler, 4) == [
        ("reported", h(0)),
        ("warned", h(12)),
        ("lapsed", h(24)),
        ("escalated", h(24)),
        ("escalated", h(26)),
        ("closed", h(96)),
    ]
    facts = log_of(handler)
    assert [r.recorded_at for r in facts] == sorted(r.recorded_at for r in facts)
    assert all(r.recorded_at == r.occurred_at for r in facts)
    assert (result.rows, result.commands, result.rejects) == (5, 10, 0)
    assert result.facts == handler.log.head()
    assert result.lapses == Counter(r.fact.word for r in facts)["lapsed"] == 3


def test_a_close_at_the_due_instant_is_on_time_and_a_minute_later_is_not(old):
    """What is due at the instant of a command is not recorded before it."""
    handler = office()
    backfill(*old(), handler)
    assert story(handler, 2)[-1] == ("closed", h(24))
    assert "lapsed" not in dict(story(handler, 2))
    assert story(handler, 3)[-2:] == [("escalated", h(24)), ("closed", h(24 + 1 / 60))]


def test_the_clock_runs_on_until_the_instant_asked_for(old):
    """Up to and including it; without it, nothing is said after the last row."""
    handler = office()
    backfill(*old(), handler)
    assert [word for word, _ in story(handler, 5)] == [
        "reported",
        "warned",
        "lapsed",
        "escalated",
        "escalated",
    ]
    again = office()
    backfill(*old(ROWS[:-1].rpartition("\n")[0] + "\n5,lift,2026-01-09 08:00,,\n"), again)
    assert story(again, 5) == [("reported", h(96))]
    result = backfill(
        *old(ROWS.replace("5,lift,2026-01-07", "5,lift,2026-01-09")), again, until=DAY + h(120)
    )
    assert [word for word, _ in story(again, 5)] == ["reported", "warned", "lapsed", "escalated"]
    assert (result.commands, result.lapses) == (0, 1)
    with pytest.raises(WithoutZone):
        backfill(*old(), again, until=datetime(2026, 2, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("ladder", ["", "    ladder: [{at: +1h, to: manager}]\n"])
def test_a_lapse_can_start_and_stop_other_clocks(old, tmp_path, ladder):
    """What a clock without a ladder records is taken in by the clocks that refer to it."""
    text = CHAIN.replace('["-3h"]\n', f'["-3h"]\n{ladder}')
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    handler = office()
    mapping, path = old(
        "id,kind,opened,accepted,closed\n1,lift,2026-01-05 08:00,,2026-01-09 08:00\n"
    )
    backfill(mapping, path, handler)
    told = [
        (r.fact.word, r.fact.clock, r.occurred_at - DAY)
        for r in log_of(handler)
        if hasattr(r.fact, "clock")
    ]
    expected = [
        ("lapsed", "repair.closed", h(24)),
        ("warned", "repair.answered", h(24)),
        ("lapsed", "repair.answered", h(26)),
        ("escalated", "repair.answered", h(27)),
    ]
    assert told == expected[: 4 if ladder else 3]
    assert all(r.recorded_at == r.occurred_at for r in log_of(handler))


def test_runs_of_clocks_are_counted_however_the_import_is_cut(old, tmp_path):
    """Two for each report and one for the only acceptance, counted by the run that starts them."""
    (tmp_path / "rulebook.yaml").write_text(PLAIN, "utf-8")
    assert backfill(*old(), office()).clocks == 11
    parts = office()
    head, *rows = ROWS.splitlines(keepends=True)
    counted = [backfill(*old(head + "".join(rows[:n])), parts).clocks for n in range(1, 6)]
    assert counted == [3, 2, 2, 2, 2]
    assert backfill(*old(), parts).clocks == 0


def test_facts_recorded_more_than_a_day_after_they_happened_are_counted(old, tmp_path):
    """By what the source says of when it knew; what the engine records itself is never late."""
    _, path = old()
    text = (tmp_path / "mapping.yaml").read_text("utf-8")
    text = text.replace("at: closed\n", "at: closed\n    happened: accepted\n")
    (tmp_path / "mapping.yaml").write_text(text, "utf-8")
    closings = {"09": "2026-01-05 08:59", "10": "2026-01-05 09:00", "11": "2026-01-05 09:01"}
    rows = "".join(
        f"{day},lift,2026-01-05 08:00,2026-01-05 09:00,2026-01-06 {closed[-5:]}\n"
        for day, closed in closings.items()
    )
    path.write_text(f"id,kind,opened,accepted,closed\n{rows}", "utf-8")
    result = backfill(load_mapping(tmp_path / "mapping.yaml"), path, office())
    assert (result.rejects, result.lapses, result.late) == (0, 3, 1)


def test_bytes_outside_the_encoding_cost_only_their_row(old, tmp_path):
    """The row is refused with its line; the others are taken."""
    mapping, path = old()
    path.write_bytes(path.read_bytes() + b"8,\xff\xfe,2026-01-05 08:00,,\n")
    result = backfill(mapping, path, office(), rejects=tmp_path / "rejects.csv")
    assert result.codes == {"TextUnreadable": 1}
    assert result.first[0].line == 7


def test_progress_is_reported_by_phase(old):
    """Reading, then looking for an earlier run, then replaying, then done."""
    told = []
    backfill(*old(), office(), progress=lambda *step: told.append(step))
    assert [phase for *_, phase in told] == ["resuming", "replaying", "done"]
    assert told[-1] == (10, 10, "done")


def test_rules_and_site_take_effect_as_the_history_begins(old):
    """The first fact of a case is judged by the rulebook of the mapping."""
    handler = office()
    backfill(*old(), handler)
    published = [handler.codec.decode(row) for row in handler.log.rows(0, 3)]
    assert [r.fact.word for r in published] == [
        "calendar_published",
        "opened",
        "rulebook_published",
    ]
    assert {r.recorded_at for r in published} == {DAY}
    assert all(r.rules == 2 for r in log_of(handler))


def test_a_rulebook_that_counts_on_a_calendar_nobody_published_is_refused(old, tmp_path):
    """Nothing of the file is taken."""
    text = RULEBOOK.replace("within: 24h", "within: {working: 8h, calendar: cn}")
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    mapping = load_mapping(old()[1].with_name("mapping.yaml"))
    handler = office()
    with pytest.raises(CalendarUnknown):
        backfill(mapping, tmp_path / "rows.csv", handler)
    assert log_of(handler) == []
