"""Says facts as sentences in both languages, by the template beside each fact's declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from api.queries.titles import Titles
from api.wording import filled, titled, value_said
from domain.kernel.facts import Fact
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase


class Sentences:
    """Says facts of a stream of a kind, with instants at the site.

    A clock, a role and a declared value go by the title that the rulebook gives them, in English
    only where that is not Chinese.
    """

    def __init__(self, kind: str, zone: ZoneInfo, titles: Titles, rules: int) -> None:
        """Take the version of the rules that was in force when the fact was recorded."""
        self._kind, self._zone, self._titles, self._rules = kind, zone, titles, rules

    def of(self, fact: Fact) -> Phrase:
        """A fact as a sentence; one without a template goes by its word."""
        given = {f.name: getattr(fact, f.name) for f in fields(fact)}  # type: ignore[arg-type]
        if not fact.sentence:
            return Phrase(fact.word, fact.zh or fact.word)
        english = {name: self._said(fact, name, value, "en") for name, value in given.items()}
        chinese = {name: self._said(fact, name, value, "zh") for name, value in given.items()}
        return Phrase(filled(fact.sentence, english), filled(fact.sentence.zh, chinese))

    def _said(self, fact: Fact, name: str, value: Any, lang: str) -> str:  # noqa: ANN401 - whatever the field holds
        """A value of a field as people say it; nothing where it is empty."""
        if value is None or value is False or value in ("", (), {}):
            return ""
        said = fact.values.get(name, {}).get(str(value))
        if said is not None:
            return said.zh if lang == "zh" else str(said)
        if isinstance(value, Personal):
            return value.text
        if isinstance(value, datetime):
            return f"{value.astimezone(self._zone):%Y-%m-%d %H:%M}"
        if isinstance(value, Mapping):
            pairs = [(key, self._titled(key, inner, lang)) for key, inner in value.items()]
            return _join([f"{key} {inner}" for key, inner in pairs], lang)
        if isinstance(value, tuple):
            return _join([str(one) for one in value], lang)
        if isinstance(value, Enum | bool):
            return value_said(value, lang)
        return self._titled(name, value, lang)

    def _titled(self, name: str, value: Any, lang: str) -> str:  # noqa: ANN401 - as above
        if name == "clock":
            title = self._titles.clock(value, self._rules)
        elif name == "to":
            title = self._titles.role(value, self._rules)
        else:
            title = str(self._titles.value(self._kind, name, value))
        return titled(str(value), title, lang)


def _join(parts: list[str], lang: str) -> str:
    return ("、" if lang == "zh" else ", ").join(parts)
