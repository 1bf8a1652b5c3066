"""Keeps time that does not count: pauses as they were told, and the time they cover together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from domain.working_time.civil import to_utc


class Pause(NamedTuple):
    """A closed interval during which the clock stands still; ``note`` says by whom or why."""

    begin: datetime
    end: datetime
    note: str = ""


class Part(NamedTuple):
    """A stretch of time between two UTC instants."""

    begin: datetime
    end: datetime


# Pairs and triples are accepted wherever pauses are: the third is the note.
Pauses = Sequence[tuple[datetime, datetime] | tuple[datetime, datetime, str]]


def in_order(pauses: Pauses) -> tuple[Pause, ...]:
    """The pauses in UTC, sorted, none empty; overlaps stay, whoever walks along them allows for it.

    Raises ValueError for a naive instant or a pause that ends before it begins.
    """
    ordered = sorted(_in_utc(pause) for pause in pauses)
    return tuple(pause for pause in ordered if pause.begin < pause.end)


def _in_utc(pause: tuple[datetime, datetime] | tuple[datetime, datetime, str]) -> Pause:
    begin, end = to_utc(pause[0], "pause's beginning"), to_utc(pause[1], "pause's end")
    if end < begin:
        raise ValueError(f"A pause ends at {end}, before it begins at {begin}.")
    return Pause(begin, end, pause[2] if len(pause) > 2 else "")  # noqa: PLR2004  the note


def apart(pauses: Pauses) -> tuple[Pause, ...]:
    """The pauses in order with their notes; where they overlap, the earlier keeps its time."""
    found: list[Pause] = []
    for pause in in_order(pauses):
        begin = max(pause.begin, found[-1].end) if found else pause.begin
        if begin < pause.end:
            found.append(pause._replace(begin=begin))
    return tuple(found)


def covering(pauses: Sequence[Pause], instant: datetime) -> Pause | None:
    """Of pauses that are apart, the first in which the instant lies, both its ends included."""
    index = bisect_left(pauses, instant, key=_end)
    return pauses[index] if index < len(pauses) and pauses[index].begin <= instant else None


def overlapping(pauses: Sequence[Pause], begin: datetime, end: datetime) -> Iterator[Pause]:
    """Of pauses that are apart, what lies between two instants, in order."""
    for index in range(bisect_right(pauses, begin, key=_end), len(pauses)):
        pause = pauses[index]
        if pause.begin >= end:
            return
        yield Pause(max(pause.begin, begin), min(pause.end, end), pause.note)


_end = attrgetter("end")


class Quiet:
    """The time that pauses cover: disjoint intervals in order, both ends included.

    Pauses may be added in any order and may overlap; adding one that begins after all others,
    as they do where facts are recorded as they happen, takes constant time.
    """

    __slots__ = ("begins", "ends")

    def __init__(self, pauses: Pauses = ()) -> None:
        self.begins: list[datetime] = []
        self.ends: list[datetime] = []
        for pause in in_order(pauses) if pauses else ():
            self.add(pause.begin, pause.end)

    def add(self, begin: datetime, end: datetime) -> list[Part]:
        """Cover one more pause, which is not empty; gives its parts that were not covered yet."""
        begins, ends = self.begins, self.ends
        if not ends or begin > ends[-1]:
            begins.append(begin)
            ends.append(end)
            return [Part(begin, end)]
        # What it overlaps or touches becomes one interval with it.
        first, last = bisect_left(ends, begin), bisect_right(begins, end)
        fresh, cursor = [], begin
        for known in range(first, last):
            if cursor < begins[known]:
                fresh.append(Part(cursor, begins[known]))
            cursor = ends[known]
        if cursor < end:
            fresh.append(Part(cursor, end))
        if first < last:
            begin, end = min(begin, begins[first]), max(end, ends[last - 1])
        begins[first:last], ends[first:last] = [begin], [end]
        return fresh

    def since(self, instant: datetime) -> Iterator[Part]:
        """The intervals that end at or after an instant."""
        for index in range(bisect_left(self.ends, instant), len(self.ends)):
            yield Part(self.begins[index], self.ends[index])

    def within(self, begin: datetime, end: datetime) -> Iterator[Part]:
        """What is covered between two instants, in order."""
        first, last = bisect_right(self.ends, begin), bisect_left(self.begins, end)
        for index in range(first, last):
            yield Part(max(self.begins[index], begin), min(self.ends[index], end))

    def covers(self, instant: datetime) -> bool:
        """Whether the instant lies in a pause, both its ends included."""
        index = bisect_left(self.ends, instant)
        return index < len(self.ends) and self.begins[index] <= instant
