"""Complaints 投诉: from lodging to closing, with the first receiver accountable all the way."""

from domain.kernel.kinds import Kind
from domain.kernel.refusals import Phrase
from domain.kinds.case import STATUSES
from domain.kinds.complaint.facts import COMPLAINT_FACTS
from domain.kinds.complaint.state import COMPLAINT_ATTRIBUTES, evolve

KIND = Kind(
    name="complaint",
    title=Phrase("complaint", "投诉"),
    facts=COMPLAINT_FACTS,
    evolve=evolve,
    attributes=COMPLAINT_ATTRIBUTES,
    statuses=STATUSES,
)

__all__ = ["KIND"]
