"""The row set `services`: one row per service cycle of a case."""

from __future__ import annotations

from typing import Final

import msgspec

from domain.promises import Fold
from domain.promises.course import Service
from projections.instants import local_day, micros, optional_micros
from store.row_set import Rows
from store.tables import Column, Table

TABLE: Final = "services"
WAITING: Final = "waiting"
SERVICES: Final = Table(
    name=TABLE,
    columns=(
        Column("case_id", "TEXT"),
        Column("cycle", "INTEGER"),
        Column("kind", "TEXT"),
        Column("site", "TEXT"),
        Column("opened", "INTEGER"),
        Column("served", "INTEGER", required=False),
        Column("served_on", "INTEGER", required=False),
        Column("closed", "INTEGER", required=False),
        Column("answer", "TEXT", required=False),
        Column("rated", "INTEGER", required=False),
        Column("technician", "TEXT", required=False),
        Column("visits", "INTEGER"),
        Column("words", "TEXT"),
        Column("pauses", "TEXT", required=False),
    ),
    key=("case_id", "cycle"),
)

_encode: Final = msgspec.json.Encoder().encode


class Services:
    """One row per service cycle."""

    name = TABLE
    version = 1
    tables = (SERVICES,)

    def __init__(self, unmoved_by: frozenset[str]) -> None:
        """Name the topics of facts that change no row of a service."""
        self.unmoved_by = unmoved_by

    def rows(self, case: Fold) -> Rows:
        """The rows of a case; ``answer`` is the level rated, why there is none, or `waiting`."""
        first = case.facts[0]
        zone = case.directory.zone(first.site)
        care = getattr(case.state, "care", None)
        cycles = care.cycles if care is not None else ()
        found = []
        for index, service in enumerate(case.services):
            cycle = cycles[index] if index < len(cycles) else None
            served = optional_micros(service.served)
            answer = technician = None
            if cycle is not None:
                technician = cycle.technician
                if served is not None:
                    answer = cycle.rating or cycle.unanswered or WAITING
            rated = service.words.get("rated")
            found.append(
                (
                    first.stream, service.cycle, case.kind.name, first.site, micros(service.opened),
                    served, local_day(served, zone), optional_micros(service.closed),
                    answer, None if rated is None else micros(rated[1]), technician,
                    cycle.visits if cycle is not None else 0, _words(service), _pauses(service),
                )
            )  # fmt: skip
        return {TABLE: found}


def _words(service: Service) -> str:
    """For each word of the cycle its first and its last instant, as JSON."""
    words = {}
    for word, (first, last) in service.words.items():
        at = micros(first)
        words[word] = at, at if last is first else micros(last)
    return _encode(words).decode()


def _pauses(service: Service) -> str | None:
    """The pauses of the cycle as JSON pairs, until null while one lasts; None without any."""
    if not service.pauses:
        return None
    return _encode(
        [(micros(since), optional_micros(until)) for since, until in service.pauses]
    ).decode()
