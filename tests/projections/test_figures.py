"""Every figure is what counting one row after the other gives, on both engines."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from api.parsing import read_period
from domain.kernel.documents import Section
from domain.kinds import KINDS
from domain.rulebook.columns import Column
from domain.rulebook.figures import columns_of, read_kpis
from domain.rulebook.kpis import PERIODS, Measure
from projections.figures import Asked, Question, evaluate, evaluate_all, listed
from store.open import MEMORY, open_views
from store.tables import TableDb
from tests.support.figure_rows import ODD_LABEL, fill, make_tables, some_cases
from tests.support.naive_figures import naive
from tests.support.postgres import PostgresServer

COMMON = [
    ("category", "water"), ("category", ["water", "power"]), ("category", "!= water"),
    ("category", ["!= water", "!= power"]), ("building", "some"), ("building", "none"),
    ("building", ["none", "1"]), ("building", "= 1"), ("building", "!= 1"),
    ("reopened", "none"), ("reopened", "some"), ("reopened", 0), ("reopened", "!= 0"),
    ("reopened", [1, 2]), ("visits", "<= 1"), ("visits", ["none", 2]), ("simple", True),
    ("simple", False), ("simple", "none"), ("priority", "> 1"), ("priority", ["none", "< 2"]),
    ("priority", "!= 2"), ("promised", "none"), ("promised", "some"), ("level", [1, 2]),
    ("nature", "complex"), ("kind", "repair"), ("site", "york"), ("label.department", "x"),
    (f"label.{ODD_LABEL}", "none"), ("label.部门", "!= y"), ("steward", "li"),
]  # fmt: skip
FACTS = [
    ("accepted", "some"), ("accepted", "none"), ("second_service", "none"), ("reported", "some"),
    ("served_after", ">= 10h"), ("served", "some"),
]  # fmt: skip
LINES = {
    "cases": [
        *COMMON, *FACTS, ("again_after", ["none", "> 24h"]), ("again_after", "<= 24h"),
        ("again_after", ["none", "< 1h"]), ("again_after", "some"), ("again_after", "!= 1h"),
        ("again_after", ["none", "= 1h"]), ("closed_after", "> 2h"), ("cycle", ">= 2"),
    ],
    "services": [
        *COMMON, *FACTS, ("answer", ["very_satisfied", "satisfied"]), ("answer", "waiting"),
        ("answer", "!= declined"), ("technician", "wu"), ("technician", "none"),
        ("served_again", True), ("served_again", False), ("cycle", 1), ("rated", "none"),
    ],
    "clocks": [
        *COMMON, ("clock", "accept"), ("verdict", "met"), ("verdict", ["met", "entered_late"]),
        ("verdict", "!= waived"), ("verdict", ["running", "paused"]), ("rungs", "some"),
        ("verdict", "some"), ("provisional", True), ("stopped_after", "<= 2h"), ("service", 1),
        ("stopped", "none"),
    ],
}  # fmt: skip
AMOUNTS = {
    "cases": ["closed_after", "closed_after_net", "served_after", "again_after", "paused",
              "visits", "priority"],
    "services": ["served_after", "visits", "cycle", "level"],
    "clocks": ["stopped_after", "rungs", "priority"],
}  # fmt: skip
AMOUNTS_OF = (Measure.SUM, Measure.MEAN, Measure.MEDIAN, Measure.P90)
DIMENSIONS = ["site", "kind", "category", "building", "technician", "simple", "visits", "level"]
OWN_DIMENSIONS = {"cases": ["cycle"], "services": ["answer", "served_again"],
                  "clocks": ["clock", "verdict", "provisional"]}  # fmt: skip
LABELS = ["label.department", f"label.{ODD_LABEL}", "label.部门"]
PERIODS_ASKED = [None, "2024", "2024-Q1", "2024-02", "2024-02-29", "2024-03..2024-11", "2025-W01",
                 "2024-H2", "2024-11-01..2024-11-02", "2020"]  # fmt: skip
SPANS = st.fixed_dictionaries(
    {"from": st.sampled_from(["reported", "accepted", "second_service"]),
     "to": st.sampled_from(["completed", "rated"]), "net": st.booleans()}
)  # fmt: skip


@st.composite
def definitions(draw: st.DrawFn) -> dict:
    """Any figure that can be written."""
    rows = draw(st.sampled_from(["cases", "services", "clocks"]))
    of = rows
    if rows == "cases":
        of = draw(st.sampled_from(["cases", "cases", "repair", ["complaint", "repair"]]))
    known = [line for line in LINES[rows] if of != "repair" or line[0] not in ("level", "nature")]
    line = st.sampled_from(known)
    document = {"of": of, "where": dict(draw(st.lists(line, max_size=2)))}
    measure = draw(st.sampled_from(["share", "count", "sum", "mean", "median", "p90", "distinct"]))
    if measure == "share":
        document["share"] = dict(draw(st.lists(line, min_size=1, max_size=2)))
    elif measure == "count":
        document["count"] = "rows"
    elif measure == "distinct":
        known = DIMENSIONS[:-1] + OWN_DIMENSIONS[rows] + ["household"]
        document["distinct"] = draw(st.sampled_from(known))
    elif rows != "clocks" and draw(st.booleans()):
        document[measure] = draw(SPANS)
    else:
        document[measure] = draw(st.sampled_from(AMOUNTS[rows][: 7 if of != "repair" else 6]))
    beside = {"cases": [None, "kind"], "services": [None, "answer", "kind"],
              "clocks": [None, "verdict", "kind"]}[rows]  # fmt: skip
    if (chosen := draw(st.sampled_from(beside))) is not None:
        document["breakdown"] = chosen
    return document


def repairs_have_no_level(document: dict) -> bool:
    """A figure over repairs cannot ask for what only complaints have."""
    of_repairs = document["where"].get("kind") == "repair"
    return not (of_repairs and {"level", "nature"} & set(re.findall(r"\w+", str(document))))


@st.composite
def dimensions(draw: st.DrawFn, of: object) -> str | None:
    rows = of if isinstance(of, str) and of in OWN_DIMENSIONS else "cases"
    known = [*DIMENSIONS, *OWN_DIMENSIONS[rows], *PERIODS, *LABELS]
    known = known if of != "repair" else [name for name in known if name != "level"]
    return draw(st.none() | st.sampled_from(known))


def asked_for(kpi, by: str | None, period: str | None, site: str | None) -> Asked:
    dimension: Column | str | None = by
    if by is not None and by not in PERIODS:
        dimension = columns_of(kpi.rows, kpi.kinds, KINDS).find(by)
        assert dimension is not None
    return Asked(by=dimension, period=read_period(period), site=site)


def read(**documents):
    return read_kpis(Section(documents), KINDS)


def compare(db: TableDb, data: st.DataObject) -> None:
    cases = data.draw(some_cases())
    fill(db, cases)
    questions = []
    for _ in range(4):
        document = data.draw(definitions().filter(repairs_have_no_level))
        by = data.draw(dimensions(document["of"]))
        period = data.draw(st.sampled_from(PERIODS_ASKED))
        site = data.draw(st.sampled_from([None, "york"]))
        (kpi,) = read(kpi=document).values()
        if by not in (None, *PERIODS) and columns_of(kpi.rows, kpi.kinds, KINDS).find(by) is None:
            by = None  # the kinds chosen have no such attribute
        asked = asked_for(kpi, by, period, site)
        days = None if asked.period is None else (asked.period.first, asked.period.last)
        whole, groups = naive(document, cases, by=by, days=days, site=site)
        found = evaluate(db, kpi, asked)
        assert_same(found.total, whole)
        expected = {name: one for name, one in groups.items() if one.shown and by is not None}
        shown = {row.group: row for row in found.rows}
        assert shown.keys() == expected.keys()
        for name, row in shown.items():
            assert_same(row, expected[name])
        assert_listed(db, kpi, asked, whole)
        questions.append(Question(kpi, asked))
        if kpi.measure in AMOUNTS_OF:  # what is made of the same values is looked up once
            more = (replace(kpi, measure=measure) for measure in AMOUNTS_OF)
            questions += [Question(one, asked) for one in more]
    assert evaluate_all(db, questions) == [evaluate(db, *question) for question in questions]


def assert_same(row, one) -> None:
    assert (row.value, row.net) == (one.value, one.net)
    assert (row.population, row.counted) == (one.population, one.counted)
    assert {name: n for name, n in row.breakdown.items() if n} == one.breakdown


def assert_listed(db: TableDb, kpi, asked: Asked, whole) -> None:
    """What is listed for and against is as much as was counted, each row once."""
    sides = (True, False) if kpi.measure == "share" else (None,)
    listings = [listed(db, kpi, asked, counted=side, limit=1000) for side in sides]
    keys = [entry.key for listing in listings for entry in listing.entries]
    assert len(keys) == len(set(keys)) == sum(listing.total for listing in listings)
    if kpi.measure != "distinct":
        assert len(keys) == whole.population
    if kpi.measure == "share":
        assert listings[0].total == whole.counted


def check(db: TableDb, examples: int) -> None:
    make_tables(db)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compared(data: st.DataObject) -> None:
        compare(db, data)

    compared()


def test_a_figure_is_what_counting_one_row_after_the_other_gives() -> None:
    with closing(open_views(MEMORY)) as db:
        check(db, 150)


def test_a_figure_is_the_same_on_postgresql(postgres_server: PostgresServer) -> None:
    with closing(open_views(postgres_server.new_database())) as db:
        check(db, 30)
