"""Answers questions about cases: their history, and the open work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.queries.known import check_site
from api.queries.sentences import Sentences
from api.queries.titles import Titles, rows_of, runs_of
from api.view import View
from domain.kernel.facts import kind_of
from domain.kernel.refusals import UnknownCase
from projections import board as board_view, history as history_view
from projections.instants import instant

Answer = dict[str, Any]


def local(value: int | None, zone: ZoneInfo) -> datetime | None:
    """An instant of a row at the site, None where there is none."""
    return None if value is None else instant(value).astimezone(zone)


def case_named(view: View, name: str) -> str:
    """The case of a number or an external number.

    Raises:
        UnknownCase: there is none, or several have the external number.
    """
    found = (
        history_view.find_case(view.log, view.codec, view.tables, name)
        if "\0" not in name
        else None
    )
    if found is None:
        raise UnknownCase(case=name[:120])
    return found


def stream_named(view: View, name: str) -> str:
    """A case as `case_named` finds it, or a register such as `rules`.

    Raises:
        UnknownCase: there is neither.
    """
    found = None
    if "\0" not in name:
        found = history_view.find_stream(view.log, view.codec, view.tables, name)
    if found is None:
        raise UnknownCase(case=name[:120])
    return found


def history(view: View, name: str) -> Answer:
    """Every fact of a case or a register.

    What a lens judges anew has no command: it is not in the log.

    Raises:
        UnknownCase: there is no such case, or it is not seen through the lens.
    """
    case = stream_named(view, name)
    recorded = view.facts(case)
    if not recorded:
        raise UnknownCase(case=case)
    entries, site = history_view.history(recorded, view.directory().rules), recorded[0].site
    directory = view.directory()
    zone, titles = directory.zone(site), Titles(directory)
    facts = [_told(entry, kind_of(case), zone, titles) for entry in entries]
    return {"case": case, "kind": kind_of(case), "site": site, "facts": facts}


def _told(entry: history_view.Entry, kind: str, zone: ZoneInfo, titles: Titles) -> Answer:
    """A fact with its instants at the site, and as a sentence in both languages."""
    told = entry._asdict()
    del told["content"]
    said = Sentences(kind, zone, titles, entry.rules).of(entry.content)
    return told | {
        "detail": str(said),
        "detail_zh": said.zh,
        "occurred_at": entry.occurred_at.astimezone(zone),
        "recorded_at": entry.recorded_at.astimezone(zone),
        "known_at": _there(entry.known_at, zone),
        "changed": {name: _there(value, zone) for name, value in entry.changed.items()},
    }


def _there(value: object, zone: ZoneInfo) -> object:
    """A value, an instant as it is at the site."""
    return value.astimezone(zone) if isinstance(value, datetime) else value


def numbers_elsewhere(view: View, cases: Iterable[str]) -> dict[str, str]:
    """The numbers that some cases have elsewhere."""
    chosen = "SELECT case_id, external_id FROM cases WHERE external_id IS NOT NULL AND"
    return {str(case): str(number) for case, number in rows_of(view, chosen, cases)}


def board(view: View, *, site: str | None = None, limit: int = 50, offset: int = 0) -> Answer:
    """Open cases, worst first, and how many there are.

    Raises:
        QueryInvalid: there is no such site.
    """
    check_site(view, site)
    total, broken = board_view.size(view.tables, site)
    rows = board_view.worst_first(view.tables, site=site, limit=limit, offset=offset)
    return {"open": total, "broken": broken, "cases": list(_open_cases(view, rows))}


def _open_cases(view: View, rows: Sequence[board_view.BoardRow]) -> Iterator[Answer]:
    """Rows with their instants at the site, and the titles of the category and the clock."""
    directory = view.directory()
    titles = Titles(directory)
    runs = runs_of(view, (row.case_id for row in rows))
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
