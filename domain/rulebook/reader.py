"""Reading a rulebook: the whole document, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.documents import Section
from domain.kernel.kinds import Kinds
from domain.rulebook.book import Rulebook
from domain.rulebook.clocks import ClockReader
from domain.rulebook.figures import read_kpis
from domain.rulebook.roles import read_role


def read_rulebook(document: Mapping[str, Any], *, kinds: Kinds) -> Rulebook:
    """Read a rulebook; `kinds` are the kinds of stream it can speak of.

    Raises:
        DocumentInvalid: the first fault, with the path to it.
    """
    top = Section(document)
    name = top.text("rulebook")
    default_calendar = top.get("calendar")
    roles = {key: read_role(key, part) for key, part in top.section("roles").sections()}
    clocks = {
        key: ClockReader(kinds, roles, default_calendar).read(key, part)
        for key, part in top.section("clocks").sections()
    }
    kpis = read_kpis(top.section("kpis"), kinds, clocks)
    title = top.text("title", "")
    top.finish()
    return Rulebook(name=name, title=title, clocks=clocks, roles=roles, kpis=kpis)
