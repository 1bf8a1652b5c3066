"""The roles of a rulebook and their rosters, read."""

from __future__ import annotations

from datetime import date

from domain.kernel.documents import DocumentInvalid, Section, listed
from domain.kernel.refusals import Phrase
from domain.promises.roles import Holder, Role


def read_role(name: str, part: Section) -> Role:
    holders = []
    for i, value in enumerate(listed(part.get("holders"))):
        step = Section(value, (*part.at("holders"), i))
        holders.append(
            Holder(
                staff=step.text("staff"),
                site=None if step.get("site") is None else step.text("site"),
                since=_day(step, "since"),
                until=_day(step, "until"),
            )
        )
        step.finish()
    role = Role(name=name, title=part.text("title", ""), holders=tuple(holders))
    part.finish()
    return role


def _day(part: Section, key: str) -> str | None:
    value = part.get(key)
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise DocumentInvalid(
            part.at(key),
            Phrase(
                f"{value!r} is not a date: write it like 2026-01-31.",
                f"{value!r} 不是日期，请写成 2026-01-31 的形式。",
            ),
        ) from None
