"""Whatever another process needs can be sent to it: kinds, phrases, refusals."""

import pickle

from domain.kernel.refusals import Phrase, UnknownCase
from domain.kinds import KINDS
from tests.support.lift import LIFT


def test_every_kind_can_be_sent_to_another_process():
    for kinds in (KINDS, KINDS.extended(LIFT)):
        received = pickle.loads(pickle.dumps(kinds))
        assert [kind.name for kind in received] == [kind.name for kind in kinds]
        assert received.facts == kinds.facts
        for kind in kinds:
            assert received[kind.name].evolve is kind.evolve
            assert received[kind.name].title.zh == kind.title.zh


def test_a_refusal_arrives_with_its_sentences():
    sent = UnknownCase(case=Phrase("that", "那个"))
    received = pickle.loads(pickle.dumps(sent))
    assert type(received) is UnknownCase
    assert (received.sentence, received.sentence_zh) == (sent.sentence, sent.sentence_zh)
