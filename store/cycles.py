"""For long batches: a search for garbage in cycles would walk all that is kept, again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cycles() -> Iterator[None]:
    """Make no search meanwhile: deciding and folding make millions of objects and no cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def search_the_young() -> None:
    """Search what was made since the last search, so that others' garbage does not pile up."""
    gc.collect(1)
