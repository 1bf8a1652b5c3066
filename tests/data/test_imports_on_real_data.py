"""Whole public data sets replayed: the figures others computed from the same files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median, quantiles

import pytest

from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.queries.figures import Wanted, figure
from commands.handler import CommandHandler
from domain.kernel.facts import Recorded
from domain.promises import Verdict

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def fact(facts: list[Recorded], word: str) -> Recorded | None:
    """The last fact of a word."""
    return next((r for r in reversed(facts) if r.fact.word == word), None)


def hours(first: Recorded, last: Recorded) -> float:
    return (last.occurred_at - first.occurred_at).total_seconds() / 3600


def figures(values: list[float]) -> dict[str, float]:
    """Number, median and the ninth decile between neighbouring values."""
    decile = quantiles(values, n=10, method="inclusive")[-1]
    return {"n": len(values), "median": round(median(values), 6), "p90": round(decile, 6)}


def test_every_request_of_boston_becomes_a_repair(boston):
    """31,828 requests, 30,081 of them closed, nothing refused."""
    expected = boston.expected
    words = Counter(r.fact.word for facts in boston.cases().values() for r in facts)
    assert (boston.result.rows, boston.result.rejects) == (expected["rows"], 0)
    assert (words["reported"], words["closed"]) == (expected["rows"], expected["closed"])
    assert boston.result.lapses == words["lapsed"]


def test_the_rulebook_sets_bostons_deadlines(boston):
    """Of the 23,419 targets its rules cover, 23,261 are met within 120 seconds."""
    covered = agree = 0
    for reported, clocks in boston.clocks():
        policy, target = clocks.get("repair.policy"), reported.fact.promised
        if policy is None or target is None:
            continue
        covered += 1
        agree += abs((policy.due - target).total_seconds()) <= 120
    assert covered == 23_419
    assert agree >= 23_261


def test_promises_are_judged_as_boston_judged_them(boston):
    """All 25,101 requests with a target, an end and a flag, and each department's share."""
    flags = {row["case_enquiry_id"]: row["ontime"] for row in boston.rows()}
    wanted = boston.expected["ontime_by_department_closed_with_target"]
    agree, closed, kept = 0, Counter(), Counter()
    for reported, clocks in boston.clocks():
        promised = clocks.get("repair.promised")
        assert (promised is None) == (reported.fact.promised is None)
        if promised is None or promised.stopped is None:
            continue
        met = promised.verdict is Verdict.MET
        assert met or promised.verdict is Verdict.LATE
        agree += flags[reported.fact.external_id] == ("ONTIME" if met else "OVERDUE")
        department = reported.fact.labels["department"]
        closed[department] += 1
        kept[department] += met
    assert agree == boston.expected["check_flag_vs_dates"]["agree_closed_le_target"]
    assert closed == {name: figure["closed_with_target"] for name, figure in wanted.items()}
    assert {name: kept[name] for name in closed} == {n: f["ontime"] for n, f in wanted.items()}
    share = round(kept.total() / closed.total(), 6)
    assert share == boston.expected["ontime_share_closed_with_target"]


def test_the_figure_by_department_is_bostons(boston):
    """Asked for by the label, over closed requests with a target: each department's share."""
    boston.engine.settle(timeout=120)
    told = figure(boston.engine, "promised_on_time", Wanted(by="department"))
    found = {
        row["group"]: {
            "closed_with_target": closed,
            "ontime": row["breakdown"]["met"],
            "share": round(row["breakdown"]["met"] / closed, 6),
        }
        for row in told["rows"]
        if (closed := row["breakdown"]["met"] + row["breakdown"]["late"])
    }
    assert found == boston.expected["ontime_by_department_closed_with_target"]


def test_the_figures_of_the_incident_log_are_those_of_its_rulebook(incidents):
    """Solved at once, and how long incidents were open, as others counted from the same file."""
    incidents.engine.settle(timeout=120)
    total = figure(incidents.engine, "first_time_fix")["total"]
    wanted = incidents.expected["first_time_fix_no_reopen_no_reassign"]
    assert (total["counted"], round(total["value"], 6)) == (wanted["n"], wanted["share"])
    hours = {
        name: round(total["beside"][f"closing.{name}"]["value"] / 3600, 6)
        for name in ("mean", "median", "p90")
    }
    expected = incidents.expected["hours_open_to_closed"]
    assert hours == {name: expected[name] for name in hours}
    assert total["beside"]["closing.mean"]["population"] == expected["n"]


