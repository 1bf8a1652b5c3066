"""Turns facts into documents and back: stable names, one JSON document per fact, upcasters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from domain.kernel.facts import Fact, Recorded
from domain.kernel.kinds import Kinds
from domain.kinds import KINDS
from store.errors import LogDamaged, LogFromNewerVersion
from store.rows import EPOCH, Row, Stored, as_row, instant, micros

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)


class Envelope(msgspec.Struct, omit_defaults=True, gc=False):
    """The stored document; one subclass per type of fact.

    With ``row``, the columns beside the document, and ``recorded_at``, which every case asks for,
    it has the attributes of `Recorded`. The others are looked up when asked for, as they seldom
    are.
    """

    fact: Any
    occurred_at: datetime
    actor: str
    command: str
    site: str = ""
    rules: int = 0
    correlation: str | None = None
    causation: str | None = None
    known_at: datetime | None = None
    row: Any = None
    recorded_at: Any = None

    @property
    def stream(self) -> str:
        """The stream's name."""
        return cast("str", self.row[1])

    @property
    def version(self) -> int:
        """The place in the stream."""
        return cast("int", self.row[2])

    @property
    def position(self) -> int:
        """The place in the log."""
        return cast("int", self.row[0])

    @property
    def type(self) -> str:
        """The stored name of the fact's type."""
        return type(self.fact).__name__

    @property
    def schema(self) -> int:
        """The schema version of the fact's data."""
        return cast("int", type(self.fact).schema)


def topic_of(fact: type[Fact], schema: int | None = None) -> str:
    """The stored name: the type's name, with the schema version from the second on."""
    version = fact.schema if schema is None else schema
    return fact.__name__ if version == 1 else f"{fact.__name__}.v{version}"


class Codec:
    """Turns facts into rows and back.

    ``upcasters`` maps (type name, schema version) to the function that turns the data of that
    version into the next one's; ``where`` is the store that faults name.
    """

    def __init__(
        self,
        kinds: Kinds = KINDS,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
        *,
        facts: Iterable[type[Fact]] | None = None,
        where: str = "",
    ) -> None:
        """Prepare for every version of the facts given, or of those of the kinds."""
        self.kinds = kinds
        self.where = where
        self._encode = msgspec.json.Encoder().encode
        self._envelopes: dict[type[Fact], tuple[type[Envelope], str]] = {}
        self._decoders: dict[str, Callable[[bytes], Envelope]] = {}
        for fact in kinds.facts if facts is None else facts:
            envelope = _envelope(topic_of(fact), fact)
            self._envelopes[fact] = envelope, topic_of(fact)
            self._decoders[topic_of(fact)] = msgspec.json.Decoder(envelope).decode
            for version in range(1, fact.schema):
                self._decoders[topic_of(fact, version)] = _upcast(fact, version, upcasters or {})

    @property
    def topics(self) -> frozenset[str]:
        """Every stored name this version can read."""
        return frozenset(self._decoders)

    def encode(self, recorded: Recorded) -> Row:
        """The row of a recorded fact, without hashes."""
        (
            stream, version, position, fact, occurred_at, recorded_at, actor, command,
            site, rules, correlation, causation, known_at,
        ) = recorded  # fmt: skip
        envelope, topic = self._envelopes[type(fact)]
        document = self._encode(
            envelope(
                fact, occurred_at, actor, command, site, rules, correlation, causation, known_at
            )
        )
        columns = (position, stream, version, topic, micros(recorded_at), document, b"", b"")
        return as_row(columns)

    def decode(self, row: Stored) -> Recorded:
        """The recorded fact of a row.

        Raises:
            LogFromNewerVersion: this version does not know the row's type.
            LogDamaged: the document cannot be read.
        """
        position, stream, version, topic, recorded_at, state, _, _ = row
        read = self._decoders.get(topic)
        if read is None:
            raise self._unknown(row)
        try:
            e = read(state)
            return Recorded(
                stream, version, position, e.fact, e.occurred_at, instant(recorded_at), e.actor,
                e.command, e.site, e.rules, e.correlation, e.causation, e.known_at,
            )  # fmt: skip
        except UNREADABLE as error:
            raise self._unreadable(row, error) from error

    def decode_stream(self, rows: Sequence[Stored]) -> Sequence[Recorded]:
        """The facts of many rows, faster than `decode` one by one.

        What is returned has the attributes of `Recorded` without being one.

        Raises:
            LogFromNewerVersion, LogDamaged: as for `decode`.
        """
        decoders, found = self._decoders, []
        try:
            for row in rows:
                envelope = decoders[row[3]](row[5])
                envelope.row = row
                envelope.recorded_at = EPOCH + timedelta(0, 0, row[4])  # `instant`, without a call
                found.append(envelope)
        except KeyError:
            unknown = rows[len(found)]
            if unknown[3] in decoders:  # then it is a defect of an upcaster
                raise
            raise self._unknown(unknown) from None
        except UNREADABLE as error:
            raise self._unreadable(rows[len(found)], error) from error
        return cast("Sequence[Recorded]", found)

    def _unknown(self, row: Stored) -> LogFromNewerVersion:
        return LogFromNewerVersion(where=self._place(row), what=row[3])

    def _unreadable(self, row: Stored, error: Exception) -> LogDamaged:
        return LogDamaged(where=self._place(row), problem=str(error))

    def _place(self, row: Stored) -> str:
        place = f"position {row[0]}"
        return f"{self.where} ({place})" if self.where else place


def _envelope(topic: str, fact: Any) -> type[Envelope]:  # noqa: ANN401 - a type or an alias
    made = msgspec.defstruct(
        f"Envelope{topic.replace('.', '_')}", [("fact", fact)], bases=(Envelope,),
        omit_defaults=True, gc=False,
    )  # fmt: skip
    return cast("type[Envelope]", made)


def _upcast(
    fact: type[Fact], version: int, upcasters: Mapping[tuple[str, int], Upcaster]
) -> Callable[[bytes], Envelope]:
    """Reads a document of an older version as the newest."""
    steps = [upcasters[fact.__name__, v] for v in range(version, fact.schema)]
    decode = msgspec.json.Decoder(_envelope(topic_of(fact, version), dict[str, Any])).decode

    def upcast(document: bytes) -> Envelope:
        envelope = decode(document)
        data = envelope.fact
        for step in steps:
            data = step(data)
        envelope.fact = msgspec.convert(data, fact)
        return envelope

    return upcast
