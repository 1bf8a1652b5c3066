"""What a rulebook can say of figures, and how every fault names its place and what to do."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from domain.kernel.documents import DocumentInvalid
from domain.kinds import KINDS
from domain.kinds.aftercare import NonAnswer, Rating
from domain.promises import Verdict
from domain.rulebook.columns import ANSWERS, JUDGED, OWN, VERDICTS, WAITING, Type
from domain.rulebook.kpis import Comparison, Measure, Span, Unit
from domain.rulebook.reader import read_rulebook
from domain.rulebook.standard import standard_kpis
from projections import services
from projections.cases import Cases
from projections.clock_runs import CLOCK_RUNS
from projections.figures.sources import SETS
from projections.services import SERVICES
from tests.support.scenario import book

SHARE = {"share": {"reopened": "none"}}
TABLES = {"cases": Cases(KINDS).tables[0], "services": SERVICES, "clocks": CLOCK_RUNS}


def read(**kpi):
    """The figure `k` of a rulebook with one clock for complaints, named `reply`."""
    return read_rulebook(book({}) | {"kpis": {"k": kpi, "other": {"of": "cases", **SHARE}}},
                         kinds=KINDS).kpis["k"]  # fmt: skip


def written(**kpi):
    return {"of": "cases", **kpi}


# ---------------------------------------------------------------------- what is read


def test_a_figure_says_all_it_can_say():
    kpi = read(
        title="答复按时率", of="clocks", where={"clock": "reply", "level": [2, 3]},
        share={"verdict": ["met", "entered_late"]}, target=">= 90%", period="month",
        by=["steward", "label.department"], beside="other", obligations=[20, 129],
    )  # fmt: skip
    assert (kpi.name, kpi.title, kpi.rows, kpi.measure) == ("k", "答复按时率", "clocks", "share")
    assert [line.column.name for line in kpi.where] == ["clock", "level"]
    assert kpi.where[1].comparisons == (Comparison("=", 2), Comparison("=", 3))
    assert kpi.share[0].comparisons == (Comparison("=", "met"), Comparison("=", "entered_late"))
    assert kpi.target is not None
    assert (kpi.target.operator, kpi.target.value) == (">=", Fraction(9, 10))
    assert (kpi.period, kpi.unit, kpi.beside) == ("month", Unit.PERCENT, ("other",))
    assert [(column.name, column.origin) for column in kpi.by] == [
        ("steward", "case"), ("department", "label"),
    ]  # fmt: skip
    assert kpi.breakdown is not None
    assert kpi.breakdown.name == "verdict"
    assert kpi.obligations == (20, 129)
    assert kpi.written["share"] == {"verdict": ["met", "entered_late"]}


@pytest.mark.parametrize(
    ("value", "comparisons", "every"),
    [
        ("water", [("=", "water")], False),
        (["water", "none"], [("=", "water"), ("none", None)], False),
        ("= none", [("=", "none")], False),
        ("!= water", [("!=", "water")], False),
        (["!= water", "!=power"], [("!=", "water"), ("!=", "power")], True),
        ("some", [("some", None)], False),
    ],
)
def test_a_text_is_compared(value, comparisons, every):
    (line,) = read(of="cases", count="rows", where={"category": value}).where
    assert [tuple(one) for one in line.comparisons] == comparisons
    assert line.every is every


@pytest.mark.parametrize(
    ("name", "value", "operator", "operand"),
    [
        ("visits", 2, "=", 2), ("visits", "<= 1", "<=", 1), ("priority", ">-1", ">", -1),
        ("simple", True, "=", True), ("simple", "!= true", None, None),
        ("again_after", "> 168h", ">", timedelta(days=7) // timedelta(microseconds=1)),
        ("closed_after", "<1h30m", "<", timedelta(minutes=90) // timedelta(microseconds=1)),
        ("promised", "none", "none", None), ("accepted", "some", "some", None),
        ("label.颜色", "红", "=", "红"),
    ],
)  # fmt: skip
def test_each_type_is_compared_in_its_own_way(name, value, operator, operand):
    if operator is None:
        with pytest.raises(DocumentInvalid):
            read(of="cases", count="rows", where={name: value})
        return
    (line,) = read(of="cases", count="rows", where={name: value}).where
    assert line.comparisons == (Comparison(operator, operand),)


@pytest.mark.parametrize(
    ("figure", "unit"),
    [
        (SHARE, Unit.PERCENT), ({"count": "rows"}, Unit.NUMBER), ({"mean": "visits"}, Unit.NUMBER),
        ({"distinct": "household"}, Unit.NUMBER), ({"p90": "closed_after"}, Unit.DURATION),
        ({"median": {"from": "accepted", "to": "completed"}}, Unit.DURATION),
        ({"sum": "priority"}, Unit.NUMBER),
    ],
)  # fmt: skip
def test_the_unit_follows_from_what_is_computed(figure, unit):
    kpi = read(of="cases", **figure)
    assert (kpi.unit, kpi.judged_in) == (unit, unit)
    change = read(of="cases", **figure, change="last_year", period="year", target="<= -15%")
    assert (change.unit, change.judged_in) == (unit, Unit.PERCENT)
    assert change.target is not None
    assert change.target.value == Fraction(-15, 100)


@pytest.mark.parametrize(
    ("figure", "target", "value"),
    [
        (SHARE, "= 100%", 1), (SHARE, "> 99.5%", Fraction(199, 200)),
        (SHARE, "<90%", Fraction(9, 10)),
        ({"count": "rows"}, ">= 20", 20), ({"mean": "visits"}, "<= 1.5", Fraction(3, 2)),
        ({"mean": "closed_after"}, "<= 4h", 4 * 3600 * 10**6),
        ({"mean": "closed_after"}, "< 1h30m", 5400 * 10**6),
    ],
)  # fmt: skip
def test_a_target_is_read_in_the_figures_unit(figure, target, value):
    kpi = read(of="cases", **figure, target=target, period="month")
    assert kpi.target is not None
    assert kpi.target.value == value


def test_a_span_names_two_facts():
    kpi = read(of="repair", mean={"from": "accepted", "to": "completed", "net": True})
    assert kpi.span == Span("accepted", "completed", net=True)
    assert [line.column.name for line in kpi.of] == ["kind"]


def test_kinds_that_are_chosen_decide_what_can_be_asked():
    kpi = read(of="services", where={"kind": "repair"}, share={"simple": True})
    assert kpi.kinds == {"repair"}
    assert read(of=["complaint", "repair"], share={"simple": True, "level": 1}).kinds == {
        "complaint", "repair",
    }  # fmt: skip


def test_a_measure_adds_up_or_it_does_not():
    assert {measure for measure in Measure if measure.adds_up} == {"count", "sum", "distinct"}


# ---------------------------------------------------------------------- what is refused

FAULTS = [
    ({"of": "cases"}, (), "say exactly one of: share, count, sum, mean, median, p90, distinct"),
    (written(count="rows", mean="visits"), (), "say exactly one of"),
    (written(count="cases"), ("count",), "`count: rows`"),
    ({**SHARE}, (), "'of' is missing"),
    ({"of": [], **SHARE}, ("of",), "empty"),
    ({"of": "tickets", **SHARE}, ("of",), "known: cases, clocks, complaint, repair, services"),
    ({"of": ["repair", "cases"], **SHARE}, ("of", 1), "known: complaint, repair"),
    ({"of": "site", **SHARE}, ("of",), "unknown row set or kind 'site'"),
    ({"of": 3, **SHARE}, ("of",), "must be a text"),
    (written(**SHARE, shape="round"), ("shape",), "unknown key 'shape'"),
    (written(**SHARE, title=3), ("title",), "must be a text"),
    (written(share={}), ("share",), "always 100 %"),
    (written(share="reopened"), ("share",), "mapping"),
    (written(share={"chanel": "app"}), ("share", "chanel"), "unknown attribute 'chanel'; known: "),
    (written(share={"label.": "app"}), ("share", "label."), "unknown attribute"),
    (written(share={"warned": "some"}), ("share", "warned"), "unknown attribute 'warned'"),
    ({"of": "repair", "share": {"level": 1}}, ("share", "level"), "unknown attribute 'level'"),
    ({"of": "clocks", "share": {"accepted": "some"}}, ("share", "accepted"), "unknown attribute"),
    (
        {"of": "services", "where": {"kind": "repair"}, "share": {"nature": "complex"}},
        ("share", "nature"), "unknown attribute",
    ),
    (written(share={"priority": "3"}), ("share", "priority"), "write 2 or"),
    (written(share={"priority": True}), ("share", "priority"), "is a number"),
    (written(share={"priority": "<= x"}), ("share", "priority"), "is a number"),
    (written(share={"visits": [1, "two"]}), ("share", "visits", 1), "is a count"),
    (written(share={"visits": 1.5}), ("share", "visits"), "is a count"),
    (written(share={"category": 3}), ("share", "category"), "write it in quotes"),
    (written(share={"category": ""}), ("share", "category"), "write it in quotes"),
    (written(share={"category": "< x"}), ("share", "category"), "is a text"),
    (written(share={"category": []}), ("share", "category"), "is a text"),
    (written(share={"category": None}), ("share", "category"), "is a text"),
    (written(share={"category": {"a": 1}}), ("share", "category"), "is a text"),
    (written(share={"category": ["a", "!= b"]}), ("share", "category"), "not both"),
    (written(share={"simple": 1}), ("share", "simple"), "true or false"),
    (written(share={"promised": "2026-01-01"}), ("share", "promised"), "some or none"),
    (written(share={"accepted": True}), ("share", "accepted"), "is a fact"),
    (written(share={"again_after": "168h"}), ("share", "again_after"), "compare it"),
    (written(share={"again_after": "> 7"}), ("share", "again_after"), "not a duration"),
    (written(share={"nature": "odd"}), ("share", "nature"), "known: complex, general"),
    (written(share={"nature": "!= odd"}), ("share", "nature"), "unknown nature 'odd'"),
    (written(**SHARE, where={"kind": "finding"}), ("where", "kind"), "unknown kind 'finding'"),
    ({"of": "services", "share": {"answer": "happy"}}, ("share", "answer"), "unknown answer"),
    ({"of": "clocks", "share": {"verdict": "good"}}, ("share", "verdict"), "known: cancelled"),
    (
        {"of": "clocks", "where": {"clock": "no"}, "share": {"verdict": "met"}},
        ("where", "clock"), "unknown clock 'no'; known: reply",
    ),
    (
        {"of": "clocks", "where": {"kind": "repair", "clock": "reply"}, "count": "rows"},
        ("where", "clock"), "unknown clock 'reply'",
    ),
    (written(mean="category"), ("mean",), "unknown amount 'category'"),
    (written(mean="promised"), ("mean",), "unknown amount 'promised'"),
    (written(sum="accepted"), ("sum",), "unknown amount 'accepted'"),
    (written(median="luck"), ("median",), "unknown attribute 'luck'"),
    (written(p90=["closed_after"]), ("p90",), "unknown attribute"),
    (written(distinct="closed_after"), ("distinct",), "could differ"),
    (written(distinct={"from": "accepted", "to": "closed"}), ("distinct",), "unknown attribute"),
    (written(mean={"from": "accepted"}), ("mean",), "'to' is missing"),
    (written(mean={"from": "accepted", "to": "done"}), ("mean", "to"), "unknown fact 'done'"),
    (written(mean={"from": "closed", "to": "closed"}), ("mean",), "name two"),
    (written(mean={"from": "accepted", "to": "closed", "x": 1}), ("mean", "x"), "unknown key"),
    (written(mean={"from": "accepted", "to": "closed", "net": "no"}), ("mean", "net"), "true or"),
    (
        {"of": "complaint", "mean": {"from": "lodged", "to": "completed"}}, ("mean", "to"),
        "unknown fact 'completed'",
    ),
    ({"of": "clocks", "mean": {"from": "lodged", "to": "closed"}}, ("mean",), "name a column"),
    (written(**SHARE, target=">= 90"), (), "needs a period"),
    (written(**SHARE, target=">= 90", period="month"), ("target",), "this figure is a percent"),
    (written(**SHARE, target="90%", period="month"), ("target",), "no target here"),
    (written(**SHARE, target=90, period="month"), ("target",), "no target here"),
    (written(**SHARE, target="!= 90%", period="month"), ("target",), "no target here"),
    (written(count="rows", target=">= 90%", period="month"), ("target",), "is a number"),
    (written(count="rows", target=">= 4h", period="month"), ("target",), "is a number"),
    (written(mean="closed_after", target="<= 4", period="month"), ("target",), "is a duration"),
    (written(mean="closed_after", target="<= xh", period="month"), ("target",), "not a duration"),
    (written(**SHARE, period="fortnight"), ("period",), "known: day, half_year, month"),
    (written(**SHARE, period=["month"]), ("period",), "unknown period"),
    (written(**SHARE, change="last_month", period="month"), ("change",), "known: last_period"),
    (written(**SHARE, change="last_year"), (), "needs a period"),
    (written(count="rows", change="last_year", period="year", target="> 3"), ("target",), "cent"),
    (written(**SHARE, by="colour"), ("by",), "unknown attribute 'colour'"),
    (written(**SHARE, by=["category", "closed"]), ("by", 1), "unknown dimension 'closed'"),
    (written(**SHARE, by="accepted"), ("by",), "unknown dimension 'accepted'"),
    (written(**SHARE, breakdown="category"), ("breakdown",), "known: kind, nature"),
    (written(**SHARE, breakdown="colour"), ("breakdown",), "unknown attribute"),
    (written(**SHARE, beside="luck"), ("beside", 0), "unknown figure 'luck'; known: other"),
    (written(**SHARE, beside=["other", "k"]), ("beside", 1), "unknown figure 'k'"),
    (written(**SHARE, beside=3), ("beside",), "must be a text"),
    (written(**SHARE, obligations=[0]), ("obligations", 0), "whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("kpi", "path", "sentence"), FAULTS)
def test_every_fault_names_its_place_and_what_to_do(kpi, path, sentence):
    with pytest.raises(DocumentInvalid) as fault:
        read(**kpi)
    assert fault.value.path == ("kpis", "k", *path)
    assert sentence in fault.value.sentence
    assert fault.value.sentence.endswith(".")


def test_a_name_is_lower_case_words():
    document = book({}) | {"kpis": {"First-Time": {"of": "cases", **SHARE}}}
    with pytest.raises(DocumentInvalid, match="lower case words"):
        read_rulebook(document, kinds=KINDS)


# ---------------------------------------------------------------------- what there is


def test_every_column_that_can_be_asked_for_is_in_its_table_or_computed():
    for rows, table in TABLES.items():
        for column in OWN[rows]:
            known = column.name in table.names or column.name in SETS[rows].made
            assert known, (rows, column.name)


def test_answers_and_verdicts_are_those_of_the_domain():
    assert set(ANSWERS) == {*map(str, Rating), *map(str, NonAnswer), WAITING}
    assert services.WAITING == WAITING
    assert set(map(str, Verdict)) <= set(VERDICTS)
    assert set(VERDICTS) - set(JUDGED) == {"running", "paused", "cancelled"}


def test_the_standard_figures_are_definitions_like_any_other():
    known = standard_kpis(KINDS)
    assert {"first_time_fix", "satisfaction", "on_time"} <= known.keys()
    assert all(set(kpi.beside) <= known.keys() for kpi in known.values())


PLAN = {
    "satisfaction.services": {
        "of": "services", "where": {"answer": list(ANSWERS[:4])},
        "share": {"answer": ["very_satisfied", "satisfied"]}, "target": ">= 95%", "period": "year",
        "by": ["building", "category", "steward", "technician"],
    },
    "reports.first_time": {
        "of": "repair", "where": {"reported": "some"},
        "share": {"reopened": "none", "second_service": "none", "visits": "<= 1",
                  "again_after": ["none", "> 168h"]},
        "target": ">= 90%", "period": "month", "by": ["category", "technician", "steward"],
    },
    "complaints.first_time": {
        "of": "complaint", "share": {"second_service": "none", "again_after": ["none", "> 168h"]},
        "target": ">= 90%", "period": "month",
    },
    "repairs.handling_net": {
        "of": "repair", "mean": {"from": "accepted", "to": "completed", "net": True},
        "target": "<= 4h", "period": "month", "beside": ["repairs.handling_p90"],
    },
    "repairs.handling_p90": {
        "of": "repair", "p90": {"from": "accepted", "to": "completed", "net": True},
        "period": "month",
    },
    "orders.time_change": {
        "of": "repair", "where": {"reported": "some"},
        "mean": {"from": "reported", "to": "completed"},
        "change": "last_year", "target": "<= -15%", "period": "year",
    },
    "orders.on_time": {
        "of": "clocks", "where": {"kind": ["complaint", "repair"]}, "share": {"verdict": "met"},
        "target": ">= 95%", "period": "month", "by": ["steward"],
    },
    "follow_up.complaints": {
        "of": "clocks", "where": {"clock": "reply", "kind": "complaint"},
        "share": {"verdict": ["met", "late"]}, "target": "= 100%", "period": "month",
    },
    "bad_ratings.served_again": {
        "of": "services", "where": {"answer": "dissatisfied"}, "share": {"served_again": True},
        "target": "= 100%", "period": "month",
    },
    "promises.on_time": {
        "of": "clocks", "share": {"verdict": "met"}, "period": "month", "by": ["clock", "steward"],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PLAN)
def test_the_plans_figures_over_cases_services_and_clocks_can_be_said(name):
    kpi = read_rulebook(book({}) | {"kpis": PLAN}, kinds=KINDS).kpis[name]
    assert kpi.name == name


def test_a_fact_that_bears_the_name_of_an_attribute_means_the_attribute():
    (line,) = read(of="repair", share={"reopened": "none"}).share
    assert (line.column.type, line.column.origin) == (Type.COUNT, "case")
