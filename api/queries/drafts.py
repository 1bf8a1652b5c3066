"""Examines a rulebook or a calendar that is not published yet against what the store holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.engine import Engine
from api.imports.written import Written
from api.queries.cases import Answer
from api.queries.flags import calendar_flags, rulebook_flags
from api.queries.rulebooks import as_data, is_rulebook
from api.queries.what_if import Comparison, Heard, compare
from domain.kernel.documents import DocumentInvalid, Section, plain
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase
from domain.kinds.directory import Directory
from domain.kinds.rules.facts import CalendarPublished
from domain.rulebook import Rulebook, read_rulebook
from domain.rulebook.comparison import changes
from domain.rulebook.inspection import faults, unpublished
from domain.working_time import WorkingCalendar
from domain.working_time.documents import calendar_from_document

CASES: Final = 10_000
"""How many open cases are looked at, unless said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document as far as it can be read: as a rulebook or as a calendar, with its faults."""

    document: Mapping[str, Any]
    faults: tuple[DocumentInvalid, ...] = ()
    book: Rulebook | None = None
    calendar: WorkingCalendar | None = None


def examine(
    engine: Engine,
    written: Written,
    now: datetime,
    *,
    limit: int = CASES,
    heard: Heard | None = None,
) -> Answer:
    """What publishing a file would refuse, change and mean for the cases of the store."""
    directory = engine.directory()
    draft = _read(written.value, directory)
    document, looked = draft.document, None
    if not draft.faults:
        looked = compare(engine, _under(draft, directory), now, limit=limit, heard=heard)
    before = _in_force(document, directory)
    same = before is not None and before == document
    return {
        "file": str(written.file),
        "what": "rulebook" if is_rulebook(document) else "calendar",
        "name": str(document.get("rulebook", document.get("name", ""))),
        "faults": [_fault(written, fault) for fault in draft.faults],
        "in_force": same,
        "reason_needed": draft.book is not None
        and bool(directory.rules.in_force.clocks)
        and not same,
        "changes": [] if before is None else as_data(changes(before, document)),
        "flags": [
            {"detail": str(flag), "detail_zh": flag.zh}
            for flag in _flags(draft, directory, now, looked)
        ],
        "cases": None if looked is None else _cases(engine, looked),
    }


def readable(value: object, kinds: Kinds) -> Mapping[str, Any]:
    """A document that can be read as a rulebook or as a calendar.

    Raises:
        DocumentInvalid: it cannot.
    """
    document = plain(Section(value).value)
    if is_rulebook(document):
        read_rulebook(document, kinds=kinds)
    else:
        calendar_from_document({**document, "version": 1})
    return document


def _read(value: object, directory: Directory) -> Draft:
    """Read a document with every fault that can be told at once; the first, where it is none."""
    document: Mapping[str, Any] = {}
    try:
        document = plain(Section(value).value)
        if not is_rulebook(document):
            calendar = calendar_from_document({**document, "version": 1})
            return Draft(document=document, calendar=calendar)
        book = read_rulebook(document, kinds=directory.kinds)
    except DocumentInvalid as fault:
        return Draft(document=document, faults=(fault,))
    known = {calendar.name for calendar in directory.rules.calendars()}
    found = (
        *faults(document, book, kinds=directory.kinds, sites=directory.sites),
        *unpublished(document, book, known),
    )
    return Draft(document=document, faults=found, book=book)


def _under(draft: Draft, directory: Directory) -> Directory:
    """The registers as if the rulebook had judged all, or the calendar were published."""
    if draft.book is not None:
        return directory.under(draft.book)
    assert draft.calendar is not None, "a draft without faults is one of both"
    name = draft.calendar.name
    version = directory.rules.calendar_versions(name) + 1
    return directory.trying(CalendarPublished(name=name, version=version, document=draft.document))


def _in_force(document: Mapping[str, Any], directory: Directory) -> Mapping[str, Any] | None:
    """What the document would take the place of."""
    if is_rulebook(document):
        return directory.rules.rulebook_document()
    return directory.rules.calendar_document(str(document.get("name", "")))


def _fault(written: Written, fault: DocumentInvalid) -> Answer:
    sentence = fault.sentence
    return {
        "line": written.line(fault.path),
        "path": ".".join(map(str, fault.path)),
        "detail": str(sentence),
        "detail_zh": getattr(sentence, "zh", str(sentence)),
    }


def _flags(
    draft: Draft, directory: Directory, now: datetime, looked: Comparison | None
) -> Iterator[Phrase]:
    if draft.calendar is not None:
        yield from calendar_flags(draft.calendar, now)
    if draft.book is not None:
        labels = looked.labels if looked is not None and looked.looked_at else None
        yield from rulebook_flags(draft.book, directory, now, labels)


def _cases(engine: Engine, looked: Comparison) -> Answer:
    ((total,),) = engine.projector.db.ask("SELECT count(*) FROM cases WHERE closed IS NULL")
    return {
        "open": total,
        "looked_at": looked.looked_at,
        "otherwise": looked.otherwise,
        "gained": looked.gained,
        "lost": looked.lost,
    }
