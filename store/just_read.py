"""For streams read twice within a moment: to decide what is to be added, and to show it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from domain.facts import Recorded

KEPT_STREAMS = 10_000


class JustRead:
    """The facts of some streams as one reader in this process decoded them, for the next one.

    Nothing in a stream ever changes, so they are what the log holds up to their last version; a
    stream may have grown since. What is not here is read from the log.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: OrderedDict[str, Sequence[Recorded]] = OrderedDict()
        self._changing = threading.Lock()

    def put(self, streams: Mapping[str, Sequence[Recorded]]) -> None:
        """Leave streams, each from its first fact on; nobody changes the sequences any more."""
        with self._changing:
            self._kept.update(streams)
            while len(self._kept) > KEPT_STREAMS:
                self._kept.popitem(last=False)

    def take(self, stream: str, versions: int) -> Sequence[Recorded] | None:
        """A stream's facts up to a version, once; None where it was not left as of that version."""
        with self._changing:
            facts = self._kept.pop(stream, None)
        return facts if facts is not None and len(facts) == versions else None

    def forget(self) -> None:
        """Forget everything."""
        with self._changing:
            self._kept.clear()
