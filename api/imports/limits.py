"""Limits of the files that imports and publications take, listed in docs/reference/mapping.md."""

from __future__ import annotations

import csv
from typing import Final

DOCUMENT_BYTES: Final = 1 << 20
"""Of a mapping, a rulebook, a calendar or a holiday notice."""
DOCUMENT_LINE: Final = 20_000
"""Characters of a line of YAML."""
DIGITS: Final = 16
"""Of a number in a document; longer ones would be rounded elsewhere."""

STEPS: Final = 500
CALENDARS: Final = 50
FORMATS: Final = 20

DATA_BYTES: Final = 1 << 30
"""Of a data file, after decompression."""
RATIO: Final = 200
"""How many times its size a compressed file may hold, once it holds ``RATIO_FROM`` bytes."""
RATIO_FROM: Final = 16 << 20
ROWS: Final = 2_000_000
LINES: Final = 20_000_000
COLUMNS: Final = 1_000
LINE: Final = 1 << 20
"""Characters of a line of a data file."""
CELL: Final = csv.field_size_limit()
"""Characters of a cell: what Python's reader takes."""
READ_AGAIN: Final = 64 << 20
"""Characters that may be read a second time, because a quote above them is not closed."""
