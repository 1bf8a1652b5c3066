"""Answers questions about what was published: rulebooks and calendars, whole and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.engine import Engine
from api.queries.cases import Answer
from domain.kernel.facts import Recorded
from domain.kernel.refusals import Phrase, Refusal
from domain.kinds.rules.facts import RULES_STREAM, CalendarPublished, RulebookPublished
from domain.rulebook.comparison import Change, changes


class RulesVersionUnknown(Refusal):
    """There is no version {version} of the rules: {known}."""

    zh = "规则没有第 {version} 版，{known}。"


class NothingPublished(Refusal):
    """No rulebook was published yet: publish one with `guanjia publish FILE`."""

    zh = "尚未发布规则手册，请运行 guanjia publish FILE 发布。"


class NotComparable(Refusal):
    """{one} and {other} cannot be compared: choose two rulebooks or two calendars."""

    zh = "{one} 与 {other} 无法比较，请选择两本规则手册或两份日历。"


def publications(engine: Engine) -> list[Answer]:
    """Every publication, oldest first: who published what and why, and what is in force."""
    recorded = _recorded(engine)
    newest = {_name(published): published.version for published in recorded}
    return [
        _publication(engine, published, in_force=newest[_name(published)] == published.version)
        for published in recorded
    ]


def publication(engine: Engine, version: int | None = None) -> Answer:
    """A publication with its whole document; without a version the rulebook in force.

    Raises:
        RulesVersionUnknown: there is no such version.
        NothingPublished: no rulebook is in force.
    """
    recorded = _recorded(engine)
    found = _of_version(recorded, version)
    newest = max(p.version for p in recorded if _name(p) == _name(found))
    told = _publication(engine, found, in_force=newest == found.version)
    return {**told, "document": _document(found)}


def changed(engine: Engine, version: int, since: int | None = None) -> Answer:
    """What a publication changed: since another version, or since the one it took the place of.

    Raises:
        RulesVersionUnknown: there is no such version.
        NotComparable: one is a rulebook, the other a calendar.
    """
    recorded = _recorded(engine)
    after = _of_version(recorded, version)
    if since is None:
        before = _before(recorded, after)
    else:
        before = _of_version(recorded, since)
        check_comparable(_shown(before), _document(before), _shown(after), _document(after))
    return {
        "version": version,
        "since": None if before is None else before.version,
        "changes": [] if before is None else as_data(changes(_document(before), _document(after))),
    }


def as_data(found: Iterable[Change]) -> list[Answer]:
    """Changes as plain data."""
    return [
        {
            "path": ".".join(map(str, change.path)),
            "detail": str(change.sentence),
            "detail_zh": change.sentence.zh,
        }
        for change in found
    ]


def is_rulebook(document: Mapping[str, Any]) -> bool:
    """Whether a document is a rulebook, and no calendar."""
    return "rulebook" in document


def check_comparable(
    one: str, first: Mapping[str, Any], other: str, second: Mapping[str, Any]
) -> None:
    """See that two documents are of one make.

    Raises:
        NotComparable: one is a rulebook, the other a calendar.
    """
    if is_rulebook(first) != is_rulebook(second):
        raise NotComparable(one=one, other=other)


def _recorded(engine: Engine) -> list[Recorded]:
    return [engine.codec.decode(row) for row in engine.log.stream(RULES_STREAM)]


def _of_version(recorded: list[Recorded], version: int | None) -> Recorded:
    if version is None:
        books = [p for p in recorded if isinstance(p.fact, RulebookPublished)]
        if not books:
            raise NothingPublished
        return books[-1]
    if 0 < version <= len(recorded):
        return recorded[version - 1]
    last = len(recorded)
    known = Phrase(f"there are 1 to {last}", f"现有第 1 至 {last} 版")
    none = Phrase("nothing was published yet", "尚未发布任何规则")
    raise RulesVersionUnknown(version=version, known=known if last else none)


def _before(recorded: list[Recorded], after: Recorded) -> Recorded | None:
    """The publication that this one took the place of."""
    earlier = [p for p in recorded if p.version < after.version and _name(p) == _name(after)]
    return earlier[-1] if earlier else None


def _document(published: Recorded) -> Mapping[str, Any]:
    fact = published.fact
    assert isinstance(fact, RulebookPublished | CalendarPublished)
    return fact.document


def _name(published: Recorded) -> str:
    """What a later publication takes the place of: the rulebook, or a calendar by its name."""
    fact = published.fact
    return f"calendar {fact.name}" if isinstance(fact, CalendarPublished) else "rulebook"


def _shown(published: Recorded) -> Phrase:
    """A publication as the subject of a sentence."""
    fact, version = published.fact, published.version
    assert isinstance(fact, RulebookPublished | CalendarPublished)
    what = ("calendar", "日历") if isinstance(fact, CalendarPublished) else ("rulebook", "规则手册")
    return Phrase(
        f"Version {version} (the {what[0]} {fact.name})",
        f"第 {version} 版（{what[1]} {fact.name}）",
    )


def _publication(engine: Engine, published: Recorded, *, in_force: bool) -> Answer:
    fact = published.fact
    assert isinstance(fact, RulebookPublished | CalendarPublished)
    told: Answer = {
        "version": published.version,
        "position": published.position,
        "published": published.recorded_at,
        "by": published.actor,
        "reason": None if fact.reason is None else fact.reason.text,
        "what": "rulebook",
        "name": fact.name,
        "title": str(fact.document.get("title", "")),
        "in_force": in_force,
        "clocks": None,
        "kpis": None,
        "years": None,
    }
    if isinstance(fact, RulebookPublished):
        book = engine.directory().rules.rulebook(published.version)
        return told | {"clocks": len(book.clocks), "kpis": len(book.kpis)}
    years = fact.document.get("years")
    return told | {"what": "calendar", "years": years}