def test_the_figures_of_complaints_are_those_of_its_rulebook(complaints):
    """Replies in time by each clock, and how many days they took."""
    complaints.engine.settle(timeout=120)
    rows = figure(complaints.engine, "replied_on_time")["rows"]
    met = {row["group"]: row["counted"] for row in rows}
    for label, key in (("cn", "working_days_cn"), ("naive", "weekdays_naive")):
        wanted = complaints.expected[f"replied_within_{key}"]
        assert {n: met[f"complaint.replied_{label}_{n}"] for n in wanted} == wanted
    total = figure(complaints.engine, "time_to_reply")["total"]
    days = complaints.expected["days_to_reply"]
    assert round(total["value"] / 86400, 6) == days["median"]
    assert round(total["beside"]["time_to_reply.p90"]["value"] / 86400, 6) == days["p90"]


def test_every_miss_is_recorded_at_its_due_instant(boston):
    """The import leaves each lapse at the instant it was due, in the order of instants."""
    found = [
        boston.handler.codec.decode(row)
        for page in boston.handler.log.follow(0)
        for row in page
        if row.topic == "DeadlineLapsed"
    ]
    assert [r.recorded_at for r in found] == sorted(r.recorded_at for r in found)
    late = [r for r in found if r.recorded_at != r.fact.due]
    assert len(late) <= 3  # targets written before the request was opened


def test_incidents_are_reopened_as_often_as_their_counters_say(incidents):
    """For all 17,392 incidents the reopenings in the log equal the recorded counter."""
    wanted = {row["number"]: int(row["reopen_count"]) for row in incidents.rows()}
    cases = incidents.cases()
    reopened = {
        facts[0].fact.external_id: sum(r.fact.word == "reopened" for r in facts)
        for facts in cases.values()
    }
    assert len(reopened) == incidents.expected["incidents"] == 17_392
    assert reopened == wanted
    share = sum(map(bool, reopened.values())) / len(reopened)
    assert round(share, 6) == incidents.expected["reopen"]["share"]


def test_incidents_take_as_long_as_recorded(incidents):
    """Opening to resolution, where its time was kept, and opening to closing."""
    resolved, closed = [], []
    for facts in incidents.cases().values():
        done, end = fact(facts, "completed"), fact(facts, "closed")
        if done is not None and done.fact.by != "state log":
            resolved.append(hours(facts[0], done))
        closed.append(hours(facts[0], end))
    for found, key in ((resolved, "hours_open_to_resolved"), (closed, "hours_open_to_closed")):
        wanted = incidents.expected[key]
        assert figures(found) == {name: wanted[name] for name in ("n", "median", "p90")}
        assert round(sum(found) / len(found), 6) == wanted["mean"]


def test_incidents_solved_at_once(incidents):
    """Never reopened and never sent on."""
    solved = 0
    for facts in incidents.cases().values():
        words = Counter(r.fact.word for r in facts)
        solved += words["reopened"] == 0 and words["dispatched"] == 1
    assert solved == incidents.expected["first_time_fix_no_reopen_no_reassign"]["n"]
    assert incidents.result.rejects == 0


def test_the_recorded_verdict_on_incidents_is_close_to_the_rulebook(incidents):
    """The desk's thresholds are not known: ours agree with more than 98 % of its verdicts."""
    wanted = {row["number"]: row["made_sla"] == "true" for row in incidents.rows()}
    agree = sum(
        (clocks["repair.closed"].verdict is Verdict.MET) == wanted[reported.fact.external_id]
        for reported, clocks in incidents.clocks()
    )
    assert agree / incidents.expected["incidents"] > 0.98


def test_replies_are_counted_in_working_days(complaints):
    """Within 1 to 60 working days, with make-up workdays and by weekdays: both rows exactly."""
    met = Counter()
    for _, clocks in complaints.clocks():
        met.update(name for name, clock in clocks.items() if clock.verdict is Verdict.MET)
    for label, key in (("cn", "working_days_cn"), ("naive", "weekdays_naive")):
        wanted = complaints.expected[f"replied_within_{key}"]
        assert {n: met[f"complaint.replied_{label}_{n}"] for n in wanted} == wanted
    assert complaints.result.rejects == 0


@pytest.mark.parametrize("name", ["boston", "incidents", "complaints"])
def test_living_a_history_twice_adds_nothing(name, request):
    """The second import answers every command as the first did and refuses the same rows."""
    lived = request.getfixturevalue(name)
    mapping = load_mapping(EXAMPLES / lived.folder.name / "mapping.yaml")
    head = lived.handler.log.head()
    again = backfill(mapping, lived.file, CommandHandler(lived.handler.log))
    assert (again.facts, again.commands, lived.handler.log.head()) == (0, 0, head)
    assert again.repeated == lived.result.commands
    assert again.codes == lived.result.codes


def test_what_is_recorded_never_goes_back_in_time(boston, incidents, complaints):
    """The log learned everything in the order of its positions."""
    for lived in (boston, incidents, complaints):
        recorded = [
            lived.handler.codec.decode(row).recorded_at
            for page in lived.handler.log.follow(0)
            for row in page
        ]
        assert recorded == sorted(recorded)
