"""For new names: identifiers that sort by the time they were made, so indexes grow at their end."""

from __future__ import annotations

import os
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_LENGTH = 26
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A unique identifier of 26 characters: milliseconds, then chance; rising in this process."""
    global _last  # noqa: PLW0603 - one sequence per process is what makes identifiers rise
    chance = int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")
    fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | chance
    with _lock:
        _last = value = fresh if fresh > _last else _last + 1
    characters = []
    for _ in range(_LENGTH):
        value, digit = divmod(value, 32)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
