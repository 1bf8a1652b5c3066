"""Reading a rulebook: the whole document, section by section."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from domain.kernel.documents import Section, duration
from domain.kernel.kinds import Kinds
from domain.rulebook.book import TOLERANCE, Rulebook
from domain.rulebook.clocks import ClockReader
from domain.rulebook.figures import read_kpis
from domain.rulebook.inspection import faults
from domain.rulebook.roles import read_role
from domain.rulebook.words import read_vocabulary


def read_strictly(
    document: Mapping[str, Any], *, kinds: Kinds, sites: Collection[str] | None = None
) -> Rulebook:
    """Read a rulebook that is to be published: what can never hold is refused as well.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    book = read_rulebook(document, kinds=kinds)
    for fault in faults(document, book, kinds=kinds, sites=sites):
        raise fault
    return book


def read_rulebook(document: Mapping[str, Any], *, kinds: Kinds) -> Rulebook:
    """Read a rulebook as it was published; `kinds` are the kinds of stream it can speak of.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    top = Section(document)
    name = top.text("rulebook")
    default_calendar = top.get("calendar")
    vocabulary = read_vocabulary(top.section("kinds"), kinds)
    roles = {key: read_role(key, part) for key, part in top.section("roles").sections()}
    clocks = {
        key: ClockReader(kinds, roles, default_calendar).read(key, part)
        for key, part in top.section("clocks").sections()
    }
    kpis = read_kpis(top.section("kpis"), kinds, clocks)
    title = top.text("title", "")
    late = top.get("entered_late_after")
    tolerance = TOLERANCE if late is None else duration(late, top.at("entered_late_after"))
    top.finish()
    return Rulebook(
        name=name, title=title, entered_late_after=tolerance, vocabulary=vocabulary,
        clocks=clocks, roles=roles, kpis=kpis,
    )  # fmt: skip
