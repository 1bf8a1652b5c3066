"""Facts by which a view says it is not moved change none of its rows."""

import pytest

from commands.verbs import AcknowledgeEscalation, PauseRepair, RateService, WaiveBreach
from domain.facts import Recorded, StaffId
from domain.rating import Rating
from domain.repair import PauseReason
from projections.dossier import CLOCK_TOPICS, Dossier
from store.codec import topic_of
from store.register_reader import read_registers
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
    place.done(WaiveBreach(case=open_case, clock="accept", by=li, reason="flood"))
    return {case: place.recorded(case) for case in (open_case, rated, paused, complaint)}


def test_the_rows_are_the_same_without_those_facts(place: Neighbourhood):
    cases, known = lives(place), read_registers(place.log, CODEC)
    heard = {topic_of(type(r.fact)) for facts in cases.values() for r in facts}
    assert heard >= CLOCK_TOPICS
    for view in place.views.views.values():
        for facts in cases.values():
            rest = [r for r in facts if topic_of(type(r.fact)) not in view.unmoved_by]
            assert view.rows(Dossier(facts, known)) == view.rows(Dossier(rest, known))
