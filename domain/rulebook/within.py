"""The forms in which a rulebook says how long a promise has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast, get_args

from domain.kernel.documents import DocumentInvalid, Section, clock_time, duration
from domain.kernel.refusals import Phrase
from domain.working_time import (
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Months,
    Within,
    Working,
    WorkingDays,
)
from domain.working_time.within import End

_MOST_MONTHS = 1200


def _calendar(part: Section, default: str | None) -> str:
    name = part.get("calendar", default)
    if not isinstance(name, str):
        raise DocumentInvalid(
            part.path,
            Phrase(
                "name a calendar here, or one for the whole rulebook.",
                "请在此指明日历，或为整个规则手册指明日历。",
            ),
        )
    return name


def _working(part: Section, default: str | None) -> Within:
    return Working(
        target=duration(part.need("working"), part.at("working")), calendar=_calendar(part, default)
    )


def _business_days(part: Section, default: str | None) -> Within:
    cutoff, opens = part.get("cutoff"), part.get("opens")
    if (cutoff is None) != (opens is None):
        raise DocumentInvalid(
            part.path,
            Phrase(
                "cutoff and opens go together: name both or neither.",
                "cutoff 与 opens 必须同时填写或都不填写。",
            ),
        )
    return BusinessDays(
        days=part.whole("business_days"),
        calendar=_calendar(part, default),
        cutoff=None if cutoff is None else clock_time(cutoff, part.at("cutoff")),
        opens=None if opens is None else clock_time(opens, part.at("opens")),
    )


def _elapsed(part: Section, _: str | None) -> Within:
    return Elapsed(target=duration(part.need("elapsed"), part.at("elapsed")))


def _working_days(part: Section, default: str | None) -> Within:
    through, until = part.flag("through_rest_days"), part.text("until", "day_end")
    if until not in get_args(End):
        known = " or ".join(get_args(End))
        raise DocumentInvalid(
            part.at("until"),
            Phrase(
                f"until is {known}, not {until!r}.",
                f"until 应为 {known.replace(' or ', ' 或 ')}，而不是 {until!r}。",
            ),
        )
    if through and until == "close":
        raise DocumentInvalid(
            part.path,
            Phrase(
                "working days last through_rest_days or until: close: write one of them.",
                "through_rest_days 与 until: close 只能写一项。",
            ),
        )
    return WorkingDays(
        days=part.whole("working_days"),
        calendar=_calendar(part, default),
        through_rest_days=through,
        until=cast("End", until),
    )


def _before(part: Section, _: str | None) -> Within:
    return Before(field=part.text("before"), days=part.whole("days", least=0))


FORMS: Mapping[str, Callable[[Section, str | None], Within]] = {
    "elapsed": _elapsed,
    "working": _working,
    "business_days": _business_days,
    "working_days": _working_days,
    "before": _before,
    "months": lambda part, _: Months(months=part.whole("months", most=_MOST_MONTHS)),
    "at": lambda part, _: At(field=part.text("at")),
    "days": lambda part, _: Days(days=part.whole("days")),
}
