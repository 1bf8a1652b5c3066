"""Commands decided within one transaction: all that are answered are stored, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from commands.clocks import RecordDue, fell_due
from commands.envelope import Answer, CommandEnvelope, fingerprint_of
from commands.instants import FUTURE, When, happened_at, within_the_case
from commands.messages import Message, Opens
from commands.personal import give_to_household
from commands.streams import LoadedStream
from commands.validation import check, check_words
from domain.kernel.context import Context
from domain.kernel.documents import DocumentInvalid
from domain.kernel.facts import SCHEDULER, Fact, Recorded
from domain.kernel.refusals import (
    CommandIdTaken,
    InTheFuture,
    Refusal,
    UnknownSite,
    VersionMoved,
)
from domain.kinds.directory import Directory
from domain.kinds.site.facts import SITE_KIND
from domain.promises import MADE_BY_ENGINE, cause_of
from store.append import CLOCK_TOLERANCE, NO_FINGERPRINT, AppendTransaction, ReceiptKey
from store.rows import Receipt, Row, instant

if TYPE_CHECKING:
    from commands.handler import CommandHandler

Links = tuple[str | None, str | None]
"""What a fact belongs to, and the fact it follows from as stream and version."""


class UnitOfWork:
    """Commands being decided while the log is held; what they see includes each other's facts."""

    def __init__(self, handler: CommandHandler, log: AppendTransaction) -> None:
        """Begin at the head of the log."""
        self._handler = handler
        self._log = log
        self._rows: list[Row] = []
        self._receipts: dict[ReceiptKey, Receipt] = {}
        self._looked_up: set[ReceiptKey] = set()
        self._before: dict[ReceiptKey, Receipt] = {}
        self._grown: set[str] = set()
        self._last = instant(log.last_recorded_at)
        self._limit = self._last
        self.head = log.head

    @property
    def directory(self) -> Directory:
        """The registers, as of the last command."""
        return self._handler.directory

    def grew(self, stream: str) -> bool:
        """Whether facts of a stream were decided in this unit."""
        return stream in self._grown

    @property
    def latest(self) -> datetime | None:
        """When the newest fact of the log was recorded, None where it is empty."""
        return self._last if self.head else None

    def look_up(self, keys: Sequence[ReceiptKey]) -> None:
        """Look up in one go which commands have a receipt; `handle` does so one by one."""
        self._before.update(self._log.receipts(keys))
        self._looked_up.update(keys)

    def answer(self, envelope: CommandEnvelope) -> Answer:
        """The receipt of a command, or why it was refused."""
        try:
            return self.handle(envelope)
        except (Refusal, DocumentInvalid) as refusal:
            return refusal

    def handle(self, envelope: CommandEnvelope) -> Receipt:
        """The receipt of a command; the same id with the same content gets the first one.

        What fell due in its case before now is recorded first, also where the command is refused.

        Raises:
            Refusal, DocumentInvalid: it cannot be done; nothing of it is stored.
        """
        message, key, content = envelope.message, envelope.key, envelope.content
        check_words(envelope.words)
        check(message, content)
        fingerprint = fingerprint_of(content)
        if (before := self._before_of(key, fingerprint)) is not None:
            return before
        routes = self._handler.routes
        stream = routes.stream_of(message)
        routes.route(message, stream)
        recorded_at, known_at = self._when(envelope)
        happened = happened_at(envelope.occurred_at, known_at or recorded_at)
        loaded = self._begin(stream) if message.stream is None else self.load(stream)
        looks = type(message) is RecordDue
        if loaded.is_case and not looks:
            happened = within_the_case(loaded, happened)
            self._record_due(loaded, envelope.id, recorded_at, known_at)
        version = loaded.version
        if envelope.expected is not None and envelope.expected != version:
            raise VersionMoved(expected=envelope.expected, actual=version)
        when = When(recorded_at, known_at, happened)
        while self._decided(envelope, loaded, when) and looks:
            pass  # what was recorded may start or end other clocks of the case
        facts = loaded.version - version
        receipt = Receipt(*key, fingerprint, stream, loaded.version, self.head, facts)
        if facts or message.leaves_receipt:
            self._receipts[key] = receipt
        return receipt

    def _decided(self, envelope: CommandEnvelope, loaded: LoadedStream, when: When) -> bool:
        """Take the facts that answer a command; whether there were any."""
        message = envelope.message
        recorded_at, known_at, happened = when
        site = self._site(message, loaded)
        context = Context(known_at or recorded_at, envelope.actor, site, self.directory)
        facts: list[Fact] = self._handler.routes.decide(loaded, message, context)
        for fact in facts:
            give_to_household(fact, loaded, site)
            links = self._links(loaded, fact, (envelope.correlation, envelope.causation))
            self._take(loaded, Recorded(
                loaded.stream, loaded.version + 1, self.head + 1, fact, fact.happened or happened,
                recorded_at, envelope.actor, envelope.id, site, self.directory.rules.version,
                *links, known_at,
            ))  # fmt: skip
        return bool(facts)

    def _record_due(
        self, loaded: LoadedStream, command: str, recorded_at: datetime, known_at: datetime | None
    ) -> None:
        """Record what fell due in a case before now, so that nobody need have looked before.

        While an import brings a case in one unit, nobody could look at it: now is when the source
        knew. What is recorded may start or stop other clocks of the case, so it is asked until it
        is quiet.
        """
        known = known_at if loaded.stream in self._grown else None
        before, version = known or recorded_at, loaded.version
        while facts := fell_due(loaded.folded(self.directory), before=before):
            for fact in facts:
                links = self._links(loaded, fact, (None, None))
                self._take(loaded, Recorded(
                    loaded.stream, loaded.version + 1, self.head + 1, fact, fact.happened or before,
                    recorded_at, SCHEDULER, command, loaded.site, self.directory.rules.version,
                    *links, known,
                ))  # fmt: skip
        if found := loaded.version - version:
            key = SCHEDULER, f"{loaded.stream}/{loaded.version}"
            self._receipts[key] = Receipt(
                *key, NO_FINGERPRINT, loaded.stream, loaded.version, self.head, found
            )

    def _links(self, loaded: LoadedStream, fact: Fact, given: Links) -> Links:
        """What a fact of the engine belongs to and follows from; for others what was given."""
        if not isinstance(fact, MADE_BY_ENGINE):
            return given
        cause = cause_of(loaded.folded(self.directory), fact)
        if cause is None:
            return given
        return cause.correlation, f"{cause.stream}/{cause.version}"

    def _when(self, envelope: CommandEnvelope) -> tuple[datetime, datetime | None]:
        """When a command is recorded, and when its source knew it if that differs.

        What an import would record at its own time is recorded now where the log holds later facts.
        """
        own, known_at = envelope.recorded_at, envelope.known_at
        if own is not None:
            self._must_have_come(own)
        if own is not None and self._last - own <= CLOCK_TOLERANCE:
            recorded_at = max(own, self._last)
        else:
            recorded_at = self._log.raised(self._handler.clock(), self._last)
            known_at = known_at or own
        if known_at is not None:
            self._must_have_come(known_at)
        return recorded_at, known_at

    def _must_have_come(self, at: datetime) -> None:
        """Refuse an instant beyond now; the clock is read when the last reading is not enough."""
        if at > self._limit:
            self._limit = self._handler.clock() + FUTURE
            if at > self._limit:
                raise InTheFuture(at=at.isoformat())

    def _before_of(self, key: ReceiptKey, fingerprint: bytes) -> Receipt | None:
        """The receipt of the same command, asked before."""
        if key not in self._looked_up:
            self.look_up((key,))
        before = self._receipts.get(key) or self._before.get(key)
        if before is not None and before.fingerprint != fingerprint:
            raise CommandIdTaken(id=key[1])
        return before

    def load(self, stream: str) -> LoadedStream:
        """A stream with everything recorded so far."""
        loaded = self._handler.kept(stream)
        if loaded is None:
            loaded = self._begin(stream)
            for row in self._log.stream(stream):
                loaded.take(self._handler.codec.decode(row))
        return loaded

    def prefetch(self, messages: Sequence[Message]) -> None:
        """Load in one go what messages name and is not at hand; `load` does so one by one."""
        named = (message.stream for message in messages)
        wanted = dict.fromkeys(s for s in named if isinstance(s, str) and s.isprintable())
        missing = [stream for stream in wanted if self._handler.kept(stream) is None]
        if len(missing) > 1:
            loaded = {stream: self._begin(stream) for stream in missing}
            for row in self._handler.log.streams(missing, self.head):
                loaded[row.stream].take(self._handler.codec.decode(row))

    def _begin(self, stream: str) -> LoadedStream:
        loaded = LoadedStream(stream, self._handler.routes.kinds.of(stream))
        self._handler.keep(loaded)
        return loaded

    def store(self) -> None:
        """Append what was decided."""
        if self._rows or self._receipts:
            self._log.append(self._rows, tuple(self._receipts.values()))

    def _site(self, message: Message, loaded: LoadedStream) -> str:
        site: str | None = getattr(message, "site", None)
        if site is None:
            return loaded.site
        if not isinstance(message, Opens) and loaded.stream == f"{SITE_KIND}-{site}":
            return site
        if site in self.directory.sites:
            return site
        raise UnknownSite(site=site)

    def _take(self, loaded: LoadedStream, recorded: Recorded) -> None:
        row = self._handler.codec.encode(recorded)
        self._rows.append(row)
        self._grown.add(recorded.stream)
        self.head = recorded.position
        self._last = recorded.recorded_at
        loaded.take(recorded)
        self._handler.note(row, recorded)
