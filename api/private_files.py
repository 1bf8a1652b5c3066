"""Files that only their owner may read, for what names people."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, TextIO

OWNER_ONLY: Final = 0o600


def open_private(path: Path) -> TextIO:
    """A text file to be written; one that is there already keeps its permissions.

    Raises:
        OSError: it cannot be written.
    """
    return open(path, "w", encoding="utf-8", newline="", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
