"""Examines a rulebook or a calendar that is not published yet against what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any
