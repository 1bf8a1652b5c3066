"""Lists the words of the facts that each command can record, for what an import would start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS_OF: Final[Mapping[str, frozenset[str]]] = {
    command: frozenset(words.split())
    for command, words in {
        "LodgeComplaint": "lodged",
        "ReplyToComplaint": "replied",
        "ProposeSolution": "solution_proposed",
        "OfferHandover": "handover_offered",
        "AcceptHandover": "handed_over",
        "ReclassifyComplaint": "reclassified",
        "ConveneCrisisTeam": "crisis_team_convened",
        "ApproveStatement": "statement_approved",
        "ResolveComplaint": "resolved",
        "ReportRepair": "reported",
        "AcceptRepair": "accepted",
        "DispatchRepair": "dispatched",
        "ReprioritiseRepair": "reprioritised",
        "RecordArrival": "arrived",
        "PauseRepair": "paused",
        "ResumeRepair": "resumed",
        "CompleteRepair": "resumed completed",
        "ReopenRepair": "reopened",
        "FollowUp": "followed_up",
        "RateService": "rated second_service",
        "LeaveUnanswered": "unanswered",
        "ContactResident": "contacted",
        "OpenSecondService": "second_service",
        "CloseCase": "resumed closed",
        "AcknowledgeEscalation": "acknowledged",
        "WaiveBreach": "waived",
    }.items()
}
"""By the command's name. Complete: tests run every command and compare."""
