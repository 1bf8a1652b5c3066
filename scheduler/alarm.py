"""Wakes at an instant: the only module that knows APScheduler, which keeps no state of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger


class Alarm:
    """Calls somebody after so many seconds. A call that is late, lost or doubled costs a look."""

    def __init__(self) -> None:
        """Start the thread; `stop` ends it."""
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._scheduler.start()

    def ring(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call after so many seconds; a later wish of the same name replaces an earlier one."""
        self._scheduler.add_job(
            call,
            DateTrigger(datetime.now(UTC) + timedelta(seconds=seconds)),
            id=name,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=2,
        )

    def stop(self) -> None:
        """End the thread, after a call that may be under way."""
        self._scheduler.shutdown(wait=True)
