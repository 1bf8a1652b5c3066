"""Aftercare: what a resident thinks of a service on four levels, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, assert_never

from domain.kernel.facts import Fact, Mark, StaffId
from domain.kernel.personal import Personal
from domain.kernel.refusals import AlreadyRated, NotResolved, Phrase, ReasonRequired

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
    zh: ClassVar[str] = "回访"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} called the resident back[: {note}]",
        "{by} 回访业主[：{note}]",
    )
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRated(Fact):
    """The resident rated a service on one of the four levels."""

    word: ClassVar[str] = "rated"
    zh: ClassVar[str] = "评价"
    sentence: ClassVar[Phrase] = Phrase(
        "The resident rated service {cycle}: {rating}[; {comment}]",
        "业主评价第 {cycle} 次服务：{rating}[；{comment}]",
    )
    rating: Rating
    cycle: int
    comment: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingUnanswered(Fact):
    """The resident was asked for a rating and gave none."""

    word: ClassVar[str] = "unanswered"
    zh: ClassVar[str] = "未评价"
    sentence: ClassVar[Phrase] = Phrase(
        "Service {cycle} was not rated: {reason}",
        "第 {cycle} 次服务未评价：{reason}",
    )
    reason: NonAnswer
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentContacted(Fact):
    """A supervisor reached the resident in person, for instance after 不满意."""

    word: ClassVar[str] = "contacted"
    zh: ClassVar[str] = "联系业主"
    sentence: ClassVar[Phrase] = Phrase(
        "{by} reached the resident[: {note}]",
        "{by} 联系业主[：{note}]",
    )
    by: StaffId
    note: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondServiceOpened(Fact):
    """An unsatisfied resident is served again (二次服务): service cycle `cycle` begins."""

    word: ClassVar[str] = "second_service"
    zh: ClassVar[str] = "二次服务"
    sentence: ClassVar[Phrase] = Phrase(
        "Service {cycle} begins: a second service",
        "开始第 {cycle} 次服务（二次服务）",
    )
    mark: ClassVar[Mark | None] = Mark.BEGINS_CYCLE
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


@dataclass(slots=True)
class Cycle:
    """One service cycle: who did its work, at how many visits, and what the resident said."""

    number: int
    served: bool = False
    visits: int = 0
    technician: StaffId | None = None
    rating: Rating | None = None
    unanswered: NonAnswer | None = None


@dataclass(slots=True)
class Aftercare:
    """The service cycles of a case, oldest first, and the newest rating given.

    ``rated_cycle`` and ``unanswered_cycle`` are those last rated and left unanswered, 0 for none.
    """

    cycles: list[Cycle] = field(default_factory=lambda: [Cycle(1)])
    rated_cycle: int = 0
    rating: Rating | None = None
    unanswered_cycle: int = 0
    second_services: int = 0

    @property
    def current(self) -> Cycle:
        """The service cycle the case is in."""
        return self.cycles[-1]

    @property
    def cycle(self) -> int:
        """The number of the service cycle the case is in."""
        return self.cycles[-1].number

    @property
    def most_visits(self) -> int:
        """How many visits the service cycle with the most of them took."""
        return max(cycle.visits for cycle in self.cycles)

    @property
    def served(self) -> bool:
        """Whether the current cycle's work is done."""
        return self.cycles[-1].served

    @property
    def dissatisfied(self) -> bool:
        """Whether the newest rating is 不满意, so that the resident is still to be won back."""
        return self.rating is Rating.DISSATISFIED

    def begin(self, number: int) -> None:
        """Begin a service cycle."""
        self.cycles.append(Cycle(number))

    def _numbered(self, number: int) -> Cycle:
        """The cycle of that number, else the current one: a fold refuses nothing."""
        known = (cycle for cycle in reversed(self.cycles) if cycle.number == number)
        return next(known, self.current)

    def take(self, fact: AftercareFact) -> None:
        """Take one more fact."""
        match fact:
            case ServiceRated():
                self.rating, self.rated_cycle = fact.rating, fact.cycle
                self._numbered(fact.cycle).rating = fact.rating
            case RatingUnanswered():
                self.unanswered_cycle = fact.cycle
                self._numbered(fact.cycle).unanswered = fact.reason
            case FollowedUp() | ResidentContacted():
                pass
            case SecondServiceOpened():
                self.second_services += 1
                self.begin(fact.cycle)
            case _:
                assert_never(fact)


def follow_up(care: Aftercare, *, by: StaffId, note: Personal | None = None) -> list[AftercareFact]:
    """Record the call-back about a result. Every call is a fact of its own.

    Raises:
        NotResolved: there is no result to call back about.
    """
    if not care.served:
        raise NotResolved
    return [FollowedUp(by=by, note=note)]


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
    rated = ServiceRated(rating=rating, cycle=care.cycle, comment=comment)
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


def contact(_: Aftercare, *, by: StaffId, note: Personal | None = None) -> list[AftercareFact]:
    """Record that a supervisor reached the resident. Every contact is a fact of its own."""
    return [ResidentContacted(by=by, note=note)]


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


def require_reason_to_close(care: Aftercare, reason: Personal | None) -> None:
    """Closing unfinished work, or on an unsatisfied resident, needs a reason (plan, 80).

    Raises:
        ReasonRequired: there is none.
    """
    if reason is not None and not reason.blank:
        return
    if care.dissatisfied:
        raise ReasonRequired(what=UNSATISFIED)
    if not care.served:
        raise ReasonRequired(what=UNFINISHED)
