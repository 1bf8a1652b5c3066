"""Under whose key the personal texts of a fact come."""

from __future__ import annotations

from commands.messages import fields_holding
from commands.streams import LoadedStream
from domain.kernel.facts import Fact
from domain.kernel.personal import Personal, household_subject


def give_to_household(fact: Fact, loaded: LoadedStream, site: str) -> None:
    """Put each personal text of a fact under the key of the household, or else of the site.

    The fact was just made by a decision and nobody has seen it, so it is completed in place.
    """
    texts = [
        (name, text)
        for name in fields_holding(type(fact), Personal)
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
        object.__setattr__(fact, name, text.belonging_to(subject))
