"""Reading a rulebook: the whole document, section by section."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from domain.kernel.documents import DocumentInvalid, Section, duration, listed, unknown
from domain.kernel.kinds import Kinds
from domain.promises.rules import ClockRule
from domain.rulebook.book import Rulebook
from domain.rulebook.clocks import ClockReader, read_kinds
from domain.rulebook.conditions import condition
from domain.rulebook.inspection import faults
from domain.rulebook.kpis import Kpi
from domain.rulebook.roles import read_role
from domain.rulebook.words import read_vocabulary

FAILED_FIRST_TIME = ("reopened", "second_service", "reassigned", "second_visit", "reported_again")
KPI_QUESTIONS = ("first_time_fix", "satisfaction", "on_time")


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
    kpis = {key: _kpi(key, part, clocks, kinds) for key, part in top.section("kpis").sections()}
    title = top.text("title", "")
    top.finish()
    return Rulebook(
        name=name, title=title, vocabulary=vocabulary, clocks=clocks, roles=roles, kpis=kpis
    )


def _kpi(name: str, part: Section, clocks: Mapping[str, ClockRule], known: Kinds) -> Kpi:
    question = part.text("question")
    if question not in KPI_QUESTIONS:
        raise DocumentInvalid(part.at("question"), unknown("question", question, KPI_QUESTIONS))
    kpi = Kpi(
        name=name,
        question=question,
        title=part.text("title", ""),
        kinds=read_kinds(part, known, needed=False) or frozenset(known.cases),
        where=condition(part.get("where"), part.at("where")),
        parameters=_parameters(question, part, clocks),
    )
    part.finish()
    return kpi


def _parameters(
    question: str, part: Section, clocks: Mapping[str, ClockRule]
) -> Mapping[str, object]:
    """The parameters a question takes; see docs/reference/rulebook.md."""
    if question == "first_time_fix":
        without = [str(word) for word in listed(part.get("without"))]
        for word in without:
            if word not in FAILED_FIRST_TIME:
                raise DocumentInvalid(part.at("without"), unknown("word", word, FAILED_FIRST_TIME))
        again = part.get("again_within")
        window = None if again is None else duration(again, part.at("again_within"))
        if "reported_again" in without and window is None:
            raise DocumentInvalid(
                part.path, "reported_again needs again_within: say within how long."
            )
        return {"without": tuple(without), "again_within": window}
    if question == "on_time":
        clock = part.get("clock")
        if clock is not None and clock not in tuple(clocks):
            raise DocumentInvalid(part.at("clock"), unknown("clock", clock, clocks))
        return {"clock": clock, "by": str(part.get("by", "clock"))}
    return {"by": str(part.get("by", "site"))}
