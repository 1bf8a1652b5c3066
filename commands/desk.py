"""For asking: one way for every command. Load, decide, append, answer; once per command id.

Whoever asks while a commit is under way waits in a queue and shares the next one, so that durable
commands cost a fraction of an fsync each. Every command is decided on its own: a refusal or a
conflict is that command's answer alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from commands.ids import new_id
from commands.table import Loaded, decision_of, stream_of, words_of
from commands.texts import check, check_time, check_words
from commands.verbs import Command
from domain.facts import Recorded
from domain.reading import DocumentInvalid
from domain.refusals import CommandIdTaken, InTheFuture, Refusal, UnknownSite, VersionMoved
from domain.registers import SITE_KIND, Registers
from store.codec import Codec, Row
from store.errors import HeadMoved
from store.log import AppendTransaction, IntegrityError, Log, Receipt, Tail
from store.register_reader import REGISTER_TOPICS, read_registers, take_registers
from store.rows import instant

FUTURE = timedelta(minutes=5)
KEPT_STREAMS = 10_000
PAGE = 5000
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command with who asks, when it happened, and the id that makes asking twice harmless.

    ``expected`` is the version of the case the asker has seen; ``relived`` is the instant at which
    an import lets the log learn of it, instead of now.
    """

    command: Command
    actor: str = "system"
    id: str = field(default_factory=new_id)
    occurred_at: datetime | None = None
    correlation: str | None = None
    causation: str | None = None
    expected: int | None = None
    relived: datetime | None = None

    @property
    def key(self) -> Key:
        """What the receipt is kept under: nobody can claim another's id."""
        return self.actor, self.id

    @property
    def fingerprint(self) -> bytes:
        """Sixteen bytes that stand for what is asked, whatever the order of its labels.

        The time is left out: who repeats a command may well say "now" once more.
        """
        try:
            content = _encode((type(self.command).__name__, self.command))
        except (TypeError, UnicodeEncodeError):  # of a document that is refused anyway
            content = repr(self.command).encode(errors="backslashreplace")
        return sha256(content).digest()[:16]


Reply = Receipt | Refusal | DocumentInvalid
Key = tuple[str, str]
"""Who asks, and the command's id."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def wall_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Desk:
    """Takes commands for one log. Safe to share between threads; processes may have one each."""

    def __init__(
        self, log: Log, *, codec: Codec | None = None, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        """Open the desk; `clock` says when the log learns of things."""
        self.log = log
        self.codec = codec or Codec()
        self.clock = clock
        self.registers = Registers()
        self._deciding = threading.RLock()
        self._kept: OrderedDict[str, Loaded] = OrderedDict()
        self._known = -1
        self._tail: Tail | None = None

    @contextmanager
    def session(self, after: Tail | None = None) -> Iterator[Session]:
        """Ask several commands in one transaction: all that were answered are stored, or none.

        Raises:
            IntegrityError: another process stored something in between; ask again.
            HeadMoved: the log does not end at `after`; ask again without it.
        """
        with self._deciding:
            session: Session | None = None
            try:
                with self.log.transaction(after) as log:
                    self._catch_up(log)
                    session = Session(self, log)
                    yield session
                    session.store()
                self._known = session.head
                self._tail = log.tail
            except BaseException:
                self._forget()
                raise
            while len(self._kept) > KEPT_STREAMS:
                self._kept.popitem(last=False)

    def ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer several requests in one commit; a conflict makes each be decided anew, alone.

        Returns the answer or the refusal of each, in order.
        """
        try:
            try:
                return self._ask_together(requests, self._tail)
            except HeadMoved:  # now hold the log while deciding
                return self._ask_together(requests, None)
        except IntegrityError:
            if len(requests) > 1:
                return [self.ask_all([request])[0] for request in requests]
        return [self._insist(requests[0])]

    def _ask_together(self, requests: Sequence[Request], after: Tail | None) -> list[Reply]:
        with self.session(after) as session:
            session.recall([r.key for r in requests if "".join(r.key).isprintable()])
            session.prefetch([r.command for r in requests])
            return [session.reply(request) for request in requests]

    def _insist(self, request: Request) -> Reply:
        for attempt in range(TRIES):
            try:
                with self.session() as session:
                    return session.reply(request)
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError

    def keep(self, loaded: Loaded) -> None:
        """Keep a stream at hand for the next command."""
        self._kept[loaded.stream] = loaded

    def kept(self, stream: str) -> Loaded | None:
        """A stream at hand, the most recently used last."""
        loaded = self._kept.get(stream)
        if loaded is not None:
            self._kept.move_to_end(stream)
        return loaded

    def _catch_up(self, log: AppendTransaction) -> None:
        """Learn what other processes stored since we last held the log."""
        if log.head == self._known:
            return
        if not 0 <= self._known <= log.head:
            self._kept.clear()
            self.registers = read_registers(self.log, self.codec)
            self._known = log.head
            return
        while self._known < log.head:
            page = log.rows(self._known, PAGE)
            for row in page:
                self._kept.pop(row.stream, None)
            take_registers(self.registers, page, self.codec)
            self._known = page[-1].position

    def _forget(self) -> None:
        """Trust nothing in memory after a failed append: it may be ahead of the log."""
        self._kept.clear()
        self._known = -1
        self._tail = None


