"""What the fields of the envelope and the columns of views mean; other fields are in `api.fields`.

A name may be said for one class or table alone: ``SiteOpened.name``, ``cases.due``.
"""

ENVELOPE = {
    "stream": "what the fact is about: `complaint-…`, `repair-…`, `site-…` or `rules`",
    "version": "its place in the stream, from 1 without gaps",
    "position": "its place in the log; without gaps",
    "fact": "the fact's own fields, listed below",
    "occurred_at": "when it happened",
    "recorded_at": "when the log took it",
    "actor": "who asked",
    "command": "the id of the command that stored it",
    "site": "the site it belongs to",
    "rules": "the version of the rules stream in force when it was recorded",
    "correlation": "what the command belongs to, if it said so",
    "causation": "what caused the command, if it said so",
    "known_at": "when the source of an import knew it, where that was before it was recorded",
}

COMPUTED = {
    "again_after": "how long after its closing the same site, household and category was reported"
    " again; none if it was not",
    "closed_after": "how long after its opening the case was closed",
    "closed_after_net": "the same without the time it was paused",
    "kind": "the kind of case",
    "served_again": "whether a later service cycle of the case was done",
    "clock_runs.consumed": "how much of the target was used until the run ended, on its own"
    " calendar, pauses left out; a day of a target in days counts as 24 hours, none for months",
    "clock_runs.lateness": "how much of that is beyond the target",
    "stopped_after": "how long after its start the run was stopped or cancelled",
    "served_after": "how long after the beginning the work was done, the last time",
    "services.served_after": "how long after the cycle began the work was done",
    "clock_runs.service": "the service cycle it runs in",
    "cases.cycle": "how many service cycles it has",
    "cases.paused": "how long it was paused in all",
    "provisional": "whether the deadline depends on a year without a published calendar",
    "clock_runs.verdict": "its outcome, see [verdicts](rulebook.md#verdicts)",
}
"""What figures can ask for besides, or in another sense than, what tables keep."""

COLUMNS = {
    "acknowledged": "how many rungs were acknowledged",
    "answer": "the level, the reason of a non-answer, or `waiting`",
    "building": "building",
    "appointment": "when the resident wants the visit",
    "case_id": "the case",
    "category": "category",
    "clock": "the clock's name",
    "channel": "where it came in",
    "closed": "when the case was closed",
    "closed_on": "the site's local day of the closing, such as 20260131",
    "consumed": "how much of the target was used until it ended, in `unit`; pauses are left out",
    "cycle": "the service cycle",
    "detected": "when the lapse was detected",
    "due": "when it is due; empty while it is paused",
    "due_on": "the site's local day of the due instant, such as 20260131",
    "external_id": "the number elsewhere",
    "household": "household",
    "kind": "`complaint` or `repair`",
    "labels": "its labels, as a JSON object",
    "lapsed": "how many running promises are broken and not waived",
    "late_entries": "how many of its facts were entered late",
    "lateness": "how much of that is beyond the target, in `unit`",
    "level": "complaint level",
    "nature": "general or complex",
    "next": "the next instant at which something falls due for it; what the timers ask for",
    "opened": "when the case was opened",
    "opened_on": "the site's local day of the opening, such as 20260131",
    "paused": "since when it has been paused",
    "pauses": "its pauses as JSON pairs of instants, the second null while one lasts",
    "place": "what the board is sorted by: broken promises first, then by due instant",
    "priority": "priority",
    "promised": "the deadline the case itself names",
    "provisional": "1 where the deadline depends on a year without a published calendar",
    "rated": "when the resident answered",
    "reassigned": "dispatches after the first, and handovers",
    "reopened": "how often it was reopened",
    "rungs": "how many rungs were raised",
    "rules": "the version of the rules that judges it",
    "second_services": "how many second services it had",
    "served": "when the work was done",
    "served_on": "the site's local day on which the work was done, such as 20260131",
    "service": "the service cycle it runs in",
    "simple": "1 for a simple repair",
    "site": "site",
    "started": "when the run started",
    "status": "where the case stands: open, accepted, dispatched, on_site, paused, served",
    "steward": "who is accountable; the receiver of a complaint, the steward of a repair",
    "stopped": "when it was stopped or cancelled",
    "target": "the target in words",
    "team": "team",
    "technician": "technician",
    "unit": "what its target is counted in: `seconds`, `days` or `months`",
    "verdict": "how it stands, see [verdicts](rulebook.md#verdicts)",
    "visits": "the most visits any of its service cycles took",
    "words": "for each fact of the cycle its first and last instant, as a JSON object",
    "clock_runs.cycle": "which run of this clock in the case, from 1",
    "cases.clock": "the most pressing promise that still runs",
    "cases.cycle": "the service cycle it is in",
    "clock_runs.late_entries": "how many facts entered late began, ended, paused or resumed it",
    "cases.due": "when that promise is due",
    "cases.paused": "how long it was paused in all, in microseconds",
    "cases.rungs": "the most rungs any running clock has raised",
    "cases.served": "when the work was done last",
    "services.closed": "when the case was closed in this cycle",
    "services.opened": "when the cycle began",
    "services.technician": "who did the work",
    "services.visits": "how many visits it took",
}


def meaning(table: dict[str, str], owner: str, name: str) -> str:
    """What a field or column means; a missing one is to be said above."""
    found = table.get(f"{owner}.{name}") or table.get(name)
    assert found, f"say what {owner}.{name} means in tests/docs/meanings.py or api/fields.py"
    return found
