"""A neighbourhood of cases under small rules, from the command handler to the row sets."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from commands.cases import CloseCase
from commands.complaint import LodgeComplaint, ResolveComplaint
from commands.repair import AcceptRepair, CompleteRepair, RecordArrival, ReportRepair
from domain.kernel.facts import HouseholdId, StaffId
from projections.row_sets import CaseProjector, row_sets
from store.log import Log
from store.open import MEMORY, open_views
from store.tables import TableDb
from tests.support.scenario import SITE, Office, book

CALENDAR = "cn"
SPOKEN = {"name": CALENDAR, "hours": {"mon-fri": ["08:30-12:00", "14:00-17:30"]}}


def calendar(*years: int, **days: Mapping[str, str]) -> dict[str, Any]:
    """The working calendar of some years; `days` and `make_up_days` differ from the week."""
    return {**SPOKEN, "years": list(years), **days}


RULES = book(
    {"ladder": [{"at": "100%", "to": "supervisor"}, {"at": "+2h", "to": "manager"}]},
    accept={
        "case": "repair",
        "starts": ["reported", "second_service"],
        "stops": ["accepted", "dispatched", "completed"],
        "cancels": "closed",
        "within": "30m",
        "ladder": [{"at": "100%", "to": "supervisor", "acknowledge": "15m"}],
    },
    complete={
        "case": "repair",
        "starts": ["reported", "reopened", "second_service"],
        "stops": "completed",
        "cancels": "closed",
        "pauses": "paused",
        "resumes": "resumed",
        "within": {"working": "14h", "calendar": CALENDAR},
        "warnings": ["50%"],
        "ladder": [{"at": "100%", "to": "supervisor"}, {"at": "300%", "to": "manager"}],
    },
)
"""Complaints are answered in 24 hours, repairs accepted in half an hour, done in two days."""


class Neighbourhood(Office):
    """An office with views of its log, which see everything whenever they are asked for."""

    def __init__(
        self, log: Log | None = None, db: TableDb | None = None, *rules: Mapping[str, Any]
    ) -> None:
        """Publish the calendar of 2026 and the small rules, or others."""
        super().__init__(log, *(rules or (calendar(2026), RULES)))
        self.projector: CaseProjector = row_sets(self.log, db or open_views(MEMORY))
        self._numbers = 0

    @property
    def db(self) -> TableDb:
        """The views, caught up."""
        self.projector.catch_up()
        return self.projector.db

    def close(self) -> None:
        """Remove what was kept."""
        with suppress(FileNotFoundError):
            self.projector.db.close()
        self.log.close()

    def repair(self, case: str | None = None, **words: Any) -> str:
        """A repair is reported; its number."""
        usual = {"household": HouseholdId("h-1"), "category": "water", "building": "b-1"}
        return self.done(
            ReportRepair(site=SITE, case=self._name("repair", case), **usual | words)
        ).stream

    def complaint(self, case: str | None = None, **words: Any) -> str:
        """A complaint is lodged; its number."""
        usual = {
            "channel": "phone",
            "household": HouseholdId("h-1"),
            "category": "noise",
            "receiver": StaffId("li"),
        }
        name = self._name("complaint", case)
        return self.done(LodgeComplaint(site=SITE, case=name, **usual | words)).stream

    def repaired(self, technician: str = "wu", **words: Any) -> str:
        """A repair is reported and done in one visit; its number."""
        case = self.repair(**words)
        self.done(AcceptRepair(case=case, technician=StaffId(technician)))
        self.done(RecordArrival(case=case))
        self.done(CompleteRepair(case=case))
        return case

    def fixed(self, technician: str = "wu", **words: Any) -> str:
        """The same, and closed."""
        case = self.repaired(technician, **words)
        self.done(CloseCase(case=case))
        return case

    def solved(self, **words: Any) -> str:
        """A complaint is lodged and resolved; its number."""
        case = self.complaint(**words)
        self.done(ResolveComplaint(case=case, by=StaffId("li")))
        return case

    def _name(self, kind: str, case: str | None) -> str:
        self._numbers += 1
        return case or f"{kind}-{self._numbers:04}"
