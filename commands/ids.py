"""New names: identifiers that rise with the time, so that indexes grow at their end."""

from __future__ import annotations

import os
import threading
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(one + other for one in _ALPHABET for other in _ALPHABET)
_PAIR_BITS: Final = 10
_SHIFTS: Final = tuple(range(12 * _PAIR_BITS, -1, -_PAIR_BITS))
_RANDOM_BITS: Final = 80
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A unique identifier of 26 characters: milliseconds, then chance; rising in this process."""
    global _last  # noqa: PLW0603 - one sequence per process is what makes identifiers rise
    chance = int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
    fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | chance
    with _lock:
        _last = value = fresh if fresh > _last else _last + 1
    # Every command and every new case makes one: two characters at a time take a third of the time.
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])
