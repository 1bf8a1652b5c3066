"""A peer that keeps a job per deadline: APScheduler's memory store, default settings."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

SETTING_UP = 0.0002
"""Seconds to allow per job before the first is due."""
BOUND = 60.0
"""Seconds to wait after the last job was due."""


class Fired(NamedTuple):
    """How many jobs ran, how many were dropped, and how late the last was, in seconds."""

    ran: int
    dropped: int
    tail: float


def as_they_come(jobs: int, seconds: float) -> Fired:
    """Jobs that come due evenly over so many seconds while the scheduler is at work."""
    begin = datetime.now(UTC) + timedelta(seconds=1 + jobs * SETTING_UP)
    step = timedelta(seconds=seconds) / jobs
    return _run(begin + step * n for n in range(1, jobs + 1))


def overdue(jobs: int, seconds: float) -> Fired:
    """Jobs that all came due, evenly over so many seconds, before the scheduler was started."""
    begin = datetime.now(UTC) - timedelta(seconds=seconds)
    step = timedelta(seconds=seconds) / jobs
    return _run(begin + step * n for n in range(1, jobs + 1))


def _run(dues: Iterator[datetime]) -> Fired:
    logging.getLogger("apscheduler").setLevel(
        logging.CRITICAL
    )  # it says a line for each job dropped
    ran: list[float] = []
    counts = {EVENT_JOB_EXECUTED: 0, EVENT_JOB_MISSED: 0, EVENT_JOB_MAX_INSTANCES: 0}
    last = [time.time()]

    def count(event: Any) -> None:  # noqa: ANN401 - APScheduler ships no types
        counts[event.code] += 1
        last[0] = time.time()

    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_listener(count, sum(counts))
    scheduler.start(paused=True)
    wanted, due = 0, datetime.now(UTC)
    for due in dues:
        scheduler.add_job(ran.append, DateTrigger(due), args=(due.timestamp(),))
        wanted += 1
    scheduler.resume()
    end = max(due.timestamp(), time.time())
    while sum(counts.values()) < wanted and time.time() < end + BOUND:
        time.sleep(0.01)
    scheduler.shutdown(wait=True)
    return Fired(len(ran), wanted - len(ran), last[0] - end)
