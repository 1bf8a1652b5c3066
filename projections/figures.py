"""For what all figures share: dimensions, periods, and how values spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from store.tables import Value

DIMENSIONS: Mapping[str, str] = {
    "kind": "kind",
    "site": "site",
    "building": "building",
    "category": "category",
    "steward": "steward",
    "technician": "technician",
    "month": "month",
}

HOUR = 3_600_000_000


class Spread(NamedTuple):
    """Hours that things took: mean, median, 90th percentile; None where nothing was measured."""

    n: int
    mean: float | None
    median: float | None
    p90: float | None


def spread(micros: Iterable[Value]) -> Spread:
    """The spread of lengths of time in microseconds; missing ones are left out."""
    hours = sorted(int(value) / HOUR for value in micros if value is not None)
    if not hours:
        return Spread(0, None, None, None)
    return Spread(len(hours), sum(hours) / len(hours), quantile(hours, 0.5), quantile(hours, 0.9))


def quantile(ordered: list[float], share: float) -> float:
    """A quantile of ordered values, interpolated between neighbours (Hyndman and Fan's type 7)."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def column(name: str, month: str) -> str:
    """The column of a dimension; `month` is how the local month is worked out.

    Raises:
        KeyError: the dimension is unknown.
    """
    return month if name == "month" else DIMENSIONS[name]


def named_month(value: Value) -> str | None:
    """A month such as ``2026-01`` from its number 202601."""
    return None if value is None else f"{int(value) // 100:04d}-{int(value) % 100:02d}"


def where(
    fixed: Mapping[str, tuple[Value, ...]],
    *,
    month: str,
    months: tuple[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> tuple[str, list[Value]]:
    """A WHERE clause from fixed conditions, a span of months and chosen dimensions.

    Raises:
        KeyError: a chosen dimension is unknown.
    """
    texts = list(fixed)
    parameters = [value for values in fixed.values() for value in values]
    if months is not None:
        texts.append(f"{month} >= ? AND {month} <= ?")
        parameters.extend(int(text.replace("-", "")) for text in months)
    for name, value in (chosen or {}).items():
        texts.append(f"{column(name, month)} = ?")
        parameters.append(value)
    return (f" WHERE {' AND '.join(texts)}" if texts else ""), parameters
