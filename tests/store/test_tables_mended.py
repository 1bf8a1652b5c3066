"""Tables that are damaged, missing or somebody else's are built anew, also while they are read."""

from __future__ import annotations

import threading

import pytest

from store.open import open_views
from store.tables import TableDb
from store.tables_sqlite import SQLiteTables
from tests.store.test_projector import happen
from tests.support.row_sets import Place, some_views

QUERY = "SELECT case_id, facts FROM seen ORDER BY case_id"
EXPECTED = [("repair-a", 2), ("repair-b", 1)]


def spoil(db: TableDb, statement: str) -> None:
    with db.writing():
        db.run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE views",
        "DROP TABLE seen_g1",
        "DROP VIEW seen",
        "ALTER TABLE seen_g1 RENAME COLUMN facts TO something_else",
        "DROP TABLE unsettled",
    ],
)
def test_missing_and_foreign_tables_are_built_anew_by_the_next_question(
    place: Place, statement: str
) -> None:
    happen(place.log, *"aab")
    projector = place.projector()
    projector.catch_up()
    if "DROP TABLE seen" in statement:
        statement += " CASCADE" if not isinstance(projector.db, SQLiteTables) else ""
    spoil(projector.db, statement)
    projector.catch_up()
    assert projector.db.ask(QUERY) == EXPECTED
    happen(place.log, *"b")
    projector.catch_up()
    assert projector.db.ask(QUERY) == [("repair-a", 2), ("repair-b", 2)]


def test_another_process_sees_that_the_file_was_replaced(place: Place) -> None:
    """It would go on writing to a file that nobody can find."""
    happen(place.log, *"aab")
    one, other = place.projector(), place.projector()
    one.catch_up()
    other.catch_up()
    one.mend()
    happen(place.log, *"b")
    other.catch_up()
    one.catch_up()
    assert one.db.ask(QUERY) == other.db.ask(QUERY) == [("repair-a", 2), ("repair-b", 2)]


def test_questions_in_many_threads_survive_the_damage(tmp_path, place: Place) -> None:
    happen(place.log, *"aab")
    db = open_views(str(tmp_path / "log.db"))
    assert isinstance(db, SQLiteTables)
    projector = some_views(place.log, db)
    projector.catch_up()
    spoil(db, "DROP TABLE seen_g1")
    answers: list[object] = []

    def ask() -> None:
        answers.append(db.ask(QUERY))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    db.close()
    assert answers == [EXPECTED] * 4
