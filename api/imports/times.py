"""Reads times in files: by their formats, and in the zone of those that name none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from api.imports.faults import TimeUnreadable
from domain.kernel.refusals import WithoutZone

ISO = "iso"
REMEMBERED = 200_000


def understood(pattern: str) -> bool:
    """Whether times can be read by a format."""
    if pattern == ISO or "%" not in pattern:
        return pattern == ISO
    try:
        datetime.strptime("", pattern)  # noqa: DTZ007 - only the format is tried
    except re.error:  # a directive twice
        return False
    except ValueError as error:
        return str(error).startswith("time data")  # and not: a bad directive
    return True


class Times:
    """Reads times into UTC.

    ``zone`` is that of times without an offset; ``later`` takes the second of two instants where
    clocks were put back and a local time came twice.
    """

    def __init__(
        self, formats: Sequence[str] = (ISO,), zone: ZoneInfo | None = None, *, later: bool = False
    ) -> None:
        """Prepare to read."""
        self.formats = formats
        self.zone = zone
        self.fold = int(later)
        self._known: dict[str, datetime] = {}

    def read(self, text: str, column: str) -> datetime:
        """The instant a cell names.

        Raises:
            TimeUnreadable: it is in none of the formats.
            WithoutZone: neither the cell nor the mapping says in which zone.
        """
        known = self._known.get(text)
        if known is not None:
            return known
        found = self._parse(text, column)
        if found.tzinfo is None:
            if self.zone is None:
                raise WithoutZone(at=text, where=column)
            found = found.replace(tzinfo=self.zone, fold=self.fold)
        try:
            found = found.astimezone(UTC)
        except OverflowError:
            raise TimeUnreadable(text=text, column=column) from None
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[text] = found
        return found

    def _parse(self, text: str, column: str) -> datetime:
        for pattern in self.formats:
            try:
                if pattern == ISO:
                    return datetime.fromisoformat(text)
                return datetime.strptime(text, pattern)  # noqa: DTZ007 - `read` gives it its zone
            except ValueError:
                continue
        raise TimeUnreadable(text=text, column=column)
