"""Refuses questions about names that do not exist, with those that do."""

from __future__ import annotations

from collections.abc import Iterable

from api.parsing import QueryInvalid
from api.view import View
from domain.kernel.refusals import Phrase

SHOWN = 60
MOST = 40


def check_site(view: View, site: str | None) -> None:
    """See that a site is one that was opened.

    Raises:
        QueryInvalid: it is not.
    """
    sites = view.directory().sites
    if site is not None and site not in sites:
        raise not_known("site", "项目", site, sites)


def check_clock(view: View, clock: str | None) -> None:
    """See that a clock is one of a rulebook that is or was in force.

    Raises:
        QueryInvalid: it is not.
    """
    if clock is None:
        return
    rules = view.directory().rules
    if clock in rules.rulebook(rules.version).clocks:
        return
    earlier = range(1, rules.version + 1)
    clocks = {name for version in earlier for name in rules.rulebook(version).clocks}
    if clock not in clocks:
        raise not_known("clock", "时钟", clock, sorted(clocks))


def not_known(what: str, zh: str, name: str, known: Iterable[str]) -> QueryInvalid:
    """The refusal of a name that does not exist, with those that do."""
    names = list(known)
    shown = ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")
    return QueryInvalid(
        problem=Phrase(
            f"there is no {what} {name[:SHOWN]!r}; there are {shown or 'none'}",
            f"没有{zh} {name[:SHOWN]!r}，可用的{zh}：{shown or '无'}",
        )
    )
