"""For the bytes of a fact: stable names, one JSON document per fact with its envelope, upcasters for old shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from domain.cases import KINDS
from domain.escalation import CLOCK_FACTS
from domain.facts import Fact, Recorded
from domain.rating import AFTERCARE_FACTS
from domain.registers import REGISTER_FACTS
from store.errors import LogDamaged, LogFromNewerVersion

FactT = TypeVar("FactT")
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Row(NamedTuple):
    """One row of the log. ``state`` is the JSON document of the fact and its envelope."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes


class Envelope(msgspec.Struct, Generic[FactT], frozen=True, kw_only=True, omit_defaults=True):
    """The stored document: the fact and everything known about its recording."""

    fact: FactT
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    command: str
    site: str = ""
    rules: int = 0
    correlation: str | None = None
    causation: str | None = None


ALL_FACTS: tuple[type[Fact], ...] = (
    *(fact for kind in KINDS.values() for fact in kind.facts),
    *AFTERCARE_FACTS,
    *CLOCK_FACTS,
    *REGISTER_FACTS,
)


def topic_of(fact: type[Fact]) -> str:
    """The stored name: the type's name, with the schema version from the second on."""
    return fact.__name__ if fact.schema == 1 else f"{fact.__name__}.v{fact.schema}"


class Codec:
    """Turns facts into rows and back.

    ``upcasters`` maps (type name, schema version) to the function that turns the data of that
    version into the next one's.
    """

    def __init__(
        self,
        facts: Iterable[type[Fact]] = ALL_FACTS,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
    ) -> None:
        """Prepare a decoder for every version of every type."""
        self._encode = msgspec.json.Encoder().encode
        self._decoders: dict[str, Callable[[bytes], Envelope[Any]]] = {}
        self._topics: dict[type[Fact], str] = {}
        for fact in facts:
            self._topics[fact] = topic_of(fact)
            self._decoders[topic_of(fact)] = msgspec.json.Decoder(Envelope[fact]).decode  # type: ignore[valid-type]
            for version in range(1, fact.schema):
                old = fact.__name__ if version == 1 else f"{fact.__name__}.v{version}"
                self._decoders[old] = _upcasting(fact, version, upcasters or {})

    @property
    def topics(self) -> frozenset[str]:
        """Every stored name this version can read."""
        return frozenset(self._decoders)

    def encode(self, recorded: Recorded) -> Row:
        """The row of a recorded fact."""
        envelope = Envelope(
            fact=recorded.fact,
            occurred_at=recorded.occurred_at,
            recorded_at=recorded.recorded_at,
            actor=recorded.actor,
            command=recorded.command,
            site=recorded.site,
            rules=recorded.rules,
            correlation=recorded.correlation,
            causation=recorded.causation,
        )
        return Row(
            recorded.position,
            recorded.stream,
            recorded.version,
            self._topics[type(recorded.fact)],
            self._encode(envelope),
        )

    def decode(self, row: Row) -> Recorded:
        """The recorded fact of a row.

        Raises:
            LogFromNewerVersion: this version does not know the row's type.
            LogDamaged: the document cannot be read.
        """
        position, stream, version, topic, state = row
        decode = self._decoders.get(topic)
        if decode is None:
            raise LogFromNewerVersion(where=f"position {position}", what=topic)
        try:
            e = decode(state)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise LogDamaged(where=f"position {position}", problem=str(error)) from error
        return Recorded(
            stream, version, position, e.fact, e.occurred_at, e.recorded_at, e.actor, e.command,
            e.site, e.rules, e.correlation, e.causation,
        )  # fmt: skip


def _upcasting(
    fact: type[Fact], version: int, upcasters: Mapping[tuple[str, int], Upcaster]
) -> Callable[[bytes], Envelope[Any]]:
    steps = [upcasters[fact.__name__, v] for v in range(version, fact.schema)]
    raw = msgspec.json.Decoder(Envelope[dict[str, Any]])

    def decode(state: bytes) -> Envelope[Any]:
        envelope = raw.decode(state)
        data = envelope.fact
        for step in steps:
            data = step(data)
        return msgspec.structs.replace(envelope, fact=msgspec.convert(data, fact))

    return decode
