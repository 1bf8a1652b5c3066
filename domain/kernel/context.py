"""What a decision may know besides its case: who asks, when, where, and the registers."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

D = TypeVar("D")


class Context(NamedTuple, Generic[D]):
    """What surrounds a decision.

    ``now`` is the instant of recording (aware, UTC), or when the source of an import knew what is
    recorded later, ``principal`` who asks, ``site`` the site of the stream, ``directory`` the
    registers as they stand at that position.
    """

    now: datetime
    principal: str
    site: str
    directory: D
