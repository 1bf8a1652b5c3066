"""Whatever may be asked of a case, drawn by Hypothesis, and rules under which to ask it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from commands.cases import (
    CloseCase,
    ContactResident,
    FollowUp,
    LeaveUnanswered,
    OpenSecondService,
    RateService,
)
from commands.complaint import (
    AcceptHandover,
    ConveneCrisisTeam,
    LodgeComplaint,
    OfferHandover,
    ProposeSolution,
    ReclassifyComplaint,
    ReplyToComplaint,
    ResolveComplaint,
)
from commands.messages import Message
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    PauseRepair,
    RecordArrival,
    ReopenRepair,
    ReportRepair,
    ResumeRepair,
)
from domain.kernel.personal import Personal
from domain.kinds.aftercare import NonAnswer, Rating
from domain.kinds.complaint.facts import Nature
from domain.kinds.repair.facts import PauseReason
from tests.support.scenario import SITE, Office

STAFF = st.sampled_from(["li", "wang", "zhou"])
REASONS = st.none() | st.sampled_from([Personal(""), Personal("搬离")])
RATINGS = st.sampled_from(list(Rating))
LEVELS = st.sampled_from([1, 2, 3, 4])
NATURES = st.sampled_from(list(Nature))
PROMISED = st.none() | st.datetimes(timezones=st.just(Office().now.tzinfo)).map(
    lambda at: at.replace(year=2026, month=5, day=4 + at.day % 9)
)


def asked_of(case: str) -> dict[str, st.SearchStrategy[Message]]:
    """Each verb that both kinds of case know."""
    on = st.just(case)
    return {
        "follow_up": st.builds(FollowUp, case=on, by=STAFF),
        "rate": st.builds(RateService, case=on, rating=RATINGS),
        "silent": st.builds(LeaveUnanswered, case=on, reason=st.sampled_from(list(NonAnswer))),
        "contact": st.builds(ContactResident, case=on, by=STAFF),
        "second": st.builds(OpenSecondService, case=on),
        "close": st.builds(CloseCase, case=on, by=STAFF, reason=REASONS),
    }


def complaints(case: str) -> list[st.SearchStrategy[Message]]:
    """Everything that can be asked of a complaint."""
    on = st.just(case)
    return [
        *asked_of(case).values(),
        st.builds(ReplyToComplaint, case=on, by=STAFF),
        st.builds(ProposeSolution, case=on, by=STAFF),
        st.builds(OfferHandover, case=on, to=STAFF, by=STAFF),
        st.builds(AcceptHandover, case=on, by=STAFF),
        st.builds(
            ReclassifyComplaint,
            case=on,
            by=STAFF,
            reason=st.sampled_from([Personal(""), Personal("群体性")]),
            level=st.none() | LEVELS,
            nature=st.none() | NATURES,
        ),
        st.builds(ConveneCrisisTeam, case=on, leader=STAFF),
        st.builds(ResolveComplaint, case=on, by=STAFF),
    ]


def repairs(case: str) -> list[st.SearchStrategy[Message]]:
    """Everything that can be asked of a repair."""
    on = st.just(case)
    return [
        *asked_of(case).values(),
        st.builds(AcceptRepair, case=on, technician=STAFF),
        st.builds(DispatchRepair, case=on, technician=st.none() | STAFF),
        st.builds(RecordArrival, case=on, technician=st.none() | STAFF),
        st.builds(PauseRepair, case=on, reason=st.sampled_from(list(PauseReason))),
        st.builds(ResumeRepair, case=on),
        st.builds(CompleteRepair, case=on),
        st.builds(ReopenRepair, case=on, reason=REASONS),
    ]


def lodging(case: str) -> st.SearchStrategy[Message]:
    """The beginning of a complaint."""
    return st.builds(
        LodgeComplaint, case=st.just(case), site=st.just(SITE), channel=st.just("phone"),
        household=st.just("1-502"), category=st.just("noise"), receiver=STAFF,
        level=st.sampled_from([1, 2, 3]), nature=NATURES, promised=PROMISED,
    )  # fmt: skip


def reporting(case: str) -> st.SearchStrategy[Message]:
    """The beginning of a repair."""
    return st.builds(
        ReportRepair, case=st.just(case), site=st.just(SITE), household=st.just("1-502"),
        category=st.just("plumbing"), simple=st.booleans(), promised=PROMISED,
    )  # fmt: skip


WARNED = {"warnings": ["50%", "-30m"]}


def rulebook(*, acknowledged: bool, hours: int = 1) -> Mapping[str, object]:
    """Clocks of every make, with targets of so many hours, so that hours of play let them lapse."""
    answer = {"acknowledge": "20m"} if acknowledged else {}
    ladder = [
        {"at": "75%", "to": "lead", **answer},
        {"at": "100%", "to": "lead", **answer},
        {"at": "+1h", "to": "head", "unless": "contacted"},
        {"at": "300%", "to": "head"},
    ]
    both = {"case": ["complaint", "repair"], "ladder": ladder}
    work = {
        "case": "repair", "ladder": ladder, "pauses": "paused", "resumes": "resumed",
        "cancels": "closed", **WARNED,
    }  # fmt: skip
    return {
        "rulebook": "play",
        "calendar": "office",
        "roles": {"lead": {"holders": [{"staff": "sun"}]}, "head": {}},
        "clocks": {
            "reply": {
                "case": "complaint", "starts": "lodged", "stops": ["replied", "closed"],
                "within": [{"elapsed": f"{hours}h", "where": {"nature": "general"}}, "3h"],
                "ladder": ladder, **WARNED,
            },
            "solution": {
                "case": "complaint", "starts": ["lodged", "second_service"], "stops": "resolved",
                "cancels": "closed", "ladder": ladder, "where": {"level": [1, 2]},
                "pauses": "solution_proposed", "resumes": "replied", "within": {"working": "2h"},
            },
            "visit": {
                **work, "starts": ["reported", "reopened", "second_service"], "stops": "arrived",
                "within": [{"elapsed": "30m", "where": {"simple": True}}, f"{hours}h"],
            },
            "finish": {
                **work, "starts": ["accepted", "dispatched"], "stops": "completed",
                "within": {"working": "4h"},
            },
            "days": {
                **work, "starts": "reported", "stops": "completed", "within": {"days": 1},
            },
            "contact": {
                **both, "within": "2h", "stops": "contacted",
                "starts": {"fact": "rated", "where": {"rating": "dissatisfied"}},
            },
            "promise": {
                **both, "within": {"at": "promised"}, "starts": ["lodged", "reported"],
                "stops": ["resolved", "completed"], **WARNED,
            },
        },
    }  # fmt: skip


OFFICE = {"name": "office", "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]}}
MINUTES = st.integers(1, 600)
