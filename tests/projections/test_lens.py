"""What a lens sees: as of an instant what the tables said then, as if by other rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from commands.cases import RateService
from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.complaint import ReplyToComplaint, ResolveComplaint
from domain.kernel.documents import DocumentInvalid
from domain.kernel.facts import StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import Rating
from domain.kinds.rules.decisions import CalendarUnknown
from projections.differences import count_without_cause, facts_without_cause
from projections.lens import Lens
from projections.replay import ALL
from store.tables import Record
from tests.support.lensed import Story, Watched, dump, rows_seen, seen
from tests.support.neighbourhood import RULES
from tests.support.scenario import SITE

LI = StaffId("li")
HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.close()


def reply_within(hours: int, **more: object) -> dict[str, object]:
    """The small rules, with another time to reply."""
    reply = {**RULES["clocks"]["reply"], "within": f"{hours}h", **more}
    return {**RULES, "clocks": {**RULES["clocks"], "reply": reply}}


def verdicts(place: Watched, lens: Lens) -> dict[tuple[object, ...], object]:
    tables = seen(place, lens)
    try:
        rows = tables.ask("SELECT case_id, clock, cycle, verdict FROM clock_runs")
    finally:
        tables.close()
    return {row[:3]: row[3] for row in rows}


@pytest.mark.parametrize("seed", range(5))
def test_as_of_an_instant_equals_what_the_live_tables_said_then(seed: int):
    """Ten instants of each of five histories, in which rules change and breaches are waived."""
    story = Story(seed).goes_on(60)
    chosen = story.snapshots[:: max(len(story.snapshots) // 10, 1)][:10]
    assert len(chosen) == 10
    for at, position, said in chosen:
        assert rows_seen(story.place, Lens(known_at=at)) == said
        by_position = rows_seen(story.place, Lens(until=position))
        assert by_position["services"] == said["services"]
    last = story.snapshots[-1][2]
    assert any(row for row in last["clock_runs"] if "lapsed" in row)
    story.place.close()


@pytest.mark.parametrize("seed", range(5, 10))
def test_as_if_by_the_same_rulebook_nothing_is_different(seed: int):
    """Whatever fell due in a watched neighbourhood falls due again at the same instant."""
    story = Story(seed, changing=False).goes_on(60)
    live = dump(story.place.db)
    assert rows_seen(story.place, Lens(rulebook=RULES)) == live
    assert any("lapsed" in row or "late" in row for row in live["clock_runs"])
    story.place.close()


def test_a_longer_promise_lets_a_lapse_and_its_rungs_be_spared(place: Watched):
    case = place.complaint()
    place.wait_watched(30 * HOUR)
    place.done(ReplyToComplaint(case=case, by=LI))
    assert verdicts(place, Lens())[case, "reply", 1] == "late"
    assert verdicts(place, Lens(rulebook=reply_within(48)))[case, "reply", 1] == "met"
    tables = seen(place, Lens(rulebook=reply_within(48)), (*ALL, "differences"))
    flips = tables.ask("SELECT case_id, clock, before, after FROM flips")
    rungs = tables.ask("SELECT rung, role, raised, addressee FROM rungs ORDER BY rung")
    tables.close()
    assert flips == [(case, "reply", "late", "met")]
    assert rungs == [(1, "supervisor", 0, "sun"), (2, "manager", 0, "ma")]


def test_a_shorter_promise_lapses_at_its_own_instant_and_climbs(place: Watched):
    case = place.complaint()
    began = place.now
    place.wait_watched(10 * HOUR)
    place.done(ReplyToComplaint(case=case, by=LI))
    tables = seen(place, Lens(rulebook=reply_within(6)), (*ALL, "differences"))
    (run,) = tables.ask("SELECT verdict, rungs, due, detected FROM clock_runs")
    rungs = tables.ask("SELECT rung, role, raised, reached FROM rungs ORDER BY rung")
    tables.close()
    due = int((began + 6 * HOUR).timestamp() * 1_000_000)
    assert run == ("late", 2, due, due)
    assert rungs == [(1, "supervisor", 1, due), (2, "manager", 1, due + 7_200_000_000)]


def test_an_answer_at_the_very_instant_keeps_the_promise_by_other_rules(place: Watched):
    """A fact is taken before what falls due at its own instant."""
    case = place.complaint()
    place.wait_watched(10 * HOUR)
    place.done(ReplyToComplaint(case=case, by=LI))
    run = (case, "reply", 1)
    assert verdicts(place, Lens(rulebook=reply_within(10)))[run] == "met"
    assert verdicts(place, Lens(rulebook=reply_within(9)))[run] == "late"


def test_who_was_told_under_other_rules_has_acknowledged_nothing(place: Watched):
    """An acknowledgement counts for the same rung of the same run and the same role only."""
    case = place.complaint()
    place.wait_watched(25 * HOUR)
    place.done(AcknowledgeEscalation(case=case, clock="reply", rung=1, by=LI))
    other = reply_within(24, ladder=[{"at": "100%", "to": "manager"}])
    count = "SELECT acknowledged FROM clock_runs"
    for document, expected in (
        (RULES, 1),
        (reply_within(12), 1),
        (other, 0),
        (reply_within(36), 0),
    ):
        tables = seen(place, Lens(rulebook=document))
        assert tables.ask(count) == [(expected,)]
        tables.close()


def test_a_waiver_excuses_only_what_is_broken(place: Watched):
    case = place.complaint()
    place.wait_watched(25 * HOUR)
    place.done(WaiveBreach(case=case, clock="reply", by=LI, reason=Personal("flood")))
    assert verdicts(place, Lens(rulebook=RULES))[case, "reply", 1] == "waived"
    assert verdicts(place, Lens(rulebook=reply_within(36)))[case, "reply", 1] == "running"


def without_cause(place: Watched, document: dict[str, object]) -> list[tuple[str, str]]:
    """The words of the facts without cause, each with the word of its cause."""
    tables = seen(place, Lens(rulebook=document), (*ALL, "differences"))
    found = facts_without_cause(tables, limit=10)
    assert count_without_cause(tables) == len(found)
    tables.close()
    words = {(r.stream, r.version): r.fact.word for case, *_ in found for r in place.recorded(case)}
    return [(words[case, version], words[case, cause]) for case, version, cause in found]


def test_what_a_spared_lapse_or_rung_had_caused_is_without_cause(place: Watched):
    """It stays; by rules that raise the same rung as well it has its cause."""
    case = place.complaint()
    place.wait_watched(25 * HOUR)
    place.done(AcknowledgeEscalation(case=case, clock="reply", rung=1, by=LI))
    place.done(WaiveBreach(case=case, clock="reply", by=LI, reason=Personal("flood")))
    both = [("acknowledged", "escalated"), ("waived", "lapsed")]
    assert without_cause(place, reply_within(36)) == both
    assert without_cause(place, RULES) == []
    assert without_cause(place, reply_within(12)) == []
    other = reply_within(24, ladder=[{"at": "100%", "to": "manager"}])
    assert without_cause(place, other) == both[:1]


def test_what_names_a_spared_fact_as_its_cause_is_without_cause_and_so_is_what_follows_it(
    place: Watched,
):
    """Whoever caused it: a reaction, or a person."""
    case = place.complaint()
    place.wait_watched(25 * HOUR)
    lapsed = next(r for r in place.recorded(case) if r.fact.word == "lapsed")
    place.done(ReplyToComplaint(case=case, by=LI), causation=f"{case}/{lapsed.version}")
    replied = place.recorded(case)[-1]
    place.done(ResolveComplaint(case=case, by=LI), causation=f"{case}/{replied.version}")
    place.done(RateService(case=case, rating=Rating.SATISFIED), causation=f"{case}/1")
    assert without_cause(place, reply_within(36)) == [("replied", "lapsed"), ("resolved", "lapsed")]
    assert without_cause(place, reply_within(12)) == []


def test_true_at_an_instant_later_facts_have_not_happened(place: Watched):
    """What was entered later but had happened is seen; what happened later is not."""
    case = place.complaint()
    place.wait_watched(2 * HOUR)
    happened = place.now
    place.wait_watched(3 * HOUR)
    place.done(ReplyToComplaint(case=case, by=LI), occurred_at=happened)
    run = (case, "reply", 1)
    assert verdicts(place, Lens(true_at=happened))[run] == "met"
    assert verdicts(place, Lens(known_at=happened))[run] == "running"
    assert verdicts(place, Lens(true_at=happened - HOUR))[run] == "running"
    assert verdicts(place, Lens(true_at=happened - 3 * HOUR)) == {}


def test_sites_and_kinds_narrow_what_is_seen(place: Watched):
    complaint, repair = place.complaint(), place.repair()
    assert {run[0] for run in verdicts(place, Lens(kinds=frozenset({"repair"})))} == {repair}
    assert {run[0] for run in verdicts(place, Lens(cases=frozenset({complaint})))} == {complaint}
    assert verdicts(place, Lens(sites=frozenset({"elsewhere"}))) == {}
    assert verdicts(place, Lens(sites=frozenset({SITE}))) == verdicts(place, Lens())


def test_an_own_calendar_counts_for_every_fact(place: Watched):
    """As if the seventh of May had been a day off: the repair has a working day longer."""
    place.repair()
    cn = {"name": "cn", "years": [2026], "hours": {"mon-fri": ["08:30-12:00", "14:00-17:30"]}}
    off = {**cn, "days": {"2026-05-07": "放假"}}

    def due(lens: Lens) -> Record:
        tables = seen(place, lens)
        (row,) = tables.ask("SELECT due FROM clock_runs WHERE clock = 'complete'")
        tables.close()
        return row

    assert due(Lens(calendars=(cn,))) == due(Lens())
    assert due(Lens(calendars=(off,))) > due(Lens())


def test_rules_that_cannot_judge_are_refused(place: Watched):
    with pytest.raises(DocumentInvalid):
        seen(place, Lens(rulebook={"rulebook": "x", "clocks": {"a": {}}}))
    elsewhere = {"working": "2h", "calendar": "mars"}
    document = reply_within(1)
    clocks = {**document["clocks"], "reply": {**RULES["clocks"]["reply"], "within": elsewhere}}
    with pytest.raises(CalendarUnknown):
        seen(place, Lens(rulebook={**document, "clocks": clocks}))
