"""For questions about cases: their history, and the open work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.engine import Engine
from api.queries.known import check_site
from api.queries.titles import AT_ONCE, Titles, runs_of
from domain.kernel.facts import kind_of
from domain.kernel.refusals import UnknownCase
from projections import board as board_view, history as history_view
from projections.instants import instant

Answer = dict[str, Any]


def local(value: int | None, zone: ZoneInfo) -> datetime | None:
    """A view's instant at the site, None where there is none."""
    return None if value is None else instant(value).astimezone(zone)


def case_named(engine: Engine, name: str) -> str:
    """The case of a number or an external number.

    Raises:
        UnknownCase: there is none, or several have the external number.
    """
    found = (
        history_view.find_case(engine.log, engine.codec, engine.projector.db, name)
        if "\0" not in name
        else None
    )
    if found is None:
        raise UnknownCase(case=name[:120])
    return found


def _stream_named(engine: Engine, name: str) -> str:
    """A case as `case_named` finds it, or a register such as `rules`.

    Raises:
        UnknownCase: there is neither.
    """
    found = None
    if "\0" not in name:
        found = history_view.find_stream(engine.log, engine.codec, engine.projector.db, name)
    if found is None:
        raise UnknownCase(case=name[:120])
    return found


def history(engine: Engine, name: str, as_of: datetime | None = None) -> Answer:
    """Every fact of a case; with `as_of`, those the log knew at that instant.

    Raises:
        UnknownCase: there is no such case, or it was not known at that instant.
    """
    case = _stream_named(engine, name)
    directory = engine.directory()
    entries = list(
        history_view.history(engine.log, engine.codec, directory.rules, case, as_of=as_of)
    )
    if not entries:
        raise UnknownCase(case=case)
    site = engine.codec.decode(engine.log.stream(case)[0]).site
    zone = directory.zone(site)
    facts = [
        entry._asdict()
        | {
            "occurred_at": entry.occurred_at.astimezone(zone),
            "recorded_at": entry.recorded_at.astimezone(zone),
            "known_at": _there(entry.known_at, zone),
            "changed": {name: _there(value, zone) for name, value in entry.changed.items()},
        }
        for entry in entries
    ]
    return {"case": case, "kind": kind_of(case), "site": site, "as_of": as_of, "facts": facts}


def _there(value: object, zone: ZoneInfo) -> object:
    """A value, an instant as it is at the site."""
    return value.astimezone(zone) if isinstance(value, datetime) else value


def numbers_elsewhere(engine: Engine, cases: Iterable[str]) -> dict[str, str]:
    """The numbers that some cases have elsewhere."""
    wanted = sorted(set(cases))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = engine.projector.db.ask(
            "SELECT case_id, external_id FROM cases"  # noqa: S608 - only question marks are put in
            f" WHERE external_id IS NOT NULL AND case_id IN ({marks})",
            some,
        )
        found.update((str(case), str(number)) for case, number in rows)
    return found


def board(engine: Engine, *, site: str | None = None, limit: int = 50, offset: int = 0) -> Answer:
    """Open cases, worst first, and how many there are.

    Raises:
        QueryInvalid: there is no such site.
    """
    check_site(engine, site)
    total, broken = board_view.size(engine.projector.db, site)
    rows = board_view.worst_first(engine.projector.db, site=site, limit=limit, offset=offset)
    return {"open": total, "broken": broken, "cases": list(_open_cases(engine, rows))}


def _open_cases(engine: Engine, rows: Sequence[board_view.BoardRow]) -> Iterator[Answer]:
    """Rows with their instants at the site, and the titles of the category and the clock."""
    directory = engine.directory()
    titles = Titles(directory)
    runs = runs_of(engine, (row.case_id for row in rows))
    rules = {(run.case, run.clock, run.due): run.rules for run in runs}
    for row in rows:
        zone, clock = directory.zone(row.site), row.clock
        known = row._asdict() | {
            "opened": local(row.opened, zone),
            "due": local(row.due, zone),
            "category_title": titles.value(row.kind, "category", row.category),
            "clock_title": None
            if clock is None
            else titles.clock(clock, rules.get((row.case_id, clock, row.due))),
        }
        yield {"case": known.pop("case_id"), **known}
