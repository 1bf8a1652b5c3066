"""An import into a log that is beyond its times: recorded now, judged by when the source knew."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from api.engine import engine
from api.imports import replay as replaying
from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.queries.health import scheduler_looks
from commands.clocks import RecordDue
from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.registers import OpenSite
from domain.kernel.facts import Recorded
from scheduler.timers import Timers
from store.follower import FollowerState
from store.log import Receipt
from tests.api.test_imports_resume import histories
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


def live() -> CommandHandler:
    """A log in which somebody did something just now."""
    handler = office()
    asked = CommandEnvelope(message=OpenSite(site="other", name="Other", zone="UTC"))
    (answer,) = handler.handle_all([asked])
    assert isinstance(answer, Receipt)
    return handler


def look(handler: CommandHandler) -> None:
    """What a scheduler does now: everything that fell due is recorded."""
    cases = sorted({recorded.stream for recorded in log_of(handler)})
    while any(
        answer.facts
        for answer in handler.handle_all(
            [CommandEnvelope(message=RecordDue(case=c)) for c in cases]
        )
    ):
        pass


def verdicts(handler: CommandHandler) -> dict:
    """How every run stands."""
    found = {}
    with handler.unit_of_work() as unit:
        for case in sorted({recorded.stream for recorded in log_of(handler)}):
            for clock in unit.load(case).folded(unit.directory).clocks:
                found[case, clock.name, clock.cycle] = (clock.verdict, clock.due, clock.stopped)
    return found


def steps(facts: list[Recorded]) -> dict:
    """What is said of each case, with the times it happened."""
    told: dict = {}
    for recorded in facts:
        told.setdefault(recorded.stream, []).append((recorded.fact.word, recorded.occurred_at))
    return told


def looking_after_each_batch(monkeypatch, handler: CommandHandler, size: int) -> None:
    """Let a scheduler look between the commits of an import."""
    original = replaying.Replay._batch

    def batch(self, commands, limit):
        done = original(self, commands, limit)
        look(handler)
        return done

    monkeypatch.setattr(replaying, "BATCH", size)
    monkeypatch.setattr(replaying.Replay, "_batch", batch)


@pytest.mark.parametrize("rulebook", [RULEBOOK, PLAIN, CHAIN], ids=["ladder", "plain", "chain"])
def test_it_says_the_same_as_in_a_log_of_its_own(old, tmp_path, rulebook):
    """Warnings, lapses and rungs each at its instant; recorded now, detected and known then."""
    (tmp_path / "rulebook.yaml").write_text(rulebook, "utf-8")
    own, handler = office(), live()
    first = backfill(*old(), own, until=DAY + h(500))
    result = backfill(*old(), handler, until=DAY + h(500))
    assert steps(log_of(handler)) == steps(log_of(own))
    assert verdicts(handler) == verdicts(own)
    assert (result.facts, result.lapses, result.clocks, result.late) == (
        first.facts, first.lapses, first.clocks, 0
    )  # fmt: skip
    for recorded in log_of(handler):
        assert (recorded.recorded_at, recorded.known_at) == (NOW, recorded.occurred_at)
        assert getattr(recorded.fact, "detected", recorded.occurred_at) == recorded.occurred_at
    assert all(recorded.known_at is None for recorded in log_of(own))


def test_a_second_run_adds_nothing(old):
    handler = live()
    first = backfill(*old(), handler, until=DAY + h(500))
    head = handler.log.head()
    again = backfill(*old(), office(handler.log), until=DAY + h(500))
    assert (again.commands, again.facts, handler.log.head()) == (0, 0, head)
    assert again.repeated == first.commands


def test_the_log_is_recorded_in_the_order_of_its_positions(old, monkeypatch):
    """Also where somebody writes while an import keeps its own time: from then on it is now."""
    monkeypatch.setattr(replaying, "BATCH", 4)
    handler = office()
    original = replaying.Replay._batch
    left = [2]

    def batch(self, commands, limit):
        left[0] -= 1
        if left[0] == 0:
            asked = CommandEnvelope(message=OpenSite(site="other", name="Other", zone="UTC"))
            handler.handle_all([asked])
        return original(self, commands, limit)

    monkeypatch.setattr(replaying.Replay, "_batch", batch)
    result = backfill(*old(), handler, until=DAY + h(500))
    assert (result.commands, result.rejects) == (10, 0)
    facts = [handler.codec.decode(row) for row in handler.log.rows(0, 1000)]
    times = [recorded.recorded_at for recorded in facts]
    assert times == sorted(times)
    assert times[0] == DAY
    assert times[-1] == NOW
    assert {r.recorded_at for r in log_of(handler) if r.known_at} == {NOW}
    assert {r.actor for r in log_of(handler) if r.recorded_at == NOW and not r.known_at} == {
        "scheduler"  # of cases that were half told: what fell due by now, before all else
    }


def test_beside_a_scheduler_it_never_keeps_its_own_time(old):
    handler = office()
    backfill(*old(), handler, beside=True)
    assert {recorded.recorded_at for recorded in log_of(handler)} == {NOW}


@pytest.mark.parametrize(("age", "looks"), [(1, True), (14, True), (60, False), (None, False)])
def test_a_scheduler_is_at_work_where_one_looked_a_moment_ago(tmp_path, age, looks):
    """In whichever process: it leaves a sign of life in the views."""
    with engine(str(tmp_path / "g.db"), create=True) as opened:
        if age is not None:
            state = FollowerState(
                name=Timers.name, position=0, lag=0, last_tick_age=float(age), taken=0, fault=None
            )
            opened.projector.signs.note([state])
        assert scheduler_looks(opened) is looks


def test_what_is_told_of_a_case_in_a_later_file_comes_after_what_fell_due_in_between(old):
    """A scheduler may have looked between the two: the lapse stands, whether or not one did."""
    head, *rows = ROWS.splitlines(keepends=True)
    told = head + "1,lift,2026-01-05 08:00,,{}\n"
    found = []
    for looks in (True, False):
        handler = live()
        backfill(*old(told.format("")), handler)
        if looks:
            look(handler)
        backfill(*old(told.format("2026-01-05 20:00")), handler)
        found.append([word for word, _ in story(handler, 1)])
        ((verdict, *_),) = verdicts(handler).values()
        assert verdict == "entered_late"
    assert sorted(found[0]) == sorted(found[1])
    assert found[0][-1] == found[1][-1] == "closed"
    assert len(rows) == 5


@settings(max_examples=40)
@given(rulebook=st.sampled_from([RULEBOOK, PLAIN, CHAIN]), rows=histories(), size=st.integers(1, 5))
def test_a_scheduler_that_looks_between_its_commits_changes_no_verdict(
    tmp_path_factory, rulebook, rows, size
):
    """Each case comes in one commit, so nobody sees half of it."""
    folder = tmp_path_factory.mktemp("beside")
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    (folder / "rulebook.yaml").write_text(rulebook, "utf-8")
    path = folder / "rows.csv"
    path.write_text(rows, "utf-8")
    mapping = load_mapping(folder / "mapping.yaml")
    own, handler = office(), live()
    backfill(mapping, path, own)
    look(own)
    with pytest.MonkeyPatch.context() as patch:
        looking_after_each_batch(patch, handler, size)
        backfill(mapping, path, handler)
    look(handler)
    assert verdicts(handler) == verdicts(own)
