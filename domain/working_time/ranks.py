"""Ranks the working days of a stretch of years, so that the n-th one is a look-up."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import date


class Ranks:
    """The working days between two ordinals, both included, and how many lie before each day."""

    __slots__ = ("base", "last", "rank", "working")

    def __init__(self, works: Callable[[date], bool], first: int, last: int) -> None:
        self.base = first
        self.last = last
        self.working = array("l")
        self.rank = array("l", [0])  # rank[i]: how many working days lie before day base + i
        for ordinal in range(first, last + 1):
            if works(date.fromordinal(ordinal)):
                self.working.append(ordinal)
            self.rank.append(len(self.working))
