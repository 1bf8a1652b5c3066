"""Reads how a question wants the log to be looked at: as of an instant, as if by other rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.engine import Engine
from api.parsing import QueryInvalid, read_time
from api.queries.cases import Answer, stream_named
from api.queries.known import check_site, not_known
from api.queries.rulebooks import is_rulebook, publication
from api.view import View
from domain.kernel.refusals import Phrase
from projections.lens import LIVE, Lens


@dataclass(frozen=True, slots=True, kw_only=True)
class LensAsked:
    """A lens in the words of who asks.

    ``as_of`` is an instant with its zone, or a position of the log; ``as_if`` are documents, or
    versions of the rules. ``case`` is the one case the question is about; it and ``sites`` narrow a
    replay and ask for none.
    """

    as_of: str | None = None
    true_at: str | None = None
    as_if: tuple[Mapping[str, Any] | int, ...] = ()
    sites: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    case: str | None = None

    @property
    def live(self) -> bool:
        """Whether the live tables are asked for."""
        return not (self.as_of or self.true_at or self.as_if or self.kinds)


def read_lens(engine: Engine, asked: LensAsked) -> Lens:
    """The lens that is asked for.

    Raises:
        QueryInvalid: a position, an instant, a site or a kind is none the log has.
        CommandInvalid, WithoutZone: an instant cannot be read.
        RulesVersionUnknown: there is no such version of the rules.
        UnknownCase: there is no such case.
    """
    if asked.live:
        return LIVE
    for site in asked.sites:
        check_site(engine, site)
    for kind in asked.kinds:
        if kind not in engine.kinds.cases:
            raise not_known("kind", "工单类型", kind, sorted(engine.kinds.cases))
    until, known_at = _as_of(engine, asked.as_of)
    documents = [_document(engine, one) for one in asked.as_if]
    books = [document for document in documents if is_rulebook(document)]
    if len(books) > 1:
        raise QueryInvalid(
            problem=Phrase(
                "it can be judged by one rulebook only, several are named",
                "一次只能按一本规则手册重新判定，但指定了多本",
            )
        )
    return Lens(
        until=until,
        known_at=known_at,
        true_at=None if asked.true_at is None else _past(engine, asked.true_at, "true_at"),
        rulebook=books[0] if books else None,
        calendars=tuple(document for document in documents if not is_rulebook(document)),
        sites=frozenset(asked.sites),
        kinds=frozenset(asked.kinds),
        cases=None if asked.case is None else frozenset({stream_named(engine, asked.case)}),
    )


def _as_of(engine: Engine, text: str | None) -> tuple[int | None, datetime | None]:
    """A position of the log, or an instant."""
    if text is None:
        return None, None
    if not (text.isascii() and text.isdigit()):
        return None, _past(engine, text, "as_of")
    head = engine.log.head()
    position = int(text[:19])
    if not 0 < position <= head:
        raise QueryInvalid(
            problem=Phrase(
                f"as_of is {text[:19]}, the log has positions 1 to {head}",
                f"as_of 的值为 {text[:19]}，日志的位置为 1 到 {head}",
            )
        )
    return position, None


def _past(engine: Engine, text: str, where: str) -> datetime:
    at = read_time(text, where)
    now = engine.now()
    if at > now:
        raise QueryInvalid(
            problem=Phrase(
                f"{where} is {at.isoformat()}, which has not come yet: it is {now.isoformat()}",
                f"{where} 的值 {at.isoformat()} 尚未到来，现在是 {now.isoformat()}",
            )
        )
    return at


def _document(engine: Engine, named: Mapping[str, Any] | int) -> Mapping[str, Any]:
    if isinstance(named, int):
        document: Mapping[str, Any] = publication(engine, named)["document"]
        return document
    return named


def told(view: View) -> Answer | None:
    """The lens of an answer, None for the live tables."""
    lens = view.lens
    if lens.live:
        return None
    return {
        "as_of": view.now(),
        "position": view.position(),
        "known_at": lens.known_at,
        "true_at": lens.true_at,
        "as_if": [_name(document) for document in _documents(lens)],
        "sites": sorted(lens.sites),
        "kinds": sorted(lens.kinds),
    }


def _documents(lens: Lens) -> Iterable[Mapping[str, Any]]:
    if lens.rulebook is not None:
        yield lens.rulebook
    yield from lens.calendars


def _name(document: Mapping[str, Any]) -> str:
    return str(document.get("rulebook") or document.get("name") or "")
