"""Says how long a promise has: the forms of `within` in a rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final, Literal, get_args

End = Literal["day_end", "close"]

MOST_DAYS: Final = 36_525  # a hundred years: more is a slip of the pen


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """Elapsed time: `24h`. Paused time does not count."""

    target: timedelta

    def __post_init__(self) -> None:
        _positive(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Time within the hours of a calendar: `{working: 8h}`. Paused time does not count."""

    target: timedelta
    calendar: str

    def __post_init__(self) -> None:
        _positive(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDays:
    """So many working days later at the same clock time.

    A start on a day that is not worked rolls to the next working day at its clock time; a clock
    time at or after ``cutoff``, rolled or not, then rolls to the next working day at ``opens``
    (None: when that day's first window opens). A day whose clock time is paused does not count.
    """

    days: int
    calendar: str
    cutoff: time | None = None
    opens: time | None = None

    def __post_init__(self) -> None:
        _counted(self.days, "business days", 1, MOST_DAYS)
        if self.opens is not None and self.cutoff is None:
            raise ValueError("Business days with `opens` need a `cutoff` as well.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """The end of the n-th working day after the day of the start, which itself never counts.

    With ``through_rest_days`` the n-th working day lasts until the next working day begins, so
    that whatever is done on the rest days after it has used n working days and no more.
    With ``until`` "close" it ends when its last hours close instead; 24:00 is the day's end.
    A day whose end is paused does not count.
    """

    days: int
    calendar: str
    through_rest_days: bool = False
    until: End = "day_end"

    def __post_init__(self) -> None:
        _counted(self.days, "working days", 1, MOST_DAYS)
        if self.until not in get_args(End):
            raise ValueError(f"Working days last until day_end or close, not until {self.until}.")
        if self.through_rest_days and self.until == "close":
            raise ValueError("Working days last `through_rest_days` or `until: close`, not both.")

    @property
    def plain(self) -> bool:
        """Whether each of them ends with its day."""
        return self.until == "day_end" and not self.through_rest_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The same local clock time so many civil days later; moves later by the time paused."""

    days: int

    def __post_init__(self) -> None:
        _counted(self.days, "days", 1, MOST_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The same local clock time so many months later, clamped to the month's last day."""

    months: int

    def __post_init__(self) -> None:
        _counted(self.months, "months", 1, MOST_DAYS // 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The end of the local day that lies ``days`` days before the date in ``field``.

    If the field holds an instant: the same local clock time ``days`` days before it. With 0 days
    the end of the date itself, or the instant itself. Pauses do not move it.
    """

    field: str
    days: int

    def __post_init__(self) -> None:
        _counted(self.days, "days", 0, MOST_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """The instant in ``field``. Pauses do not move it."""

    field: str


Within = Elapsed | Working | BusinessDays | WorkingDays | Days | Months | Before | At


def _positive(target: timedelta) -> None:
    if target <= timedelta(0):
        raise ValueError(f"A target of {target} leaves no time: give more than 0.")


def _counted(count: int, what: str, least: int, most: int) -> None:
    if not least <= count <= most:
        raise ValueError(f"{count} {what} are outside {least} to {most}.")
