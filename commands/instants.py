"""When a command is recorded, was known to its source, and when what it says happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from commands.streams import LoadedStream
from commands.validation import check_time
from domain.kernel.refusals import BeforeTheCase, InTheFuture

FUTURE: Final = timedelta(minutes=5)
"""How far ahead of the log's time something may be said to have happened."""
EARLIER: Final = timedelta(minutes=5)
"""How far before the beginning of its case something may be said to have happened."""


class When(NamedTuple):
    """When a command is recorded, was known to its source if that differs, and when it happened."""

    recorded_at: datetime
    known_at: datetime | None
    happened: datetime


def happened_at(said: datetime | None, now: datetime) -> datetime:
    """When something happened: now unless it is said.

    Raises:
        InTheFuture: later than the clocks of two machines may differ.
        WithoutZone, CommandInvalid: it is no instant that anybody means.
    """
    if said is None:
        return now
    check_time("occurred_at", said)
    if said > now + FUTURE:
        raise InTheFuture(at=said.isoformat())
    return said.astimezone(UTC)


def within_the_case(case: LoadedStream, happened: datetime) -> datetime:
    """When something happened to a case: a little before its beginning counts as then.

    Raises:
        BeforeTheCase: it is more than a little.
    """
    began = case.began
    if happened >= began:
        return happened
    if happened < began - EARLIER:
        raise BeforeTheCase(case=case.stream, at=happened.isoformat(), began=began.isoformat())
    return began
