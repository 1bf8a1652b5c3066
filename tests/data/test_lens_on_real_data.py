"""Public data sets through a lens: what the live tables say, said then, or would have said."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from api.queries import figures
from api.queries.compared import compare
from api.view import through
from domain.kinds import KINDS
from projections.lens import Lens, position_at
from projections.row_sets import row_sets
from store.codec import Codec
from store.open import MEMORY, open_views
from store.rows import instant
from tests.support.lensed import Dump, dump
from tests.support.lived import Lived
from tests.support.until import LogUntil

SETS = ("boston", "incidents", "complaints")
INSTANTS = int(os.environ.get("GUANJIA_INSTANTS", "4"))
"""How many instants of each data set are looked at; a campaign takes fifty."""


@pytest.fixture(params=SETS)
def lived(request: pytest.FixtureRequest) -> Lived:
    found: Lived = request.getfixturevalue(request.param)
    return found


def rows(lived: Lived, lens: Lens) -> Dump:
    with through(lived.engine, lens) as view:
        return dump(view.tables)


def live(lived: Lived) -> Dump:
    lived.engine.settle(timeout=600)
    return dump(lived.engine.tables)


def totals(view: Any) -> dict[str, object]:
    return {name: figures.figure(view, name)["total"] for name in figures.names(view)}


def test_as_of_the_end_every_row_and_figure_is_that_of_the_live_tables(lived: Lived):
    head = lived.engine.log.head()
    expected = live(lived)
    assert expected["cases"]
    with through(lived.engine, Lens(until=head)) as view:
        assert dump(view.tables) == expected
        assert totals(view) == totals(lived.engine)


def test_as_if_by_its_own_rulebook_every_row_and_figure_is_the_same(lived: Lived):
    """The import lets every deadline fall due in its own time, so judging anew changes nothing."""
    document = lived.engine.directory().rules.rulebook_document()
    assert document is not None
    expected = live(lived)
    with through(lived.engine, Lens(until=lived.engine.log.head(), rulebook=document)) as view:
        assert dump(view.tables) == expected
        assert totals(view) == totals(lived.engine)


def test_as_of_any_instant_the_rows_are_those_of_the_live_tables_then(lived: Lived):
    """The live tables followed the log fact by fact up to there; the lens folds every case once."""
    log = lived.engine.log
    chooser = random.Random(lived.file.name)
    first, last = (instant(log.rows(at, 1)[0].recorded_at) for at in (0, log.head() - 1))
    span = (last - first).total_seconds()
    at = sorted(first + timedelta(seconds=chooser.uniform(0, span)) for _ in range(INSTANTS))
    growing = LogUntil(log)
    projector = row_sets(growing, open_views(MEMORY), Codec(KINDS))
    for moment in at:
        growing.until = position_at(log, moment, log.head())
        projector.catch_up()
        assert dump(projector.db) == rows(lived, Lens(known_at=moment))
    projector.db.close()


# ---------------------------------------------------------------------- US federal holidays

HOLIDAYS = {
    date(2011, 7, 4): "Independence Day",
    date(2011, 9, 5): "Labor Day",
    date(2011, 10, 10): "Columbus Day",
    date(2011, 11, 11): "Veterans Day",
    date(2011, 11, 24): "Thanksgiving",
    date(2011, 12, 26): "Christmas Day, observed",
    date(2012, 1, 2): "New Year's Day, observed",
}


def works(day: date, off: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in off


def following(day: date, off: frozenset[date]) -> date:
    day += timedelta(days=1)
    while not works(day, off):
        day += timedelta(days=1)
    return day


def business_due(start: datetime, days: int, off: frozenset[date]) -> datetime:
    """So many business days later at the clock time of the start, one day after the other."""
    day, clock = start.date(), start.time()
    if not works(day, off):
        day = following(day, off)
    if clock >= time(17):
        day, clock = following(day, off), time(8, 30)
    for _ in range(days):
        day = following(day, off)
    return datetime.combine(day, clock)


def requests(lived: Lived) -> Iterator[tuple[str, str, int, datetime, datetime | None]]:
    """Each request that the city's rules count in business days: its number, opening and end."""
    text = (lived.folder / "sla_policy.json").read_text("utf-8")
    rules = {(rule["type"], rule["queue"]): rule for rule in json.loads(text)}
    for row in lived.rows():
        rule = rules.get((row["type"], row["queue"]))
        if rule is not None and rule["rule"] == "business_days":
            ended = row["closed_dt"]
            yield (
                f"repair-boston311-{row['case_enquiry_id']}",
                row["type"],
                int(rule["n"]),
                datetime.fromisoformat(row["open_dt"]),
                datetime.fromisoformat(ended) if ended else None,
            )


def test_boston_as_if_federal_holidays_were_days_off(boston: Lived):
    """Exactly the verdicts flip that counting the days one by one says."""
    engine, head = boston.engine, boston.engine.log.head()
    zone = engine.directory().zone("boston")
    end = instant(engine.log.rows(head - 1, 1)[0].recorded_at).astimezone(zone).replace(tzinfo=None)
    expected = {}
    for case, _, days, opened, closed in requests(boston):
        verdicts = []
        for off in (frozenset(), frozenset(HOLIDAYS)):
            due = business_due(opened, days, off)
            if closed is None:
                verdicts.append("lapsed" if due <= end else "running")
            else:
                verdicts.append("met" if closed <= due else "late")
        if verdicts[0] != verdicts[1]:
            expected[case] = tuple(verdicts)
    calendar = {
        "name": "boston_weekdays",
        "hours": {"mon-fri": ["08:30-17:00"]},
        "days": {day.isoformat(): name for day, name in HOLIDAYS.items()},
    }
    told = compare(engine, Lens(until=head, calendars=(calendar,)), limit=100_000)
    flipped = {
        run["case"]: (run["before"], run["after"])
        for run in told["runs"]["runs"]
        if run["clock"] == "repair.policy" and run["before"] != run["after"]
    }
    assert flipped == expected
    assert len(expected) > 50
    kept = Counter(after for _, after in expected.values())
    assert kept["met"] == told["kpis"][0]["won"] or kept["met"] > 0
