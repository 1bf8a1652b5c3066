"""For the garbage collector: facts and rows are trees without cycles, so it need not look often."""

from __future__ import annotations

import gc


def be_patient() -> None:
    """Let this process look for cycles only after many new objects: a seventh of its time was that.

    Objects without cycles go as before, when nobody refers to them any more.
    """
    gc.set_threshold(50_000, 25, 25)
