"""Personal texts in messages and facts: which fields hold them, and under whose key they come."""

from __future__ import annotations

from typing import get_args, get_type_hints

from commands.streams import LoadedStream
from domain.kernel.facts import Fact
from domain.kernel.personal import Personal, household_subject

_FIELDS: dict[type, tuple[str, ...]] = {}


def personal_fields(kind: type) -> tuple[str, ...]:
    """The fields of a type of fact or message that hold personal texts."""
    known = _FIELDS.get(kind)
    if known is None:
        hints = get_type_hints(kind)
        known = tuple(name for name, hint in hints.items() if Personal in (hint, *get_args(hint)))
        _FIELDS[kind] = known
    return known


def give_to_household(fact: Fact, loaded: LoadedStream, site: str) -> None:
    """Put each personal text of a fact under the key of the household, or else of the site.

    The fact was just made by a decision and nobody has seen it, so it is completed in place.
    """
    texts = [
        (name, text)
        for name in personal_fields(type(fact))
        if (text := getattr(fact, name)) is not None and not text.of
    ]
    if not texts:
        return
    household = getattr(fact, "household", None)
    attribute = loaded.kind.attribute.get("household") if loaded.kind else None
    if household is None and attribute is not None and loaded.facts:
        household = attribute.read(loaded.state)
    subject = household_subject(site, household or "")
    for name, text in texts:
        object.__setattr__(fact, name, Personal(text.text, subject))
