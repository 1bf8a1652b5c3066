"""Rules: the one stream of rulebooks and calendars that are in force."""

from domain.kernel.kinds import Kind, newest
from domain.kernel.refusals import Phrase
from domain.kinds.rules.facts import RULES_FACTS, RULES_STREAM

KIND = Kind(
    name=RULES_STREAM,
    title=Phrase("rules", "规则"),
    facts=RULES_FACTS,
    evolve=newest,
    case=False,
)

__all__ = ["KIND"]
