"""Who may ask: the names that only the engine itself uses are refused at every door."""

from __future__ import annotations

import unicodedata
from typing import Final

from domain.kernel.refusals import Refusal

RESERVED: Final = frozenset({"scheduler", "system"})
RESERVED_BEGINNINGS: Final = ("import-", "reaction")
"""Actors that only the engine itself may be; their command ids are theirs alone."""


class ActorReserved(Refusal):
    """The actor {actor} is reserved for the engine: send the name of whoever asks instead."""

    zh = "操作人 {actor} 由系统保留，请填写实际操作人。"


def from_outside(actor: str) -> str:
    """The name of somebody outside.

    Raises:
        ActorReserved: it is, or looks like, a name of the engine.
    """
    shown = "".join(c for c in actor if unicodedata.category(c) != "Cf")  # without invisible ones
    said = unicodedata.normalize("NFKC", shown).strip().casefold()
    if said in RESERVED or said.startswith(RESERVED_BEGINNINGS):
        raise ActorReserved(actor=actor[:60])
    return actor
