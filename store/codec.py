"""The bytes of a fact: stable names, one JSON document that says all, upcasters for the old."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Union, cast

import msgspec

from domain.kernel.facts import Fact, Recorded
from domain.kernel.kinds import Kinds
from domain.kinds import KINDS
from store.errors import LogDamaged, LogFromNewerVersion

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Row(NamedTuple):
    """One row of the log. ``state`` is the JSON document of the fact and its envelope."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes


class Envelope(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """The stored document, with the same attributes as `Recorded`; one subclass per type of fact.

    ``type`` in the document is the row's topic, so that the documents of a whole stream can be
    read in one go.
    """

    stream: str
    version: int
    position: int
    fact: Any
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    command: str
    site: str = ""
    rules: int = 0
    correlation: str | None = None
    causation: str | None = None
    known_at: datetime | None = None


def topic_of(fact: type[Fact], schema: int | None = None) -> str:
    """The stored name: the type's name, with the schema version from the second on."""
    version = fact.schema if schema is None else schema
    return fact.__name__ if version == 1 else f"{fact.__name__}.v{version}"


class Codec:
    """Turns facts into rows and back.

    ``upcasters`` maps (type name, schema version) to the function that turns the data of that
    version into the next one's.
    """

    def __init__(
        self,
        kinds: Kinds = KINDS,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
        *,
        facts: Iterable[type[Fact]] | None = None,
        where: str = "",
    ) -> None:
        """Prepare for every version of every type of fact of the kinds, or of the ``facts`` given.

        Faults name the store ``where``.
        """
        self.kinds = kinds
        self._where = where
        self._encode = msgspec.json.Encoder().encode
        self._envelopes: dict[type[Fact], type[Envelope]] = {}
        self._decoders: dict[str, Callable[[bytes], Envelope]] = {}
        self._old: dict[type[Envelope], Callable[[dict[str, Any]], Fact]] = {}
        for fact in kinds.facts if facts is None else facts:
            envelope = _envelope(topic_of(fact), fact)
            self._envelopes[fact] = envelope
            self._decoders[topic_of(fact)] = msgspec.json.Decoder(envelope).decode
            for version in range(1, fact.schema):
                old = _envelope(topic_of(fact, version), dict[str, Any])
                self._decoders[topic_of(fact, version)] = msgspec.json.Decoder(old).decode
                self._old[old] = _upcast(fact, version, upcasters or {})
        envelopes = (*self._envelopes.values(), *self._old)
        self._many = msgspec.json.Decoder(list[Union[envelopes]]).decode  # type: ignore[valid-type]  # noqa: UP007 - made at run time

    @property
    def topics(self) -> frozenset[str]:
        """Every stored name this version can read."""
        return frozenset(self._decoders)

    def encode(self, recorded: Recorded) -> Row:
        """The row of a recorded fact."""
        envelope = self._envelopes[type(recorded.fact)]
        document = self._encode(
            envelope(
                stream=recorded.stream,
                version=recorded.version,
                position=recorded.position,
                fact=recorded.fact,
                occurred_at=recorded.occurred_at,
                recorded_at=recorded.recorded_at,
                actor=recorded.actor,
                command=recorded.command,
                site=recorded.site,
                rules=recorded.rules,
                correlation=recorded.correlation,
                causation=recorded.causation,
                known_at=recorded.known_at,
            )
        )
        topic = str(envelope.__struct_config__.tag)
        return Row(recorded.position, recorded.stream, recorded.version, topic, document)

    def decode(self, row: Row) -> Recorded:
        """The recorded fact of a row.

        Raises:
            LogFromNewerVersion: this version does not know the row's type.
            LogDamaged: the document cannot be read.
        """
        position, stream, version, topic, state = row
        read = self._decoders.get(topic)
        if read is None:
            raise LogFromNewerVersion(where=self._place(position), what=topic)
        try:
            e = read(state)
            fact = self._old[type(e)](e.fact) if type(e) in self._old else e.fact
        except UNREADABLE as error:
            raise LogDamaged(where=self._place(position), problem=str(error)) from error
        return Recorded(
            stream, version, position, fact, e.occurred_at, e.recorded_at, e.actor, e.command,
            e.site, e.rules, e.correlation, e.causation, e.known_at,
        )  # fmt: skip

    def decode_stream(self, documents: bytes) -> Sequence[Recorded]:
        """All facts of one stream from a JSON array of their documents, faster than row by row.

        What comes back has the attributes of `Recorded` without being one.

        Raises:
            LogFromNewerVersion, LogDamaged: as for `decode`.
        """
        try:
            found: list[Envelope] = self._many(documents)
            if self._old:
                for envelope in found:
                    if type(envelope) in self._old:
                        envelope.fact = self._old[type(envelope)](envelope.fact)
        except UNREADABLE as error:
            raise self._fault_in(documents, error) from error
        return cast("Sequence[Recorded]", found)

    def _fault_in(self, documents: bytes, error: Exception) -> LogDamaged | LogFromNewerVersion:
        """Say of a whole stream what `decode` says of the row at fault."""
        with suppress(*UNREADABLE):
            for document in msgspec.json.decode(documents, type=list[dict[str, Any]]):
                topic = document.get("type", "")
                if topic and topic not in self._decoders:
                    where = self._place(document.get("position"))
                    return LogFromNewerVersion(where=where, what=topic)
        return LogDamaged(where=self._where or "of the log", problem=str(error))

    def _place(self, position: object) -> str:
        """A position, in the store if that is known."""
        return f"{self._where} (position {position})" if self._where else f"position {position}"


def _envelope(topic: str, fact: Any) -> type[Envelope]:  # noqa: ANN401 - a type or an alias
    made = msgspec.defstruct(
        f"Envelope{topic.replace('.', '_')}", [("fact", fact)], bases=(Envelope,), tag=topic,
        kw_only=True, omit_defaults=True, gc=False,
    )  # fmt: skip
    return cast("type[Envelope]", made)


def _upcast(
    fact: type[Fact], version: int, upcasters: Mapping[tuple[str, int], Upcaster]
) -> Callable[[dict[str, Any]], Fact]:
    steps = [upcasters[fact.__name__, v] for v in range(version, fact.schema)]

    def upcast(data: dict[str, Any]) -> Fact:
        for step in steps:
            data = step(data)
        return msgspec.convert(data, fact)

    return upcast
