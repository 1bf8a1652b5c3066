"""The history of a case: its facts, read from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from domain.kernel.facts import Fact, Recorded
from domain.kernel.personal import Personal
from domain.promises import entered_late
from domain.promises.directory import Rules
from store.codec import Codec
from store.log import Log
from store.tables import TableDb


class Entry(NamedTuple):
    """One fact of a case's history: who, what, when it happened, was recorded, and what it says.

    ``changed`` holds all its fields, of those that describe the case only what is new; ``rules``
    is the version of the rules in force when it was recorded; ``content`` is the fact itself;
    ``recorded`` is False for what a lens judges and the log does not hold. ``known_at`` is when the
    source of an import knew it, ``entered_late`` whether that was longer after it happened than
    the rulebook tolerates.
    """

    version: int
    position: int
    fact: str
    word: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    known_at: datetime | None
    entered_late: bool
    changed: dict[str, Any]
    rules: int
    command: str
    correlation: str | None
    causation: str | None
    content: Fact
    recorded: bool


def find_case(log: Log, codec: Codec, db: TableDb, name: str) -> str | None:
    """The case of that number, or the one case whose number elsewhere (external id) it is."""
    kind = codec.kinds.of(name)
    if kind is not None and kind.case and log.stream(name):
        return name
    rows = db.ask("SELECT case_id FROM cases WHERE external_id = ? LIMIT 2", (name,))
    return str(rows[0][0]) if len(rows) == 1 else None


def find_stream(log: Log, codec: Codec, db: TableDb, name: str) -> str | None:
    """The same, or a register such as `rules` or `site-main`."""
    kind = codec.kinds.of(name)
    if kind is not None and not kind.case and log.stream(name):
        return name
    return find_case(log, codec, db, name)


def history(facts: Iterable[Recorded], rules: Rules) -> Iterator[Entry]:
    """What each fact of a stream says, in order."""
    known: dict[str, Any] = {}
    for recorded in facts:
        yield _entry(recorded, known, late=entered_late(recorded, rules))


def _entry(recorded: Recorded, known: dict[str, Any], *, late: bool) -> Entry:
    describes = recorded.fact.describes
    changed = {}
    for name, value in _data(recorded).items():
        if name not in describes:
            changed[name] = value
        elif known.get(name) != value:
            known[name] = changed[name] = value
    return Entry(
        recorded.version, recorded.position, recorded.type, recorded.fact.word, recorded.actor,
        recorded.occurred_at, recorded.recorded_at, recorded.known_at, late, changed,
        recorded.rules, recorded.command, recorded.correlation, recorded.causation, recorded.fact,
        bool(recorded.command),
    )  # fmt: skip


def _data(recorded: Recorded) -> dict[str, Any]:
    data = {f.name: getattr(recorded.fact, f.name) for f in fields(recorded.fact)}  # type: ignore[arg-type]
    return {
        name: value.text if isinstance(value, Personal) else value
        for name, value in data.items()
        if value is not None and value not in ({}, ())
    }
