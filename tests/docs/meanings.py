"""What the fields of the envelope and the columns of views mean; other fields are in `api.fields`.

A name may be said for one class or table alone: ``SiteOpened.name``, ``board.due``.
"""

ENVELOPE = {
    "stream": "what the fact is about: `complaint-…`, `repair-…`, `site-…` or `rules`",
    "version": "its place in the stream, from 1 without gaps",
    "position": "its place in the log; without gaps",
    "fact": "the fact's own fields, listed below",
    "occurred_at": "when it happened",
    "recorded_at": "when the log learned of it",
    "actor": "who asked",
    "command": "the id of the command that stored it",
    "site": "the site it belongs to",
    "rules": "the version of the rules stream in force when it was recorded",
    "correlation": "what the command belongs to, if it said so",
    "causation": "what caused the command, if it said so",
}

COLUMNS = {
    "acknowledged": "how many rungs were acknowledged",
    "answer": "the level, the reason of a non-answer, or `waiting`",
    "breached": "1 where the promise was broken, waived or not",
    "building": "building",
    "case_id": "the case",
    "category": "category",
    "clock": "the clock's name",
    "closed": "when the case was closed",
    "cycle": "the service cycle",
    "detected": "when the lapse was detected",
    "due": "when it is due; empty while it is paused",
    "external_id": "the number elsewhere",
    "household": "household",
    "kind": "`complaint` or `repair`",
    "lapsed": "how many running promises are broken and not waived",
    "level": "complaint level",
    "month": "the site's local month, such as `2026-01`",
    "next": "the next instant at which the clock has something to say; what the scheduler asks for",
    "opened": "when the case was opened",
    "paused": "since when it has been paused",
    "place": "what the board is sorted by: broken promises first, then by due instant",
    "priority": "priority",
    "provisional": "1 where the deadline depends on a year without a published calendar",
    "rated": "when the resident answered",
    "reassigned": "dispatches after the first, and handovers",
    "reopened": "how often it was reopened",
    "rungs": "how many rungs were raised",
    "second_service": "how many second services it had",
    "served": "when the work was done",
    "site": "site",
    "started": "when the run started",
    "status": "where the case stands: open, accepted, dispatched, on_site, paused, served",
    "steward": "who is accountable; the receiver of a complaint, the steward of a repair",
    "stopped": "when it was stopped or cancelled",
    "target": "the target in words",
    "team": "team",
    "technician": "technician",
    "verdict": "how it stands, see [verdicts](rulebook.md#verdicts)",
    "visits": "the most visits any of its service cycles took",
    "waived": "1 where the breach was excused",
    "clocks.cycle": "which run of this clock in the case, from 1",
    "board.clock": "the most pressing promise",
    "board.due": "when that promise is due",
    "board.rungs": "the most rungs any running clock has raised",
    "first_time.paused": "how long it was paused in all, in microseconds",
    "first_time.month": "the site's local month of the closing",
    "first_time.served": "when the work was done last",
    "ratings.month": "the site's local month in which the work was done",
    "ratings.technician": "who had done the work",
}


def meaning(table: dict[str, str], owner: str, name: str) -> str:
    """What a field or column means; a missing one is to be said above."""
    found = table.get(f"{owner}.{name}") or table.get(name)
    assert found, f"say what {owner}.{name} means in tests/docs/meanings.py or api/fields.py"
    return found
