"""Repairs 报修: from the report over visits and pauses to closing, reopening included."""

from domain.kernel.kinds import Kind
from domain.kernel.refusals import Phrase
from domain.kinds.repair.facts import REPAIR_FACTS
from domain.kinds.repair.state import REPAIR_ATTRIBUTES, REPAIR_STATUSES, evolve

KIND = Kind(
    name="repair",
    title=Phrase("repair", "报修"),
    facts=REPAIR_FACTS,
    evolve=evolve,
    attributes=REPAIR_ATTRIBUTES,
    statuses=REPAIR_STATUSES,
)

__all__ = ["KIND"]
