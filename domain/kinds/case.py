"""What every kind of case repeats: its state, its opening, its end, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from domain.kernel.facts import Fact, HouseholdId, Mark, StaffId
from domain.kernel.kinds import Attribute, Kept
from domain.kernel.personal import Personal
from domain.kernel.refusals import AlreadyClosed, AlreadyResolved, CaseExists, Phrase, UnknownCase
from domain.kinds import aftercare
from domain.kinds.aftercare import Aftercare, AftercareFact, NonAnswer, Rating, SecondServiceOpened

STATUSES: Mapping[str, Phrase] = {
    "open": Phrase("open", "待处理"),
    "served": Phrase("served", "已完成"),
    "closed": Phrase("closed", "已关闭"),
}
"""The states that every case can be in; a kind may add its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The fields that every opening brings, whatever the kind: said once, by fact and command."""

    household: HouseholdId
    category: str
    building: str | None = None
    description: Personal | None = None
    contact: Personal | None = None
    promised: datetime | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Fact):
    """The case is over; a reason is given where it ends undone or on an unsatisfied resident."""

    word: ClassVar[str] = "closed"
    zh: ClassVar[str] = "关闭"
    sentence: ClassVar[Phrase] = Phrase(
        "Closed[ by {by}][; reason: {reason}]",
        "[{by} ]关闭工单[；原因：{reason}]",
    )
    mark: ClassVar[Mark | None] = Mark.ENDS
    by: StaffId | None = None
    reason: Personal | None = None


@dataclass(slots=True, kw_only=True)
class Case:
    """What decisions, conditions, boards and figures know of a case.

    ``described`` holds every field that describes it, as last said.
    """

    described: dict[str, Any]
    labels: Mapping[str, str]
    external_id: str | None = None
    status: str = "open"
    closed: bool = False
    care: Aftercare = field(default_factory=Aftercare)
    reopened: int = 0
    reassigned: int = 0

    def describe(self, fact: Fact) -> None:
        """Take what a fact says the case is like from now on."""
        for name in fact.describes:
            self.described[name] = getattr(fact, name)

    def serve(self, technician: StaffId | None = None) -> None:
        """The work of the current service cycle is done."""
        current = self.care.current
        current.served, current.technician = True, technician
        self.status = "served"

    def end(self) -> None:
        """The case is closed."""
        self.closed, self.status = True, "closed"

    def begin_again(self) -> None:
        """A service cycle has begun: the case is open."""
        self.closed, self.status = False, "open"

    def take_aftercare(self, fact: AftercareFact) -> None:
        """Take a fact of aftercare; a second service opens the case again."""
        self.care.take(fact)
        if isinstance(fact, SecondServiceOpened):
            self.begin_again()


C = TypeVar("C", bound=Case)


def opened(state: type[C], fact: Any, **more: Any) -> C:  # noqa: ANN401 - each kind's own opening
    """The state of a case after the fact that opens it."""
    case = state(described={}, labels=fact.labels, external_id=fact.external_id, **more)
    case.describe(fact)
    return case


def open_once(case: Case | None, fact: Callable[..., Fact], opening: Opening) -> list[Any]:
    """Open a case by the fact that has all fields of the opening.

    Raises:
        CaseExists: the number is taken.
    """
    if case is not None:
        raise CaseExists
    return [fact(**{name: getattr(opening, name) for name in _fields(fact)})]


@cache
def _fields(fact: Any) -> tuple[str, ...]:  # noqa: ANN401 - the type of an opening fact
    return tuple(f.name for f in fields(fact))


def known(case: C | None) -> C:
    """The case, which must exist.

    Raises:
        UnknownCase: it does not.
    """
    if case is None:
        raise UnknownCase
    return case


def still_open(case: C | None) -> C:
    """The case, which must not be closed.

    Raises:
        UnknownCase, AlreadyClosed: it is not so.
    """
    if known(case).closed:
        raise AlreadyClosed
    return known(case)


def being_worked_on(case: C | None) -> C:
    """The case, whose current work must not be done.

    Raises:
        UnknownCase, AlreadyClosed, AlreadyResolved: it is not so.
    """
    if still_open(case).care.served:
        raise AlreadyResolved
    return known(case)


def follow_up(case: Case | None, *, by: StaffId, note: Personal | None = None) -> list[Any]:
    """Call the resident back about the result (plan, 22 and 78)."""
    return [*aftercare.follow_up(known(case).care, by=by, note=note)]


def rate(case: Case | None, *, rating: Rating, comment: Personal | None = None) -> list[Any]:
    """Record the resident's rating; 不满意 opens a second service, also on a closed case."""
    return [*aftercare.rate(known(case).care, rating=rating, comment=comment)]


def leave_unanswered(case: Case | None, *, reason: NonAnswer) -> list[Any]:
    """Record that the resident gave no rating."""
    return [*aftercare.leave_unanswered(known(case).care, reason=reason)]


def contact(case: Case | None, *, by: StaffId, note: Personal | None = None) -> list[Any]:
    """Record that a supervisor reached the resident (plan, 80)."""
    return [*aftercare.contact(known(case).care, by=by, note=note)]


def open_second_service(case: Case | None) -> list[Any]:
    """Serve the resident again; a closed case opens again with it."""
    return [*aftercare.open_second_service(known(case).care)]


def close(
    case: Case | None, *, by: StaffId | None = None, reason: Personal | None = None
) -> list[Any]:
    """End the case; quiet where it is closed.

    Raises:
        ReasonRequired: it ends undone or on an unsatisfied resident without a reason.
    """
    case = known(case)
    if case.closed:
        return []
    aftercare.require_reason_to_close(case.care, reason)
    return [CaseClosed(by=by, reason=reason)]


@dataclass(frozen=True, slots=True)
class Described:
    """Reads a field that describes the case; like all of a kind it can be sent to a process."""

    name: str

    def __call__(self, case: Case) -> Any:  # noqa: ANN401 - whatever the field holds
        """What the field says last, None if it never did."""
        return case.described.get(self.name)


def described(name: str, kept: Kept = "TEXT") -> Attribute:
    """The attribute that is a described field, and how tables keep it."""
    return Attribute(name, Described(name), kept)


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("status", attrgetter("status")),
    Attribute("external_id", attrgetter("external_id")),
    described("channel"),
    described("household"),
    described("category"),
    described("building"),
    described("promised", "INSTANT"),
    Attribute("reopened", attrgetter("reopened"), "COUNT"),
    Attribute("second_services", attrgetter("care.second_services"), "COUNT"),
    Attribute("reassigned", attrgetter("reassigned"), "COUNT"),
    Attribute("visits", attrgetter("care.most_visits"), "COUNT"),
)
"""What every case can be asked for; a kind adds its own."""
