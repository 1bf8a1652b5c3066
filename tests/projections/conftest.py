"""The neighbourhood that each example begins with."""

from collections.abc import Iterator

import pytest

from tests.support.neighbourhood import Neighbourhood


@pytest.fixture
def place() -> Iterator[Neighbourhood]:
    """Its clock stands at nine in the morning of a Wednesday in May 2026, in Shanghai."""
    place = Neighbourhood()
    yield place
    place.close()
