"""Asks the writer of another process: commands go over a socket, and so do their outcomes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from commands.envelope import CommandEnvelope
from commands.messages import Message
from commands.writer import Outcome, Writer
from domain.kernel.refusals import Refusal, UserFacingError
from scheduler.frames import Frames, LinkLost
from store.errors import StoreFault
from store.follower import FollowerState
from store.log import Receipt

ANSWERED_WITHIN: Final = 60.0
"""Seconds in which asked commands must be answered."""


class WriterAway(StoreFault):
    """The process that writes to {where} does not answer ({problem}): ask again under the same id,
    what was stored is stored once.
    """  # noqa: D205 - a docstring is the sentence shown

    zh = "写入 {where} 的进程没有响应（{problem}），请用同一编号重试；已保存的只会保存一次。"


class Command(msgspec.Struct, array_like=True):
    """A command on its way; ``fields`` are its message's."""

    message: str
    fields: msgspec.Raw
    actor: str
    id: str
    occurred_at: datetime | None
    correlation: str | None
    causation: str | None
    expected: int | None
    recorded_at: datetime | None
    known_at: datetime | None


class Ask(msgspec.Struct, tag=True):
    """Commands to be decided together."""

    number: int
    commands: list[Command]


class Failed(msgspec.Struct, tag=True):
    """Why a command has no receipt: a ``Refusal``, a ``StoreFault``, or else a defect."""

    kind: str
    code: str
    sentence: str
    sentence_zh: str


class Outcomes(msgspec.Struct, tag=True):
    """What the commands of an ask came to, in their order."""

    number: int
    outcomes: list[Receipt | Failed]


class States(msgspec.Struct, tag=True):
    """How the followers stand that ask."""

    states: list[FollowerState]


_encode = msgspec.json.Encoder().encode
_asked = msgspec.json.Decoder(Ask | States).decode
_answered = msgspec.json.Decoder(Outcomes).decode


class RemoteWriter:
    """The writer of another process, asked by the followers of this one.

    ``lost`` is called when there will be no answers any more.
    """

    def __init__(self, frames: Frames, where: str, lost: Callable[[], object] = bool) -> None:
        """Ask over a link; faults name the store ``where``."""
        self._frames = frames
        self._where = where
        self._lost = lost
        self._numbers = itertools.count(1)
        self._asking = threading.Lock()

    def ask_all(self, envelopes: Sequence[CommandEnvelope]) -> Sequence[Outcome]:
        """What each command came to, in order, as the writer's own `ask_all` says it.

        Raises:
            WriterAway: there is no answer; the commands may have been stored.
        """
        with self._asking:
            try:
                found = self._exchange(envelopes)
            except (LinkLost, TimeoutError, msgspec.MsgspecError) as error:
                self._frames.close()
                self._lost()
                problem = str(error) or "it took too long"
                raise WriterAway(where=self._where, problem=problem) from error
        return [one if isinstance(one, Receipt) else self._failure(one) for one in found]

    def _exchange(self, envelopes: Sequence[CommandEnvelope]) -> list[Receipt | Failed]:
        number = next(self._numbers)
        self._frames.send(_encode(Ask(number, [_sent(envelope) for envelope in envelopes])))
        found = _answered(self._frames.receive(ANSWERED_WITHIN))
        if found.number != number or len(found.outcomes) != len(envelopes):
            raise LinkLost("it answered something else")
        return found.outcomes

    def tell(self, states: list[FollowerState]) -> None:
        """Say how the followers stand."""
        try:
            self._frames.send(_encode(States(states)))
        except LinkLost:
            self._lost()

    def _failure(self, failed: Failed) -> BaseException:
        kind = _FAILURES.get(failed.kind)
        if kind is None:
            return RuntimeError(f"{failed.code}: {failed.sentence}")
        return kind(failed, self._where)


class _There:
    """What was said in the other process, word for word."""

    def __init__(self, failed: Failed, where: str) -> None:
        super().__init__(where=where)  # type: ignore[call-arg]
        self._failed = failed

    @property
    def code(self) -> str:
        return self._failed.code

    @property
    def sentence(self) -> str:
        return self._failed.sentence

    @property
    def sentence_zh(self) -> str:
        return self._failed.sentence_zh


class _Refused(_There, Refusal):
    """A refusal of the other process."""


class _Faulted(_There, StoreFault):
    """A fault of the other process's store."""


_FAILURES: Final[Mapping[str, type[_Refused | _Faulted]]] = {
    "refusal": _Refused,
    "fault": _Faulted,
}


def serve_commands(
    frames: Frames,
    writer: Writer,
    messages: Mapping[str, type[Message]],
    told: Callable[[list[FollowerState]], object],
) -> None:
    """Have a writer decide what comes over a link, until it is lost; hand states on to ``told``.

    What is not in the format ends the link.
    """
    while True:
        try:
            asked = _asked(frames.receive())
            if isinstance(asked, States):
                told(asked.states)
                continue
            envelopes = [_received(command, messages) for command in asked.commands]
            outcomes = writer.ask_all(envelopes)
            frames.send(_encode(Outcomes(asked.number, [_said(one) for one in outcomes])))
        except (LinkLost, StoreFault, msgspec.MsgspecError, KeyError):
            frames.close()
            return


def _sent(envelope: CommandEnvelope) -> Command:
    message = envelope.message
    return Command(
        type(message).__name__, msgspec.Raw(_encode(message)), envelope.actor, envelope.id,
        envelope.occurred_at, envelope.correlation, envelope.causation, envelope.expected,
        envelope.recorded_at, envelope.known_at,
    )  # fmt: skip


def _received(command: Command, messages: Mapping[str, type[Message]]) -> CommandEnvelope:
    return CommandEnvelope(
        message=msgspec.json.decode(command.fields, type=messages[command.message]),
        actor=command.actor, id=command.id, occurred_at=command.occurred_at,
        correlation=command.correlation, causation=command.causation, expected=command.expected,
        recorded_at=command.recorded_at, known_at=command.known_at,
    )  # fmt: skip


def _said(outcome: Outcome) -> Receipt | Failed:
    if isinstance(outcome, Receipt):
        return outcome
    kind = "refusal" if isinstance(outcome, Refusal) else "fault"
    if isinstance(outcome, Refusal | StoreFault):
        return Failed(kind, outcome.code, outcome.sentence, outcome.sentence_zh)
    if isinstance(outcome, UserFacingError):
        return Failed("defect", outcome.code, outcome.sentence, outcome.sentence_zh)
    return Failed("defect", type(outcome).__name__, str(outcome), "")
