"""Facts by which a view says it is not moved change none of its rows."""

import pytest

from commands.cases import RateService
from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.repair import PauseRepair
from domain.kernel.facts import Recorded, StaffId
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from domain.kinds.aftercare import Rating
from domain.kinds.repair.facts import PauseReason
from projections.row_sets import folding
from store.codec import topic_of
from store.register_reader import read_directory
from tests.support.neighbourhood import Neighbourhood
from tests.support.scenario import CODEC


@pytest.fixture
def place():
    place = Neighbourhood()
    yield place
    place.close()


def lives(place: Neighbourhood) -> dict[str, list[Recorded]]:
    """Cases whose clocks had much to say, by number."""
    open_case, rated = place.repair(external_id="R-1"), place.fixed()
    place.done(RateService(case=rated, rating=Rating.DISSATISFIED))
    paused, complaint = place.repair(), place.solved()
    place.done(PauseRepair(case=paused, reason=PauseReason.PARTS))
    place.wait("60d")
    place.tick()
    li = StaffId("li")
    place.done(AcknowledgeEscalation(case=open_case, clock="accept", rung=1, by=li))
    place.done(WaiveBreach(case=open_case, clock="accept", by=li, reason=Personal("flood")))
    return {case: place.recorded(case) for case in (open_case, rated, paused, complaint)}


def test_the_rows_are_the_same_without_those_facts(place: Neighbourhood):
    cases, known = lives(place), read_directory(place.log, CODEC)
    heard = {topic_of(type(r.fact)) for facts in cases.values() for r in facts}
    assert heard >= set(map(topic_of, KINDS.common))
    fold = folding(KINDS)
    for view in place.projector.row_sets.values():
        for facts in cases.values():
            rest = [r for r in facts if topic_of(type(r.fact)) not in view.unmoved_by]
            assert view.rows(fold(facts, known)) == view.rows(fold(rest, known))
