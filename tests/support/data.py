"""Finds the real data that lies beside the project, and skips where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared_data(name: str) -> Path:
    """The folder of real data of this name; skips the test that asks where it is missing."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the real data {name} is not beside this checkout")
    return folder
