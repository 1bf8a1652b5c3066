"""Parts of a figure: what rows add up to, and the value that is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from domain.rulebook.kpis import Measure
from store.tables import Value

SMALL: Final = 10
"""Below so many rows a figure is marked as small: one row more or less moves it by a tenth."""


@dataclass(slots=True)
class Part:
    """What some rows add up to.

    ``population`` are the rows the value is made of, ``counted`` those that count in a share,
    ``amount`` their sum, ``values`` and ``different`` what they hold. ``breakdown`` counts rows by
    the value of another column, whether they are in the population or not.
    """

    population: int = 0
    counted: int = 0
    amount: int = 0
    values: list[int] = field(default_factory=list)
    different: set[Value] = field(default_factory=set)
    breakdown: Counter[str] = field(default_factory=Counter)

    def take(self, other: Part) -> None:
        """Add another part to this one."""
        self.population += other.population
        self.counted += other.counted
        self.amount += other.amount
        self.values += other.values
        self.different |= other.different
        self.breakdown += other.breakdown

    def value(self, measure: Measure) -> Fraction | None:
        """The figure; None, not measured, where there is nothing to make it of."""
        if measure is Measure.COUNT:
            return Fraction(self.population)
        if measure is Measure.DISTINCT:
            return Fraction(len(self.different))
        if not self.population:
            return None
        match measure:
            case Measure.SHARE:
                return Fraction(self.counted, self.population)
            case Measure.SUM:
                return Fraction(self.amount)
            case Measure.MEAN:
                return Fraction(self.amount, self.population)
            case Measure.MEDIAN:
                return quantile(sorted(self.values), Fraction(1, 2))
            case _:
                return quantile(sorted(self.values), Fraction(9, 10))


def whole(parts: Iterable[Part]) -> Part:
    """All parts together."""
    found = Part()
    for part in parts:
        found.take(part)
    return found


def quantile(ordered: Sequence[int], share: Fraction) -> Fraction:
    """A quantile of ordered values, interpolated between neighbours (Hyndman and Fan's type 7)."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a figure.

    ``value`` is None where it is not measured; ``net`` leaves waived runs of clocks out and is None
    for other rows as well. Of a change, ``now`` and ``before`` are the two figures compared.
    ``small`` says that so few rows stand behind it that chance may have made it. ``reached`` is
    None where no target judges it.
    """

    group: Value
    value: Fraction | None
    net: Fraction | None = None
    population: int = 0
    counted: int | None = None
    breakdown: Mapping[str, int] = field(default_factory=dict)
    now: Fraction | None = None
    before: Fraction | None = None
    small: bool = False
    reached: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure over all rows, and by the groups it was asked by."""

    total: Row
    rows: tuple[Row, ...] = ()
