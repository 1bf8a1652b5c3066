"""For figures: each by a definition that the rulebook gives, with the cases behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from api.engine import Engine
from api.parsing import QueryInvalid
from api.queries.cases import Answer, local
from domain.kernel.refusals import Phrase
from domain.kinds import KINDS
from domain.rulebook.kpis import Kpi
from projections import first_time_fix, on_time, satisfaction
from projections.cases import labelled
from projections.figures import DIMENSIONS, Spread

QUESTIONS = ("first_time_fix", "satisfaction", "on_time")
_STANDARD = {
    "first_time_fix": Kpi(
        name="first_time_fix", question="first_time_fix",
        parameters={"without": ("reopened", "second_service"), "again_within": None},
    ),
    "satisfaction": Kpi(name="satisfaction", question="satisfaction"),
    "on_time": Kpi(name="on_time", question="on_time", parameters={"clock": None, "by": "clock"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a figure is asked for. Without ``by`` it is grouped as its definition says."""

    by: str | None = None
    months: tuple[str, str] | None = None
    cases: bool = False


def names(engine: Engine) -> list[str]:
    """Every figure that can be asked for: the rulebook's, else the three questions themselves."""
    return list(_book(engine)) or list(QUESTIONS)


def figure(engine: Engine, name: str, asked: Asked) -> Answer:
    """A figure by the rulebook's definition of that name, else by a plain one for that question.

    Raises:
        QueryInvalid: there is no such figure, or it cannot be asked for by that dimension.
    """
    known = {**_STANDARD, **_book(engine)}
    kpi = known.get(name)
    if kpi is None:
        options = ", ".join(known)
        raise _invalid(f"there is no figure {name[:60]!r}; there are {options}",
                       f"没有指标 {name[:60]!r}，可用的指标：{options}")  # fmt: skip
    by = asked.by or _defined_by(kpi)
    answer = _ANSWERS[kpi.question](engine, kpi, by, asked)
    return {
        "kpi": name,
        "title": kpi.title,
        "question": kpi.question,
        "by": by,
        "months": asked.months,
        "definition": {"case": sorted(kpi.kinds), **_definition(kpi)},
        **answer,
    }


def _book(engine: Engine) -> Mapping[str, Kpi]:
    rules = engine.directory().rules
    return rules.rulebook(rules.version).kpis


def _defined_by(kpi: Kpi) -> str | None:
    by = kpi.parameters.get("by")
    if kpi.question == "on_time" and kpi.parameters.get("clock"):
        return None if by == "clock" else cast("str | None", by)
    return cast("str | None", by)


def _definition(kpi: Kpi) -> Answer:
    return {
        key: value.total_seconds() if isinstance(value, timedelta) else value
        for key, value in kpi.parameters.items()
        if key != "by" and value is not None
    }


def _invalid(english: str, chinese: str) -> QueryInvalid:
    return QueryInvalid(problem=Phrase(english, chinese))


def _chosen(kpi: Kpi, known: Mapping[str, str]) -> dict[str, str]:
    """The kind and the attributes a definition asks for, as the views can compare them."""
    chosen = {str(key): values for key, values in kpi.where.wanted}
    if 0 < len(kpi.kinds) < len(KINDS.cases):
        chosen["kind"] = frozenset(kpi.kinds)
    for key, values in chosen.items():
        if key not in known or len(values) != 1:
            raise _invalid(f"{kpi.name} asks for {key}, which is not kept in the views",
                           f"{kpi.name} 按 {key} 筛选，视图中没有保存")  # fmt: skip
    return {key: str(next(iter(values))) for key, values in chosen.items()}


def _dimension(by: str | None, known: tuple[str, ...]) -> str | None:
    if by is not None and by not in known:
        options = ", ".join(known)
        raise _invalid(f"{by[:40]!r} is no dimension here; there are {options}",
                       f"这里不能按 {by[:40]!r} 分组，可用：{options}")  # fmt: skip
    return by


