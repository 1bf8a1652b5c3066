"""The newest rungs of promises still open: who was called, and who acknowledged."""

from __future__ import annotations

from typing import NamedTuple

from domain.promises.facts import EscalationAcknowledged, EscalationRaised
from store.codec import Codec
from store.log import Log
from store.tables import TableDb


class Raised(NamedTuple):
    """A rung that was raised, and who acknowledged it, None if nobody did."""

    case_id: str
    site: str
    fact: EscalationRaised
    acknowledged_by: str | None


def newest(db: TableDb, log: Log, codec: Codec, *, limit: int = 50) -> list[Raised]:
    """The newest rungs of clocks that still run, the last one first."""
    rows = db.ask(
        "SELECT case_id FROM clock_runs WHERE rungs > 0 AND stopped IS NULL"
        " GROUP BY case_id ORDER BY max(detected) DESC, case_id LIMIT ?",
        (limit,),
    )
    cases = [str(case) for (case,) in rows]
    raised: list[Raised] = []
    answered: dict[tuple[str, str, int, int], str] = {}
    for row in log.streams(cases, log.head()) if cases else ():
        if row.topic not in ("EscalationRaised", "EscalationAcknowledged"):
            continue
        recorded = codec.decode(row)
        fact = recorded.fact
        if isinstance(fact, EscalationAcknowledged):
            answered[row.stream, fact.clock, fact.cycle, fact.rung] = fact.by
        elif isinstance(fact, EscalationRaised):
            raised.append(Raised(row.stream, recorded.site, fact, None))
    named = [
        r._replace(
            acknowledged_by=answered.get((r.case_id, r.fact.clock, r.fact.cycle, r.fact.rung))
        )
        for r in raised
    ]
    return sorted(named, key=lambda r: (r.fact.reached, r.case_id), reverse=True)[:limit]
