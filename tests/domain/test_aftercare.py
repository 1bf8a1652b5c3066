"""What follows a service: call-backs, the four levels, silence, the second service."""

from __future__ import annotations

import pytest

from domain.kernel.personal import Personal
from domain.kernel.refusals import AlreadyRated, NotResolved, ReasonRequired
from domain.kinds import aftercare
from domain.kinds.aftercare import (
    Aftercare,
    Cycle,
    FollowedUp,
    NonAnswer,
    Rating,
    RatingUnanswered,
    ResidentContacted,
    SecondServiceOpened,
    ServiceRated,
)
from tests.support.scenario import story


def care(*cycles: Cycle, rating: Rating | None = None) -> Aftercare:
    return Aftercare(cycles=list(cycles), rating=rating)


def evolve(state: Aftercare, fact) -> Aftercare:
    state.take(fact)
    return state


unserved = story(evolve, care(Cycle(1)))
served = story(evolve, care(Cycle(1, served=True)))
served_again = story(evolve, care(Cycle(1, served=True), Cycle(2, served=True)))
SILENT = RatingUnanswered(reason=NonAnswer.EXPIRED, cycle=1)


@pytest.mark.parametrize("level", [Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.NEUTRAL])
def test_a_rating_that_is_not_bad_opens_nothing(level: Rating):
    """一般 opens no second service."""
    served().when(aftercare.rate, rating=level, comment=Personal("好")).then(
        ServiceRated(rating=level, cycle=1, comment=Personal("好"))
    )


def test_each_dissatisfied_service_opens_the_next():
    served_again().when(aftercare.rate, rating=Rating.DISSATISFIED).then(
        ServiceRated(rating=Rating.DISSATISFIED, cycle=2), SecondServiceOpened(cycle=3)
    )


def test_a_rating_before_the_work_is_done_is_refused():
    unserved().when(aftercare.rate, rating=Rating.SATISFIED).refuses(NotResolved)


def test_one_service_has_one_rating():
    told = served(ServiceRated(rating=Rating.SATISFIED, cycle=1))
    told.when(aftercare.rate, rating=Rating.NEUTRAL).refuses(
        AlreadyRated, cycle=1, rating=Rating.SATISFIED
    )
    told.when(aftercare.rate, rating=Rating.SATISFIED).stays_quiet()


def test_a_resident_may_still_rate_after_having_been_silent():
    rated = ServiceRated(rating=Rating.SATISFIED, cycle=1)
    served(SILENT).when(aftercare.rate, rating=Rating.SATISFIED).then(rated)


def test_silence_is_recorded_once_and_never_over_a_rating():
    served().when(aftercare.leave_unanswered, reason=NonAnswer.EXPIRED).then(SILENT)
    served(SILENT).when(aftercare.leave_unanswered, reason=NonAnswer.DECLINED).stays_quiet()
    served(ServiceRated(rating=Rating.NEUTRAL, cycle=1)).when(
        aftercare.leave_unanswered, reason=NonAnswer.EXPIRED
    ).refuses(AlreadyRated, rating=Rating.NEUTRAL)
    unserved().when(aftercare.leave_unanswered, reason=NonAnswer.EXPIRED).refuses(NotResolved)


def test_silence_is_not_satisfaction():
    state = evolve(care(Cycle(1, served=True)), SILENT)
    assert state.rating is None


def test_every_call_back_is_a_fact_of_its_own():
    called = FollowedUp(by="li", note=Personal("已回访"))
    served(called).when(aftercare.follow_up, by="li", note=Personal("已回访")).then(called)
    unserved().when(aftercare.follow_up, by="li").refuses(NotResolved)


def test_a_contact_is_possible_at_any_time():
    unserved().when(aftercare.contact, by="sun").then(ResidentContacted(by="sun"))


def test_a_second_service_follows_a_first():
    served().when(aftercare.open_second_service).then(SecondServiceOpened(cycle=2))
    unserved().when(aftercare.open_second_service).refuses(NotResolved)
    served(SecondServiceOpened(cycle=2)).when(aftercare.open_second_service).stays_quiet()


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (care(Cycle(1)), True),
        (care(Cycle(1, served=True), rating=Rating.DISSATISFIED), True),
        (care(Cycle(1, served=True)), False),
        (care(Cycle(1, served=True), rating=Rating.NEUTRAL), False),
    ],
)
def test_closing_asks_for_a_reason_exactly_while_something_is_open(state: Aftercare, refused):
    aftercare.require_reason_to_close(state, Personal("搬离"))
    if refused:
        with pytest.raises(ReasonRequired):
            aftercare.require_reason_to_close(state, None)
    else:
        aftercare.require_reason_to_close(state, None)


def test_every_level_has_its_chinese_name():
    assert [level.zh for level in Rating] == ["非常满意", "满意", "一般", "不满意"]