class Session:
    """Commands being decided while the log is held; what they see includes each other's facts."""

    def __init__(self, desk: Desk, log: AppendTransaction) -> None:
        """Begin at the head of the log."""
        self._desk = desk
        self._log = log
        self._rows: list[Row] = []
        self._answers: dict[Key, Receipt] = {}
        self._recalled: set[Key] = set()
        self._before: dict[Key, Receipt] = {}
        self._last = instant(log.last_recorded_at)
        self.head = log.head

    @property
    def registers(self) -> Registers:
        """Sites and rules, as of the last command."""
        return self._desk.registers

    def recall(self, keys: Sequence[Key]) -> None:
        """Look up in one go which commands were answered before; `ask` does so one by one."""
        self._before.update(self._log.receipts(keys))
        self._recalled.update(keys)

    def reply(self, request: Request) -> Reply:
        """The answer to a request, or why it was refused."""
        try:
            return self.ask(request)
        except (Refusal, DocumentInvalid) as refusal:
            return refusal

    def ask(self, request: Request) -> Receipt:
        """Answer a request; asked again under the same id it is answered as the first time.

        Raises:
            Refusal, DocumentInvalid: it cannot be done; nothing of it is stored.
        """
        check_words(
            actor=request.actor,
            id=request.id,
            correlation=request.correlation,
            causation=request.causation,
        )
        key = request.key
        if key not in self._recalled:
            self.recall((key,))
        check(request.command)
        fingerprint = request.fingerprint
        before = self._answers.get(key) or self._before.get(key)
        if before is not None:
            if before.fingerprint != fingerprint:
                raise CommandIdTaken(id=request.id)
            return before
        stream = stream_of(request.command)
        decide = decision_of(request.command, stream)
        now = max(request.relived or self._desk.clock(), self._last)
        happened = _happened(request, now)
        fresh = getattr(request.command, "case", stream) is None  # its number was made just now
        loaded = self._begin(stream) if fresh else self.load(stream)
        if request.expected is not None and request.expected != loaded.version:
            raise VersionMoved(expected=request.expected, actual=loaded.version)
        site = self._site(request.command, loaded)
        try:
            facts = decide(loaded, self.registers, words_of(request.command), now)
        except Refusal as refusal:
            refusal.details.setdefault("case", stream)
            raise
        for fact in facts:
            recorded = Recorded(
                stream, loaded.version + 1, self.head + 1, fact, fact.happened or happened, now,
                request.actor, request.id, site, self.registers.rules.version,
                request.correlation, request.causation,
            )  # fmt: skip
            self._take(loaded, recorded)
        answer = Receipt(*key, fingerprint, stream, loaded.version, self.head, len(facts))
        self._answers[key] = answer
        return answer

    def load(self, stream: str) -> Loaded:
        """A stream with everything recorded so far."""
        loaded = self._desk.kept(stream)
        if loaded is None:
            loaded = self._begin(stream)
            for row in self._log.stream(stream):
                loaded.take(self._desk.codec.decode(row))
        return loaded

    def prefetch(self, commands: Sequence[Command]) -> None:
        """Load in one go what commands name and is not at hand; `load` does so one by one."""
        named = (getattr(command, "case", None) for command in commands)
        wanted = dict.fromkeys(s for s in named if isinstance(s, str) and s.isprintable())
        missing = [stream for stream in wanted if self._desk.kept(stream) is None]
        if len(missing) > 1:
            loaded = {stream: self._begin(stream) for stream in missing}
            for row in self._desk.log.streams(missing, self.head):
                loaded[row.stream].take(self._desk.codec.decode(row))
            read = {stream: tuple(known.facts) for stream, known in loaded.items() if known.facts}
            self._desk.log.just_read.put(read)

    def _begin(self, stream: str) -> Loaded:
        loaded = Loaded(stream)
        self._desk.keep(loaded)
        return loaded

    def store(self) -> None:
        """Append what was decided."""
        if self._rows or self._answers:
            self._log.append(self._rows, tuple(self._answers.values()))

    def _site(self, command: Command, loaded: Loaded) -> str:
        site: str | None = getattr(command, "site", None)
        if site is None:
            return loaded.site
        if loaded.stream.startswith(f"{SITE_KIND}-") or site in self.registers.sites:
            return site
        raise UnknownSite(site=site)

    def _take(self, loaded: Loaded, recorded: Recorded) -> None:
        row = self._desk.codec.encode(recorded)
        self._rows.append(row)
        self.head = recorded.position
        self._last = recorded.recorded_at
        loaded.take(recorded)
        if row.topic in REGISTER_TOPICS:
            self.registers.take(recorded.stream, recorded.version, recorded.fact)


def _happened(request: Request, now: datetime) -> datetime:
    at = request.occurred_at
    if at is None:
        return now
    check_time("occurred_at", at)
    if at > now + FUTURE:
        raise InTheFuture(at=at.isoformat())
    return at.astimezone(UTC)
