"""Compares how cases were judged with how other rules judge them: runs, rungs and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Final

from api.engine import Engine
from api.lenses import told
from api.parsing import QueryInvalid
from api.queries import cases, figures
from api.queries.cases import Answer, local, numbers_elsewhere
from api.queries.figures import amount
from api.queries.known import check_site
from api.queries.titles import Titles
from api.view import View, through
from domain.kernel.refusals import Phrase
from domain.rulebook import Kpi
from domain.rulebook.kpis import Measure
from projections import differences
from projections.differences import DIFFERENCES
from projections.figures import Asked, Period, evaluate, listed
from projections.lens import Lens
from projections.replay import ALL
from store.projector import Progress

MOST: Final = 1_000_000
"""Rows of a share that are compared one by one."""


def compare(
    engine: Engine,
    lens: Lens,
    *,
    period: Period | None = None,
    site: str | None = None,
    limit: int = 20,
    progress: Progress | None = None,
) -> Answer:
    """What a lens with other rules sees differently from the same lens without them.

    Of each list at most ``limit`` entries are told, and how many there are.

    Raises:
        QueryInvalid: no other rules are named, or there is no such site.
        DocumentInvalid, CalendarUnknown: the rules cannot judge.
    """
    if not lens.other_rules:
        raise QueryInvalid(
            problem=Phrase(
                "name the rules to compare with, as_if a file or a version of the rules",
                "请用 as_if 指定要对比的规则：文件或规则版本",
            )
        )
    check_site(engine, site)
    names = (*ALL, DIFFERENCES.name)
    with (
        through(engine, lens.as_recorded, progress=progress) as before,
        through(engine, lens, names=names, progress=progress) as after,
    ):
        asked = Asked(period=period, site=site)
        return {
            "lens": told(after),
            "runs": _runs(before, after, limit),
            "escalations": _escalations(after, limit),
            "without_cause": _without_cause(before, after, limit),
            "kpis": list(_figures(before, after, asked, limit)),
        }


def _runs(before: View, after: View, limit: int) -> Answer:
    tables, titles = after.tables, (Titles(before.directory()), Titles(after.directory()))
    found = differences.flips(tables, limit=limit)
    numbers = numbers_elsewhere(after, (flip.case_id for flip in found))
    by_clock = [
        {"clock": clock, "before": one, "after": other, "count": count}
        for clock, one, other, count in differences.flipped(tables)
    ]
    runs = []
    for flip in found:
        zone = after.directory().zone(flip.site)
        side = titles[flip.after is not None]
        runs.append(
            {
                "case": flip.case_id,
                "external_id": numbers.get(flip.case_id),
                "site": flip.site,
                "clock": flip.clock,
                "title": side.clock(flip.clock, flip.rules),
                "cycle": flip.cycle,
                "before": flip.before,
                "after": flip.after,
                "due_before": local(flip.due_before, zone),
                "due_after": local(flip.due_after, zone),
            }
        )
    return {
        "flipped": sum(entry["count"] for entry in by_clock),
        "moved": differences.moved(tables),
        "by_clock": by_clock,
        "runs": runs,
    }


def _escalations(after: View, limit: int) -> Answer:
    called = differences.called(after.tables)
    rungs = []
    for rung in differences.rungs(after.tables, limit=limit):
        told = rung._asdict()
        case, site = told.pop("case_id"), told["site"]
        told["raised"] = bool(rung.raised)
        told["reached"] = local(rung.reached, after.directory().zone(site))
        rungs.append({"case": case, **told})
    return {
        "raised": sum(count for *_, raised, count in called if raised),
        "spared": sum(count for *_, raised, count in called if not raised),
        "by_role": [
            {"role": role, "addressee": addressee, "raised": raised, "count": count}
            for role, addressee, raised, count in called
        ],
        "rungs": rungs,
    }


def _without_cause(before: View, after: View, limit: int) -> Answer:
    """What people or others did because of a lapse or a rung that the other rules leave out."""
    found = differences.facts_without_cause(after.tables, limit=limit)
    numbers = numbers_elsewhere(after, (case for case, *_ in found))
    facts = []
    for name, versions in groupby(found, key=itemgetter(0)):
        case = cases.history(before, name)
        told = {fact["version"]: _fact(fact) for fact in case["facts"]}
        for _, version, cause in versions:
            here = {"case": name, "external_id": numbers.get(name), "site": case["site"]}
            facts.append({**here, **told[version], "cause": told[cause]})
    return {"count": differences.count_without_cause(after.tables), "facts": facts}


def _fact(fact: Answer) -> Answer:
    return {name: fact[name] for name in _OF_A_FACT}


_OF_A_FACT: Final = ("version", "word", "actor", "occurred_at", "detail", "detail_zh")


def _figures(before: View, after: View, asked: Asked, limit: int) -> Iterator[Answer]:
    """Every figure of both rulebooks, each by its own definition."""
    ours, theirs = figures.defined(before), figures.defined(after)
    for name in dict.fromkeys((*figures.names(before), *figures.names(after))):
        kpi, other = ours.get(name), theirs.get(name)
        shown = other or kpi
        if shown is None or shown.change is not None:
            continue  # a change is the comparison of two periods, not of two rulebooks
        yield {
            "kpi": name,
            "title": shown.title,
            "unit": str(shown.judged_in),
            "before": _value(before, kpi, asked),
            "after": _value(after, other, asked),
            **_moved(before, after, kpi, other, asked, limit),
        }


def _value(view: View, kpi: Kpi | None, asked: Asked) -> float | int | None:
    if kpi is None:
        return None
    value: Fraction | None = evaluate(view.tables, kpi, asked).total.value
    return amount(value, kpi.judged_in)


def _moved(  # noqa: PLR0917 - two sides of the same three things
    before: View, after: View, kpi: Kpi | None, other: Kpi | None, asked: Asked, limit: int
) -> Mapping[str, object]:
    """The rows of a share that count for it on one side only."""
    mine, theirs = _counted(before, kpi, asked), _counted(after, other, asked)
    lost, won = sorted(mine - theirs), sorted(theirs - mine)
    return {
        "won": len(won),
        "lost": len(lost),
        "won_cases": [_named(key) for key in won[:limit]],
        "lost_cases": [_named(key) for key in lost[:limit]],
    }


Key = tuple[str, str, int]


def _counted(view: View, kpi: Kpi | None, asked: Asked) -> set[Key]:
    if kpi is None or kpi.measure is not Measure.SHARE:
        return set()
    entries = listed(view.tables, kpi, asked, counted=True, limit=MOST).entries
    return {_key(entry.key) for entry in entries}


def _key(key: tuple[object, ...]) -> Key:
    """Case, clock and cycle of a row; of others than runs there is no clock."""
    case, *rest = key
    *clock, cycle = rest or (0,)
    return str(case), str(clock[0]) if clock else "", int(str(cycle))


def _named(key: Key) -> Answer:
    case, clock, cycle = key
    return {"case": case, "clock": clock or None, "cycle": cycle or None}
