"""For what a resident thinks of a service: four levels, non-answers apart, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, assert_never

from domain.facts import Fact, StaffId
from domain.personal import Personal, belonging
from domain.refusals import AlreadyRated, NotResolved, Phrase, ReasonRequired

UNSATISFIED = Phrase("Closing on an unsatisfied resident", "业主不满意时关闭工单")
UNFINISHED = Phrase("Closing unfinished work", "未处理完即关闭工单")


class Rating(StrEnum):
    """The four levels of 四级评价."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"

    @property
    def zh(self) -> str:
        """The level as residents read it."""
        return _LEVELS[self]


_LEVELS = {
    Rating.VERY_SATISFIED: "非常满意",
    Rating.SATISFIED: "满意",
    Rating.NEUTRAL: "一般",
    Rating.DISSATISFIED: "不满意",
}


class NonAnswer(StrEnum):
    """Why there is no rating. A non-answer is never counted as satisfied."""

    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp(Fact):
    """The resident was called back about the result (回访)."""

    word: ClassVar[str] = "followed_up"
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRated(Fact):
    """The resident rated a service on one of the four levels."""

    word: ClassVar[str] = "rated"
    rating: Rating
    cycle: int
    comment: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingUnanswered(Fact):
    """The resident was asked for a rating and gave none."""

    word: ClassVar[str] = "unanswered"
    reason: NonAnswer
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentContacted(Fact):
    """A supervisor reached the resident in person, for instance after 不满意."""

    word: ClassVar[str] = "contacted"
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondServiceOpened(Fact):
    """An unsatisfied resident is served again (二次服务): service cycle `cycle` begins."""

    word: ClassVar[str] = "second_service"
    cycle: int


AftercareFact = (
    FollowedUp | ServiceRated | RatingUnanswered | ResidentContacted | SecondServiceOpened
)
AFTERCARE_FACTS: tuple[type[Fact], ...] = (
    FollowedUp,
    ServiceRated,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftercare:
    """Where a case stands after the work: its service cycle, and what the resident said of it.

    ``subject`` is whom its personal texts are about. ``served`` says that the current cycle's
    work is done; ``rating`` is the newest rating given. The other cycles are those last rated,
    left unanswered and followed up, 0 for none.
    """

    subject: str
    cycle: int = 1
    served: bool = False
    rated_cycle: int = 0
    rating: Rating | None = None
    unanswered_cycle: int = 0
    followed_up_cycle: int = 0

    @property
    def dissatisfied(self) -> bool:
        """Whether the newest rating is 不满意, so that the resident is still to be won back."""
        return self.rating is Rating.DISSATISFIED


def evolve(care: Aftercare, fact: AftercareFact) -> Aftercare:
    """The aftercare of a case after one more fact."""
    match fact:
        case FollowedUp():
            return replace(care, followed_up_cycle=care.cycle)
        case ServiceRated():
            return replace(care, rating=fact.rating, rated_cycle=fact.cycle)
        case RatingUnanswered():
            return replace(care, unanswered_cycle=fact.cycle)
        case ResidentContacted():
            return care
        case SecondServiceOpened():
            return replace(care, cycle=fact.cycle, served=False)
        case _:
            assert_never(fact)


def follow_up(care: Aftercare, *, by: StaffId, note: Personal | None = None) -> list[AftercareFact]:
    """Record the call-back about a result. Every call is a fact of its own.

    Raises:
        NotResolved: there is no result to call back about.
    """
    if not care.served:
        raise NotResolved
    return [FollowedUp(by=by, note=belonging(note, care.subject))]


def rate(
    care: Aftercare, *, rating: Rating, comment: Personal | None = None
) -> list[AftercareFact]:
    """Record the rating of the service just given; 不满意 opens a second service (plan, 80).

    Quiet where the same was said already, also when the second service is under way.

    Raises:
        NotResolved: there is no finished service to rate.
        AlreadyRated: this service has another rating already.
    """
    if care.rated_cycle and (not care.served or care.rated_cycle == care.cycle):
        if care.rating is rating:
            return []
        raise AlreadyRated(cycle=care.rated_cycle, rating=care.rating)
    if not care.served:
        raise NotResolved
    rated = ServiceRated(rating=rating, cycle=care.cycle, comment=belonging(comment, care.subject))
    if rating is Rating.DISSATISFIED:
        return [rated, SecondServiceOpened(cycle=care.cycle + 1)]
    return [rated]


def leave_unanswered(care: Aftercare, *, reason: NonAnswer) -> list[AftercareFact]:
    """Record that the resident was asked and gave no rating (plan, C11).

    Raises:
        NotResolved: there is no finished service to rate.
        AlreadyRated: the service has a rating.
    """
    if care.rated_cycle == care.cycle:
        raise AlreadyRated(cycle=care.cycle, rating=care.rating)
    if not care.served:
        raise NotResolved
    if care.unanswered_cycle == care.cycle:
        return []
    return [RatingUnanswered(reason=reason, cycle=care.cycle)]


def contact(care: Aftercare, *, by: StaffId, note: Personal | None = None) -> list[AftercareFact]:
    """Record that a supervisor reached the resident. Every contact is a fact of its own."""
    return [ResidentContacted(by=by, note=belonging(note, care.subject))]


def open_second_service(care: Aftercare) -> list[AftercareFact]:
    """Serve the resident again although no 不满意 asked for it; quiet where one is under way.

    Raises:
        NotResolved: the first service is not finished.
    """
    if not care.served:
        if care.cycle > 1:
            return []
        raise NotResolved
    return [SecondServiceOpened(cycle=care.cycle + 1)]


def require_reason_to_close(care: Aftercare, reason: str | None) -> None:
    """Closing unfinished work, or on an unsatisfied resident, needs a reason (plan, 80).

    Raises:
        ReasonRequired: there is none.
    """
    if reason and reason.strip():
        return
    if care.dissatisfied:
        raise ReasonRequired(what=UNSATISFIED)
    if not care.served:
        raise ReasonRequired(what=UNFINISHED)
