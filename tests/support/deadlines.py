"""Many deadlines of one instant, and whether each was recorded once."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final

from commands.envelope import CommandEnvelope
from commands.handler import CommandHandler
from commands.registers import OpenSite, PublishRulebook
from commands.repair import ReportRepair
from domain.kernel.facts import HouseholdId
from store.codec import Codec
from store.open import open_log

WITHIN: Final = timedelta(hours=24)
AT_ONCE: Final = 2000
NUMBERED: Final = re.compile(r"repair-\d{6}")
RULEBOOK: Final = {
    "rulebook": "deadlines",
    "roles": {"supervisor": {"holders": [{"staff": "chen"}]}},
    "clocks": {
        "repair.done": {
            "case": "repair", "starts": "reported", "stops": "completed", "within": "24h",
            "ladder": [{"at": "100%", "to": "supervisor"}],
        },
    },
}  # fmt: skip


def prepare(store: str, count: int, due: datetime) -> None:
    """A store of so many repairs, all due at the same instant."""
    with closing(open_log(store)) as log:
        now = due - WITHIN
        handler = CommandHandler(log, clock=lambda: now)
        commands = [PublishRulebook(document=RULEBOOK), OpenSite(site="a", name="A")]
        handler.handle_all([CommandEnvelope(message=message) for message in commands])
        for first in range(0, count, AT_ONCE):
            replies = handler.handle_all(
                [
                    CommandEnvelope(message=_report(n), actor="test")
                    for n in range(first, min(first + AT_ONCE, count))
                ]
            )
            assert not [reply for reply in replies if isinstance(reply, Exception)]


def _report(number: int) -> ReportRepair:
    return ReportRepair(
        site="a", household=HouseholdId("h"), category="c", case=f"repair-{number:06d}"
    )


def judge(store: str, count: int, due: datetime) -> None:
    """Each case has one lapse and one rung, at the instant of the rule, in this order."""
    words: dict[str, list[str]] = {}
    codec = Codec()
    with closing(open_log(store, create=False)) as log:
        positions = [row.position for page in log.follow(0) for row in page]
        assert positions == list(range(1, len(positions) + 1))
        for page in log.follow(0):
            for row in page:
                if NUMBERED.fullmatch(row.stream):
                    fact = codec.decode(row)
                    words.setdefault(row.stream, []).append(fact.fact.word)
                    if fact.fact.word in {"lapsed", "escalated"}:
                        assert fact.occurred_at == due <= fact.recorded_at
    assert len(words) == count
    assert Counter(map(tuple, words.values())) == {("reported", "lapsed", "escalated"): count}


def in_a_moment(seconds: float) -> datetime:
    """An instant soon, in whole milliseconds."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
