"""A question finds in the columns it reads what it finds in whole tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from domain.kinds import KINDS
from projections.clock_runs import counts
from projections.figures import evaluate, listed
from projections.lens import Lens, focus
from projections.replay import Wanted, batches, fill, make
from store.fleeting import FleetingTables, Reads
from store.register_reader import DirectoryReader
from store.tables import TableDb
from tests.support.figures import asked, kpi
from tests.support.lensed import Story, seen
from tests.support.neighbourhood import Neighbourhood
from tests.support.scenario import CODEC

SPAN = {"from": "reported", "to": "completed", "net": True}
FIGURES = (
    ({"of": "clocks", "share": {"verdict": "met"}}, None),
    ({"of": "clocks", "share": {"verdict": "met"}, "breakdown": "verdict"}, "clock"),
    ({"of": "clocks", "mean": "lateness"}, "month"),
    ({"of": "clocks", "p90": "consumed", "where": {"category": "some"}}, "building"),
    ({"of": "clocks", "sum": "rungs", "where": {"late_entries": 0}}, "kind"),
    ({"of": "services", "share": {"answer": ["satisfied", "very_satisfied"]}}, "technician"),
    ({"of": "services", "share": {"served_again": False}}, None),
    ({"of": "services", "mean": SPAN}, "site"),
    ({"of": "cases", "share": {"again_after": ["none", "> 24h"]}}, "category"),
    ({"of": "cases", "median": SPAN}, None),
    ({"of": "cases", "count": "rows", "where": {"second_service": "none"}}, "day"),
    ({"of": "repair", "distinct": "household"}, None),
    ({"of": "cases", "mean": "closed_after_net", "where": {"label.department": "none"}}, None),
)


@pytest.fixture(scope="module")
def place() -> Iterator[Neighbourhood]:
    story = Story(3).goes_on(80)
    yield story.place
    story.place.close()


def reads_of(question) -> Reads:
    with closing(FleetingTables()) as empty:
        make(empty, Wanted().sets(KINDS))
        return empty.reads(question)


def narrowly(place: Neighbourhood, question):
    """What a question finds in tables that hold no more than it reads."""
    wanted = Wanted(reads=reads_of(question))
    held = focus(Lens(), place.log, DirectoryReader(place.log, CODEC), KINDS, place.now)
    with closing(FleetingTables()) as tables:
        found = batches(held, place.log, CODEC, wanted)
        fill(tables, wanted.sets(KINDS), found, lambda *_: None, held.until)
        return question(tables)


@pytest.mark.parametrize(("written", "by"), FIGURES)
def test_a_figure_is_the_same(place: Neighbourhood, written: dict[str, object], by: str | None):
    figure = kpi(**written)
    how = asked(figure, by)

    def question(db: TableDb) -> object:
        page = listed(db, figure, how, counted=None, limit=1000)
        return evaluate(db, figure, how), page

    with closing(seen(place, Lens())) as whole:
        found = question(whole)
        assert narrowly(place, question) == found
        alone = evaluate(whole, figure, how)
    assert narrowly(place, lambda db: evaluate(db, figure, how)) == alone


def test_a_figure_reads_only_what_it_is_made_of():
    figure = kpi(of="clocks", share={"verdict": "met"})
    assert reads_of(lambda db: evaluate(db, figure, asked(figure))) == {
        "clock_runs": frozenset({"verdict"})
    }


def test_a_question_that_only_counts_has_something_to_count(place: Neighbourhood):
    def count(db: TableDb) -> object:
        return db.ask("SELECT count(*) FROM services")

    assert narrowly(place, count) == place.db.ask("SELECT count(*) FROM services")
    assert narrowly(place, counts) == counts(place.db)


def test_with_the_case_comes_what_names_a_row():
    """What asks for other rows of a case finds them by its key, and by the indexes."""
    wanted = Wanted(reads={"cases": frozenset({"case_id"}), "services": frozenset({"case_id"})})
    cases, services = (row_set.tables[0] for row_set in wanted.sets(KINDS))
    assert (cases.names, cases.key, cases.indexes) == (("case_id",), ("case_id",), ())
    assert services.names == services.key == ("case_id", "cycle")
    again = frozenset({"case_id", "site", "household", "category", "opened"})
    ((again_cases,),) = (row_set.tables for row_set in Wanted(reads={"cases": again}).sets(KINDS))
    assert again_cases.indexes == ("(site, household, category, opened)",)
