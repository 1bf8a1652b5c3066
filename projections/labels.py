"""For what cases were labelled with when they were opened: read from the log, kept in no table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.complaint import ComplaintLodged
from domain.facts import Fact
from domain.repair import RepairReported
from store.codec import Codec, topic_of
from store.log import Log

OPENING: Final[tuple[type[Fact], ...]] = (ComplaintLodged, RepairReported)
PAGE: Final = 5000

_TOPICS: Final = tuple(
    topic_of(fact, schema) for fact in OPENING for schema in range(1, fact.schema + 1)
)


def labelled(log: Log, codec: Codec, label: str) -> dict[str, str]:
    """What a label says of each case that has it."""
    found: dict[str, str] = {}
    after = 0
    while page := log.rows(after, PAGE, _TOPICS):
        after = page[-1].position
        for row in page:
            labels: Mapping[str, str] = getattr(codec.decode(row).fact, "labels", {})
            if label in labels:
                found[row.stream] = labels[label]
    return found
