"""Whoever reads for longer than it may is stopped by the database itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from store.open import open_views
from store.tables import TableDb
from store.time_limit import TimeIsUp, check, left, limited_until, unlimited

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)"
    " SELECT count(*) FROM n"
)
SECONDS = 0.2
"""A limit that a query without end exceeds, and a small one does not."""


@pytest.fixture
def tables(address: str) -> Iterator[TableDb]:
    opened = open_views(address)
    yield opened
    opened.close()


def test_a_query_ends_with_the_time_of_its_thread(tables: TableDb) -> None:
    """Its connection answers the next one."""
    for _ in range(2):
        begun = time.monotonic()
        with limited_until(begun + SECONDS), pytest.raises(TimeIsUp):
            tables.ask(ENDLESS)
        assert time.monotonic() - begun >= SECONDS
        assert tables.ask("SELECT 1") == [(1,)]


def test_a_query_in_time_is_answered_and_what_it_says_is_its_own(tables: TableDb) -> None:
    with limited_until(time.monotonic() + 60):
        assert tables.ask("SELECT CAST(? AS INTEGER) + 1", (1,)) == [(2,)]
        with tables.writing():
            assert tables.ask("SELECT 1") == [(1,)]


def test_nothing_is_begun_when_the_time_is_up(tables: TableDb) -> None:
    """Not even waiting for tables that are being built anew."""
    with limited_until(time.monotonic()):
        with pytest.raises(TimeIsUp):
            tables.ask("SELECT 1")
        with pytest.raises(TimeIsUp):
            check()


def test_what_others_need_as_well_has_no_limit(tables: TableDb) -> None:
    """The limit holds again afterwards."""
    with limited_until(time.monotonic()):
        with unlimited():
            assert tables.ask("SELECT 1") == [(1,)]
            assert left(7.0) == 7.0
        with pytest.raises(TimeIsUp):
            left(7.0)


def test_tables_that_a_question_finds_damaged_are_mended_beyond_its_time(tables: TableDb) -> None:
    """A question that gave up would leave them to the next, which gives up as well."""
    mended = []

    def mend(_: int) -> None:
        while time.monotonic() < limit:
            pass
        with tables.writing():
            tables.run("CREATE TABLE missing (n INTEGER)")
        mended.append(tables.ask("SELECT count(*) FROM missing"))

    tables.mend = mend
    limit = time.monotonic() + SECONDS
    with limited_until(limit), pytest.raises(TimeIsUp):
        tables.ask("SELECT n FROM missing")
    assert mended == [[(0,)]]