def _dimension_or_label(engine: Engine, by: str | None) -> str | Mapping[str, str] | None:
    """A dimension, else what a label of that name says of each case."""
    known = (*on_time.DIMENSIONS, "month")
    if by is None or by in known:
        return by
    if named := labelled(engine.projector.db, by):
        return named
    options = ", ".join(known)
    raise _invalid(f"{by[:40]!r} is no label of any case, and no dimension; there are {options}",
                   f"没有工单带标签 {by[:40]!r}，也不是维度，可用：{options}")  # fmt: skip


def _spread(spread: Spread) -> Answer:
    return spread._asdict()


def _first_time(engine: Engine, kpi: Kpi, by: str | None, asked: Asked) -> Answer:
    without = cast("tuple[str, ...]", kpi.parameters.get("without", ()))
    window = cast("timedelta | None", kpi.parameters.get("again_within"))
    chosen = _chosen(kpi, DIMENSIONS)
    rows = first_time_fix.figures(
        engine.projector.db, without=without, again_within=window,
        by=_dimension(by, tuple(DIMENSIONS)), months=asked.months, chosen=chosen,
    )  # fmt: skip
    told: Answer = {
        "rows": [
            {
                "group": row.group, "value": row.share, "closed": row.closed, "fixed": row.fixed,
                "reopened": row.reopened, "hours_to_served": _spread(row.to_served),
                "hours_to_closed": _spread(row.to_closed),
                "hours_to_closed_net": _spread(row.to_closed_net),
            }
            for row in rows
        ]
    }  # fmt: skip
    if asked.cases:
        cases = first_time_fix.behind(
            engine.projector.db,
            without=without,
            again_within=window,
            months=asked.months,
            chosen=chosen,
        )
        told["cases"] = [{"case": case} for case in cases]
    return told


def _satisfaction(engine: Engine, kpi: Kpi, by: str | None, asked: Asked) -> Answer:
    chosen = _chosen(kpi, DIMENSIONS)
    rows = satisfaction.figures(
        engine.projector.db,
        by=_dimension(by, (*DIMENSIONS, "cycle")),
        months=asked.months,
        chosen=chosen,
    )
    told: Answer = {
        "rows": [
            {
                "group": row.group, "value": row.satisfied, "served": row.served,
                "answered": row.answered, "answer_rate": row.answer_rate, **row.levels,
                "unanswered": row.unanswered, "waiting": row.waiting,
            }
            for row in rows
        ]
    }  # fmt: skip
    if asked.cases:
        told["cases"] = [
            {"case": case, "cycle": cycle, "answer": answer}
            for answer in ("neutral", "dissatisfied")
            for case, cycle in satisfaction.behind(
                engine.projector.db, answer=answer, months=asked.months, chosen=chosen
            )
        ]
    return told


def _on_time(engine: Engine, kpi: Kpi, by: str | None, asked: Asked) -> Answer:
    directory = engine.directory()
    chosen = _chosen(kpi, on_time.DIMENSIONS)
    if kpi.parameters.get("clock"):
        chosen["clock"] = str(kpi.parameters["clock"])
    rows = on_time.figures(
        engine.projector.db, zone_of=directory.zone, by=_dimension_or_label(engine, by),
        months=asked.months, chosen=chosen,
    )  # fmt: skip
    told: Answer = {
        "rows": [
            {"group": row.group, "value": row.gross, "net": row.net, "judged": row.judged}
            | {name: getattr(row, name) for name in row._fields[1:]}
            for row in rows
        ]
    }
    if asked.cases:
        missed = on_time.behind(
            engine.projector.db, zone_of=directory.zone, months=asked.months, chosen=chosen
        )
        told["cases"] = [
            {"case": m.case_id, "clock": m.clock, "cycle": m.cycle, "verdict": m.verdict,
             "due": local(m.due, directory.zone(m.site))}
            for m in missed
        ]  # fmt: skip
    return told


_ANSWERS: Mapping[str, Any] = {
    "first_time_fix": _first_time,
    "satisfaction": _satisfaction,
    "on_time": _on_time,
}
