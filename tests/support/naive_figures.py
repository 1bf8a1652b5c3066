"""Figures counted one row after the other from definitions as they are written: an oracle."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from tests.support.figure_rows import VERDICTS, Case, Service, local_date

Row = dict[str, Any]
COUNTS: Final = {
    "reopened", "second_services", "reassigned", "visits", "cycle", "rungs", "service",
}  # fmt: skip
NUMBERS: Final = {*COUNTS, "priority", "level"}
OUTCOMES: Final = VERDICTS[:5]
DAY: Final = "#day"
WAIVED: Final = "#waived"


@dataclass(frozen=True)
class Counted:
    """What the oracle says of some rows."""

    value: Fraction | None
    net: Fraction | None
    population: int
    counted: int | None
    breakdown: dict[str, int]
    shown: bool
    """Whether there were rows at all, measured or only counted beside."""


def rows_of(of: str | Sequence[str], cases: Sequence[Case]) -> Iterator[Row]:
    """Every row there is, whether it is a row of figures or not."""
    for case in cases:
        base: Row = {
            **case.attributes,
            "kind": case.kind,
            "site": case.site,
            "#case": case.name,
            **{f"label.{name}": value for name, value in case.labels.items()},
        }
        if of == "services":
            for service in case.services:
                yield base | _service(case, service)
        elif of == "clocks":
            for run in case.runs:
                yield base | {
                    **vars(run),
                    "service": 1,
                    "stopped_after": None if run.stopped is None else run.stopped - run.started,
                    DAY: None if run.due is None else local_date(run.due, case.site),
                    WAIVED: run.verdict == "waived",
                    "#row": run.verdict in OUTCOMES,
                }
        elif of == "cases" or case.kind in ([of] if isinstance(of, str) else of):
            yield base | _case(case, cases)


def _case(case: Case, cases: Sequence[Case]) -> Row:
    closed = case.closed
    again = [
        other.opened - closed
        for other in cases
        if closed is not None
        and other is not case
        and other.opened >= closed
        and other.site == case.site
        and other.attributes["household"] == case.attributes["household"]
        and other.attributes["category"] == case.attributes["category"]
    ]
    whole = None if closed is None else closed - case.opened
    return {
        "opened": case.opened,
        "served": case.served,
        "closed": closed,
        "cycle": len(case.services),
        "paused": case.paused,
        "served_after": None if case.served is None else case.served - case.opened,
        "closed_after": whole,
        "closed_after_net": None if whole is None else whole - case.paused,
        "again_after": min(again, default=None),
        DAY: None if closed is None else local_date(closed, case.site),
        "#row": closed is not None,
        "#words": {word for service in case.services for word in service.words},
        "#services": case.services,
    }


def _service(case: Case, service: Service) -> Row:
    served = service.served
    return {
        "opened": service.opened,
        "served": served,
        "closed": service.closed,
        "rated": service.words.get("rated"),
        "cycle": service.cycle,
        "answer": service.answer,
        "technician": service.technician,
        "visits": service.visits,
        "served_after": None if served is None else served - service.opened,
        "served_again": any(
            other.cycle > service.cycle and other.served is not None for other in case.services
        ),
        DAY: None if served is None else local_date(served, case.site),
        "#row": served is not None,
        "#words": set(service.words),
        "#services": [service],
    }


# ---------------------------------------------------------------------- conditions


def holds(condition: Mapping[str, Any], row: Row) -> bool:
    """Whether a row meets every line of a condition as a rulebook writes it."""
    return all(_line(name, wanted, row) for name, wanted in condition.items())


def _line(name: str, wanted: Any, row: Row) -> bool:
    several = wanted if isinstance(wanted, list) else [wanted]
    if all(isinstance(one, str) and one.startswith("!=") for one in several):
        return all(_one(name, one, row) for one in several)
    return any(_one(name, one, row) for one in several)


def _one(name: str, wanted: Any, row: Row) -> bool:
    if name not in row and not name.startswith("label.") and name in ALL_WORDS:
        return bool((name in row["#words"]) == (wanted == "some"))
    value = row.get(name)
    if name in COUNTS:
        value = value or 0
    if wanted in ("some", "none"):
        there = value != 0 if name in COUNTS else value is not None
        return bool(there == (wanted == "some"))
    found = re.fullmatch(r"(<=|>=|!=|<|>|=)\s*(.+)", wanted) if isinstance(wanted, str) else None
    operator, text = found.groups() if found else ("=", wanted)
    operand = _operand(text, number=name in NUMBERS)
    if operator == "!=":
        return bool(value is None or value != operand)
    if value is None:
        return False
    if operator == "=":
        return bool(value == operand)
    smaller, same = value < operand, value == operand
    larger = not smaller and not same
    return bool({"<": smaller, "<=": smaller or same, ">": larger, ">=": not smaller}[operator])


def _operand(text: Any, *, number: bool) -> Any:
    if not isinstance(text, str):
        return text
    if length := re.fullmatch(r"(\d+)([hms])", text):
        return int(length[1]) * {"h": 3600, "m": 60, "s": 1}[length[2]] * 1_000_000
    return int(text) if number else text


ALL_WORDS: Final = {"accepted", "completed", "second_service", "reported", "rated"}

# ---------------------------------------------------------------------- measures


def _span(span: Mapping[str, Any], row: Row) -> int | None:
    lengths = [_length(span, service) for service in row["#services"]]
    known = [length for length in lengths if length is not None]
    return sum(known) if known else None


def _length(span: Mapping[str, Any], service: Service) -> int | None:
    if span["to"] not in service.words:
        return None
    begun = service.words.get(span["from"], (service.opened,))[0]
    ended = service.words[span["to"]][1]
    if not span.get("net"):
        return max(ended - begun, 0)
    minute = 60_000_000
    return minute * sum(  # every instant here is a whole minute
        not any(since <= at and (until is None or at < until) for since, until in service.pauses)
        for at in range(begun, ended, minute)
    )


def _made_of(values: Sequence[Any], measure: str) -> Fraction | None:
    if not values:
        return None
    exact = sorted(map(Fraction, values))
    match measure:
        case "sum":
            return sum(exact, Fraction(0))
        case "mean":
            return sum(exact, Fraction(0)) / len(exact)
        case "median":
            return statistics.median(exact)
        case _:
            if len(exact) == 1:
                return exact[0]
            deciles: list[Fraction] = statistics.quantiles(exact, n=10, method="inclusive")
            return deciles[8]


# ---------------------------------------------------------------------- the figure


def naive(
    document: Mapping[str, Any],
    cases: Sequence[Case],
    *,
    by: str | None = None,
    days: tuple[date, date] | None = None,
    site: str | None = None,
) -> tuple[Counted, dict[Any, Counted]]:
    """A figure as a whole and by groups; `days` are the first and the last of the period."""
    found = [
        row
        for row in rows_of(document["of"], cases)
        if (site is None or row["site"] == site)
        and (days is None or (row[DAY] is not None and days[0] <= row[DAY] <= days[1]))
    ]
    group = _grouping(by)
    whole = _counted(document, found)
    groups: dict[Any, list[Row]] = {}
    for row in found:
        groups.setdefault(group(row), []).append(row)
    counted = {name: _counted(document, some) for name, some in groups.items()}
    return whole, counted


def _grouping(by: str | None) -> Callable[[Row], Any]:
    names: dict[str, Callable[[date], str]] = {
        "day": date.isoformat,
        "week": lambda day: "{}-W{:02}".format(*day.isocalendar()),
        "month": lambda day: f"{day:%Y-%m}",
        "quarter": lambda day: f"{day.year}-Q{1 + (day.month - 1) // 3}",
        "half_year": lambda day: f"{day.year}-H{1 if day.month < 7 else 2}",
        "year": lambda day: f"{day.year}",
    }
    if by in names:
        return lambda row: None if row[DAY] is None else names[by](row[DAY])
    return lambda row: row.get(by or "")


def _counted(document: Mapping[str, Any], rows: Sequence[Row]) -> Counted:
    where = dict(document.get("where", {}))
    clocks = document["of"] == "clocks"
    broken = document.get("breakdown", "verdict" if clocks else None)
    if clocks and "verdict" not in where:
        where["verdict"] = list(OUTCOMES)
    candidates = rows if clocks else [row for row in rows if row["#row"]]
    loose = {name: wanted for name, wanted in where.items() if name != broken}
    population = [row for row in candidates if holds(where, row)]
    recorded = any(row["#row"] for row in rows)
    beside = [row for row in candidates if holds(loose, row)]
    counts = Counter(str(row.get(broken)) for row in beside)
    value, n = _value(document, population, recorded=recorded)
    net, _ = _value(document, [r for r in population if not r.get(WAIVED)], recorded=recorded)
    share = document.get("share")
    return Counted(
        value=value,
        net=net if clocks else None,
        population=n,
        counted=None if share is None else sum(holds(share, row) for row in population),
        breakdown=dict(counts) if broken else {},
        shown=bool(beside) or (recorded and ("count" in document or "distinct" in document)),
    )


def _value(
    document: Mapping[str, Any], population: Sequence[Row], *, recorded: bool
) -> tuple[Fraction | None, int]:
    if "share" in document:
        n = len(population)
        hits = sum(holds(document["share"], row) for row in population)
        return Fraction(hits, n) if n else None, n
    if "count" in document:
        return Fraction(len(population)) if recorded else None, len(population)
    (measure,) = (m for m in ("sum", "mean", "median", "p90", "distinct") if m in document)
    of = document[measure]
    values = [_span(of, row) if isinstance(of, dict) else row.get(of) for row in population]
    known = [value for value in values if value is not None]
    if measure == "distinct":
        return Fraction(len(set(known))) if recorded else None, len(known)
    return _made_of(known, measure), len(known)
